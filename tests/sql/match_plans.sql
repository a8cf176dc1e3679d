-- Whom matching finds among thousands is whom comparing all of them finds, whatever is wanted and whoever was asked; and it
-- reads a few of them, as PostgreSQL itself counts (pg_stat_xact_user_tables), whatever plan it takes.
BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL jit = off;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();
SELECT setseed(0.3);
INSERT INTO advocacy.account (account_id, source, remote_id, name, industry, region, segment) OVERRIDING SYSTEM VALUE
SELECT g, 't', 'a' || g, 'Account ' || g, nullif('Industry ' || g % 7, 'Industry 6'), (ARRAY['EMEA', 'AMER', 'APAC'])[1 + g % 3], (ARRAY['Small', 'Mid'])[1 + g % 2] FROM generate_series(1, 900) AS g;
INSERT INTO advocacy.contact (contact_id, source, remote_id, account_id, opted_out, language, products) OVERRIDING SYSTEM VALUE
SELECT g, 't', 'c' || g, 1 + g % 900, false, (ARRAY['en', 'de'])[1 + g % 2], CASE g % 4 WHEN 0 THEN 'Core; Extra' WHEN 1 THEN 'core' END FROM generate_series(1, 4000) AS g;
INSERT INTO advocacy.advocate (advocate_id, contact_id, account_id, enrolled_by) OVERRIDING SYSTEM VALUE SELECT g, g, 1 + g % 900, 'test' FROM generate_series(1, 4000) AS g;
-- Half of them were asked, some of it for nothing, some long ago; one account and one cell more than others.
INSERT INTO advocacy.activity (advocate_id, activity_type, status, occurred_at, weight, account_id, cell, recorded_at, recorded_by)
SELECT p.advocate_id, 'quote', (ARRAY['completed', 'released'])[1 + (random() < 0.1)::integer], now() - round(random() * 40) * interval '4 days', floor(1 + random() * 3), p.account_id, p.cell, now(), 't'
FROM generate_series(1, 2500) AS g JOIN advocacy.advocate_profile AS p ON p.advocate_id = CASE WHEN g % 10 = 0 THEN 1 + g % 4 * 900 ELSE 1 + floor(random() * 4000) END;
INSERT INTO advocacy.opportunity (opportunity_id, source, remote_id, account_id, name) OVERRIDING SYSTEM VALUE VALUES (-1, 't', 'o1', 5, 'Deal');
SELECT advocacy.request_submit(-1, 'reference_call', 'why', 'CIO', 'a yes', now() + interval '30 days', 'rep@example.com') AS r \gset

CREATE FUNCTION pg_temp.has(p advocacy.advocate_profile, criterion text) RETURNS text[] LANGUAGE sql AS $$
	SELECT CASE criterion WHEN 'product' THEN p.products ELSE ARRAY[to_jsonb(p) ->> criterion] END $$;
-- The rule, all at once.
CREATE FUNCTION pg_temp.plainly(request bigint, but bigint[], how_many integer) RETURNS TABLE (advocate_id bigint, points integer, place bigint) LANGUAGE sql AS $$
	WITH asked AS MATERIALIZED (SELECT v.* FROM advocacy.activity AS v WHERE v.status <> 'released' AND v.occurred_at > now() - interval '90 days'),
	total AS (SELECT coalesce(sum(weight), 0) + 10 AS weight FROM asked),
	scored AS (
		SELECT p.advocate_id, a.last_at,
		       (SELECT coalesce(sum(10000), 0) FROM advocacy.match_wanted(request) AS w WHERE NOT w.must AND pg_temp.has(p, w.criterion) && w.any_of)
		       - 4000 * coalesce(a.load, 0) - 100 * coalesce(t.share, 0) - 50 * coalesce(c.share, 0) AS points
		  FROM advocacy.advocate_profile AS p
		  LEFT JOIN (SELECT advocate_id, sum(weight) AS load, max(occurred_at) AS last_at FROM asked GROUP BY 1) AS a ON a.advocate_id = p.advocate_id
		  LEFT JOIN (SELECT account_id, (sum(asked.weight) * 100 / min(total.weight))::integer AS share FROM asked, total GROUP BY 1 HAVING sum(asked.weight) * 100 >= min(total.weight)) AS t ON t.account_id = p.account_id
		  LEFT JOIN (SELECT cell, (sum(asked.weight) * 100 / min(total.weight))::integer AS share FROM asked, total GROUP BY 1 HAVING sum(asked.weight) * 100 >= min(total.weight)) AS c ON c.cell = p.cell
		 WHERE p.account_id <> 5 AND p.advocate_id <> ALL (but)
		   AND NOT EXISTS (SELECT FROM advocacy.match_wanted(request) AS w WHERE w.must AND NOT coalesce(pg_temp.has(p, w.criterion) && w.any_of, false)))
	SELECT s.advocate_id, s.points::integer, row_number() OVER (ORDER BY s.points DESC, s.last_at NULLS FIRST, s.advocate_id) FROM scored AS s ORDER BY 3 LIMIT how_many $$;
CREATE TEMP TABLE question ON COMMIT DROP AS
SELECT c.wanted, n.how_many, b.but
FROM (VALUES (NULL::jsonb), ('{}'), ('{"preferred": {"region": "emea"}}'), ('{"required": {"region": ["EMEA", "APAC"], "language": "en"}, "preferred": {"industry": "Industry 3", "product": "extra"}}'),
	('{"required": {"product": "core", "industry": "Industry 1"}}'), ('{"required": {"segment": "large"}}')) AS c (wanted)
CROSS JOIN (VALUES (1), (10), (400)) AS n (how_many)
CROSS JOIN (VALUES ('{}'::bigint[]), (ARRAY(SELECT g FROM generate_series(2, 4000, 3) AS g))) AS b (but);
CREATE FUNCTION pg_temp.differs(request bigint, wanted jsonb, how_many integer, but bigint[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	found_ones text;
	right_ones text;
BEGIN
	UPDATE advocacy.request SET criteria = wanted WHERE request_id = differs.request;
	SELECT string_agg(format('%s:%s', m.advocate_id, m.points), ' ' ORDER BY m.place) INTO found_ones FROM advocacy.match_rank(differs.request, now(), but, how_many) AS m;
	SELECT string_agg(format('%s:%s', m.advocate_id, m.points), ' ' ORDER BY m.place) INTO right_ones FROM pg_temp.plainly(differs.request, but, how_many) AS m;
	RETURN CASE WHEN found_ones IS DISTINCT FROM right_ones THEN format('%s %s: %s instead of %s', wanted, how_many, left(found_ones, 300), left(right_ones, 300)) END;
END $$;
SELECT is((SELECT string_agg(d, E'\n') FROM question AS q CROSS JOIN LATERAL pg_temp.differs(:r, q.wanted, q.how_many, q.but) AS d), NULL, 'whatever is wanted, the same ones in the same order');
SELECT cmp_ok((SELECT count(*) FROM pg_temp.plainly(:r, '{}', 9)), '=', 0::bigint, '(a segment that there is none of has nobody)');
UPDATE advocacy.request SET criteria = NULL WHERE request_id = :r;
SELECT cmp_ok((SELECT count(DISTINCT points) FROM pg_temp.plainly(:r, '{}', 400)), '>', 2::bigint, '(and there is more than one number of points)');
COMMIT;

-- What it reads.
VACUUM ANALYZE advocacy.advocate_profile, advocacy.advocate_look, advocacy.activity, advocacy.advocate, advocacy.contact, advocacy.account, advocacy.suspension;
SELECT pg_stat_force_next_flush();
BEGIN;
CREATE VIEW pg_temp.read AS
SELECT t.relname, coalesce(t.seq_tup_read, 0) AS in_a_row, coalesce(t.idx_tup_fetch, 0) AS by_index
  FROM pg_stat_xact_user_tables AS t JOIN pg_class AS c ON c.oid = t.relid WHERE t.schemaname = 'advocacy' AND c.reltuples > 800;
SELECT is((SELECT count(*) FROM advocacy.match_advocates(:r, 5)), 5::bigint, '(five are proposed)');
SELECT is((SELECT string_agg(format('%s: %s rows', relname, in_a_row), ', ') FROM pg_temp.read WHERE in_a_row > 0 AND relname <> 'activity'), NULL, 'nobody is compared with everybody');
SELECT is((SELECT string_agg(format('%s: %s rows', relname, by_index), ', ') FROM pg_temp.read WHERE by_index > 1000 AND relname <> 'activity'), NULL, 'nor many read one by one');
COMMIT;
SELECT * FROM finish();
