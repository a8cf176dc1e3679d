-- Sources that disagree are written down and shown, not told; whose identity is in doubt is on hold.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();
SELECT advocacy.source_register('sf', 'salesforce', 1, '36500 days'), advocacy.source_register('gs', 'gainsight', 2, '36500 days'),
       advocacy.source_register('hs', 'hubspot', 3, '36500 days'), advocacy.stage_prepare();
SELECT advocacy.policy_setting_define('consent', '"enrolment"');
SELECT advocacy.risk_rule_define('health', 'health_score', '<', 20, '>', 25);
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
CREATE FUNCTION pg_temp.say(source text, id text, score numeric, at timestamptz, domain text DEFAULT 'acme.example') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, domain, signals) VALUES (id, at, 'Acme ' || id, domain, jsonb_build_object('health_score', score));
	IF source = 'sf' THEN
		INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate) VALUES ('c' || id, at, id, 'c' || id || '@x.example', 'Jane ' || id, true);
	END IF;
	PERFORM advocacy.sync_apply(source, 'account', NULL, true, at, 1, 1, at, at);
END $$;
CREATE FUNCTION pg_temp.shown() RETURNS text LANGUAGE sql AS $$ SELECT string_agg(concat_ws(' ', q.kind, q.account, q.detail), '; ' ORDER BY q.kind, q.account) FROM advocacy.data_quality AS q $$;
CREATE FUNCTION pg_temp.ago(days numeric) RETURNS timestamptz LANGUAGE sql AS $$ SELECT now() - days * interval '1 day' $$;

SELECT pg_temp.say('sf', 'a', 90, pg_temp.ago(10), 'acme.example'), pg_temp.say('gs', 'g', 55, pg_temp.ago(9), 'acme.example');
SELECT is((SELECT count(*) FROM advocacy.account WHERE merged_into IS NULL AND NOT deleted), 1::bigint, 'one customer in two sources');
SELECT is((SELECT concat_ws(' ', low_source, low, high_source, high, since = pg_temp.ago(9)) FROM advocacy.source_disagreement), 'gs 55 sf 90 t', 'more than 30 points apart: written down');
SELECT is(pg_temp.shown(), 'sources disagree Acme a health_score is 55 in gs and 90 in sf', 'and shown after three days');
SELECT is((SELECT count(*) FROM advocacy.outbox WHERE kind NOT LIKE 'first%'), 0::bigint, 'nobody is told');
SELECT is((SELECT v.available FROM advocacy.advocate_availability AS v), true, 'and nothing else follows');
SELECT pg_temp.say('gs', 'g', 50, pg_temp.ago(8));
SELECT is((SELECT concat_ws(' ', low, since = pg_temp.ago(9), count(*) OVER ()) FROM advocacy.source_disagreement), '50 t 1', 'it goes on');
SELECT pg_temp.say('gs', 'g', 60, pg_temp.ago(7));
SELECT is((SELECT ended_at = pg_temp.ago(7) FROM advocacy.source_disagreement), true, 'exactly 30 points are no disagreement');
SELECT is(pg_temp.shown(), NULL, 'it is over');
SELECT pg_temp.say('gs', 'g', 40, pg_temp.ago(2.9));
SELECT is(pg_temp.shown(), NULL, 'a new one isn''t shown before three days');
SELECT is((SELECT count(*) FROM advocacy.source_disagreement), 2::bigint, 'but is there');
UPDATE advocacy.source_disagreement SET since = pg_temp.ago(3) WHERE ended_at IS NULL;
SELECT isnt(pg_temp.shown(), NULL, 'then it is');
UPDATE advocacy.source_status SET stale_after = '1 hour' WHERE source = 'gs';
SELECT is(pg_temp.shown(), NULL, 'not of a source that is stale');
SELECT pg_temp.say('gs', 'g', NULL, pg_temp.ago(1));
SELECT is((SELECT count(*) FROM advocacy.source_disagreement WHERE ended_at IS NULL), 0::bigint, 'not scored is no opinion');

-- Two companies of one source have the customer's domain: who of them is meant is a question for a person.
SELECT pg_temp.say('hs', 'h1', 80, pg_temp.ago(1), 'acme.example');
SELECT is((SELECT v.state || v.available FROM advocacy.advocate_availability AS v), 'eligibletrue', 'one is certain');
SELECT pg_temp.say('hs', 'h2', 80, pg_temp.ago(0.9), 'acme.example');
SELECT is((SELECT string_agg(v.state || v.available || v.reasons::text, '') FROM advocacy.advocate_availability AS v), 'holdfalse{"identity in doubt"}', 'two are not: on hold');
SELECT is((SELECT string_agg(x.fact, ' ') ~ 'it isn.t certain which records are this customer.s \(domain acme.example: hs has 2 records with it\)'
             FROM advocacy.advocate AS a CROSS JOIN LATERAL jsonb_to_recordset(to_jsonb(ARRAY(SELECT e FROM advocacy.explain_advocate(a.advocate_id) AS e))) AS x (fact text)), true, 'explained');
SELECT is((SELECT count(DISTINCT q.account_id) FROM advocacy.data_quality AS q WHERE q.kind = 'identity in doubt' AND q.account_id IN (SELECT account_id FROM advocacy.advocate)), 1::bigint, 'and shown');
INSERT INTO advocacy.request (activity_type, justification, audience, outcome, requested_by, state) VALUES ('reference_call', 'j', 'a', 'o', 'rep', 'triaged');
SELECT is((SELECT m.reasons FROM advocacy.request AS q CROSS JOIN LATERAL advocacy.match_check(q.request_id, now(), ARRAY(SELECT advocate_id FROM advocacy.advocate)) AS m),
	'{"identity in doubt"}', 'matching knows');
SELECT throws_ok($$SELECT advocacy.request_match((SELECT max(request_id) FROM advocacy.request), (SELECT advocate_id FROM advocacy.advocate))$$, '55000', NULL, 'and refuses');
SELECT is((SELECT count(*) FROM advocacy.suspension), 0::bigint, 'nobody is suspended by it');
SELECT pg_temp.say('hs', 'h2', 80, pg_temp.ago(0.8), 'bolt.example');
SELECT is((SELECT v.state || v.available FROM advocacy.advocate_availability AS v), 'eligibletrue', 'over with the doubt');
SELECT * FROM finish();
ROLLBACK;
