-- Too many reinstatements at once wait for a person; a batch that nobody decides is discarded and judged anew; what people
-- say against a cause survives merges, is told before it ends, and no undo goes behind it.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(43);
SELECT advocacy.source_register('gs', 'gainsight', 1, '36500 days'), advocacy.stage_prepare();
SELECT advocacy.risk_rule_define('health', 'health_score', '<', 60, '>', 75, '0', 'suspend', 'soft'),
       advocacy.risk_rule_define('slow', 'slow_score', '<', 60, '>', 75, '7 days', 'suspend', 'soft'),
       advocacy.risk_rule_define('churn', 'churn_risk', '>', 50, '<', 40, '0', 'suspend', 'hard');
SELECT advocacy.policy_setting_define('breaker_percent', '100');
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
CREATE FUNCTION pg_temp.day(n numeric) RETURNS timestamptz LANGUAGE sql AS $$ SELECT '2025-01-01'::timestamptz + n * interval '1 day' $$;
CREATE FUNCTION pg_temp.feed(first integer, last integer, signals jsonb, day numeric) RETURNS text LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, csm_email, signals)
	SELECT 'a' || n, pg_temp.day(day), 'Account ' || n, 'csm@x.example', signals FROM generate_series(first, last) AS n;
	SELECT * INTO r FROM advocacy.sync_apply('gs', 'account', NULL, true, pg_temp.day(day), 1, 1, pg_temp.day(day), pg_temp.day(day));
	RETURN format('%s/%s/%s/%s', r.risks_opened, r.risks_cleared, r.suspended, r.reinstated);
END $$;
CREATE FUNCTION pg_temp.told() RETURNS text LANGUAGE sql AS $$
	WITH d AS (DELETE FROM advocacy.outbox RETURNING outbox_id, kind)
	SELECT string_agg(t.kind || ' ' || t.times, ', ' ORDER BY t.kind) FROM (SELECT d.kind, count(*) AS times FROM d GROUP BY 1) AS t $$;
CREATE FUNCTION pg_temp.suspended() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM advocacy.suspension AS s WHERE s.closed_at IS NULL $$;
CREATE FUNCTION pg_temp.batch() RETURNS bigint LANGUAGE sql AS $$ SELECT max(b.batch_id) FROM advocacy.decision_batch AS b $$;
CREATE FUNCTION pg_temp.advocate(n integer) RETURNS bigint LANGUAGE sql AS $$
	SELECT a.advocate_id FROM advocacy.advocate AS a JOIN advocacy.contact AS c USING (contact_id) WHERE c.remote_id = 'c' || n $$;
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate)
SELECT 'c' || n, pg_temp.day(0), 'a' || n, 'c' || n || '@x.example', 'Person ' || n, true FROM generate_series(1, 40) AS n;
SELECT pg_temp.feed(1, 40, '{"health_score": 90, "slow_score": 90}', 0), pg_temp.told();

-- A scale turned round, in the direction that looks good.
SELECT is(pg_temp.feed(1, 10, '{"health_score": 10}', 1), '10/0/10/0', '(ten are suspended)');
SELECT pg_temp.told();
SELECT is(pg_temp.feed(1, 2, '{"health_score": 90}', 2), '0/2/0/2', 'two of forty may be available again at once');
SELECT is(pg_temp.told(), 'advocate_reinstated 2', 'told');
SELECT is(pg_temp.feed(3, 10, '{"health_score": 90}', 3), '0/0/0/0', 'eight may not');
SELECT is(pg_temp.suspended(), 8::bigint, 'they stay suspended');
SELECT results_eq($$SELECT facts ->> 'count', facts ->> 'limit', facts ->> 'release' FROM advocacy.outbox$$,
	$$SELECT '8', '2', format('SELECT advocacy.risk_release(''%s'')', pg_temp.batch())$$, 'a person is asked');
SELECT is((SELECT value FROM advocacy.metric WHERE name = 'decisions_held' AND labels = '{"direction": "reinstate"}'), 1::float8, 'and it is among the figures');
SELECT is(pg_temp.told(), 'reinstatements_held 1', 'once');
SELECT pg_temp.feed(3, 10, '{"health_score": 91}', 3.1);
SELECT is(pg_temp.told(), NULL, 'the same again asks nobody');
SELECT is(advocacy.risk_next_deadline(pg_temp.day(3.2)), pg_temp.day(6), 'nor is anything due but the batch itself');
SELECT pg_temp.feed(10, 10, '{"health_score": 20}', 3.3);
SELECT is((SELECT count(*) FROM advocacy.risk WHERE clear_batch = pg_temp.batch() AND cleared_at IS NULL), 7::bigint, 'who is not well any more leaves the batch');
SELECT ok(EXISTS (SELECT FROM advocacy.explain_advocate(pg_temp.advocate(3), pg_temp.day(3.4)) WHERE fact LIKE 'That is over by what the sources say, but too many%'), 'explained');
SELECT is(advocacy.risk_release(pg_temp.batch(), 'mary', pg_temp.day(3.5)), 7, 'released: they are reinstated');
SELECT is(pg_temp.told(), 'advocate_reinstated 7', 'and told');
SELECT throws_like($$SELECT advocacy.risk_release(pg_temp.batch())$$, 'batch % was released by mary %', 'once');
-- Rejected: they stay until a source says something else.
SELECT pg_temp.feed(1, 9, '{"health_score": 10}', 4), pg_temp.feed(1, 9, '{"health_score": 95}', 4.1), pg_temp.told();
SELECT is(advocacy.risk_reject(pg_temp.batch(), 'mary', pg_temp.day(4.2)), 9, 'rejected');
SELECT pg_temp.feed(1, 9, '{"health_score": 95}', 4.3), advocacy.risk_evaluate(NULL, pg_temp.day(4.4));
SELECT is(pg_temp.suspended(), 10::bigint, 'the same values don''t reinstate them');
SELECT is(pg_temp.feed(1, 1, '{"health_score": 96}', 4.5), '0/1/0/1', 'another value does');

-- By time alone too: all that have been well for a week are due together.
SELECT pg_temp.feed(2, 10, '{"health_score": 97}', 5), advocacy.risk_release(pg_temp.batch(), 'mary', pg_temp.day(5.1)) FROM (SELECT) AS x;
SELECT is(pg_temp.suspended(), 0::bigint, '(all well)');
SELECT pg_temp.feed(21, 26, '{"slow_score": 10}', 6), pg_temp.feed(21, 26, '{"slow_score": 90}', 7), pg_temp.told();
SELECT is(advocacy.risk_fire(pg_temp.day(14)), 0, 'six are due at once');
SELECT is(pg_temp.suspended() || ' ' || pg_temp.told(), '6 reinstatements_held 1', 'and held');
SELECT is(advocacy.risk_next_deadline(pg_temp.day(14)), pg_temp.day(17), 'the timer rests');

-- Nobody decides.
SELECT is(advocacy.risk_fire(pg_temp.day(17)), 1, 'after 72 hours it is discarded');
SELECT is((SELECT string_agg(decision, ',' ORDER BY batch_id) FROM advocacy.decision_batch WHERE batch_id >= pg_temp.batch() - 1 AND decision IS NOT NULL), 'discarded', 'which is written down');
SELECT is(pg_temp.suspended() || ' ' || pg_temp.told(), '6 reinstatements_held 1', 'judged anew, it is still too much, and asked again');
SELECT is(advocacy.risk_release(pg_temp.batch(), 'mary', pg_temp.day(17.1)), 6, '(released)');
SELECT advocacy.policy_setting_define('breaker_percent', '1'), pg_temp.told();
SELECT is(pg_temp.feed(1, 10, '{"health_score": 10}', 20), '10/0/0/0', 'ten are held in the other direction');
SELECT pg_temp.told(), pg_temp.feed(1, 8, '{"health_score": 90}', 21);
SELECT is(advocacy.risk_fire(pg_temp.day(23)), 1, 'nobody decides');
SELECT is(pg_temp.suspended() || ' ' || coalesce(pg_temp.told(), 'nothing'), '2 advocate_suspended 2', 'judged by what is known now, two are few enough');
SELECT pg_temp.feed(9, 10, '{"health_score": 90}', 24), advocacy.policy_setting_define('breaker_percent', '100'), pg_temp.told();

-- Overrides.
SELECT isnt(advocacy.risk_override(NULL, (SELECT account_id FROM advocacy.account WHERE remote_id = 'a30'), 'churn', pg_temp.day(40), 'they asked for it', 'mary', pg_temp.day(30)), NULL, 'a hard one, by a manager');
SELECT is(advocacy.risk_next_deadline(pg_temp.day(31)), pg_temp.day(39), 'a day before it ends is a deadline');
SELECT advocacy.risk_fire(pg_temp.day(39)), advocacy.risk_fire(pg_temp.day(39.5));
SELECT results_eq($$SELECT kind, facts ->> 'csm_email', facts ->> 'until', facts -> 'advocates' FROM advocacy.outbox$$,
	$$VALUES ('override_expiring', 'csm@x.example', '2025-02-10T00:00:00Z', '["Person 30"]'::jsonb)$$, 'the CSM is told, once');
SELECT pg_temp.told();
SELECT pg_temp.feed(30, 30, '{"churn_risk": 80}', 39.6);
SELECT is(pg_temp.suspended(), 0::bigint, 'meanwhile it suspends nobody');
SELECT is((SELECT count(*) FROM advocacy.decision_batch WHERE decision IS NULL), 0::bigint, 'nor counts for the breaker');
SELECT advocacy.risk_fire(pg_temp.day(40));
SELECT is(pg_temp.suspended(), 1::bigint, 'at its end the rule holds again');
-- The account is merged.
SELECT pg_temp.feed(30, 30, '{"churn_risk": 0}', 41), advocacy.risk_override(NULL, (SELECT account_id FROM advocacy.account WHERE remote_id = 'a30'), 'churn', pg_temp.day(60), 'again', 'mary', pg_temp.day(42));
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, deleted, merged_into_remote_id) VALUES ('a30', pg_temp.day(43), 'Account 30', true, 'a31');
SELECT advocacy.sync_apply('gs', 'account', NULL, true, pg_temp.day(43), 1, 1, pg_temp.day(43), pg_temp.day(43));
SELECT is((SELECT account_id FROM advocacy.risk_override WHERE ended_at IS NULL), (SELECT account_id FROM advocacy.account_source WHERE remote_id = 'a31'), 'an override goes with the account');
SELECT pg_temp.feed(31, 31, '{"churn_risk": 80}', 44);
SELECT is(pg_temp.suspended(), 0::bigint, 'and holds there');
-- Undone, a cycle that ended a suspension doesn't bring it back behind an override.
SELECT pg_temp.feed(33, 33, '{"health_score": 10}', 45), pg_temp.feed(33, 33, '{"health_score": 90}', 46);
SELECT advocacy.risk_override(pg_temp.advocate(33), NULL, NULL, pg_temp.day(60), 'as agreed', 'mary', pg_temp.day(47));
SELECT is((SELECT suspended_again FROM advocacy.decisions_undo((SELECT max(cycle_id) FROM advocacy.decision_cycle WHERE reinstated = 1), 'wrong data', 'mary', pg_temp.day(48))), 0, 'nobody is suspended by the undo');
SELECT is((SELECT state FROM advocacy.advocate_availability WHERE advocate_id = pg_temp.advocate(33)), 'eligible', 'they stay available');
-- Who may.
SELECT is((SELECT count(*) FROM pg_roles WHERE rolname = 'advocacy_manager'), 1::bigint, 'there is a role for managers');
CREATE ROLE test_batches_operator; CREATE ROLE test_batches_manager; GRANT advocacy_operator TO test_batches_operator; GRANT advocacy_manager TO test_batches_manager; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO test_batches_operator, test_batches_manager;
SET SESSION AUTHORIZATION test_batches_operator;
SELECT throws_ok($$SELECT advocacy.risk_override((SELECT min(v.advocate_id) FROM advocacy.advocate_availability AS v), NULL, 'churn', NULL, 'x')$$, '42501', NULL, 'an operator may not override a hard cause');
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION test_batches_manager;
SELECT lives_ok($$SELECT advocacy.risk_override(advocate => a.advocate_id, account => NULL, rule => 'churn', until => NULL, reason => 'x') FROM (SELECT min(v.advocate_id) AS advocate_id FROM advocacy.advocate_availability AS v) AS a$$, 'a manager may');
RESET SESSION AUTHORIZATION;
SELECT is((SELECT made_by FROM advocacy.risk_override ORDER BY override_id DESC LIMIT 1), 'test_batches_manager', 'by the session''s own name');
SELECT * FROM finish();
ROLLBACK;
