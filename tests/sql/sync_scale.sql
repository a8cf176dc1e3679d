-- slow
-- What growing tables must not make slow: statistics follow growth, plans don't multiply rows by rows, one change among
-- many costs little. Measured in checkpoints of 20,000 new records, since what a second is worth is the machine's affair;
-- bounds are many times what is needed here, and a fraction of what the mistakes cost.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(18);
SET ROLE advocacy_daemon; -- not the tables' owner
SELECT advocacy.source_register('sf', 'salesforce', 1, '36500 days'), advocacy.source_register('gs', 'gainsight', 2, '36500 days'), advocacy.stage_prepare();
SELECT advocacy.risk_rule_define('health', 'health_score', '<', 60, '>', 75, '0', 'suspend', 'soft');
CREATE FUNCTION pg_temp.key(n integer) RETURNS text LANGUAGE sql AS $$ SELECT advocacy.salesforce_id_18('001' || lpad(n::text, 12, '0')) $$;
CREATE FUNCTION pg_temp.load(source text, first integer, last integer, score integer, at timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE changed bigint;
BEGIN
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, salesforce_id, name, domain, signals)
	SELECT CASE source WHEN 'sf' THEN '001' || lpad(n::text, 12, '0') ELSE 'g' || n END, at, pg_temp.key(n), 'Account ' || n, 'd' || n || '.example',
	       jsonb_build_object('health_score', CASE WHEN n <= 500 THEN score ELSE 90 END)
	  FROM generate_series(first, last) AS n;
	SELECT a.rows_changed INTO changed FROM advocacy.sync_apply(source, 'account', NULL, true, at, 1, 1, at, at) AS a;
	RETURN changed;
END $$;
-- How many checkpoints of new records a statement takes.
CREATE TEMPORARY TABLE pace (seconds numeric);
CREATE FUNCTION pg_temp.takes(statement text) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE begun timestamptz := clock_timestamp();
BEGIN
	EXECUTE statement;
	RETURN extract(epoch FROM clock_timestamp() - begun) / coalesce((SELECT seconds FROM pace), 1);
END $$;
CREATE FUNCTION pg_temp.known(name text) RETURNS boolean LANGUAGE sql AS $$
	SELECT c.reltuples BETWEEN 0.4 * 40000 AND 1.2 * 40000 FROM pg_class AS c WHERE c.oid = ('advocacy.' || name)::regclass $$;

SELECT is(advocacy.sync_analyze(), 0, 'empty tables need no statistics');
SELECT is(pg_temp.load('sf', 1, 1000, 90, '2025-01-01') + pg_temp.load('sf', 1001, 20000, 90, '2025-01-01 01:00')
        , 20000::bigint, 'two checkpoints of growing tables, by a role that owns none of them');
INSERT INTO pace SELECT pg_temp.takes($$SELECT pg_temp.load('sf', 20001, 40000, 90, '2025-01-01 02:00')$$);
SELECT is(pg_temp.known(t.name), true, 'the planner knows about how many rows are in ' || t.name) FROM unnest('{account,account_source,signal,signal_history}'::text[]) AS t (name);
SELECT is(advocacy.sync_analyze(), 0, 'not analyzed again while nothing grows');
SELECT cmp_ok(pg_temp.takes($$SELECT pg_temp.load('gs', 1, 20000, 40, '2025-01-02')$$), '<', 15::numeric, 'a checkpoint of 20,000 records that are linked takes a few times as much');
SELECT is((SELECT count(*) FROM advocacy.account), 40000::bigint, 'all of them linked');
SELECT is((SELECT count(*) FROM advocacy.risk WHERE cleared_at IS NULL), 500::bigint, 'five hundred are at risk');
SELECT cmp_ok(pg_temp.takes($$SELECT pg_temp.load('gs', 1, 20000, 40, '2025-01-02')$$), '<', 5::numeric, 'the same again takes less');
SELECT pg_temp.load('gs', 700 + n, 700 + n, 80, '2025-01-03') FROM generate_series(1, 3) AS n;
SELECT cmp_ok((SELECT min(pg_temp.takes(format('SELECT pg_temp.load(''gs'', %s, %s, 80, ''2025-01-03'')', n, n))) FROM generate_series(800, 806) AS n), '<', 0.2::numeric,
	'one changed record takes next to nothing');

-- Advocates arrive at accounts that are at risk: their suspensions are found in sets, not advocate by risk.
SELECT advocacy.risk_rule_define('silent', 'said_by_nobody', '<', 60, '>', 75);
INSERT INTO advocacy.risk (account_id, rule, rule_version, opened_at, evidence)
SELECT s.account_id, 'silent', 1, '2025-01-03', '{"value": 10, "source": "sf"}' FROM advocacy.account_source AS s
 WHERE s.source = 'gs' AND NOT EXISTS (SELECT FROM advocacy.risk AS r WHERE r.account_id = s.account_id AND r.cleared_at IS NULL)
 ORDER BY s.remote_id LIMIT 8000;
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate)
SELECT 'c' || r.risk_id, '2025-01-03', s.remote_id, 'c' || r.risk_id || '@x.example', 'P', true
  FROM advocacy.risk AS r JOIN advocacy.account_source AS s ON s.account_id = r.account_id AND s.source = 'gs' WHERE r.cleared_at IS NULL;
SELECT cmp_ok(pg_temp.takes($$SELECT advocacy.sync_apply('gs', 'contact', NULL, false, NULL, 1, 1, '2025-01-04', '2025-01-04')$$), '<', 15::numeric, 'thousands of suspensions at once take a few');
SELECT cmp_ok((SELECT count(*) FROM advocacy.suspension AS s WHERE s.closed_at IS NULL), '>', 8000::bigint, '(thousands)');

-- The helper acts as the owner and does only this one thing.
RESET ROLE;
SELECT is(has_function_privilege(r.name, 'advocacy.sync_analyze()', 'EXECUTE'), r.name = 'advocacy_daemon', 'who may call it: ' || r.name)
  FROM unnest('{advocacy_daemon,advocacy_operator}'::text[]) AS r (name);
SELECT is((SELECT prosecdef AND proconfig @> '{"search_path=pg_catalog, pg_temp"}' FROM pg_proc WHERE oid = 'advocacy.sync_analyze()'::regprocedure), true, 'as its owner, with a search path of its own');
SELECT is((SELECT pronargs FROM pg_proc WHERE oid = 'advocacy.sync_analyze()'::regprocedure), 0::smallint, 'nobody tells it which table');
SELECT * FROM finish();
ROLLBACK;
