-- slow
-- Merges in the CRM: what belonged to the record that lost belongs to the one that survived, at once, whatever comes first.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();
SELECT advocacy.source_register('sf', 'salesforce', 1, '36500 days'), advocacy.source_register('gs', 'gainsight', 2, '36500 days'), advocacy.stage_prepare();
SELECT advocacy.risk_rule_define('health', 'health_score', '<', 60, '>', 75);
CREATE FUNCTION pg_temp.apply(source text, at timestamptz) RETURNS bigint LANGUAGE sql AS $$
	SELECT r.rows_changed FROM advocacy.sync_apply(source, 'all', 'c', true, at, 1, 1, at, at) AS r $$;
CREATE FUNCTION pg_temp.id(n integer) RETURNS text LANGUAGE sql AS $$ SELECT advocacy.salesforce_id_18('001' || lpad(n::text, 12, '0')) $$;
CREATE FUNCTION pg_temp.account(n integer, at timestamptz, score integer DEFAULT NULL, gone boolean DEFAULT false, into_n integer DEFAULT NULL) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, deleted, name, domain, signals, merged_into_remote_id)
	VALUES (pg_temp.id(n), at, gone, 'Account ' || n, 'd' || n || '.example', CASE WHEN score IS NOT NULL THEN jsonb_build_object('health_score', score) END, pg_temp.id(into_n));
	RETURN pg_temp.apply('sf', at);
END $$;
CREATE FUNCTION pg_temp.contact(id text, account integer, at timestamptz, marked boolean DEFAULT true, gone boolean DEFAULT false, into_id text DEFAULT NULL) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO pg_temp.stage_contact (remote_id, modified_at, deleted, account_remote_id, email, first_name, advocate, merged_into_remote_id)
	VALUES (id, at, gone, pg_temp.id(account), id || '@x.example', id, marked, into_id);
	RETURN pg_temp.apply('sf', at);
END $$;
CREATE FUNCTION pg_temp.customer(n integer) RETURNS bigint LANGUAGE sql AS $$ SELECT s.account_id FROM advocacy.account_source AS s WHERE s.source = 'sf' AND s.remote_id = pg_temp.id(n) $$;
CREATE FUNCTION pg_temp.available(id text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(v.available || ' ' || v.reasons::text, ' | ') FROM advocacy.advocate_availability AS v WHERE v.name = id $$;
CREATE FUNCTION pg_temp.advocate(id text) RETURNS bigint LANGUAGE sql AS $$
	SELECT a.advocate_id FROM advocacy.advocate AS a JOIN advocacy.contact AS c USING (contact_id) WHERE c.remote_id = id $$;

-- Accounts: the loser was known, the survivor too.
SELECT pg_temp.account(1, '2025-01-01', 90), pg_temp.account(2, '2025-01-01', 80), pg_temp.contact('ann', 1, '2025-01-01');
INSERT INTO pg_temp.stage_support_case (remote_id, modified_at, account_remote_id, number, escalated) VALUES ('K1', '2025-01-01', pg_temp.id(1), '1', false);
INSERT INTO pg_temp.stage_opportunity (remote_id, modified_at, account_remote_id, name) VALUES ('O1', '2025-01-01', pg_temp.id(1), 'Deal');
SELECT pg_temp.apply('sf', '2025-01-01');
INSERT INTO pg_temp.stage_account (remote_id, modified_at, salesforce_id, name, signals) VALUES ('g1', '2025-01-01', pg_temp.id(1), 'In Gainsight', '{"health_score": 70}');
SELECT pg_temp.apply('gs', '2025-01-01');
SELECT pg_temp.customer(2) AS survivor_id \gset
SELECT pg_temp.account(1, '2025-01-02', 10, true, 2);
SELECT is(pg_temp.customer(1), :survivor_id::bigint, 'the loser''s record belongs to the survivor''s account');
SELECT is((SELECT link_reason FROM advocacy.account_source WHERE remote_id = pg_temp.id(1)), 'merged', 'for that reason');
SELECT results_eq(format('SELECT account_id FROM advocacy.%I WHERE account_remote_id = pg_temp.id(1)', t.name), format('VALUES (%s::bigint)', :survivor_id), 'at once: ' || t.name)
  FROM unnest('{contact,support_case,opportunity}'::text[]) AS t (name);
SELECT is((SELECT account_id FROM advocacy.advocate), :survivor_id::bigint, 'and the advocate');
SELECT is((SELECT account_id FROM advocacy.account_source WHERE source = 'gs'), :survivor_id::bigint, 'and the record of another source that names the loser''s id');
SELECT is((SELECT value FROM advocacy.signal WHERE account_id = :survivor_id::bigint AND source = 'sf' AND name = 'health_score'), 80::numeric, 'the survivor''s score is the customer''s, not the loser''s last');
SELECT is((SELECT count(*) FROM advocacy.signal_history WHERE account_id = :survivor_id::bigint AND source = 'sf'), 2::bigint, 'the history has both');
SELECT is((SELECT merged_into FROM advocacy.account WHERE account_id = :survivor_id::bigint), NULL, 'the survivor''s account lives on');
SELECT is((SELECT merged_into FROM advocacy.account WHERE remote_id = pg_temp.id(1)), :survivor_id::bigint, 'the other points to it');
SELECT is((SELECT name || deleted FROM advocacy.account WHERE account_id = :survivor_id::bigint), 'Account 2false', 'under its name, not deleted');
SELECT is(pg_temp.contact('bob', 1, '2025-01-02'), 1::bigint, 'a child that comes later and still names the loser');
SELECT is((SELECT account_id FROM advocacy.contact WHERE remote_id = 'bob'), :survivor_id::bigint, 'finds the survivor');
SELECT is(pg_temp.account(1, '2025-01-02', 10, true, 2), 0::bigint, 'again it changes nothing');
INSERT INTO pg_temp.stage_account (remote_id, modified_at, deleted) VALUES (pg_temp.id(1), '2025-01-03', true);
SELECT pg_temp.apply('sf', '2025-01-03');
SELECT is(pg_temp.customer(1), :survivor_id::bigint, 'a tombstone that doesn''t say it leaves it');

-- A chain, whose end isn't known yet.
SELECT pg_temp.account(2, '2025-01-04', NULL, true, 3);
SELECT is(ARRAY[pg_temp.customer(1), pg_temp.customer(2)], ARRAY[:survivor_id, :survivor_id]::bigint[], 'while the survivor isn''t there, both stay together');
SELECT is((SELECT account_id FROM advocacy.contact WHERE remote_id = 'ann'), :survivor_id::bigint, 'with what is theirs');
SELECT pg_temp.account(3, '2025-01-05', 85);
SELECT is((SELECT count(DISTINCT s.account_id) FROM advocacy.account_source AS s), 1::bigint, 'when it comes, all are one customer');
SELECT is((SELECT count(*) FROM advocacy.contact WHERE account_id = pg_temp.customer(3)), 2::bigint, 'with all contacts');
-- Undone.
SELECT pg_temp.account(1, '2025-01-06', 50);
SELECT isnt(pg_temp.customer(1), pg_temp.customer(3), 'undeleted, the record has its own account again');
SELECT is((SELECT count(*) FROM advocacy.contact WHERE account_id = pg_temp.customer(1)), 2::bigint, 'with the children that name it');
SELECT is((SELECT value FROM advocacy.signal WHERE account_id = pg_temp.customer(3) AND source = 'sf'), 85::numeric, 'the survivor keeps its score');
SELECT is((SELECT count(*) FROM advocacy.suspension WHERE closed_at IS NULL), 2::bigint, 'and the other''s counts again');
-- The survivor is named by a tombstone that comes first; a ring has no survivor.
SELECT pg_temp.account(5, '2025-01-06', NULL, true, 4), pg_temp.contact('late', 5, '2025-01-06'), pg_temp.account(4, '2025-01-06', 90);
SELECT is(pg_temp.customer(5), pg_temp.customer(4), 'a loser that was never seen alive, before its survivor');
SELECT is((SELECT account_id FROM advocacy.contact WHERE remote_id = 'late'), pg_temp.customer(4), 'its child too');
SELECT pg_temp.account(6, '2025-01-06', NULL, true, 7), pg_temp.account(7, '2025-01-06', NULL, true, 8), pg_temp.account(8, '2025-01-06', NULL, true, 6);
SELECT is((SELECT count(DISTINCT pg_temp.customer(n)) FROM generate_series(6, 8) AS n), 3::bigint, 'a ring leaves all where they are');
-- Another source has a record of each: none of them is moved by guess.
SELECT pg_temp.account(11, '2025-01-07', 90), pg_temp.account(12, '2025-01-07', 90);
INSERT INTO pg_temp.stage_account (remote_id, modified_at, salesforce_id, name) VALUES ('g11', '2025-01-07', pg_temp.id(11), 'G11'), ('g12', '2025-01-07', pg_temp.id(12), 'G12');
SELECT pg_temp.apply('gs', '2025-01-07'), pg_temp.account(11, '2025-01-08', NULL, true, 12);
SELECT is((SELECT account_id FROM advocacy.account_source WHERE remote_id = 'g12'), pg_temp.customer(12), 'who names the survivor stays with it');
SELECT isnt((SELECT account_id FROM advocacy.account_source WHERE remote_id = 'g11'), pg_temp.customer(12), 'who names the loser doesn''t join it there');

-- Contacts: the enrolment moves, with what belongs to it.
SELECT pg_temp.account(20, '2025-02-01', 90), pg_temp.contact('carl', 20, '2025-02-01'), pg_temp.contact('carla', 20, '2025-02-01', NULL);
SELECT pg_temp.advocate('carl') AS carl \gset
SELECT advocacy.advocate_suspend(:carl, 'on leave', 'mary', '2025-02-01') IS NOT NULL;
SELECT pg_temp.contact('carl', 20, '2025-02-02', true, true, 'carla');
SELECT is(pg_temp.advocate('carla'), :carl::bigint, 'the advocate is the surviving contact now');
SELECT is(pg_temp.available('carla'), 'false {"suspended by a person"}', 'still suspended');
SELECT is((SELECT count(*) FROM advocacy.advocate WHERE contact_id IN (SELECT contact_id FROM advocacy.contact WHERE remote_id LIKE 'carl%')), 1::bigint, 'one enrolment');
SELECT pg_temp.contact('carl', 20, '2025-02-03', true);
SELECT is(pg_temp.available('carl') || pg_temp.available('carla'), 'false {"suspended by a person"}false {"suspended by a person"}', 'undone, neither is available');
-- Both are advocates.
SELECT pg_temp.contact('dora', 20, '2025-02-01'), pg_temp.contact('dot', 20, '2025-02-01');
SELECT advocacy.advocate_suspend(pg_temp.advocate('dora'), 'on leave', 'mary', '2025-02-01') IS NOT NULL;
INSERT INTO advocacy.request (activity_type, justification, audience, outcome, requested_by, state, advocate_id)
VALUES ('reference_call', 'j', 'a', 'o', 'rep', 'completed', pg_temp.advocate('dora'));
SELECT pg_temp.advocate('dora') AS dora, pg_temp.advocate('dot') AS dot \gset
SELECT is(pg_temp.available('dot'), 'true {}', '(the survivor was available)');
SELECT pg_temp.contact('dora', 20, '2025-02-02', true, true, 'dot');
SELECT is((SELECT retire_reason FROM advocacy.advocate WHERE advocate_id = :dora), 'the same person as advocate ' || :dot::text, 'the loser''s enrolment ends as the same person');
SELECT is(pg_temp.available('dot'), 'false {"suspended by a person"}', 'nobody is available by a merge');
SELECT is((SELECT advocate_id FROM advocacy.request), :dot::bigint, 'requests go over');
SELECT advocacy.advocate_reinstate(:dot, 'back', 'mary', '2025-02-03') IS NOT NULL;
SELECT is(pg_temp.available('dot'), 'true {}', 'a person lifts it');
-- A person has retired the survivor: the merge brings nobody back, and a request in hand looks for another.
SELECT pg_temp.contact('gil', 20, '2025-02-01'), pg_temp.contact('gus', 20, '2025-02-01');
SELECT advocacy.advocate_retire(pg_temp.advocate('gus'), 'left us', 'mary', '2025-02-01');
INSERT INTO advocacy.request (activity_type, justification, audience, outcome, requested_by, state, advocate_id)
VALUES ('quote', 'j', 'a', 'o', 'rep', 'proposed', pg_temp.advocate('gil'));
SELECT pg_temp.contact('gil', 20, '2025-02-02', true, true, 'gus');
SELECT is(pg_temp.available('gus'), 'false {retired}', 'whom a person retired stays retired');
SELECT is((SELECT state || coalesce(advocate_id::text, '-') FROM advocacy.request WHERE activity_type = 'quote'), 'matching-', 'a request in hand is matched anew');
-- The survivor comes later, at the end of a chain.
SELECT pg_temp.contact('eve', 20, '2025-02-01'), pg_temp.contact('eve2', 20, '2025-02-02', NULL, true, 'eve3'), pg_temp.contact('eve', 20, '2025-02-02', true, true, 'eve2');
SELECT is((SELECT retire_reason FROM advocacy.advocate WHERE advocate_id = pg_temp.advocate('eve2')), 'contact deleted', 'while the survivor isn''t there, nobody is asked');
SELECT pg_temp.advocate('eve2') AS eve \gset
SELECT pg_temp.contact('eve3', 20, '2025-02-03', NULL);
SELECT is((SELECT advocate_id FROM advocacy.advocate WHERE advocate_id = pg_temp.advocate('eve3') AND retired_at IS NULL), :eve::bigint, 'when it comes, it is the advocate');
SELECT is(pg_temp.contact('eve3', 20, '2025-02-03', NULL), 0::bigint, 'again it changes nothing');
-- Two losers meet at a survivor that is none.
SELECT pg_temp.contact('f1', 20, '2025-02-01'), pg_temp.contact('f2', 20, '2025-02-01'), pg_temp.contact('f3', 20, '2025-02-01', NULL);
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, deleted, merged_into_remote_id) VALUES ('f1', '2025-02-02', true, 'f3'), ('f2', '2025-02-02', true, 'f3');
SELECT pg_temp.apply('sf', '2025-02-02');
SELECT is((SELECT count(*) FROM advocacy.advocate AS a JOIN advocacy.contact AS c USING (contact_id) WHERE c.remote_id LIKE 'f_' AND a.retired_at IS NULL), 1::bigint, 'two losers make one advocate');
SELECT is(pg_temp.available('f3'), 'true {}', 'the survivor');

-- Whatever comes first: a chain of three, what other sources say of each, in all orders.
CREATE FUNCTION pg_temp.put(record text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE p text[] := string_to_array(record, ' ');
BEGIN
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, deleted, salesforce_id, name, domain, merged_into_remote_id)
	VALUES (p[2], '2025-03-01', p[5] IS NOT NULL, nullif(p[3], '-'), p[2], nullif(p[4], '-'), p[5]);
	PERFORM pg_temp.apply(p[1], '2025-03-01');
END $$;
CREATE FUNCTION pg_temp.partitions(records text[]) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE one integer[]; i integer; seen text[] := '{}'; made text;
BEGIN
	FOR one IN
		WITH RECURSIVE p (picked) AS (
			SELECT '{}'::integer[]
			UNION ALL
			SELECT p.picked || n FROM p CROSS JOIN generate_series(1, cardinality(records)) AS n
			 WHERE cardinality(p.picked) < cardinality(records) AND n <> ALL (p.picked))
		SELECT picked FROM p WHERE cardinality(picked) = cardinality(records)
	LOOP
		DELETE FROM advocacy.signal; DELETE FROM advocacy.signal_history; DELETE FROM advocacy.account_source; DELETE FROM advocacy.identity_review;
		UPDATE advocacy.account SET merged_into = NULL; DELETE FROM advocacy.account;
		FOREACH i IN ARRAY one LOOP
			PERFORM pg_temp.put(records[i]);
		END LOOP;
		SELECT string_agg(g, ' | ' ORDER BY g) INTO made FROM (
			SELECT string_agg(x.source || ':' || x.remote_id || '/' || x.link_reason, ' ' ORDER BY x.source, x.remote_id) AS g
			  FROM advocacy.account_source AS x GROUP BY x.account_id) AS t;
		IF made <> ALL (seen) THEN
			seen := seen || made;
		END IF;
	END LOOP;
	RETURN seen;
END $$;
DELETE FROM advocacy.request_event; DELETE FROM advocacy.request; DELETE FROM advocacy.suspension; DELETE FROM advocacy.risk; DELETE FROM advocacy.advocate;
DELETE FROM advocacy.contact; DELETE FROM advocacy.support_case; DELETE FROM advocacy.opportunity;
SELECT is(pg_temp.partitions(ARRAY['sf s1 - a.example', 'sf s2 - b.example s1', 'sf s3 - - s2', 'gs g1 - b.example']),
	ARRAY['gs:g1/domain sf:s1/own sf:s2/merged sf:s3/merged'], 'a chain, and who shares a domain with one of it');
SELECT is(pg_temp.partitions(ARRAY['sf ' || pg_temp.id(1) || ' - -', 'sf ' || pg_temp.id(2) || ' - - ' || pg_temp.id(1), 'gs g1 ' || pg_temp.id(2) || ' -', 'gs g2 ' || pg_temp.id(1) || ' -']),
	ARRAY[format('gs:g1/own | gs:g2/salesforce_id sf:%s/own sf:%s/merged', pg_temp.id(1), pg_temp.id(2))], 'who names the loser doesn''t push out who names the survivor');
SELECT is(pg_temp.partitions(ARRAY['sf s1 - a.example', 'sf s2 - b.example s1', 'gs g1 - b.example', 'gs g2 - a.example']),
	ARRAY['gs:g1/own | gs:g2/domain sf:s1/own sf:s2/merged'], 'nor by domain');
SELECT * FROM finish();
ROLLBACK;
