-- What an apply costs goes by what changed: no table is read from end to end, however large, and what is read by an index is
-- a few rows for each account that changed. Counted by PostgreSQL itself (pg_stat_xact_user_tables), so whatever plan
-- it takes; the sixth time too, when it may have settled on plans for any parameters.
SET client_min_messages = warning;
SELECT plan(15);
\set accounts 40000
\set advocates 4000
SELECT advocacy.risk_rule_define('low', 'health_score', '<', 60, '>', 75, '7 days', 'suspend', 'soft', 2, '6 hours', 2, '6 hours', '7 days', 3),
       advocacy.risk_rule_define('very low', 'health_score', '<', 30, '>', 75, '7 days', 'suspend', 'hard', flaps => 3),
       advocacy.risk_rule_define('drop', 'health_score', '<', 75, '>', 75, '7 days', flaps => 3, drop_points => 20, drop_within => '14 days'),
       advocacy.risk_rule_define('renewal', 'renewal_on', '<=', 5184000, '>', 5184000, severity => 'caution', date_side => 'until'),
       advocacy.risk_rule_define('escalated', 'open_escalations', '>', 0, '=', 0, '14 days', 'suspend', 'hard');
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
\ir simulation/program.psql
SELECT advocacy.stage_prepare();
-- The tables that grow with the number of accounts or with time, and how many of their rows this transaction has read.
CREATE VIEW pg_temp.read AS
SELECT t.relname, coalesce(t.seq_tup_read, 0) AS in_a_row, coalesce(t.idx_tup_fetch, 0) AS by_index
  FROM pg_stat_xact_user_tables AS t JOIN pg_class AS c ON c.oid = t.relid
 WHERE t.schemaname = 'advocacy' AND c.reltuples > 3000;
CREATE FUNCTION pg_temp.stage(round integer) RETURNS void LANGUAGE sql AS $$
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, domain, signals, renewal_on)
	-- A tenth of them with an advocate, a tenth of them at risk already; every third falls.
	SELECT 'a' || n, now() - interval '1 hour' + round * interval '1 minute', 'Account ' || n, 'a' || n || '.example',
	       jsonb_build_object('health_score', CASE WHEN i % 3 = 0 THEN 55 ELSE 80 + i % 10 + round % 2 END), date '2030-01-01' + round
	  FROM (SELECT i, (7919 * (i + 100 * round)) % 40000 / 10 * 10 + CASE WHEN i % 10 = 0 THEN 0 ELSE i % 10 END AS n FROM generate_series(1, 100) AS i) AS x
	 WHERE n > 0 $$;
DO $$
DECLARE r record;
BEGIN
	FOR round IN 1 .. 6 LOOP
		PERFORM pg_temp.stage(round);
		PERFORM advocacy.sync_apply('sf', 'account', NULL, true, now(), 100, 1, now(), now() + round * interval '1 second');
		COMMIT;
	END LOOP;
END $$;
SELECT pg_stat_force_next_flush();
BEGIN;
SELECT pg_temp.stage(7);
SELECT is(r.rows_changed, 100::bigint, '(a hundred accounts changed)') FROM advocacy.sync_apply('sf', 'account', NULL, true, now(), 100, 1, now(), now() + interval '10 seconds') AS r;
-- (Whether a hundred accounts are half of all takes the first 201 of them, in any order.)
SELECT is((SELECT string_agg(format('%s: %s rows', relname, in_a_row), ', ') FROM pg_temp.read
            WHERE in_a_row > CASE relname WHEN 'account_source' THEN 201 ELSE 0 END), NULL, 'an apply reads no large table from end to end');
SELECT is((SELECT string_agg(format('%s: %s rows', relname, by_index), ', ') FROM pg_temp.read WHERE by_index > 5000), NULL, 'nor many rows of it by its indexes');
COMMIT;
SELECT pg_stat_force_next_flush();
BEGIN;
SELECT pg_temp.stage(7);
UPDATE pg_temp.stage_account SET signals = '{"health_score": 10}';
SELECT cmp_ok(r.risks_opened, '>', 90, '(a hundred accounts at risk)') FROM advocacy.sync_apply('sf', 'account', NULL, true, now(), 100, 1, now(), now() + interval '10 seconds') AS r;
SELECT is((SELECT string_agg(format('%s: %s rows', relname, in_a_row), ', ') FROM pg_temp.read WHERE in_a_row > 0 AND relname NOT IN ('advocate', 'suspension')), NULL, 'nor when all of it is a risk');
COMMIT;
SELECT pg_stat_force_next_flush();
BEGIN;
INSERT INTO pg_temp.stage_support_case (remote_id, modified_at, account_remote_id, number, priority, escalated, closed) SELECT 'k' || n, now(), 'a' || n, 'K-' || n, 'P1', n % 1000 = 0, false FROM generate_series(20, 20000, 200) AS n;
SELECT is(r.rows_changed, 100::bigint, '(a hundred cases changed)') FROM advocacy.sync_apply('sf', 'support_case', NULL, true, now(), 100, 1, now(), now() + interval '10 seconds') AS r;
SELECT is((SELECT string_agg(format('%s: %s rows', relname, in_a_row), ', ') FROM pg_temp.read WHERE in_a_row > 0 AND relname NOT IN ('advocate', 'suspension')), NULL, 'cases: no large table is read from end to end');
COMMIT;
SELECT pg_stat_force_next_flush();
BEGIN;
SELECT count(*) FROM advocacy.explain_advocate((SELECT max(advocate_id) FROM advocacy.advocate));
SELECT is((SELECT string_agg(format('%s: %s rows', relname, in_a_row + by_index), ', ') FROM pg_temp.read WHERE in_a_row > 0 OR by_index > 100), NULL, 'explain reads what concerns one advocate');
COMMIT;
SELECT pg_stat_force_next_flush();
BEGIN;
SELECT advocacy.deadlines_fire(now());
SELECT is((SELECT string_agg(format('%s: %s rows', relname, in_a_row), ', ') FROM pg_temp.read WHERE in_a_row > 0), NULL, 'deadlines with nothing due read no table');
COMMIT;
SELECT pg_stat_force_next_flush();
BEGIN;
SELECT advocacy.stage_clear();
SELECT is(r.rows_changed, 0::bigint, '(nothing new)') FROM advocacy.sync_apply('sf', 'account', NULL, true, now(), 0, 1, now(), now() + interval '10 seconds') AS r;
SELECT is((SELECT string_agg(format('%s: %s rows', relname, in_a_row + by_index), ', ') FROM pg_temp.read WHERE in_a_row > 0 OR by_index > 10), NULL, 'a poll without news reads next to nothing');
COMMIT;
SELECT pg_stat_force_next_flush();
BEGIN;
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate) SELECT 'c' || n, now(), 'a' || n, 'new' || n || '@a.example', 'New', n % 20 = 0 FROM generate_series(10, 1000, 10) AS n;
SELECT is(r.rows_changed, 100::bigint, '(a hundred contacts changed, of whom half are advocates no longer)') FROM advocacy.sync_apply('sf', 'contact', NULL, true, now(), 100, 1, now(), now() + interval '10 seconds') AS r;
SELECT is((SELECT string_agg(format('%s: %s rows', relname, in_a_row), ', ') FROM pg_temp.read WHERE in_a_row > 0 AND relname NOT IN ('advocate', 'suspension')), NULL, 'contacts: no large table is read from end to end');
COMMIT;
INSERT INTO pg_temp.stage_staff (remote_id, modified_at, email, name) SELECT 'u' || n, now() - interval '1 hour', n || '@us.example', 'Person' FROM generate_series(1, 100) AS n;
SELECT advocacy.sync_apply('sf', 'account', NULL, true, now(), 100, 1, now(), now() + interval '10 seconds') \g /dev/null
SELECT pg_stat_force_next_flush();
BEGIN;
INSERT INTO pg_temp.stage_staff (remote_id, modified_at, email, name) SELECT 'u' || n, now(), n || '@us.example', 'Person' FROM generate_series(1, 100) AS n;
SELECT is(r.rows_changed, 100::bigint, '(a hundred people have logged in)') FROM advocacy.sync_apply('sf', 'account', NULL, true, now(), 100, 1, now(), now() + interval '10 seconds') AS r;
SELECT is((SELECT string_agg(format('%s: %s rows', relname, in_a_row), ', ') FROM pg_temp.read WHERE in_a_row > 0), NULL, 'people: no large table is read from end to end');
COMMIT;
SELECT * FROM finish();
