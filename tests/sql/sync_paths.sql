-- slow
-- Records that can touch nobody else are stored without asking who they belong to (account_store_alone). Whatever way a record
-- takes, alone or with others, at once or one by one, the same customers come out of it.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(16);
SELECT advocacy.source_register('sf', 'salesforce', 1, '36500 days'), advocacy.source_register('hs', 'hubspot', 2, '36500 days'),
       advocacy.source_register('gs', 'gainsight', 3, '36500 days');
SELECT advocacy.risk_rule_define('health', 'health_score', '<', 60, '>', 75);
CREATE FUNCTION pg_temp.key(n integer) RETURNS text LANGUAGE sql AS $$ SELECT advocacy.salesforce_id_18('001' || lpad(n::text, 12, '0')) $$;

SELECT advocacy.sync_apply('hs', 'staff', NULL, true, NULL, 0, 1, '2025-01-01', '2025-01-01');
SELECT is(coalesce(to_regclass('pg_temp.work_link'), to_regclass('pg_temp.stage_account'))::text, NULL, 'a run that brings nothing makes no tables');
SELECT advocacy.stage_prepare();

-- Short cuts to the same results.
SELECT is((SELECT array_agg(advocacy.account_domain(d) ORDER BY n) FROM unnest(ARRAY['a.example', 'www.a.example', 'www.www.a.example', 'wwww.a.example', '.a.example', 'a.example.',
		'a..example', 'a', 'a.', '.a', '-a.b-', 'A.Example', E'a.example\n', 'a.example/x', 'a_b.example', 'http://a.example:80', 'x@a.example', '',
		'https://www.a.example', 'https://a.example', 'http://www.a.example', 'https://www.www.a.example', 'https://www.a', 'https://wwwa.example', 'http://www.-a.example', 'https://www.example']) WITH ORDINALITY AS u (d, n)),
	ARRAY['a.example', 'a.example', 'a.example', 'wwww.a.example', 'a.example', 'a.example', 'a..example', NULL, NULL, NULL, '-a.b-', 'a.example', 'a.example', 'a.example', 'a_b.example', 'a.example', NULL, NULL,
	      'a.example', 'a.example', 'a.example', 'a.example', NULL, 'wwwa.example', '-a.example', NULL],
	'domains, clean and not');
SELECT is((SELECT array_agg(advocacy.signal_value(v::jsonb #>> '{}') ORDER BY n) FROM unnest('{5,5.50,-1e3,"\"5\"","\"007\"","\"+5\"","\".5\"","\"5.\"","\"1e3\"","\"\"","\" 5\"","\"5x\"",null,"null",true,"[]","[5]"}'::text[]) WITH ORDINALITY AS u (v, n)),
	'{5,5.50,-1000,5,7,5,0.5,5,1000,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL}'::numeric[], 'numbers, as such and as text');

-- Which records take which way.
INSERT INTO pg_temp.stage_account (remote_id, modified_at, deleted, salesforce_id, name, domain, merged_into_remote_id) VALUES
	('h1', '2025-01-01', false, pg_temp.key(1), 'H1', 'h1.example', NULL), ('h2', '2025-01-01', false, NULL, 'H2', 'h2.example', NULL),
	('h3', '2025-01-01', true, NULL, 'H3', NULL, 'h9');
SELECT advocacy.sync_apply('hs', 'account', NULL, true, NULL, 1, 1, '2025-01-01', '2025-01-01');
INSERT INTO pg_temp.stage_staff (remote_id, modified_at, email) VALUES ('p1', '2025-01-01', 'owner@ours.example');
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email) VALUES ('c1', '2025-01-01', 'g1', 'c@g1.example');
SELECT advocacy.sync_apply('gs', 'contact', NULL, true, NULL, 1, 1, '2025-01-01', '2025-01-01');
INSERT INTO pg_temp.stage_account (remote_id, modified_at, deleted, salesforce_id, name, domain, owner_remote_id, merged_into_remote_id) VALUES
	('g1', '2025-01-02', false, pg_temp.key(20), 'G1', 'g1.example', 'p1', NULL), ('g2', '2025-01-02', false, NULL, 'G2', NULL, NULL, NULL),
	('g3', '2025-01-02', false, NULL, 'G3', 'gmail.com', NULL, NULL), ('g4', '2025-01-02', false, NULL, 'G4', 'gmail.com', NULL, NULL),
	('g5', '2025-01-02', true, NULL, 'G5', 'g5.example', NULL, NULL),
	('t1', '2025-01-02', false, pg_temp.key(1), 'T1', NULL, NULL, NULL), ('t2', '2025-01-02', false, NULL, 'T2', 'www.h2.example', NULL, NULL),
	('t3', '2025-01-02', false, pg_temp.key(30), 'T3', NULL, NULL, NULL), ('t4', '2025-01-02', false, pg_temp.key(30), 'T4', NULL, NULL, NULL),
	('t5', '2025-01-02', false, NULL, 'T5', 't5.example', NULL, NULL), ('t6', '2025-01-02', false, NULL, 'T6', 'http://t5.example/', NULL, NULL),
	('t7', '2025-01-02', true, NULL, 'T7', NULL, NULL, 't8'), ('t8', '2025-01-02', false, NULL, 'T8', NULL, NULL, NULL);
SELECT is(advocacy.sync_merge_account('gs', 'account', '2025-01-02'), 13::bigint, 'all are stored');
SELECT is((SELECT array_agg(w.remote_id ORDER BY w.remote_id) FROM pg_temp.work_link AS w WHERE w.source = 'gs'), '{t1,t2,t3,t4,t5,t6,t7,t8}'::text[],
	'asked about are those that share an id or a domain with a stored or a staged record, or were merged with one');
SELECT results_eq($$SELECT a.name, a.domain, a.owner_email, a.deleted, s.link_reason, a.source || a.remote_id FROM advocacy.account_source AS s
	JOIN advocacy.account AS a USING (account_id) WHERE s.source = 'gs' AND s.remote_id LIKE 'g%' ORDER BY 1$$,
	$$VALUES ('G1', 'g1.example', 'owner@ours.example', false, 'own', 'gsg1'), ('G2', NULL, NULL, false, 'own', 'gsg2'), ('G3', 'gmail.com', NULL, false, 'own', 'gsg3'),
	         ('G4', 'gmail.com', NULL, false, 'own', 'gsg4'), ('G5', 'g5.example', NULL, true, 'own', 'gsg5')$$, 'the others are customers of their own, complete at once');
SELECT is((SELECT c.account_id FROM advocacy.contact AS c), (SELECT s.account_id FROM advocacy.account_source AS s WHERE s.remote_id = 'g1'),
	'a contact that was there first finds its account');
SELECT advocacy.stage_clear();
INSERT INTO pg_temp.stage_account (remote_id, modified_at, deleted, name) VALUES ('h9', '2025-01-02', false, 'H9'), ('h8', '2025-01-02', false, 'H8');
SELECT advocacy.sync_merge_account('hs', 'account', '2025-01-02');
SELECT is((SELECT array_agg(w.remote_id ORDER BY w.remote_id) FROM pg_temp.work_link AS w), '{h3,h9}'::text[], 'asked about is the survivor of a merge that was known before');
SELECT advocacy.stage_clear();

INSERT INTO pg_temp.stage_account (remote_id, modified_at, deleted, name)
SELECT n.id, '2025-01-02', false, 'S' FROM (VALUES (pg_temp.key(40)), (left(pg_temp.key(40), 15)), (pg_temp.key(41)), (pg_temp.key(50)), (pg_temp.key(52))) AS n (id);
SELECT advocacy.sync_merge_account('sf', 'account', '2025-01-02');
SELECT is((SELECT array_agg(w.remote_id ORDER BY length(w.remote_id)) FROM pg_temp.work_link AS w), ARRAY[left(pg_temp.key(40), 15), pg_temp.key(40)], 'asked about is one record that is staged by both forms of its id');
SELECT advocacy.stage_clear();
INSERT INTO pg_temp.stage_account (remote_id, modified_at, deleted, name)
SELECT n.id, '2025-01-03', false, 'S' FROM (VALUES (left(pg_temp.key(41), 15)), (pg_temp.key(50)), (pg_temp.key(51)), (pg_temp.key(52)), (pg_temp.key(53))) AS n (id);
SELECT is(advocacy.sync_merge_account('sf', 'account', '2025-01-03'), 5::bigint, 'an id among those that are known is new, or known');
SELECT is((SELECT array_agg(DISTINCT w.remote_id COLLATE "C" ORDER BY w.remote_id COLLATE "C") FROM pg_temp.work_link AS w WHERE w.remote_id NOT IN (pg_temp.key(50), pg_temp.key(52))),
	ARRAY[left(pg_temp.key(41), 15), pg_temp.key(41)], 'asked about is one whose other form is known');
SELECT advocacy.stage_clear();

-- Small random worlds, in two steps with a person's decision between them.
CREATE TEMPORARY TABLE world (step integer, turn integer, source text, remote_id text, modified_at timestamptz, deleted boolean,
	salesforce_id text, name text, domain text, owner_remote_id text, merged_into_remote_id text, signals jsonb);
CREATE FUNCTION pg_temp.one_of(things text[]) RETURNS text LANGUAGE sql VOLATILE AS $$
	SELECT things[1 + floor(random() * cardinality(things))::integer] $$;
CREATE FUNCTION pg_temp.populate() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	TRUNCATE pg_temp.world;
	INSERT INTO pg_temp.world
	SELECT n.step, n.turn, n.source, CASE n.source WHEN 'sf' THEN pg_temp.key(n.number) ELSE n.source || n.number END,
	       timestamptz '2025-01-01' + make_interval(days => n.step), random() < 0.15,
	       CASE WHEN n.source <> 'sf' AND random() < 0.5 THEN left(pg_temp.key(floor(random() * 7)::integer), CASE WHEN random() < 0.5 THEN 15 ELSE 18 END) END,
	       n.source || ' ' || n.number, pg_temp.one_of('{a.example,https://www.a.example/x,b.example,c.example,d.example,gmail.com,NULL,NULL}'::text[]),
	       pg_temp.one_of('{p1,p2,NULL}'::text[]), CASE WHEN random() < 0.1 THEN CASE n.source WHEN 'sf' THEN pg_temp.key(0) ELSE n.source || 1 END END,
	       jsonb_build_object('health_score', pg_temp.one_of('{40,80,70.5,NULL}'::text[]))
	  FROM (SELECT s.step, t.turn, (ARRAY['sf', 'hs', 'gs'])[1 + (t.turn + turned.by) % 3] AS source, k.number
	          FROM (SELECT floor(random() * 3)::integer AS by OFFSET 0) AS turned, generate_series(1, 2) AS s (step), generate_series(0, 2) AS t (turn), generate_series(0, 6) AS k (number)) AS n
	 WHERE random() < 0.4;
	UPDATE pg_temp.world AS w SET deleted = true WHERE w.merged_into_remote_id IS NOT NULL;
END $$;
CREATE FUNCTION pg_temp.take(step integer, turn integer, alone text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, deleted, salesforce_id, name, domain, owner_remote_id, merged_into_remote_id, signals)
	SELECT w.remote_id, w.modified_at, w.deleted, w.salesforce_id, w.name, w.domain, w.owner_remote_id, w.merged_into_remote_id, w.signals
	  FROM pg_temp.world AS w WHERE w.step = take.step AND w.turn = take.turn AND (alone IS NULL OR w.remote_id = alone);
	PERFORM advocacy.sync_apply(w.source, 'account', NULL, true, NULL, 1, 1, '2025-02-01', timestamptz '2025-02-01' + make_interval(days => take.step))
	   FROM pg_temp.world AS w WHERE w.step = take.step AND w.turn = take.turn LIMIT 1;
END $$;
-- What there is, whatever numbers the accounts got: who is with whom, and what is known of them.
CREATE FUNCTION pg_temp.state() RETURNS text LANGUAGE sql AS $$
	WITH name AS (SELECT s.account_id, string_agg(s.source || s.remote_id, '+' ORDER BY s.source, s.remote_id) AS who FROM advocacy.account_source AS s GROUP BY 1)
	SELECT string_agg(t.kind || ' ' || t.line, E'\n' ORDER BY t.kind, t.line::text) FROM (
		SELECT 'record' AS kind, jsonb_build_array(n.who, to_jsonb(s) - 'account_id') AS line FROM advocacy.account_source AS s JOIN name AS n USING (account_id)
		UNION ALL SELECT 'account', jsonb_build_array(n.who, to_jsonb(a) - '{account_id,source,remote_id,created_at,updated_at,merged_into}'::text[], a.merged_into IS NULL)
		            FROM advocacy.account AS a JOIN name AS n USING (account_id)
		UNION ALL SELECT 'contact', jsonb_build_array(n.who, c.source, c.remote_id) FROM advocacy.contact AS c LEFT JOIN name AS n USING (account_id)
		UNION ALL SELECT 'signal', jsonb_build_array(n.who, to_jsonb(g) - 'account_id') FROM advocacy.signal AS g LEFT JOIN name AS n USING (account_id)
		UNION ALL SELECT 'risk', jsonb_build_array(n.who, r.rule) FROM advocacy.risk AS r LEFT JOIN name AS n USING (account_id) WHERE r.cleared_at IS NULL
		UNION ALL SELECT 'review', jsonb_build_array(r.shared_by, r.shared, r.reason) FROM advocacy.identity_review AS r WHERE r.resolved_at IS NULL
		UNION ALL SELECT 'orphan', to_jsonb(s) FROM advocacy.account_source AS s WHERE NOT EXISTS (SELECT FROM advocacy.account AS a WHERE a.account_id = s.account_id)
		UNION ALL SELECT 'orphan', to_jsonb(b) FROM advocacy.account AS b
		           WHERE b.merged_into IS NOT NULL AND NOT EXISTS (SELECT FROM advocacy.account AS a WHERE a.account_id = b.merged_into)
		UNION ALL SELECT 'orphan', to_jsonb(g) FROM advocacy.signal AS g WHERE NOT EXISTS (SELECT FROM advocacy.account AS a WHERE a.account_id = g.account_id)
		UNION ALL SELECT 'orphan', to_jsonb(r) FROM advocacy.risk AS r WHERE NOT EXISTS (SELECT FROM advocacy.account AS a WHERE a.account_id = r.account_id)) AS t $$;
CREATE FUNCTION pg_temp.replay(one_by_one boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	seen text;
	part record;
	decided boolean := false;
BEGIN
	INSERT INTO pg_temp.stage_staff (remote_id, modified_at, email) VALUES ('p1', '2025-01-01', 'p1@ours.example');
	INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email) SELECT 'c' || n, '2025-01-01', 'hs' || n, 'c' || n || '@x.example' FROM generate_series(0, 6, 2) AS n;
	PERFORM advocacy.sync_apply('hs', 'contact', NULL, true, NULL, 1, 1, '2025-01-01', '2025-01-01');
	FOR part IN SELECT DISTINCT w.step, w.turn, CASE WHEN one_by_one THEN w.remote_id END AS alone FROM pg_temp.world AS w ORDER BY 1, 2, 3 LOOP
		IF part.step = 2 AND NOT decided AND EXISTS (SELECT FROM advocacy.account_source AS s WHERE s.source = 'gs' AND s.remote_id = 'gs1') THEN
			PERFORM advocacy.account_link('gs', 'gs1', (SELECT s.account_id FROM advocacy.account_source AS s ORDER BY s.name LIMIT 1), 'known', 'ann', '2025-02-01 12:00');
		END IF;
		decided := part.step = 2;
		PERFORM pg_temp.take(part.step, part.turn, part.alone);
	END LOOP;
	seen := pg_temp.state();
	RAISE EXCEPTION USING ERRCODE = 'AD002';
EXCEPTION WHEN SQLSTATE 'AD002' THEN
	RETURN seen;
END $$;
DELETE FROM advocacy.contact;
DELETE FROM advocacy.account_source;
DELETE FROM advocacy.account;
SELECT setseed(0.42);
CREATE TEMPORARY TABLE world_seen (number integer, at_once text, one_by_one text, asked text, decided boolean, rows bigint);
CREATE TEMPORARY TABLE world_kept AS SELECT 0 AS number, w.* FROM pg_temp.world AS w;
DO $$
BEGIN
	FOR number IN 1 .. coalesce(nullif(current_setting('test.worlds', true), ''), '12')::integer LOOP
		PERFORM pg_temp.populate();
		INSERT INTO world_kept SELECT number, w.* FROM pg_temp.world AS w;
		INSERT INTO world_seen SELECT number, pg_temp.replay(false), pg_temp.replay(true), NULL, bool_or(w.step = 1 AND w.remote_id = 'gs1'), count(*) FROM pg_temp.world AS w;
	END LOOP;
END $$;
-- The long way, for every record.
CREATE OR REPLACE FUNCTION advocacy.account_store_alone(source text, stream text, at timestamptz DEFAULT now())
RETURNS TABLE (stored bigint, new bigint, known bigint) LANGUAGE sql AS $$
	WITH new AS (
		INSERT INTO pg_temp.work_change (remote_id, link_changed, salesforce_id, name, domain, owner_remote_id, modified_at, deleted, merged_into_remote_id)
		SELECT s.remote_id, true, CASE account_store_alone.source WHEN 'sf' THEN s.remote_id ELSE advocacy.salesforce_id_18(s.salesforce_id) END, s.name,
		       advocacy.account_domain(s.domain), s.owner_remote_id, s.modified_at, s.deleted, s.merged_into_remote_id
		  FROM pg_temp.stage_account AS s
		 WHERE NOT EXISTS (SELECT FROM advocacy.account_source AS t WHERE t.source = account_store_alone.source AND t.remote_id = s.remote_id)
		RETURNING 1)
	SELECT 0::bigint, (SELECT count(*) FROM new), (SELECT count(*) FROM pg_temp.stage_account) - (SELECT count(*) FROM new) $$;
DO $$
DECLARE
	seen record;
BEGIN
	FOR seen IN SELECT s.number FROM world_seen AS s LOOP
		TRUNCATE pg_temp.world;
		INSERT INTO pg_temp.world
		SELECT k.step, k.turn, k.source, k.remote_id, k.modified_at, k.deleted, k.salesforce_id, k.name, k.domain, k.owner_remote_id, k.merged_into_remote_id, k.signals
		  FROM world_kept AS k WHERE k.number = seen.number;
		UPDATE world_seen AS s SET asked = pg_temp.replay(false) WHERE s.number = seen.number;
	END LOOP;
END $$;
SELECT is((SELECT array_agg(s.number) FROM world_seen AS s WHERE s.at_once IS DISTINCT FROM s.asked), NULL, 'alone or asked about: the same');
-- (Not the signals: of two records of one source at one account, the one that comes last speaks. Nor where a person decided:
-- which of two accounts lives on depends on which is older.)
CREATE FUNCTION pg_temp.but_signals(seen text) RETURNS text LANGUAGE sql AS $$ SELECT string_agg(l, E'\n') FROM string_to_table(seen, E'\n') AS l WHERE l !~ '^(signal|risk) ' $$;
SELECT is((SELECT array_agg(s.number) FROM world_seen AS s WHERE NOT s.decided AND pg_temp.but_signals(s.at_once) IS DISTINCT FROM pg_temp.but_signals(s.one_by_one)), NULL,
	'at once or one by one: the same customers');
SELECT cmp_ok((SELECT avg(s.rows) FROM world_seen AS s), '>', 12::numeric, '(worlds with people in them)');
SELECT is((SELECT count(*) FROM world_seen AS s WHERE s.at_once IS NULL), 0::bigint, '(all were seen)');
SELECT is((SELECT array_agg(s.number) FROM world_seen AS s WHERE s.at_once ~ '(^|\n)orphan ' OR s.one_by_one ~ '(^|\n)orphan '), NULL,
	'no record, no signal and no risk is of an account that doesn''t exist: no foreign key says so');
SELECT * FROM finish();
ROLLBACK;
