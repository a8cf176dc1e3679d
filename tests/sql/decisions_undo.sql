-- One cycle's decisions are taken back as one act, once, and the same values don't decide them again.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();
SELECT advocacy.source_register('gs', 'gainsight', 1, '36500 days'), advocacy.stage_prepare();
SELECT advocacy.risk_rule_define('health', 'health_score', '<', 60, '>', 75), advocacy.policy_setting_define('breaker_least', '3');
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('risks', '{advocate_suspended,advocate_reinstated}', 'csm'), ('held', '{suspensions_held}', 'ops');
CREATE FUNCTION pg_temp.feed(scores integer[], at timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals)
	SELECT 'a' || n, at, 'Account ' || n, jsonb_build_object('health_score', s) FROM unnest(scores) WITH ORDINALITY AS t (s, n) WHERE s IS NOT NULL;
	PERFORM advocacy.sync_apply('gs', 'account', NULL, true, at, 1, 1, at, at);
	RETURN (SELECT max(d.cycle_id) FROM advocacy.decision_cycle AS d WHERE d.decided_at = at);
END $$;
CREATE FUNCTION pg_temp.suspended() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(DISTINCT advocacy.advocate_name(s.advocate_id), ',' ORDER BY advocacy.advocate_name(s.advocate_id)) FROM advocacy.suspension AS s WHERE s.closed_at IS NULL $$;
CREATE FUNCTION pg_temp.told() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(t.kind || '>' || t.channel || ' ' || t.times, ', ' ORDER BY t.kind) FROM (SELECT o.kind, coalesce(o.channel, '-') AS channel, count(*) AS times FROM advocacy.outbox AS o GROUP BY 1, 2) AS t $$;
CREATE FUNCTION pg_temp.undo(cycle bigint, at timestamptz) RETURNS text LANGUAGE sql AS $$ SELECT u::text FROM advocacy.decisions_undo(cycle, 'wrong scale', 'mary', at) AS u $$;

INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate) SELECT 'c' || n, '2025-01-01', 'a' || n, 'c' || n || '@x.example', 'P' || n, true FROM generate_series(1, 20) AS n;
SELECT is(pg_temp.feed(array_fill(90, ARRAY[20]), '2025-01-01'), NULL, 'an apply that decides nothing is no cycle');
SELECT pg_temp.feed('{10,10}', '2025-01-02');
SELECT pg_temp.feed('{90,90,10}', '2025-01-03') AS cycle \gset
SELECT results_eq(format('SELECT source, stream, risks_opened, risks_cleared, suspended, reinstated, held FROM advocacy.decision_cycle WHERE cycle_id = %s', :cycle),
	$$VALUES ('gs', 'account', 1, 2, 1, 2, 0)$$, 'a cycle says what it decided');
INSERT INTO advocacy.request (activity_type, justification, audience, outcome, requested_by, state, advocate_id)
SELECT 'reference_call', 'j', 'a', 'o', 'rep', 'proposed', a.advocate_id FROM advocacy.advocate AS a JOIN advocacy.contact AS c USING (contact_id) WHERE c.remote_id = 'c1';
SELECT is(pg_temp.suspended(), 'P3', '(two back, one suspended)');
SELECT throws_ok(format('SELECT advocacy.decisions_undo(%s, '' '')', :cycle), '22023', NULL, 'not without a reason');
SELECT throws_ok('SELECT advocacy.decisions_undo(-1, ''why'')', 'P0002', NULL, 'no unknown cycle');
DELETE FROM advocacy.outbox WHERE kind = 'advocate_reinstated' AND facts ->> 'account' = 'Account 2';
SELECT is(pg_temp.undo(:cycle, '2025-01-04'), '(1,2,1,2,0)', 'taken back: one lifted, two suspended again');
SELECT is(pg_temp.suspended(), 'P1,P2', 'as it was before');
SELECT is((SELECT count(*) FROM advocacy.suspension WHERE answer_due_at = '2025-01-05' AND closed_at IS NULL), 1::bigint, 'who is suspended again stays on their request until the CSM answers');
SELECT is(pg_temp.told(), 'advocate_reinstated>csm 1, advocate_suspended>csm 3, decisions_undone>csm 1', 'one message, to those who were told');
SELECT is((SELECT facts - 'at' - 'event' - 'cycle' FROM advocacy.outbox WHERE kind = 'decisions_undone'),
	'{"source":"gs","stream":"account","decided_at":"2025-01-03T00:00:00Z","reason":"wrong scale","actor":"mary","lifted":"1","suspended_again":"2","advocates":["P3"],"still_suspended":["P1","P2"]}', 'which says it all');
SELECT throws_like(format('SELECT advocacy.decisions_undo(%s, ''why'')', :cycle), 'cycle % was taken back by mary at 2025-01-04T00:00:00Z', 'not twice');
SELECT is((SELECT details ->> 'lifted' FROM advocacy.audit_log WHERE actor = 'mary' AND action = 'decisions_undo'), '1', 'audited');
-- The same values decide nothing.
SELECT pg_temp.feed('{90,90,10}', '2025-01-05'), advocacy.risk_evaluate(NULL, '2025-01-06');
SELECT is(pg_temp.suspended(), 'P1,P2', 'the same values again change nothing');
SELECT pg_temp.feed('{91,NULL,11}', '2025-01-07');
SELECT is(pg_temp.suspended(), 'P2,P3', 'other values are judged');
SELECT pg_temp.feed('{NULL,92,92}', '2025-01-08'), pg_temp.feed('{NULL,NULL,12}', '2025-01-09');
SELECT is(pg_temp.suspended(), 'P3', 'and then as ever');

-- What was held goes with it.
SELECT pg_temp.feed('{NULL,NULL,90}', '2025-01-10');
SELECT pg_temp.feed('{1,1,1,1,1,1}', '2025-01-11') AS cycle \gset
SELECT is((SELECT held FROM advocacy.decision_cycle WHERE cycle_id = :cycle), 6, '(six are held)');
SELECT is(pg_temp.undo(:cycle, '2025-01-12'), '(0,0,6,0,0)', 'held ones are rejected with their cycle');
SELECT is((SELECT count(*) FROM advocacy.advocate_availability AS v WHERE v.available), 20::bigint, 'all are available');
SELECT throws_ok(format('SELECT advocacy.risk_release(%s)', (SELECT max(held_batch) FROM advocacy.risk)), '55000', NULL, 'and can''t be released any more');
SELECT pg_temp.feed('{1,1,1,1,1,1}', '2025-01-13');
SELECT is((SELECT count(*) FROM advocacy.risk WHERE cleared_at IS NULL), 0::bigint, 'the same values don''t open them');
-- A cycle that only deadlines made; what happened since stays.
SELECT advocacy.risk_rule_define('health', 'health_score', '<', 60, '>', 75, '1 day');
SELECT pg_temp.feed('{90,90,90,90,90,90,5,5}', '2025-01-14'), pg_temp.feed('{NULL,NULL,NULL,NULL,NULL,NULL,80,80}', '2025-01-15');
SELECT is(advocacy.risk_fire('2025-01-17'), 2, '(two clear when their hold has passed)');
SELECT max(cycle_id) AS cycle FROM advocacy.decision_cycle \gset
SELECT is((SELECT source FROM advocacy.decision_cycle WHERE cycle_id = :cycle), NULL, 'deadlines are a cycle of no source');
SELECT advocacy.advocate_retire(a.advocate_id, 'left', 'mary', '2025-01-18') FROM advocacy.advocate AS a JOIN advocacy.contact AS c USING (contact_id) WHERE c.remote_id = 'c8';
SELECT pg_temp.undo(:cycle, '2025-01-19');
SELECT is(pg_temp.suspended(), 'P7', 'who has left since isn''t suspended again');
SELECT advocacy.risk_fire('2025-01-25'), advocacy.risk_evaluate(NULL, '2025-01-26');
SELECT is(pg_temp.suspended(), 'P7', 'no deadline lifts it by the same values');
SELECT pg_temp.feed('{NULL,NULL,NULL,NULL,NULL,NULL,81}', '2025-01-27'), advocacy.risk_fire('2025-01-29');
SELECT is(pg_temp.suspended(), NULL, 'another value does');

-- Who belongs to another account since, or was excepted by a person, isn't suspended again either.
SELECT advocacy.policy_setting_define('reinstate_least', '10');
SELECT pg_temp.feed('{NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,5,5,5}', '2025-02-01'),
       pg_temp.feed('{NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,80,80,80}', '2025-02-02'), advocacy.risk_fire('2025-02-04');
SELECT max(cycle_id) AS cycle FROM advocacy.decision_cycle \gset
SELECT is(pg_temp.suspended(), NULL, '(three are free again)');
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate) VALUES ('c9', '2025-02-05', 'a12', 'c9@x.example', 'P9', true);
SELECT advocacy.sync_apply('gs', 'contact', NULL, true, '2025-02-05', 1, 1, '2025-02-05', '2025-02-05');
SELECT advocacy.risk_override(a.advocate_id, NULL, 'health', '2025-02-20', 'a special case', 'mary', '2025-02-05')
  FROM advocacy.advocate AS a JOIN advocacy.contact AS c USING (contact_id) WHERE c.remote_id = 'c10';
SELECT is(pg_temp.undo(:cycle, '2025-02-06'), '(0,1,0,3,0)', 'of three risks that are open again');
SELECT is(pg_temp.suspended(), 'P11', 'one suspends');
SELECT * FROM finish();
ROLLBACK;
