-- The breaker where it is easily passed: ends by dates, advocates with a mere caution, names of rules, what a preview says.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(24);
SELECT advocacy.source_register('gs', 'gainsight', 1, '36500 days'), advocacy.stage_prepare();
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
SELECT throws_ok($$SELECT advocacy.risk_rule_define('retirement held', 'health_score', '<', 60, '>', 75)$$, '22023', NULL, 'the name of a brake isn''t a rule''s');
SELECT advocacy.risk_rule_define('launch', 'live_on', '<', 15552000, '>=', 15552000, severity => 'ineligible', date_side => 'since'),
	advocacy.risk_rule_define('open case', 'cases', '>', 0, '=', 0, severity => 'caution'), advocacy.risk_rule_define('low', 'health_score', '<', 60, '>', 75);
CREATE FUNCTION pg_temp.run(first integer, last integer, signals jsonb, at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, domain, signals) SELECT 'a' || n, at, 'Account ' || n, 'a' || n || '.example', signals FROM generate_series(first, last) AS n;
	SELECT * INTO r FROM advocacy.sync_apply('gs', 'account', NULL, true, at, 1, 1, at, at);
	PERFORM advocacy.deadlines_fire(at);
	RETURN format('%s/%s/%s/%s', r.risks_opened, r.risks_cleared, r.suspended, r.reinstated);
END $$;
CREATE FUNCTION pg_temp.day(d date) RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_build_object('live_on', extract(epoch FROM d)) $$;
CREATE FUNCTION pg_temp.told() RETURNS text LANGUAGE sql AS $$
	WITH d AS (DELETE FROM advocacy.outbox RETURNING outbox_id, kind) SELECT string_agg(d.kind, ' ' ORDER BY d.outbox_id) FROM d $$;
CREATE FUNCTION pg_temp.away(rule text) RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM advocacy.suspension AS s WHERE s.closed_at IS NULL AND s.rule = $1 $$;
CREATE FUNCTION pg_temp.waiting() RETURNS bigint LANGUAGE sql AS $$ SELECT max(batch_id) FROM advocacy.decision_batch WHERE decision IS NULL $$;
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate)
SELECT 'c' || n, '2025-01-01', 'a' || n, 'c' || n || '@x.example', 'Person ' || n, true FROM generate_series(1, 40) AS n;
SELECT pg_temp.run(1, 40, pg_temp.day('2024-12-01'), '2025-01-01'), pg_temp.told();
SELECT is(pg_temp.away('launch'), 40::bigint, '(forty in their first 180 days)');

-- A source that gives other dates.
SELECT is(pg_temp.run(1, 2, pg_temp.day('2020-01-01'), '2025-01-02'), '0/2/0/2', 'two that have been customers for long: at once');
SELECT is(pg_temp.run(3, 12, pg_temp.day('2001-01-01'), '2025-01-03'), '0/0/0/0', 'ten at once: nobody');
SELECT is(pg_temp.told(), 'reinstatements_held', 'a person is asked');
SELECT is((SELECT advocates FROM advocacy.decision_batch WHERE batch_id = pg_temp.waiting()), 10, 'of all of them');
SELECT is(pg_temp.run(13, 13, pg_temp.day('2001-01-01'), '2025-01-04'), '0/0/0/0', 'one more joins');
SELECT is(pg_temp.told(), NULL, 'in silence');
SELECT is(pg_temp.run(12, 12, pg_temp.day('2024-12-02'), '2025-01-05'), '0/0/0/0', 'one whose date is mended');
SELECT is((SELECT count(*) FROM advocacy.risk WHERE clear_batch IS NOT NULL AND cleared_at IS NULL), 10::bigint, 'leaves the batch');
SELECT is(advocacy.risk_reject(pg_temp.waiting(), 'mary', '2025-01-06'), 10, 'rejected');
SELECT is(pg_temp.run(3, 11, pg_temp.day('2001-01-01'), '2025-01-07') || coalesce(pg_temp.told(), ''), '0/0/0/0', 'the same dates ask nobody again');
SELECT is(pg_temp.run(3, 11, pg_temp.day('2002-01-01'), '2025-01-08') || pg_temp.told(), '0/0/0/0reinstatements_held', 'others do');
SELECT is(advocacy.risk_release(pg_temp.waiting(), 'mary', '2025-01-09'), 9, 'approved, they are available');
SELECT is(pg_temp.away('launch'), 29::bigint, 'who was in it');
-- What time ends was known long before.
SELECT is((SELECT fired FROM advocacy.deadlines_fire('2025-06-15')) > 0, true, 'half a year later');
SELECT is(pg_temp.away('launch'), 1::bigint, 'all are through their first 180 days, and nobody has to say so; but for who gave no other date than the rejected one');
SELECT pg_temp.told();

-- A caution isn't a suspension: who has one has something to lose.
SELECT pg_temp.run(1, 3, '{"cases": 1}', '2025-07-01'), pg_temp.run(4, 6, '{"cases": 1}', '2025-07-03'), pg_temp.run(7, 9, '{"cases": 1}', '2025-07-05'), pg_temp.told();
SELECT is(pg_temp.away('open case'), 9::bigint, '(nine cautions)');
SELECT is(pg_temp.run(1, 9, '{"health_score": 10}', '2025-07-08'), '9/0/0/0', 'nine who have a caution already, at once');
SELECT is(pg_temp.told(), 'suspensions_held', 'are nine too many');
SELECT advocacy.risk_reject(pg_temp.waiting(), 'mary', '2025-07-09');

-- A preview says held, not suspended, of what a brake would hold.
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate)
SELECT 'c' || n, '2025-07-10', 'a' || n, 'c' || n || '@x.example', 'Person ' || n, false FROM generate_series(20, 40) AS n;
CREATE TEMPORARY TABLE preview AS SELECT advocacy.sync_preview('gs', 'contact', NULL, true, '2025-07-10', 1, 1, '2025-07-10', '2025-07-10') AS p;
SELECT is((SELECT p -> 'counts' ->> 'held' FROM preview), '21', 'a mass retirement would be held');
SELECT is((SELECT p -> 'counts' ->> 'suspended' FROM preview), NULL, 'and suspends nobody');
SELECT is((SELECT p -> 'advocates' -> 'held' -> 0 ->> 'reason' FROM preview), 'no longer marked as an advocate in gs, as many others at once; a person must decide', 'with the reason');
SELECT is((SELECT count(*) FROM advocacy.decision_batch WHERE direction = 'retire'), 0::bigint, 'nothing stays');
SELECT * FROM finish();
ROLLBACK;
