-- The CSM's answer to an automatic suspension runs on a clock: by its severity, fulfilled by a yes or an override, cancelled
-- where the risk is over by itself.
BEGIN;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT plan(6);
SELECT advocacy.source_register('gs', 'gainsight', 1, '36500 days'), advocacy.stage_prepare() \g /dev/null
SELECT count(*) FROM advocacy.policy_apply('{"calendars":[{"name":"k","time_zone":"UTC","weekly_hours":{"mon":[["09:00","17:00"]],"tue":[["09:00","17:00"]],"wed":[["09:00","17:00"]],"thu":[["09:00","17:00"]],"fri":[["09:00","17:00"]]}}],
	"slas":[{"name":"soft","metric":"risk_review","calendar":"k","target_s":86400}, {"name":"hard","metric":"risk_review","priority":"hard","calendar":"k"}]}', '2026-11-01Z') \g /dev/null
SELECT advocacy.risk_rule_define('s_' || v.severity, 'x_' || v.severity, '>', 0, '<=', 0, '0', 'suspend', v.severity)
FROM (VALUES ('soft'), ('hard'), ('caution')) AS v (severity) \g /dev/null
CREATE FUNCTION pg_temp.say(signals jsonb, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals) VALUES ('acme', at, 'acme', signals);
	PERFORM FROM advocacy.sync_apply('gs', 'account', NULL, true, at, 1, 1, at, at);
END $$;
CREATE FUNCTION pg_temp.clocks() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat_ws(' ', p.name, k.state, to_char(k.due_at, 'DD HH24:MI')), ', ' ORDER BY k.clock_id) FROM advocacy.sla_clock AS k JOIN advocacy.sla_policy AS p USING (policy_id) $$;
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate)
VALUES ('c1', '2026-11-02', 'acme', 'jane@acme.example', 'Jane', true);
SELECT pg_temp.say('{"x_soft": 0}', '2026-11-02Z') \g /dev/null
INSERT INTO advocacy.request (activity_type, justification, audience, outcome, requested_by, state, advocate_id, scheduled_for)
SELECT 'reference_call', 'j', 'a', 'o', 'rep', 'scheduled', a.advocate_id, '2026-11-24 12:00Z' FROM advocacy.advocate AS a;
SELECT pg_temp.say('{"x_soft": 1, "x_caution": 1}', '2026-11-23 09:00Z') \g /dev/null
SELECT is(pg_temp.clocks(), 'soft running 25 17:00', 'a soft suspension is to be answered; a caution asks nobody');
SELECT advocacy.risk_confirm((SELECT max(advocate_id) FROM advocacy.advocate), 'it is so', 'ann', '2026-11-23 10:00Z') \g /dev/null
SELECT is(pg_temp.clocks(), 'soft met', 'a yes is an answer');
SELECT pg_temp.say('{"x_soft": 1, "x_caution": 1, "x_hard": 1}', '2026-11-24 10:00Z') \g /dev/null
SELECT is(pg_temp.clocks(), 'soft met, hard running 25 10:00', 'a hard one sooner');
SELECT pg_temp.say('{"x_soft": 1, "x_caution": 1, "x_hard": 0}', '2026-11-24 11:00Z') \g /dev/null
SELECT is(pg_temp.clocks(), 'soft met, hard cancelled', 'over by itself: nothing to answer');
SELECT pg_temp.say('{"x_soft": 1, "x_caution": 1, "x_hard": 1}', '2026-11-24 12:00Z') \g /dev/null
SELECT advocacy.risk_override((SELECT max(advocate_id) FROM advocacy.advocate), NULL, 's_hard', '2026-12-01Z', 'known', 'ann', '2026-11-24 13:00Z') \g /dev/null
SELECT is(pg_temp.clocks(), 'soft met, hard cancelled, hard met', 'an override is an answer');
SELECT is((SELECT count(*) FROM advocacy.sla_rebuild_check()), 0::bigint, 'the event log rebuilds every clock');
SELECT * FROM finish();
ROLLBACK;
