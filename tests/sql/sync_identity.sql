-- slow
-- Which record is which customer: by Salesforce id, else by an unambiguous domain, and the same whatever comes first.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(33);

SELECT is(advocacy.salesforce_id_18('001D000000IqhSL'), '001D000000IqhSLIAZ', 'an id of 15 gets its check');
SELECT is(advocacy.salesforce_id_18('001D000000IqhSLIAZ'), '001D000000IqhSLIAZ', 'an id of 18 stays');
SELECT is(advocacy.salesforce_id_18('001D000000IqhSLiaz'), '001D000000IqhSLIAZ', 'the check''s case is repaired');
SELECT is(advocacy.salesforce_id_18('001D000000IqhSLIAX'), NULL, 'a wrong check is no id');
SELECT is(advocacy.salesforce_id_18('001D000000IqhS'), NULL, 'a short one is no id');
SELECT is(advocacy.salesforce_id_18('001D000000Iqh-L'), NULL, 'other characters are no id');

SELECT is(advocacy.account_domain('HTTPS://www.Acme.example:8443/about?x=1'), 'acme.example', 'scheme, www, port, path go');
SELECT is(advocacy.account_domain('acme.example.'), 'acme.example', 'trailing dot goes');
SELECT is(advocacy.account_domain(' '), NULL, 'empty is none');
SELECT is(advocacy.account_domain('n/a'), NULL, 'n/a is none');
SELECT is(advocacy.account_domain('jane@acme.example'), NULL, 'an address is none');
SELECT is(advocacy.account_domain('www.acme.example'), advocacy.account_domain(advocacy.account_domain('www.acme.example')),
	'normalising twice is normalising once');

-- A scenario is a set of records; every order of arrival has to give the same partition and reasons.
CREATE FUNCTION pg_temp.put(source text, remote_id text, key text, domain text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, deleted, salesforce_id, name, domain)
	VALUES (put.remote_id, '2025-01-01', false, put.key, put.remote_id, put.domain);
	PERFORM advocacy.sync_apply(put.source, 'account', NULL, true, '2025-01-01', 1, 1, '2025-01-01', '2025-01-02');
END $$;
CREATE FUNCTION pg_temp.partition() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(g, ' | ' ORDER BY g) FROM (
		SELECT string_agg(s.source || ':' || left(s.remote_id, 15) || '/' || s.link_reason, ' ' ORDER BY s.source, s.remote_id) AS g
		  FROM advocacy.account_source AS s GROUP BY s.account_id) AS p
$$;
CREATE FUNCTION pg_temp.forget() RETURNS void LANGUAGE sql AS $$
	DELETE FROM advocacy.signal; DELETE FROM advocacy.signal_history; DELETE FROM advocacy.risk;
	DELETE FROM advocacy.contact; DELETE FROM advocacy.account_source;
	UPDATE advocacy.account SET merged_into = NULL; DELETE FROM advocacy.account;
$$;
-- All orders of the records, each as "source remote_id key domain"; '-' is none. Returns the partitions that came out.
CREATE FUNCTION pg_temp.all_orders(records text[]) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
	seen text[] := '{}';
	one integer[];
	part text[];
	i integer;
BEGIN
	FOR one IN
		WITH RECURSIVE p (picked) AS (
			SELECT '{}'::integer[]
			UNION ALL
			SELECT p.picked || n FROM p CROSS JOIN generate_series(1, cardinality(records)) AS n
			 WHERE cardinality(p.picked) < cardinality(records) AND n <> ALL (p.picked))
		SELECT picked FROM p WHERE cardinality(picked) = cardinality(records)
	LOOP
		PERFORM pg_temp.forget();
		FOREACH i IN ARRAY one LOOP
			part := string_to_array(records[i], ' ');
			PERFORM pg_temp.put(part[1], part[2], nullif(part[3], '-'), nullif(part[4], '-'));
		END LOOP;
		IF pg_temp.partition() <> ALL (seen) THEN
			seen := seen || pg_temp.partition();
		END IF;
		IF EXISTS (SELECT FROM advocacy.account AS a WHERE (a.merged_into IS NULL)
		           <> EXISTS (SELECT FROM advocacy.account_source AS s WHERE s.account_id = a.account_id)) THEN
			seen := seen || 'an account without records isn''t merged, or one with records is'::text;
		END IF;
	END LOOP;
	RETURN seen;
END $$;

SELECT advocacy.source_register('sf', 'salesforce', 1), advocacy.source_register('sf2', 'salesforce', 2),
       advocacy.source_register('hs', 'hubspot', 3), advocacy.source_register('gs', 'gainsight', 4);
SELECT advocacy.stage_prepare();

SELECT is(pg_temp.all_orders('{sf 001D000000IqhSLIAZ - -,hs h1 001D000000IqhSL -,gs g1 001D000000IqhSLIAZ -}'),
	ARRAY['gs:g1/salesforce_id hs:h1/salesforce_id sf:001D000000IqhSL/own'], 'same Salesforce id: one customer');
SELECT is(pg_temp.all_orders('{hs h1 001D000000IqhSL -,gs g1 001D000000IqhSLIAZ -}'),
	ARRAY['gs:g1/salesforce_id hs:h1/own'], 'also while Salesforce itself isn''t there');
SELECT is(pg_temp.all_orders('{sf 001D000000IqhSLIAZ - -,hs h1 001D000000IqhSL -,hs h2 001D000000IqhSL -,gs g1 001D000000IqhSL -}'),
	ARRAY['gs:g1/salesforce_id sf:001D000000IqhSL/own | hs:h1/own | hs:h2/own'], 'two of one source share an id: neither is linked');
SELECT is(pg_temp.all_orders('{sf 001D000000IqhSLIAZ - -,sf2 001D000000IqhSLIAZ - -,hs h1 001D000000IqhSL -}'),
	ARRAY['hs:h1/own | sf2:001D000000IqhSL/own | sf:001D000000IqhSL/own'], 'two organisations hold the id: nobody is linked');
SELECT is(pg_temp.all_orders('{sf 001D000000IqhSLIAZ - acme.example,hs h1 - https://www.ACME.example/,gs g1 - acme.example}'),
	ARRAY['gs:g1/domain hs:h1/domain sf:001D000000IqhSL/own'], 'same domain: one customer');
SELECT is(pg_temp.all_orders('{sf 001D000000IqhSLIAZ - acme.example,hs h1 - acme.example,hs h2 - acme.example,gs g1 - acme.example}'),
	ARRAY['gs:g1/own | hs:h1/own | hs:h2/own | sf:001D000000IqhSL/own'], 'a domain that one source has twice links nobody');
SELECT is(pg_temp.all_orders('{sf 001D000000IqhSLIAZ - gmail.com,hs h1 - gmail.com}'),
	ARRAY['hs:h1/own | sf:001D000000IqhSL/own'], 'a public domain links nobody');
SELECT is(pg_temp.all_orders('{sf 001D000000IqhSLIAZ - a.example,sf 001D000000IqhSMIAZ - b.example,hs h1 001D000000IqhSL b.example}'),
	ARRAY['hs:h1/salesforce_id sf:001D000000IqhSL/own | sf:001D000000IqhSM/own'], 'the Salesforce id beats the domain');
SELECT is(pg_temp.all_orders('{sf 001D000000IqhSLIAZ - a.example,hs h1 001D000000IqhSM a.example}'),
	ARRAY['hs:h1/own | sf:001D000000IqhSL/own'], 'a record that names another Salesforce id isn''t linked by domain');
SELECT is(pg_temp.all_orders('{sf 001D000000IqhSLIAZ - a.example,hs h1 001D000000IqhSL b.example,gs g1 - b.example}'),
	ARRAY['gs:g1/domain hs:h1/salesforce_id sf:001D000000IqhSL/own'], 'a domain reaches a customer through any of its records');
SELECT is(pg_temp.all_orders('{sf 001D000000IqhSLIAZ - a.example,hs h1 001D000000IqhSL b.example,gs g1 - b.example,gs g2 - a.example}'),
	ARRAY['gs:g1/own | gs:g2/own | hs:h1/salesforce_id sf:001D000000IqhSL/own'],
	'two candidates of one source for one customer: neither is linked');
SELECT is(pg_temp.all_orders('{sf 001D000000IqhSLIAZ - a.example,sf2 001D000000IqhSMIAZ - a.example,hs h1 001D000000IqhSL -}'),
	ARRAY['hs:h1/salesforce_id sf:001D000000IqhSL/own sf2:001D000000IqhSM/domain'],
	'two organisations with different ids may share a domain');

-- What was ambiguous can become clear, and what was clear ambiguous.
SELECT pg_temp.forget();
SELECT pg_temp.put('sf', '001D000000IqhSLIAZ', NULL, 'a.example'), pg_temp.put('hs', 'h1', NULL, 'a.example'), pg_temp.put('hs', 'h2', NULL, 'a.example'),
       pg_temp.put('hs', 'h2', NULL, 'b.example');
SELECT is(pg_temp.partition(), 'hs:h1/domain sf:001D000000IqhSL/own | hs:h2/own', 'a rival leaves: the others find each other');
SELECT pg_temp.put('hs', 'h2', NULL, 'a.example');
SELECT is(pg_temp.partition(), 'hs:h1/own | hs:h2/own | sf:001D000000IqhSL/own', 'it comes back: nobody is linked');

-- What belongs to a record follows it.
SELECT pg_temp.forget();
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, advocate)
VALUES ('c1', '2025-01-01', 'h1', 'jane@acme.example', true);
INSERT INTO pg_temp.stage_account (remote_id, modified_at, salesforce_id, name, signals)
VALUES ('h1', '2025-01-01', NULL, 'From HubSpot', '{"nps": 9}');
SELECT advocacy.sync_apply('hs', 'account', NULL, true, NULL, 1, 1, '2025-01-01', '2025-01-02');
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name) VALUES ('001D000000IqhSLIAZ', '2025-01-01', 'From Salesforce');
SELECT advocacy.sync_apply('sf', 'account', NULL, true, NULL, 1, 1, '2025-01-01', '2025-01-02');
SELECT is((SELECT count(DISTINCT account_id) FROM advocacy.account_source), 2::bigint, 'two customers while nothing links them');
INSERT INTO pg_temp.stage_account (remote_id, modified_at, salesforce_id, name, signals)
VALUES ('h1', '2025-01-03', '001D000000IqhSL', 'From HubSpot', '{"nps": 9}');
SELECT advocacy.sync_apply('hs', 'account', NULL, true, NULL, 1, 1, '2025-01-03', '2025-01-03');
SELECT results_eq($$SELECT a.name, a.merged_into IS NULL, count(s.*) FROM advocacy.account AS a
	LEFT JOIN advocacy.account_source AS s USING (account_id) GROUP BY a.account_id ORDER BY a.account_id$$,
	$$VALUES ('From Salesforce', true, 2::bigint), ('From Salesforce', false, 0)$$,
	'a new fact joins them: the older account lives on, the other points to it, the name is the best source''s');
SELECT is((SELECT array_agg(DISTINCT x) FROM (SELECT account_id FROM advocacy.contact UNION ALL SELECT account_id FROM advocacy.advocate
	UNION ALL SELECT account_id FROM advocacy.signal UNION ALL SELECT account_id FROM advocacy.signal_history) AS t (x)),
	ARRAY[(SELECT account_id FROM advocacy.account WHERE merged_into IS NULL)], 'contact, advocate, signal, history are there');
INSERT INTO pg_temp.stage_account (remote_id, modified_at, salesforce_id, name) VALUES ('h1', '2025-01-04', NULL, 'From HubSpot');
SELECT advocacy.sync_apply('hs', 'account', NULL, true, NULL, 1, 1, '2025-01-04', '2025-01-04');
SELECT is((SELECT count(*) FROM advocacy.contact AS c JOIN advocacy.account_source AS s
	ON s.account_id = c.account_id AND s.source = 'hs'), 1::bigint, 'the fact gone, the record and its contact leave again');

-- What a person linked stays.
UPDATE advocacy.account_source SET link_reason = 'person', account_id = (SELECT account_id FROM advocacy.account_source WHERE source = 'sf')
 WHERE source = 'hs';
SELECT pg_temp.put('gs', 'g1', '001D000000IqhSN', 'other.example');
INSERT INTO pg_temp.stage_account (remote_id, modified_at, salesforce_id, name) VALUES ('h1', '2025-01-05', '001D000000IqhSN', 'From HubSpot');
SELECT advocacy.sync_apply('hs', 'account', NULL, true, NULL, 1, 1, '2025-01-05', '2025-01-05');
SELECT is((SELECT link_reason FROM advocacy.account_source WHERE source = 'hs'), 'person', 'a person''s link stays a person''s');
SELECT is((SELECT account_id FROM advocacy.account_source WHERE source = 'hs'),
	(SELECT account_id FROM advocacy.account_source WHERE source = 'sf'), 'and where the person put it');
SELECT isnt((SELECT account_id FROM advocacy.account_source WHERE source = 'gs'),
	(SELECT account_id FROM advocacy.account_source WHERE source = 'sf'), 'and pulls nobody along');

SELECT * FROM finish();
ROLLBACK;
