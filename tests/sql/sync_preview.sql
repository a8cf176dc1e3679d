-- A dry run says exactly what an apply does, and leaves nothing behind.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();
SET ROLE advocacy_daemon; -- as the daemon does
SELECT advocacy.source_register('sf', 'salesforce', 1, '36500 days'), advocacy.source_register('hs', 'hubspot', 2, '36500 days');
SELECT is((SELECT (advocacy.sync_preview('sf', 'account', NULL, true, NULL, 0, 0, now()) ->> 'rows_changed')::integer), 0, 'of nothing staged: nothing');
SELECT advocacy.stage_prepare();
SELECT throws_ok($$SELECT advocacy.sync_preview('nobody', 'account', NULL, true, NULL, 0, 0, now())$$, '23503', NULL, 'refused what an apply refuses');
SELECT advocacy.risk_rule_define('health', 'health_score', '<', 60, '>', 75);
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
CREATE FUNCTION pg_temp.stage(scores integer[], at timestamptz) RETURNS void LANGUAGE sql AS $$
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, domain, signals)
	SELECT 'a' || n, at, 'Account ' || n, 'd' || n || '.example', jsonb_build_object('health_score', s) FROM unnest(scores) WITH ORDINALITY AS t (s, n) $$;
-- The rows of all tables, with where they are.
CREATE FUNCTION pg_temp.rows() RETURNS text LANGUAGE plpgsql AS $$
DECLARE t text; one text; made text := '';
BEGIN
	FOR t IN SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = 'advocacy'::regnamespace AND c.relkind = 'r' ORDER BY 1 LOOP
		EXECUTE format('SELECT %L || string_agg(x.ctid || ''/'' || x.xmin || x::text, '' '' ORDER BY x.ctid) FROM advocacy.%I AS x', t, t) INTO one;
		made := made || coalesce(one, t || ' none') || E'\n';
	END LOOP;
	FOREACH t IN ARRAY '{account,staff,contact,support_case,opportunity,association,rejected}'::text[] LOOP
		EXECUTE format('SELECT %L || string_agg(x.ctid || x::text, '' '' ORDER BY x.ctid) FROM pg_temp.%I AS x', t, 'stage_' || t) INTO one;
		made := made || coalesce(one, t || ' none') || E'\n';
	END LOOP;
	RETURN made;
END $$;
CREATE FUNCTION pg_temp.preview(source text, at timestamptz) RETURNS jsonb LANGUAGE sql AS $$ SELECT advocacy.sync_preview(source, 'account', 'c', true, at, 1, 1, at, at) $$;
CREATE FUNCTION pg_temp.apply(source text, at timestamptz) RETURNS advocacy.sync_run LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
	PERFORM advocacy.sync_apply(source, 'account', 'c', true, at, 1, 1, at, at);
	RETURN NULL;
END $$;

INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate) SELECT 'c' || n, '2025-01-01', 'a' || n, 'c' || n || '@x.example', 'Person ' || n, true FROM generate_series(1, 6) AS n;
SELECT pg_temp.stage('{90,90,90,90,90,90}', '2025-01-01');
CREATE TEMPORARY TABLE seen AS SELECT pg_temp.rows() AS before;
CREATE TEMPORARY TABLE said AS SELECT pg_temp.preview('sf', '2025-01-01') AS j;
SELECT is(pg_temp.rows(), (SELECT before FROM seen), 'nothing is written, and what was staged is staged');
SELECT is((SELECT j -> 'entities' -> 'account' -> 'new' || (j -> 'entities' -> 'contact' -> 'new') || (j -> 'counts') FROM said), '[6, 6, {"enrolled": 6, "risks_opened": 0, "risks_cleared": 0}]', 'a first load: all is new, six advocates');
SELECT is((SELECT j ->> 'rows_changed' FROM said), '12', 'counted as an apply counts');
SELECT pg_temp.apply('sf', '2025-01-01');
SELECT is((SELECT count(*) FROM advocacy.account), 6::bigint, 'then it is applied');

SELECT pg_temp.stage('{10,90,90,90}', '2025-01-02');
UPDATE pg_temp.stage_account SET name = 'Renamed' WHERE remote_id = 'a2';
UPDATE pg_temp.stage_account SET modified_at = '2025-01-01' WHERE remote_id = 'a3';
UPDATE pg_temp.stage_account SET deleted = true WHERE remote_id = 'a4';
UPDATE seen SET before = pg_temp.rows();
UPDATE said SET j = pg_temp.preview('sf', '2025-01-02');
SELECT is(pg_temp.rows(), (SELECT before FROM seen), 'nothing is written');
SELECT is((SELECT (j -> 'entities' -> 'account') - 'examples' FROM said), '{"new": 0, "changed": 2, "gone": 1}', 'changed and gone, not what is the same');
SELECT is((SELECT j #> '{entities,account,examples,0}' ->> 'remote_id' FROM said), 'a4', 'examples: what is gone comes first');
SELECT is((SELECT e -> 'fields' -> 'name' FROM said CROSS JOIN jsonb_array_elements(j -> 'entities' -> 'account' -> 'examples') AS e WHERE e ->> 'remote_id' = 'a2'), '["Account 2", "Renamed"]', 'with before and after');
SELECT is((SELECT j -> 'risks' FROM said), '{"opened": [{"account": "Account 1", "rule": "health"}], "cleared": []}', 'the risk it would open');
SELECT is((SELECT j -> 'advocates' -> 'suspended' FROM said), '[{"name": "Person 1", "account": "Account 1", "reason": "health_score 10 of sf is < 60"}]', 'whom it would suspend, and why');
SELECT is((SELECT j -> 'messages' FROM said), '{"advocate_suspended": 1}', 'what would be told');
SELECT pg_temp.apply('sf', '2025-01-02');
SELECT is((SELECT advocacy.advocate_name(advocate_id) || reason FROM advocacy.suspension), 'Person 1health_score 10 of sf is < 60', 'and so it happens');

SELECT pg_temp.stage('{90,1}', '2025-01-03');
UPDATE said SET j = pg_temp.preview('sf', '2025-01-03');
SELECT is((SELECT j -> 'advocates' -> 'reinstated' -> 0 ->> 'name' FROM said), 'Person 1', 'who would be available again');
SELECT is((SELECT j -> 'risks' -> 'cleared' FROM said), '[{"account": "Account 1", "rule": "health"}]', 'by what');
SELECT advocacy.stage_clear();
SELECT pg_temp.stage('{1,1,90,90,1,1}', '2025-01-03');
UPDATE said SET j = pg_temp.preview('sf', '2025-01-03');
SELECT is((SELECT (j -> 'counts') - 'risks_cleared' FROM said), '{"risks_opened": 3, "suspended": 3}', '(three are within the limit)');
SELECT advocacy.policy_setting_define('breaker_least', '2'), advocacy.stage_clear(), pg_temp.stage('{1,1,90,90,1,1}', '2025-01-03');
UPDATE said SET j = pg_temp.preview('sf', '2025-01-03');
SELECT is((SELECT jsonb_array_length(j -> 'advocates' -> 'held') || ' ' || (j -> 'messages')::text FROM said), '3 {"suspensions_held": 1}', 'whom it would hold');
SELECT advocacy.stage_clear();
-- Links.
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, domain) VALUES ('h1', '2025-01-03', 'H1', 'd3.example'), ('h2', '2025-01-03', 'H2', 'd9.example');
UPDATE said SET j = pg_temp.preview('hs', '2025-01-03');
SELECT is((SELECT j -> 'links' ->> 'made' || (j -> 'links' -> 'examples' -> 0 ->> 'link_reason') FROM said), '1domain', 'a link it would make');
SELECT pg_temp.apply('hs', '2025-01-03');
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, domain) VALUES ('h1', '2025-01-04', 'H1', 'd5.example');
UPDATE said SET j = pg_temp.preview('hs', '2025-01-04');
SELECT is((SELECT (j -> 'links') - 'examples' FROM said), '{"made": 0, "moved": 1}', 'a link it would move');
SELECT is((SELECT pg_temp.preview('hs', '2025-01-04') -> 'links'), (SELECT j -> 'links' FROM said), 'the same each time it is asked');
-- A full read: what it doesn't bring is looked at too.
SELECT advocacy.stage_clear(), pg_temp.stage('{90,90,90,90,90}', '2025-01-05');
UPDATE seen SET before = pg_temp.rows();
UPDATE said SET j = advocacy.sync_preview('sf', 'account', NULL, true, '2025-01-05', 1, 1, '2025-01-05', '2025-01-05', 'all');
SELECT is(pg_temp.rows(), (SELECT before FROM seen), 'of a full read nothing is written either');
SELECT cmp_ok((SELECT jsonb_array_length(j -> 'entities' -> 'account' -> 'examples') FROM said), '>', 1, 'and what it would miss is shown');
SELECT * FROM finish();
ROLLBACK;
