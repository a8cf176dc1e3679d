-- Scores whose order among the accounts turns round, or is mixed up, from one reading to the next aren't believed.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(28);
SELECT advocacy.source_register('gs', 'gainsight', 1, '36500 days'), advocacy.stage_prepare();
SELECT advocacy.risk_rule_define('health', 'health_score', '<', 60, '>', 75), advocacy.risk_rule_define('flag', 'churn_flag', '=', 1, '=', 0);
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
CREATE FUNCTION pg_temp.feed(first integer, last integer, score text, at timestamptz, mapping text DEFAULT NULL, mode text DEFAULT 'changes') RETURNS text LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
	EXECUTE format('INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals)
		SELECT ''a'' || n, %L, ''Account '' || n, jsonb_build_object(''health_score'', %s, ''other'', n, ''churn_flag'', (n %% 9 = %L::integer)::integer) FROM generate_series(%s, %s) AS n',
		at, score, extract(day FROM at)::integer % 9, first, last);
	SELECT * INTO r FROM advocacy.sync_apply('gs', 'account', NULL, true, at, 1, 1, at, at, mode, mapping => $5);
	RETURN format('%s/%s', r.risks_opened, r.risks_cleared);
END $$;
CREATE FUNCTION pg_temp.score(n integer) RETURNS numeric LANGUAGE sql AS $$ SELECT g.value FROM advocacy.signal AS g JOIN advocacy.account AS a USING (account_id) WHERE g.name = 'health_score' AND a.remote_id = 'a' || n $$;
CREATE FUNCTION pg_temp.drift() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(d.kind || coalesce(' (' || d.resolution || ')', ''), ' | ' ORDER BY d.drift_id) FROM advocacy.field_drift AS d $$;
SELECT pg_temp.feed(1, 40, '61 + n % 37', '2025-01-01');
SELECT is(pg_temp.feed(1, 40, '61 + n % 37 + 5 * (n % 2)', '2025-01-02') || coalesce(pg_temp.drift(), ''), '5/5', 'scores that move a little are believed, and flags that come and go');
SELECT is(pg_temp.feed(1, 29, '100 - n', '2025-01-02 12:00') || coalesce(pg_temp.drift(), ''), '0/0', 'of twenty-nine nothing is said');
SELECT pg_temp.feed(1, 40, '60 + n', '2025-01-03');
SELECT is(pg_temp.drift(), 'reordered', '(that they turned round and back shows in a reading of all)');
SELECT pg_temp.feed(30, 40, '60 + n', '2025-01-03 06:00'), advocacy.drift_accept('gs', 'account', 'health_score', 'a test', 'mary', '2025-01-03 07:00'), pg_temp.feed(1, 40, '60 + n', '2025-01-03 08:00', NULL, 'all');
SELECT is(pg_temp.score(7), 67::numeric, 'accepted, it is as it comes');
DELETE FROM advocacy.outbox; DELETE FROM advocacy.field_drift;
-- Turned round.
SELECT is((SELECT count(*) FROM advocacy.risk WHERE rule = 'health' AND cleared_at IS NULL), 0::bigint, '(nobody is at risk)');
SELECT matches(pg_temp.feed(1, 40, '100 - (60 + n)', '2025-01-04'), '^[0-9]+/[0-9]+$', 'a scale turned round');
SELECT is((SELECT count(*) FROM advocacy.risk WHERE rule = 'health' AND cleared_at IS NULL), 0::bigint, 'puts nobody at risk');
SELECT is(pg_temp.score(7), 67::numeric, 'nothing of it is stored');
SELECT is((SELECT value FROM advocacy.signal JOIN advocacy.account AS a USING (account_id) WHERE signal.name = 'other' AND a.remote_id = 'a7'), 7::numeric, 'all else is');
SELECT matches((SELECT facts ->> 'detail' FROM advocacy.outbox WHERE kind = 'field_drift'), '^the order of 40 accounts has changed: its rank correlation with the last reading is -1.00; a scale turned round', 'people are told why');
SELECT is((SELECT facts -> 'rules' FROM advocacy.outbox WHERE kind = 'field_drift'), '[{"rule": "health"}]', 'and which rules use it');
SELECT pg_temp.feed(5, 8, '1', '2025-01-05');
SELECT is(pg_temp.score(7), 67::numeric, 'also of few that come later nothing is stored');
SELECT pg_temp.feed(1, 40, '100 - (60 + n)', '2025-01-06', NULL, 'all');
SELECT is((SELECT count(*) FROM advocacy.outbox WHERE kind = 'field_drift'), 1::bigint, 'told once');
SELECT pg_temp.feed(1, 40, '61 + n', '2025-01-07', NULL, 'all');
SELECT is(pg_temp.drift(), 'reordered (the order is as it was)', 'over by itself when it is mended');
SELECT is(pg_temp.score(7), 68::numeric, 'and believed again');
SELECT is((SELECT full_read_at FROM advocacy.sync_stream), '2025-01-07', '(this was all)');
-- Mixed up; accepted.
SELECT pg_temp.feed(1, 40, '61 + (n * 17) % 41', '2025-01-08');
SELECT is(pg_temp.drift(), 'reordered (the order is as it was) | reordered', 'another scheme');
SELECT is(pg_temp.score(7), 68::numeric, 'is kept out');
SELECT isnt(advocacy.drift_accept('gs', 'account', 'health_score', 'new scheme', 'mary', '2025-01-09'), NULL, 'until a person accepts it');
SELECT pg_temp.feed(1, 40, '61 + (n * 17) % 41', '2025-01-10', NULL, 'all');
SELECT is(pg_temp.score(7), (61 + (7 * 17) % 41)::numeric, 'then it is taken');
SELECT is((SELECT count(*) FROM advocacy.outbox WHERE kind = 'field_drift'), 2::bigint, 'in silence');
SELECT pg_temp.feed(1, 40, '62 + (n * 17) % 41', '2025-01-11', NULL, 'all');
SELECT isnt((SELECT lapsed_at FROM advocacy.field_drift WHERE accepted_by IS NOT NULL), NULL, 'what was accepted is the order from now on');
SELECT pg_temp.feed(1, 40, '60 + n', '2025-01-12', NULL, 'all');
SELECT is(pg_temp.drift(), 'reordered (the order is as it was) | reordered (accepted: new scheme) | reordered', 'so back is another one');
-- Another mapping is another scale.
SELECT pg_temp.feed(1, 1, '70', '2025-01-12 12:00', 'v1'), advocacy.policy_setting_define('observe', NULL);
SELECT pg_temp.feed(1, 40, '60 + n', '2025-01-13', 'v2', 'all');
SELECT matches(pg_temp.drift(), 'reordered [(]it is mapped otherwise now[)]$', 'mapped otherwise, it is believed as far as that goes');
SELECT is(pg_temp.score(7), 67::numeric, 'and stored');
-- All the same is no order; too few different ones neither.
SELECT pg_temp.feed(1, 40, '80', '2025-01-14', 'v2', 'all');
SELECT is(pg_temp.score(7), 80::numeric, 'one value for all is no other order');
SELECT pg_temp.feed(1, 40, '60 + n', '2025-01-15', 'v2', 'all');
SELECT is(pg_temp.score(7), 67::numeric, 'nor is what was all the same before');
-- Few of many, in a reading of what changed.
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name) SELECT 'b' || n, '2025-01-16', 'B' || n FROM generate_series(1, 60) AS n;
SELECT pg_temp.feed(1, 40, '60 + n', '2025-01-16', 'v2'), pg_temp.feed(1, 40, '101 - n', '2025-01-17', 'v2');
SELECT is(pg_temp.score(7), 94::numeric, 'forty of a hundred that changed may be in another order');
SELECT * FROM finish();
ROLLBACK;
