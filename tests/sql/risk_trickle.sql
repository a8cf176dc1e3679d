-- A feed that goes wrong in small pieces, each within the limit, doesn't make everybody available again: within 24 hours twice the
-- limit is too many. What a person let happen doesn't count, nor who was suspended again.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(28);
SELECT advocacy.source_register('gs', 'gainsight', 1, '36500 days'), advocacy.stage_prepare();
SELECT advocacy.risk_rule_define('health', 'health_score', '<', 60, '>', 75, '0', 'suspend', 'soft'),
       advocacy.risk_rule_define('slow', 'slow_score', '<', 60, '>', 75, '7 days', 'suspend', 'soft'),
       advocacy.risk_rule_define('launch', 'live_on', '<', 15552000, '>=', 15552000, severity => 'ineligible', date_side => 'since');
SELECT advocacy.policy_setting_define('breaker_percent', '100');
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
CREATE FUNCTION pg_temp.hour(n numeric) RETURNS timestamptz LANGUAGE sql AS $$ SELECT '2025-01-01'::timestamptz + n * interval '1 hour' $$;
-- How many are available again by what is said of accounts FIRST to LAST at an hour.
CREATE FUNCTION pg_temp.feed(first integer, last integer, signals jsonb, hour numeric) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals) SELECT 'a' || n, pg_temp.hour(hour), 'Account ' || n, signals FROM generate_series(first, last) AS n;
	RETURN (SELECT reinstated FROM advocacy.sync_apply('gs', 'account', NULL, true, pg_temp.hour(hour), 1, 1, pg_temp.hour(hour), pg_temp.hour(hour)));
END $$;
CREATE FUNCTION pg_temp.score(first integer, last integer, score integer, hour numeric) RETURNS integer LANGUAGE sql AS $$
	SELECT pg_temp.feed(first, last, jsonb_build_object('health_score', score), hour) $$;
CREATE FUNCTION pg_temp.told() RETURNS text LANGUAGE sql AS $$
	WITH d AS (DELETE FROM advocacy.outbox RETURNING kind, facts)
	SELECT string_agg(concat_ws(' ', d.facts ->> 'count', 'of', d.facts ->> 'limit'), ', ') FROM d WHERE d.kind = 'reinstatements_held' $$;
CREATE FUNCTION pg_temp.batch() RETURNS bigint LANGUAGE sql AS $$ SELECT max(b.batch_id) FROM advocacy.decision_batch AS b WHERE b.decision IS NULL $$;
CREATE FUNCTION pg_temp.away() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM advocacy.suspension AS s WHERE s.closed_at IS NULL $$;
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate)
SELECT 'c' || n, pg_temp.hour(0), 'a' || n, 'c' || n || '@x.example', 'Person ' || n, true FROM generate_series(1, 40) AS n;
SELECT pg_temp.feed(1, 40, '{"health_score": 90, "slow_score": 90}', 0), pg_temp.score(1, 20, 10, 1), pg_temp.told();
SELECT is(pg_temp.away(), 20::bigint, '(twenty of forty are suspended; two may come back at once)');

-- Two at each poll.
SELECT is(pg_temp.score(1, 2, 90, 2), 2, 'two at once are believed');
SELECT is(pg_temp.score(3, 4, 90, 8), 2, 'and two more later');
SELECT is(pg_temp.told(), NULL, 'nobody is asked');
SELECT is(pg_temp.score(5, 5, 90, 20), 0, 'one more on the same day isn''t');
SELECT is(pg_temp.told(), '5 of 4', 'a person is asked, and reads how many it would be in a day');
SELECT is(pg_temp.score(6, 7, 90, 21), 0, 'two more wait with it');
SELECT is(pg_temp.told(), NULL, 'in silence');
SELECT is(advocacy.risk_release(pg_temp.batch(), 'mary', pg_temp.hour(22)), 3, 'a person says yes');
SELECT is(pg_temp.score(8, 8, 90, 23), 0, 'the next one is judged like any other');
SELECT is(advocacy.risk_reject(pg_temp.batch(), 'mary', pg_temp.hour(23.5)), 1, '(rejected)');
SELECT is(pg_temp.score(9, 10, 90, 27), 2, 'a day after the first ones two more are believed: those of the batch don''t count');
SELECT is(pg_temp.score(9, 10, 10, 28) || ' ' || pg_temp.score(9, 10, 90, 29) || ' ' || pg_temp.score(9, 10, 10, 30) || ' ' || pg_temp.score(9, 10, 90, 31), '0 2 0 2',
	'who comes and goes is counted once');

-- After a hold, by time alone, the same.
SELECT pg_temp.feed(21, 30, '{"slow_score": 10}', 100), pg_temp.feed(21, 22, '{"slow_score": 90}', 101), pg_temp.feed(23, 24, '{"slow_score": 90}', 102),
	pg_temp.feed(25, 25, '{"slow_score": 90}', 103), pg_temp.told();
SELECT is((SELECT string_agg(advocacy.risk_fire(pg_temp.hour(h + 168))::text, ' ') FROM generate_series(101, 103) AS h), '2 2 0', 'five whose hold ends on one day: four');
SELECT is(pg_temp.told(), '5 of 4', 'and a person is asked');
SELECT is(advocacy.risk_release(pg_temp.batch(), 'mary', pg_temp.hour(280)), 1, '(released)');

-- A change of the policy is a person's.
SELECT advocacy.risk_rule_define('health', 'health_score', '<', 5, '>', 6, '0', 'suspend', 'soft');
SELECT is((SELECT reinstated FROM advocacy.risk_evaluate(NULL, pg_temp.hour(400))), 10, 'what the policy frees asks nobody');
SELECT is(pg_temp.feed(26, 27, '{"slow_score": 90}', 401) + advocacy.risk_fire(pg_temp.hour(401 + 168)), 2, '(nor do two whose hold is over)');
SELECT pg_temp.score(1, 2, 1, 600);
SELECT advocacy.risk_rule_define('slow', 'slow_score', '<', 5, '>', 6, '0', 'suspend', 'soft');
SELECT is((SELECT reinstated FROM advocacy.risk_evaluate(NULL, pg_temp.hour(601))), 3, 'three more by the policy');
SELECT is(pg_temp.score(1, 2, 90, 602) || coalesce(pg_temp.told(), ''), '2', 'and two by the feed on the same day: nobody is asked');

-- Dates that a source gives.
SELECT pg_temp.feed(1, 10, format('{"live_on": %s}', extract(epoch FROM pg_temp.hour(650)))::jsonb, 700), pg_temp.told();
SELECT is(pg_temp.away(), 11::bigint, '(ten in their first half year, and the one of the batch that was rejected)');
SELECT is(pg_temp.feed(1, 2, '{"live_on": 0}', 701) || ' ' || pg_temp.feed(3, 4, '{"live_on": 0}', 702) || ' ' || pg_temp.feed(5, 5, '{"live_on": 0}', 703), '2 2 0',
	'other dates for a few at a time: not for the fifth of a day');
SELECT is(pg_temp.told(), '5 of 4', 'a person is asked');
SELECT is((SELECT evidence ? 'new_date' FROM advocacy.risk WHERE clear_batch = pg_temp.batch()), true, 'of a date');
SELECT advocacy.risk_reject(pg_temp.batch(), 'mary', pg_temp.hour(704));

-- Whom a date and a score suspend is free when both end, also by one reading.
SELECT pg_temp.feed(31, 39, format('{"health_score": 1, "live_on": %s}', extract(epoch FROM pg_temp.hour(750)))::jsonb, 800), pg_temp.told();
SELECT is((SELECT count(*) FROM advocacy.suspension AS s JOIN advocacy.risk AS r USING (risk_id) WHERE s.opened_at = pg_temp.hour(800)), 18::bigint, '(nine by two rules each)');
SELECT is(pg_temp.feed(31, 39, '{"health_score": 90, "live_on": 0}', 801), 0, 'nine at once wait for a person');
SELECT is(pg_temp.told(), '9 of 2', 'who is asked');
SELECT is((SELECT string_agg(DISTINCT r.rule, ' ') FROM advocacy.risk AS r WHERE r.clear_batch = pg_temp.batch()), 'health', 'about what still keeps them');
SELECT * FROM finish();
ROLLBACK;
