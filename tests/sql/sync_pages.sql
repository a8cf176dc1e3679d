-- Where rows lie: a record that changes stays in its page, so that no index has to be told of it.
BEGIN;
SELECT plan(4);
SELECT advocacy.source_register('sf', 'salesforce', 1, '36500 days');
SELECT advocacy.stage_prepare();
CREATE FUNCTION pg_temp.read(ids integer[], at timestamptz, score integer) RETURNS bigint LANGUAGE sql AS $$
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, deleted, name, domain, owner_email, signals)
	SELECT 'a' || n, at, false, 'Account number ' || n, 'www.account-' || n || '.example', 'somebody@ours.example',
	       jsonb_build_object('health_score', score) FROM unnest(ids) AS n;
	INSERT INTO pg_temp.stage_contact (remote_id, modified_at, deleted, account_remote_id, email, title)
	SELECT 'c' || n, at, false, 'a' || n, 'c' || n || '@account.example', 'Title ' || score FROM unnest(ids) AS n;
	INSERT INTO pg_temp.stage_support_case (remote_id, modified_at, deleted, account_remote_id, subject, status)
	SELECT 'k' || n, at, false, 'a' || n, 'Subject', 'Status ' || score FROM unnest(ids) AS n;
	SELECT a.rows_changed FROM advocacy.sync_apply('sf', 'account', 'c', true, NULL, 1, 1, at, at) AS a
$$;
CREATE FUNCTION pg_temp.pages() RETURNS TABLE (name text, key text, page integer) LANGUAGE sql AS $$
	SELECT 'account_source', t.remote_id, (t.ctid::text::point)[0]::integer FROM advocacy.account_source AS t
	UNION ALL SELECT 'signal', g.account_id::text, (g.ctid::text::point)[0]::integer FROM advocacy.signal AS g
	UNION ALL SELECT 'contact', c.remote_id, (c.ctid::text::point)[0]::integer FROM advocacy.contact AS c
	UNION ALL SELECT 'support_case', k.remote_id, (k.ctid::text::point)[0]::integer FROM advocacy.support_case AS k
$$;
SELECT is(pg_temp.read(ARRAY(SELECT n FROM generate_series(1, 600) AS n), '2026-01-01', 80), 1800::bigint, 'what is new');
CREATE TEMPORARY TABLE before AS SELECT * FROM pg_temp.pages();
SELECT cmp_ok((SELECT min(b.pages) FROM (SELECT count(DISTINCT b.page) AS pages FROM before AS b GROUP BY b.name) AS b), '>=', 4::bigint, '(fills several pages of each table)');
SELECT is(pg_temp.read(ARRAY(SELECT n FROM generate_series(10, 600, 97) AS n), '2026-01-02', 70), 21::bigint, 'some of it changes');
SELECT is((SELECT string_agg(DISTINCT b.name, ' ') FROM before AS b JOIN pg_temp.pages() AS p USING (name, key) WHERE p.page <> b.page), NULL, 'all in its page');
SELECT * FROM finish();
ROLLBACK;
