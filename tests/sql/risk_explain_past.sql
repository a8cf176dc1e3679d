-- Why an advocate was or wasn't available at a time in the past: the state, the requests they were on, and what waited then.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(20);
INSERT INTO advocacy.opportunity (opportunity_id, source, remote_id) OVERRIDING SYSTEM VALUE VALUES (-99, 'none', '-99');
SELECT advocacy.source_register('gs', 'gainsight', 1, '36500 days'), advocacy.stage_prepare();
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
SELECT advocacy.risk_rule_define('very low', 'health_score', '<', 40, '>', 75, '0', 'suspend', 'hard'), advocacy.risk_rule_define('careful', 'cases', '>', 0, '=', 0, severity => 'caution');
CREATE FUNCTION pg_temp.ago(days float8) RETURNS timestamptz LANGUAGE sql AS $$ SELECT date_trunc('day', now()) - days * interval '1 day' $$;
CREATE FUNCTION pg_temp.observe(first integer, last integer, signals jsonb, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, domain, signals) SELECT 'a' || n, at, 'Account ' || n, 'a' || n || '.example', signals FROM generate_series(first, last) AS n;
	PERFORM advocacy.sync_apply('gs', 'account', NULL, true, at, 1, 1, at, at);
END $$;
CREATE FUNCTION pg_temp.who(n integer) RETURNS bigint LANGUAGE sql AS $$ SELECT advocate_id FROM advocacy.advocate_availability WHERE name = 'Person ' || n $$;
CREATE FUNCTION pg_temp.why(n integer, days float8) RETURNS text LANGUAGE sql AS $$ SELECT string_agg(e.fact, ' ' ORDER BY e.ordinal) FROM advocacy.explain_advocate(pg_temp.who(n), pg_temp.ago(days)) AS e $$;
CREATE FUNCTION pg_temp.state(n integer, days float8) RETURNS text LANGUAGE sql AS $$ SELECT e.detail ->> 'state' FROM advocacy.explain_advocate(pg_temp.who(n), pg_temp.ago(days)) AS e WHERE e.ordinal = 1 $$;
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate)
SELECT 'c' || n, pg_temp.ago(60), 'a' || n, 'c' || n || '@x.example', 'Person ' || n, true FROM generate_series(1, 12) AS n;
SELECT pg_temp.observe(1, 12, '{"health_score": 90, "cases": 0}', pg_temp.ago(60));

-- A request: proposed, then taken off by a hard risk, which ends later.
CREATE TEMPORARY TABLE q AS SELECT advocacy.request_submit(-99, 'quote', 'why', 'CIO', 'a yes', now() + interval '30 days', 'rep@example.com', 'normal', pg_temp.ago(50)) AS id;
SELECT advocacy.request_match(id, pg_temp.who(1), 'mary', pg_temp.ago(48)) FROM q;
SELECT pg_temp.observe(1, 1, '{"cases": 1}', pg_temp.ago(45));
SELECT pg_temp.observe(1, 1, '{"health_score": 10}', pg_temp.ago(40));
SELECT pg_temp.observe(1, 1, '{"health_score": 90}', pg_temp.ago(35));
SELECT pg_temp.observe(1, 1, '{"cases": 0}', pg_temp.ago(30));
SELECT unalike(pg_temp.why(1, 49), '%REQ-%', 'before it, no request');
SELECT is(pg_temp.state(1, 49), 'eligible', 'eligible');
SELECT matches(pg_temp.why(1, 47), format('^Available[.].* On REQ-%s [(]quote[)] since %s; it is proposed since %s[.]', id, advocacy.sync_time_text(pg_temp.ago(48)), advocacy.sync_time_text(pg_temp.ago(48))), 'then it was on it') FROM q;
SELECT is(pg_temp.state(1, 44), 'caution', 'a caution');
SELECT matches(pg_temp.why(1, 44), format('Only with the CSM''s yes since .* On REQ-%s ', id), 'takes nobody off it') FROM q;
SELECT is(pg_temp.state(1, 39), 'suspended', 'suspended');
SELECT matches(pg_temp.why(1, 39), format('^Not available: caution: rule careful; suspended by rule very low[.].* Off REQ-%s [(]quote[)] since %s', id, advocacy.sync_time_text(pg_temp.ago(40))), 'took it off') FROM q;
SELECT unalike(pg_temp.why(1, 39), '%On REQ-%', 'so it wasn''t on it any more');
SELECT matches(pg_temp.why(1, 39), 'gs says health_score 10, observed at', 'with what was observed then');
SELECT matches(pg_temp.why(1, 39), format('That ended at %s: the risk was cleared', advocacy.sync_time_text(pg_temp.ago(35))), 'and how it ended');
SELECT is(pg_temp.state(1, 34), 'caution', 'the caution was left');
SELECT is(pg_temp.state(1, 29), 'eligible', 'and then nothing');
SELECT unalike(pg_temp.why(1, 29), '%REQ-%', 'what it was taken off long before isn''t told');

-- What waited for a person then doesn't now, and the other way round.
SELECT pg_temp.observe(2, 4, '{"health_score": 10}', pg_temp.ago(20)), pg_temp.observe(5, 7, '{"health_score": 10}', pg_temp.ago(18)), pg_temp.observe(8, 10, '{"health_score": 10}', pg_temp.ago(16));
SELECT pg_temp.observe(2, 10, '{"health_score": 90}', pg_temp.ago(10));
CREATE TEMPORARY TABLE batch AS SELECT max(batch_id) AS id FROM advocacy.decision_batch WHERE direction = 'reinstate';
SELECT isnt((SELECT id FROM batch), NULL, '(many are well again at once)');
SELECT matches(pg_temp.why(2, 9), format('too many would be available again at once; a person must decide: advocacy.risk_release[(]%s[)]', id), 'while it waited') FROM batch;
SELECT unalike(pg_temp.why(2, 15), '%a person must decide%', 'before it did, nothing of it');
SELECT advocacy.risk_release(id, 'mary', pg_temp.ago(8)) FROM batch;
SELECT matches(pg_temp.why(2, 9), format('a person must decide: .*That ended at %s', advocacy.sync_time_text(pg_temp.ago(8))), 'also told when it is decided long since');
SELECT is(pg_temp.state(2, 9) || ', ' || pg_temp.state(2, 7), 'suspended, eligible', 'suspended until then');
SELECT is(pg_temp.state(1, 70), 'hold', 'not enrolled yet');
-- As the view has it now.
SELECT is((SELECT count(*) FROM advocacy.advocate_availability AS v CROSS JOIN LATERAL (SELECT e.detail FROM advocacy.explain_advocate(v.advocate_id) AS e WHERE e.ordinal = 1) AS e
	WHERE (e.detail -> 'reasons', e.detail ->> 'state') IS DISTINCT FROM (to_jsonb(v.reasons), v.state)), 0::bigint, 'and now as the view has it');
SELECT * FROM finish();
ROLLBACK;
