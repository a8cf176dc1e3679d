-- Cautions open in silence; once a week each CSM is told of those that are new.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(15);
SELECT advocacy.source_register('gs', 'gainsight', 1, '36500 days'), advocacy.stage_prepare();
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
INSERT INTO advocacy.message_kind (kind, audience, severity) VALUES ('digest_cautions', 'csm', 'info');
SELECT advocacy.risk_rule_define('renewal', 'x', '>', 0, '<=', 0, '0', 'suspend', 'caution'),
       advocacy.risk_rule_define('bad', 'y', '>', 0, '<=', 0, '0', 'suspend', 'hard');
CREATE FUNCTION pg_temp.say(account text, csm text, signals jsonb, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, csm_email, signals) VALUES (account, at, account, csm, signals);
	PERFORM advocacy.sync_apply('gs', 'account', NULL, true, at, 1, 1, at, at);
	DELETE FROM advocacy.outbox WHERE kind <> 'digest_cautions';
END $$;
CREATE FUNCTION pg_temp.told() RETURNS text LANGUAGE sql AS $$
	WITH d AS (DELETE FROM advocacy.outbox RETURNING *)
	SELECT string_agg(format('%s: %s (%s) %s', coalesce(d.owner, 'nobody'), d.facts ->> 'count', d.facts ->> 'advocates', (SELECT string_agg((c ->> 'account') || ' ' || coalesce(c ->> 'rule', 'by a person'), ', ')
		FROM jsonb_array_elements(d.facts -> 'cautions') AS c)), '; ' ORDER BY d.outbox_id) FROM d $$;
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate)
SELECT a || n, '2025-01-01', a, a || n || '@' || a || '.example', a || n, true
  FROM unnest('{acme,globex,hooli,initech}'::text[]) AS a CROSS JOIN generate_series(1, 2) AS n;
SELECT pg_temp.say(v.a, v.csm, '{"x": 0, "y": 0}', '2025-01-01')
  FROM (VALUES ('acme', 'Ann@x.example'), ('globex', 'ann@x.example'), ('hooli', 'bob@x.example'), ('initech', NULL)) AS v (a, csm);
SELECT is(advocacy.caution_next_at(), NULL, 'nothing to tell: no deadline');
-- (The 1st of January 2025 is a Wednesday.)
SELECT pg_temp.say('acme', 'Ann@x.example', '{"x": 1}', '2025-01-02'), pg_temp.say('globex', 'ann@x.example', '{"x": 1}', '2025-01-04');
SELECT is(advocacy.caution_next_at(), '2025-01-06 08:00+00'::timestamptz, 'Monday morning');
SELECT is(advocacy.deadline_next(), '2025-01-06 08:00+00'::timestamptz, 'is a deadline like any other');
SELECT advocacy.calendar_define('office', 'America/New_York', '{"mon": [["09:00", "17:00"]], "tue": [["09:00", "17:00"]]}', '{2025-01-06}');
SELECT advocacy.policy_setting_define('quiet_calendars', '["office"]');
SELECT is(advocacy.caution_next_at(), '2025-01-07 14:00+00'::timestamptz, 'of a calendar, when it opens; not on a holiday');
SELECT advocacy.policy_setting_define('quiet_calendars', NULL);
SELECT pg_temp.say('hooli', 'bob@x.example', '{"x": 1, "y": 1}', '2025-01-05'), pg_temp.say('initech', NULL, '{"x": 1}', '2025-01-05');
SELECT is(advocacy.caution_fire('2025-01-06 07:59+00'), 0, 'not before');
SELECT is((SELECT fired FROM advocacy.deadlines_fire('2025-01-06 08:00+00')), 2, 'then by the deadlines');
SELECT is(pg_temp.told(), 'ann@x.example: 4 (["acme1", "acme2", "globex1", "globex2"]) acme renewal, globex renewal; nobody: 2 (["initech1", "initech2"]) initech renewal',
	'one message for each CSM and one for who has none; not of somebody who isn''t asked at all');
SELECT is(advocacy.caution_next_at(), NULL, 'told once');
SELECT is((SELECT fired FROM advocacy.deadlines_fire('2025-01-13 08:00+00')), 0, 'a quiet week: nothing');
SELECT pg_temp.say('acme', 'Ann@x.example', '{"x": 0}', '2025-01-14'), pg_temp.say('acme', 'Ann@x.example', '{"x": 1}', '2025-01-15'),
       pg_temp.say('globex', 'ann@x.example', '{"x": 0}', '2025-01-14'), pg_temp.say('globex', 'ann@x.example', '{"x": 1}', '2025-01-15'),
       pg_temp.say('globex', 'ann@x.example', '{"x": 0}', '2025-01-16');
SELECT is(advocacy.caution_next_at(), '2025-01-20 08:00+00'::timestamptz, 'the next week');
SELECT advocacy.advocate_retire(a.advocate_id, 'has left', 'mary', '2025-01-17') FROM advocacy.advocate AS a
  JOIN advocacy.contact AS c USING (contact_id) WHERE c.first_name = 'acme2';
SELECT advocacy.advocate_suspend(a.advocate_id, 'careful', 'mary', '2025-01-18', 'caution') FROM advocacy.advocate AS a
  JOIN advocacy.contact AS c USING (contact_id) WHERE c.first_name = 'globex2';
DELETE FROM advocacy.outbox;
SELECT is(advocacy.caution_fire('2025-01-22 12:00+00'), 1, 'late, when nobody looked');
SELECT is(pg_temp.told(), 'ann@x.example: 2 (["acme1", "globex2"]) acme renewal, globex by a person', 'not of what is over, nor of who has gone; also what a person said');
-- What is told is a digest: the week's share of messages doesn't keep it back, nor is it put together with others.
SELECT pg_temp.say('acme', 'Ann@x.example', '{"x": 0}', '2025-01-23'), pg_temp.say('acme', 'Ann@x.example', '{"x": 1}', '2025-01-24');
SELECT advocacy.policy_setting_define('weekly_most', '1');
INSERT INTO advocacy.outbox (kind, dedup_key, channel, facts, state, ended_at, audience, owner)
VALUES ('advocate_suspended', 'before', 'ops', '{}', 'sent', '2025-01-26', 'csm', 'ann@x.example');
SELECT is(advocacy.caution_fire('2025-01-27 08:00+00'), 1, 'again');
SELECT is((SELECT string_agg(c.kind, ' ') FROM advocacy.outbox_claim('me', '{ops}', '1 minute', '2025-01-27 09:00+00') AS c), 'digest_cautions', 'sent whatever else they were told');
SELECT is((SELECT count(*) FROM advocacy.outbox WHERE state = 'muted'), 0::bigint, 'not muted');
SELECT * FROM finish();
ROLLBACK;
