-- slow
-- Honest weeks don't trip the breaker: accounts of 40 and then of 300 advocates whose health wanders as scores do, week by
-- week, under rules that react fast. WEEKS=500 makes it a thousand weeks, which may trip it five times.
\set weeks 40
\getenv weeks WEEKS
SET client_min_messages = warning;
SELECT plan(5);
\ir simulation/driver.psql
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
SELECT advocacy.risk_rule_define('low', 'health_score', '<', 60, '>', 75, '7 days', flaps => 3),
       advocacy.risk_rule_define('very low', 'health_score', '<', 40, '>', 75, '7 days', 'suspend', 'hard', flaps => 3),
       advocacy.risk_rule_define('drop', 'health_score', '<', 75, '>', 75, '7 days', flaps => 3, drop_points => 20, drop_within => '14 days'),
       advocacy.risk_rule_define('churn', 'churn_risk', '>', 0, '=', 0, '30 days', 'suspend', 'hard');
-- A number as likely as measuring errors are (mean 0, deviation 1), the same in each run.
CREATE FUNCTION pg_temp.normal(seed text) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
	SELECT sqrt(-2 * ln(greatest(1e-12, abs(pg_temp.chance(seed, 'a'))))) * cos(pi() * pg_temp.chance(seed, 'b')) $$;
-- Each account wanders around its own level: most are well, some never will be; a tenth of what moves it moves all of them.
-- Now and then one takes a fall it recovers from within months, and of one in a hundred a quarter the renewal is in danger.
CREATE TEMPORARY TABLE account AS
SELECT n, level, level AS x FROM (SELECT n, greatest(30, 84 + 9 * pg_temp.normal('level ' || n)) AS level FROM generate_series(1, 300) AS n) AS a;
CREATE TEMPORARY SEQUENCE week;
CREATE PROCEDURE pg_temp.live(weeks integer, many integer) LANGUAGE plpgsql AS $$
DECLARE
	w bigint;
	at timestamptz;
	batch bigint;
BEGIN
	FOR i IN 1 .. weeks LOOP
		w := nextval('pg_temp.week');
		at := '2025-01-06'::timestamptz + w * interval '7 days';
		UPDATE account AS a SET x = a.level + 0.88 * (a.x - a.level) + 3.3 * pg_temp.normal(w || ' ' || a.n) + 1.1 * pg_temp.normal('all ' || w)
		       - CASE WHEN pg_temp.chance(w::text, a.n::text, 'fall') > 0.988 THEN 30 ELSE 0 END;
		INSERT INTO pg_temp.reading (source, n, signals, own)
		SELECT 'gs', a.n, jsonb_build_object('health_score', round(greatest(0, least(100, a.x))::numeric),
		       'churn_risk', (pg_temp.chance((w / 13)::text, a.n::text, 'churn') > 0.98)::integer), at FROM account AS a WHERE a.n <= many
		ON CONFLICT ON CONSTRAINT reading_pkey DO UPDATE SET signals = excluded.signals, own = excluded.own;
		PERFORM pg_temp.sim_poll('gs', at);
		FOR batch IN SELECT DISTINCT r.held_batch FROM advocacy.risk AS r WHERE r.held_at IS NOT NULL AND r.cleared_at IS NULL LOOP
			PERFORM advocacy.risk_release(batch, 'mary', at + interval '1 day');
		END LOOP;
		-- A person looks at what comes and goes.
		PERFORM advocacy.risk_unpin(r.risk_id, 'looked at', 'mary', at + interval '1 day') FROM advocacy.risk AS r WHERE r.pinned_at IS NOT NULL AND r.cleared_at IS NULL;
		COMMIT;
	END LOOP;
END $$;
SELECT pg_temp.sim_open('gs', 40, '2025-01-01');
CALL pg_temp.live(:weeks, 40);
CREATE TEMPORARY TABLE counted AS SELECT (SELECT count(*) FROM advocacy.outbox WHERE kind = 'suspensions_held') AS trips, (SELECT count(*) FROM away) AS suspensions;
SELECT cmp_ok((SELECT suspensions FROM counted), '>', (:weeks / 4)::bigint, 'of forty advocates, some are suspended');
SELECT cmp_ok((SELECT trips FROM counted), '<=', ceil(:weeks / 200.0)::bigint, 'and the breaker hardly ever trips');
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate)
SELECT 'c' || n, '2025-01-06', 'a' || n, 'c' || n || '@a' || n || '.example', 'Person ' || n, true FROM generate_series(41, 300) AS n;
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, domain, signals)
SELECT 'a' || n, '2025-01-06', 'Account ' || n, 'a' || n || '.example', jsonb_build_object('health_score', round(x::numeric)) FROM account WHERE n > 40;
SELECT advocacy.sync_apply('gs', 'account', NULL, true, t, 1, 1, t, t) FROM (SELECT '2025-01-06'::timestamptz + last_value * interval '7 days' + interval '3 days' AS t FROM pg_temp.week) AS w;
CALL pg_temp.live(:weeks, 300);
SELECT is((SELECT count(*) FROM advocacy.advocate), 300::bigint, '(three hundred)');
SELECT cmp_ok((SELECT count(*) FROM away), '>', (SELECT suspensions FROM counted) + :weeks, 'of three hundred more are suspended');
SELECT cmp_ok((SELECT count(*) FROM advocacy.outbox WHERE kind = 'suspensions_held'), '<=', (SELECT trips FROM counted) + ceil(:weeks / 200.0)::bigint,
	'and the breaker hardly ever trips either');
SELECT format('# %s weeks: %s suspensions, %s trips', 2 * :weeks, (SELECT count(*) FROM away), (SELECT count(*) FROM advocacy.outbox WHERE kind = 'suspensions_held'));
SELECT * FROM finish();
