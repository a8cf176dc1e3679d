-- What can't be linked for certain goes to a review, once, with candidates and reasons; a person decides and can take it back.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();
SELECT advocacy.source_register('sf', 'salesforce', 1), advocacy.source_register('hs', 'hubspot', 3), advocacy.source_register('gs', 'gainsight', 4), advocacy.stage_prepare();
SELECT advocacy.risk_rule_define('health', 'health_score', '<', 60, '>', 75);
CREATE FUNCTION pg_temp.put(source text, remote_id text, key text, domain text, score integer DEFAULT NULL, gone boolean DEFAULT false) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, deleted, salesforce_id, name, domain, signals)
	VALUES (put.remote_id, NULL, gone, put.key, 'The ' || put.remote_id, put.domain, jsonb_strip_nulls(jsonb_build_object('health_score', score)));
	PERFORM advocacy.sync_apply(put.source, 'account', NULL, true, '2025-01-01', 1, 1, '2025-01-01', '2025-01-02');
END $$;
CREATE FUNCTION pg_temp.customer(source text, remote_id text) RETURNS bigint LANGUAGE sql AS $$
	SELECT s.account_id FROM advocacy.account_source AS s WHERE s.source = $1 AND s.remote_id = $2 $$;
CREATE FUNCTION pg_temp.open() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(format('%s %s: %s [%s]', r.shared_by, r.shared, r.reason,
		(SELECT string_agg((x ->> 'source') || ' ' || left(x ->> 'remote_id', 3), ',') FROM jsonb_array_elements(r.records) AS x)), ' | ' ORDER BY r.review_id)
	  FROM advocacy.identity_review AS r WHERE r.resolved_at IS NULL $$;

SELECT pg_temp.put('sf', '001D000000IqhSLIAZ', NULL, 'acme.example'), pg_temp.put('hs', 'h1', NULL, 'acme.example', 30);
SELECT is(pg_temp.open(), NULL, 'what is certain needs no review');
SELECT pg_temp.put('hs', 'h2', NULL, 'acme.example', 90);
SELECT is(pg_temp.open(), 'domain acme.example: hs has 2 records with it [hs h1,hs h2,sf 001]', 'two companies with one domain: a review, with all who have it');
SELECT is((SELECT candidates -> 0 ->> 'reason' FROM advocacy.identity_review), 'sf 001D000000IqhSLIAZ: the domain acme.example', 'and the customers to choose from, with reasons');
SELECT is((SELECT array_agg((x ->> 'account_id')::bigint ORDER BY x ->> 'account_id') FROM advocacy.identity_review AS r CROSS JOIN jsonb_array_elements(r.candidates) AS x),
	(SELECT array_agg(account_id ORDER BY account_id::text) FROM advocacy.account_source), 'by their account');
SELECT pg_temp.put('hs', 'h2', NULL, 'acme.example', 91), pg_temp.put('hs', 'h3', NULL, 'acme.example');
SELECT is(pg_temp.open(), 'domain acme.example: hs has 3 records with it [hs h1,hs h2,hs h3,sf 001]', 'opened once, kept in step');
SELECT pg_temp.put('hs', 'h3', NULL, 'acme.example', NULL, true);
SELECT is(pg_temp.open(), 'domain acme.example: hs has 2 records with it [hs h1,hs h2,sf 001]', 'a deleted record makes nothing doubtful');
SELECT pg_temp.put('hs', 'h2', NULL, 'bolt.example');
SELECT is(pg_temp.open(), NULL, 'over by itself');
SELECT is((SELECT resolution || coalesce(decided_by, '-') FROM advocacy.identity_review), 'the records leave no doubt any more-', 'with that resolution');
SELECT is(pg_temp.customer('hs', 'h1'), pg_temp.customer('sf', '001D000000IqhSLIAZ'), 'and linked');
SELECT pg_temp.put('gs', 'g1', NULL, 'gmail.com'), pg_temp.put('hs', 'h8', NULL, 'gmail.com'), pg_temp.put('hs', 'h9', NULL, 'gmail.com');
SELECT is(pg_temp.open(), NULL, 'a public domain is no case');
SELECT pg_temp.put('hs', 'h2', '001D000000IqhSL', 'bolt.example'), pg_temp.put('hs', 'h4', '001D000000IqhSL', NULL);
SELECT is(pg_temp.open(), 'salesforce_id 001D000000IqhSLIAZ: hs has 2 records with it [hs h2,hs h4,sf 001]', 'two that name one Salesforce id');
SELECT pg_temp.put('hs', 'h2', NULL, 'bolt.example'), pg_temp.put('hs', 'h4', NULL, NULL), pg_temp.put('sf', '001D000000IqhSMIAZ', NULL, 'corp.example'), pg_temp.put('hs', 'h5', '001D000000IqhSN', 'corp.example');
SELECT is(pg_temp.open(), 'domain corp.example: the records name different Salesforce ids: 001D000000IqhSMIAZ, 001D000000IqhSNIAZ [hs h5,sf 001]', 'contradicting Salesforce ids');
SELECT pg_temp.put('hs', 'h5', NULL, 'corp.example');
SELECT is(pg_temp.open(), NULL, 'over');

-- A person decides.
SELECT pg_temp.put('hs', 'h2', NULL, 'acme.example');
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate)
VALUES ('c1', '2025-01-01', 'h1', 'jane@acme.example', 'Jane', true), ('c2', '2025-01-01', 'h2', 'joe@acme.example', 'Joe', true);
SELECT advocacy.sync_apply('hs', 'contact', NULL, true, '2025-01-01', 1, 1, '2025-01-01', '2025-01-02');
SELECT is((SELECT count(*) FROM advocacy.suspension WHERE closed_at IS NULL), 1::bigint, '(h1 is at risk: its advocate is suspended)');
SELECT pg_temp.customer('sf', '001D000000IqhSLIAZ') AS acme, pg_temp.customer('hs', 'h1') AS h1 \gset
SELECT throws_ok(format('SELECT advocacy.account_link(''hs'', ''h1'', %s, '' '')', :acme), '22023', NULL, 'not without a reason');
SELECT throws_ok($$SELECT advocacy.account_link('hs', 'h77', 1, 'why')$$, 'P0002', NULL, 'no unknown record');
SELECT throws_ok($$SELECT advocacy.account_link('hs', 'h1', -1, 'why')$$, 'P0002', NULL, 'no unknown account');
SELECT throws_ok($$SELECT advocacy.account_unpin('hs', 'h1')$$, '55000', NULL, 'nothing to give back');
SET SESSION AUTHORIZATION advocacy_owner;
SELECT is(advocacy.account_link('hs', 'h1', :acme, 'same address', 'mary', '2025-01-03'), :acme::bigint, 'linked by a person');
RESET SESSION AUTHORIZATION;
SELECT is((SELECT account_id FROM advocacy.advocate AS a JOIN advocacy.contact AS c USING (account_id, contact_id) WHERE c.remote_id = 'c1'), :acme::bigint, 'contact and advocate follow');
SELECT is((SELECT count(*) FROM advocacy.signal WHERE account_id = :acme AND source = 'hs'), 1::bigint, 'and what it says');
SELECT is((SELECT string_agg(r.account_id || ' ' || (s.closed_at IS NULL), ',') FROM advocacy.risk AS r JOIN advocacy.suspension AS s USING (risk_id) WHERE r.cleared_at IS NULL), :acme || ' true', 'and the risk, still suspending');
SELECT is((SELECT merged_into FROM advocacy.account WHERE account_id = :h1), :acme::bigint, 'the account that is left empty points there');
SELECT is(pg_temp.open(), NULL, 'the review is over');
SELECT is((SELECT decided_by || ': ' || resolution FROM advocacy.identity_review ORDER BY review_id DESC LIMIT 1), format('mary: hs h1 was linked to account %s: same address', :acme), 'by whom, and why');
SELECT isnt(pg_temp.customer('hs', 'h2'), :acme::bigint, 'the other isn''t pulled in');
SELECT pg_temp.put('hs', 'h2', '001D000000IqhSLIAZ', 'acme.example', 90);
SELECT isnt(pg_temp.customer('hs', 'h2'), :acme::bigint, 'nor by any fact');
SELECT pg_temp.put('gs', 'g2', NULL, 'acme.example');
SELECT is(pg_temp.customer('gs', 'g2'), :acme::bigint, 'a record of another source is linked as ever');
SELECT throws_ok(format('SELECT advocacy.account_link(''hs'', ''h1'', %s, ''why'')', :acme), '55000', NULL, 'not twice');
SELECT throws_ok(format('SELECT advocacy.account_link(''hs'', ''h2'', %s, ''why'')', :h1), '55000', NULL, 'not to an account that was joined with another');
-- Taken apart.
SELECT advocacy.account_split('gs', 'g2', 'a subsidiary', 'mary', '2025-01-04') AS split \gset
SELECT isnt(:split::bigint, :acme::bigint, 'a wrong link is taken apart');
SELECT is(pg_temp.customer('gs', 'g2'), :split::bigint, 'into an account of its own');
SELECT is((SELECT name FROM advocacy.account WHERE account_id = :split), 'The g2', 'which has a name');
SELECT pg_temp.put('gs', 'g2', '001D000000IqhSLIAZ', 'acme.example'), pg_temp.put('sf', '001D000000IqhSLIAZ', NULL, 'www.acme.example');
SELECT is(pg_temp.customer('gs', 'g2'), :split::bigint, 'no rule links it again');
SELECT throws_ok($$SELECT advocacy.account_split('gs', 'g2', 'why')$$, '55000', NULL, 'not twice');
-- Given back.
SELECT is(advocacy.account_unpin('gs', 'g2', 'checked', 'mary', '2025-01-05'), :acme::bigint, 'given back to the rules, it joins again');
SELECT is((SELECT merged_into FROM advocacy.account WHERE account_id = :split), :acme::bigint, 'its own account points there');
SELECT advocacy.account_split('sf', '001D000000IqhSLIAZ', 'wrong', 'mary', '2025-01-06') AS split \gset
SELECT is(ARRAY[pg_temp.customer('hs', 'h1'), pg_temp.customer('sf', '001D000000IqhSLIAZ')], ARRAY[:acme, :split]::bigint[], 'also the record that made the account: the others keep it');
SELECT advocacy.account_unpin('sf', '001D000000IqhSLIAZ', 'checked', 'mary', '2025-01-07'), advocacy.account_unpin('hs', 'h1', 'checked', 'mary', '2025-01-07');
SELECT alike(pg_temp.open(), '%acme.example: hs has 2 records with it%', 'doubtful as before');
SELECT is((SELECT string_agg(action, ' ' ORDER BY audit_id) FROM advocacy.audit_log WHERE actor = 'mary'), 'account_link account_split account_unpin account_split account_unpin account_unpin', 'all is audited');
SELECT is((SELECT count(*) FROM advocacy.account AS a WHERE (a.merged_into IS NULL) <> EXISTS (SELECT FROM advocacy.account_source AS s WHERE s.account_id = a.account_id)), 0::bigint, 'an account without records points to one that has');
-- Two records of one source that a person put together, and parts again: what each says is read again.
SELECT advocacy.account_link('hs', 'h1', :acme, 'one', 'mary', '2025-01-08'), advocacy.account_link('hs', 'h2', :acme, 'two', 'mary', '2025-01-08');
UPDATE advocacy.sync_stream SET full_read_at = '2025-01-01';
SELECT isnt(advocacy.account_split('hs', 'h2', 'after all not', 'mary', '2025-01-09'), :acme::bigint, 'two that a person put together part again');
SELECT is((SELECT count(*) FROM advocacy.signal WHERE account_id = :acme AND source = 'hs'), 1::bigint, 'the one that stays keeps what was said');
SELECT is((SELECT full_read_at FROM advocacy.sync_stream WHERE source = 'hs' AND stream = 'account'), NULL, 'and both are read again');
-- Whoever makes the work tables in a session could act through them as the schema's owner.
CREATE ROLE test_planter LOGIN IN ROLE advocacy_operator;
DROP TABLE pg_temp.work_evaluate;
SET SESSION AUTHORIZATION test_planter;
CREATE TEMPORARY TABLE work_evaluate (account_id bigint);
SELECT throws_ok($$SELECT advocacy.account_split('gs', 'g2', 'why')$$, '42501', NULL, 'an operator''s own work tables are refused');
RESET SESSION AUTHORIZATION;

-- Without the customer that both name, contradicting Salesforce ids are a question as well.
SELECT pg_temp.put('sf', '001D000000IqhSOIAZ', NULL, 'elsewhere.example'), pg_temp.put('hs', 'h30', '001D000000IqhSO', 'duo.example'),
       pg_temp.put('gs', 'g30', '001D000000IqhSP', 'duo.example');
SELECT isnt(pg_temp.customer('hs', 'h30'), pg_temp.customer('gs', 'g30'), 'two that name different Salesforce ids are not linked by their domain');
SELECT is((SELECT reason FROM advocacy.identity_review WHERE shared = 'duo.example' AND resolved_at IS NULL), 'the records name different Salesforce ids: 001D000000IqhSOIAZ, 001D000000IqhSPIAZ', 'and somebody is asked');
SELECT * FROM finish();
ROLLBACK;
