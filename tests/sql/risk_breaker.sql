-- The circuit breaker: broken data never suspends the whole program; a person decides, once.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(78);
-- (Never stale: the view goes by today.)
SELECT advocacy.source_register('gs', 'gainsight', 1, '36500 days'), advocacy.stage_prepare();
SELECT advocacy.risk_rule_define('health', 'health_score', '<', 60, '>', 75, '0', 'suspend', 'soft'),
       advocacy.risk_rule_define('churn', 'churn_risk', '>', 50, '<', 40, '0', 'suspend', 'hard'),
       advocacy.risk_rule_define('escalated', 'open_escalations', '>', 0, '=', 0, '0', 'suspend', 'hard');
SELECT advocacy.policy_setting_define('reinstate_least', '1000');
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
-- Accounts FIRST to LAST tell a score and a churn risk; one advocate each.
CREATE FUNCTION pg_temp.feed(first integer, last integer, score integer, churn integer, at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals)
	SELECT 'a' || n, at, 'Account ' || to_char(n, 'FM00'), jsonb_build_object('health_score', score, 'churn_risk', churn)
	  FROM generate_series(first, last) AS n;
	SELECT * INTO r FROM advocacy.sync_apply('gs', 'account', NULL, true, at, 1, 1, at, at);
	RETURN format('%s/%s/%s/%s', r.risks_opened, r.risks_cleared, r.suspended, r.reinstated);
END $$;
-- Each of these accounts has an escalated case, open or closed.
CREATE FUNCTION pg_temp.escalate(first integer, last integer, open boolean, at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
	INSERT INTO pg_temp.stage_support_case (remote_id, modified_at, account_remote_id, number, escalated, closed)
	SELECT 'k' || n, at, 'a' || n, 'K-' || n, true, NOT open FROM generate_series(first, last) AS n;
	SELECT * INTO r FROM advocacy.sync_apply('gs', 'support_case', NULL, true, at, 1, 1, at, at);
	RETURN format('%s/%s/%s/%s', r.risks_opened, r.risks_cleared, r.suspended, r.reinstated);
END $$;
CREATE FUNCTION pg_temp.told() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(t.kind || ' ' || t.times, ', ' ORDER BY t.kind) FROM (SELECT o.kind, count(*) AS times FROM advocacy.outbox AS o GROUP BY 1) AS t $$;
CREATE FUNCTION pg_temp.available() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM advocacy.advocate_availability AS v WHERE v.available $$;
CREATE FUNCTION pg_temp.suspended() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM advocacy.suspension AS s WHERE s.closed_at IS NULL $$;
CREATE FUNCTION pg_temp.batch() RETURNS bigint LANGUAGE sql AS $$ SELECT max(r.held_batch) FROM advocacy.risk AS r $$;
CREATE FUNCTION pg_temp.rows() RETURNS text LANGUAGE plpgsql AS $$
DECLARE t text; one text; made text := '';
BEGIN
	FOREACH t IN ARRAY '{account,account_source,signal,signal_history,risk,advocate,suspension,outbox,sync_run,audit_log}'::text[] LOOP
		EXECUTE format('SELECT %L || string_agg(x.ctid || ''/'' || x.xmin || ''/'' || x.xmax, '' '' ORDER BY x.ctid) FROM advocacy.%I AS x', t, t) INTO one;
		made := made || coalesce(one, t || ' none') || E'\n';
	END LOOP;
	RETURN made;
END $$;

-- The first load isn't judged. (44 accounts, four of them risky.)
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate)
SELECT 'c' || n, '2025-01-01', 'a' || n, 'c' || n || '@x.example', 'Person ' || n, true FROM generate_series(1, 44) AS n;
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals)
SELECT 'a' || n, '2025-01-01', 'Account ' || to_char(n, 'FM00'), jsonb_build_object('health_score', CASE WHEN n > 40 THEN 10 ELSE 90 END, 'churn_risk', 0)
  FROM generate_series(1, 44) AS n;
SELECT is((SELECT suspended FROM advocacy.sync_apply('gs', 'account', NULL, true, '2025-01-01', 1, 1, '2025-01-01', '2025-01-01')), 4, 'a first load suspends');
SELECT is(pg_temp.told(), 'first_load_summary 1', 'with one summary');
SELECT is((SELECT count(*) FROM advocacy.advocate AS a WHERE NOT EXISTS (SELECT FROM advocacy.suspension AS s WHERE s.advocate_id = a.advocate_id)), 40::bigint, 'forty are left');
DELETE FROM advocacy.outbox;

-- Within the limit.
SELECT is(pg_temp.feed(1, 3, 20, 0, '2025-01-02'), '3/0/3/0', 'three of forty pass');
SELECT is(pg_temp.told(), 'advocate_suspended 3', 'each is told');
SELECT is(pg_temp.feed(1, 3, 90, 0, '2025-01-02 01:00'), '0/3/0/3', '(back)');
SELECT is(pg_temp.feed(1, 4, 20, 0, '2025-01-02 02:00'), '4/0/4/0', 'four are a tenth: they pass too');
SELECT is(pg_temp.feed(1, 4, 90, 0, '2025-01-02 03:00'), '0/4/0/4', '(back)');
DELETE FROM advocacy.outbox;

-- All scores are zero.
SELECT is(pg_temp.feed(1, 44, 0, 0, '2025-01-03'), '40/0/0/0', 'all scores zero: risks, but nobody is suspended');
SELECT is(pg_temp.suspended(), 4::bigint, 'but for those who were before');
SELECT is(pg_temp.told(), 'suspensions_held 1', 'one message');
SELECT is((SELECT dedup_key FROM advocacy.outbox), 'held:' || pg_temp.batch(), 'under the batch''s key');
SELECT results_eq($$SELECT facts ->> 'source', facts ->> 'stream', facts ->> 'count', facts ->> 'limit', facts -> 'rules', jsonb_array_length(facts -> 'accounts'),
	facts -> 'accounts' ->> 0 FROM advocacy.outbox$$, $$VALUES ('gs', 'account', '40', '4', '[{"rule": "health", "count": "40"}]'::jsonb, 10, 'Account 01')$$, 'says how many and whose');
SELECT results_eq($$SELECT facts ->> 'release', facts ->> 'reject', facts ->> 'event' FROM advocacy.outbox$$,
	$$SELECT format('SELECT advocacy.risk_release(''%s'')', b), format('SELECT advocacy.risk_reject(''%s'')', b), 'held-' || b FROM pg_temp.batch() AS b$$, 'and what to do');
SELECT is((SELECT count(*) FROM advocacy.risk WHERE held_at = '2025-01-03' AND held_batch = pg_temp.batch()), 40::bigint, 'the risks are held');
SELECT is(pg_temp.available(), 0::bigint, 'nobody of them is available for new matches');
CREATE FUNCTION pg_temp.one() RETURNS bigint LANGUAGE sql AS $$ SELECT a.advocate_id FROM advocacy.advocate AS a JOIN advocacy.contact AS c USING (contact_id) WHERE c.remote_id = 'c7' $$;
SELECT is((SELECT reasons[1] FROM advocacy.advocate_availability WHERE advocate_id = pg_temp.one()),
	'held: 40 advocates would have been suspended at once; a person must decide', 'and this is why');
SELECT is((SELECT fact FROM advocacy.explain_advocate(pg_temp.one(), '2025-01-03') WHERE ordinal = 2),
	'Held since 2025-01-03T00:00:00Z: one run of gs would have suspended 40 advocates at once, more than 4, this one by rule health.', 'explained in a sentence');
SELECT is((SELECT fact FROM advocacy.explain_advocate(pg_temp.one(), '2025-01-03') WHERE ordinal = 3), format(
	'A person must decide: advocacy.risk_release(%1$s) suspends them, advocacy.risk_reject(%1$s) calls it broken data.', pg_temp.batch()), 'with the way out');
SELECT is((SELECT count(*) FROM advocacy.advocate_availability AS v CROSS JOIN LATERAL (SELECT e.detail FROM advocacy.explain_advocate(v.advocate_id) AS e WHERE e.ordinal = 1) AS e
	WHERE (e.detail -> 'reasons', e.detail ->> 'state') IS DISTINCT FROM (to_jsonb(v.reasons), v.state)), 0::bigint, 'explain_advocate and advocate_availability agree');
CREATE TEMPORARY TABLE before AS SELECT pg_temp.rows() AS rows;
SELECT is(pg_temp.feed(1, 44, 0, 0, '2025-01-03'), '0/0/0/0', 'the same again opens nothing');
SELECT is(pg_temp.rows(), (SELECT rows FROM before), 'and writes nothing');
SELECT is((SELECT suspended FROM advocacy.risk_evaluate(NULL, '2025-01-03 01:00')), 0, 'judging all again suspends nobody either');
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate)
VALUES ('c7b', '2025-01-03', 'a7', 'c7b@x.example', 'Late', true);
SELECT is((SELECT suspended FROM advocacy.sync_apply('gs', 'contact', NULL, true, '2025-01-03 02:00', 1, 1, '2025-01-03 02:00', '2025-01-03 02:00')), 0,
	'who is enrolled meanwhile is held too');
SELECT is((SELECT count(*) FROM advocacy.advocate_availability WHERE reasons[1] LIKE 'held:%'), 41::bigint, 'with the others');

-- Well again by itself, for some.
SELECT is(pg_temp.feed(1, 10, 90, 0, '2025-01-04'), '0/10/0/0', 'what is well again is no longer held');
SELECT is(pg_temp.told(), 'suspensions_held 1', 'and nobody is called reinstated');
SELECT is((SELECT reasons FROM advocacy.advocate_availability WHERE advocate_id = pg_temp.one()), '{}', 'available');

-- Reject.
SELECT throws_ok($$SELECT advocacy.risk_reject(-1)$$, 'P0002', NULL, 'an unknown batch is refused');
SELECT throws_ok($$SELECT advocacy.risk_release(NULL)$$, 'P0002', NULL, 'none too');
SELECT is(advocacy.risk_reject(pg_temp.batch(), 'mary', '2025-01-05'), 30, 'rejected: the risks are closed');
SELECT is((SELECT clear_evidence ->> 'reason' FROM advocacy.risk WHERE cleared_at = '2025-01-05' LIMIT 1), 'rejected by a person as broken data', 'with that reason');
SELECT throws_like($$SELECT advocacy.risk_reject(pg_temp.batch())$$, 'batch % was rejected by mary at 2025-01-05T00:00:00Z', 'once');
SELECT throws_ok($$SELECT advocacy.risk_release(pg_temp.batch())$$, '55000', NULL, 'nor is it released then');
SELECT results_eq($$SELECT actor, action, subject, details ->> 'risks' FROM advocacy.audit_log$$, $$SELECT 'mary', 'risk_reject', 'batch ' || pg_temp.batch(), '30'$$, 'audited');
SELECT is((SELECT count(*) FROM advocacy.advocate_availability WHERE available), 41::bigint, 'all are available');
SELECT is(pg_temp.feed(11, 40, 0, 0, '2025-01-05 01:00'), '0/0/0/0', 'the same values don''t open them again');
SELECT is((SELECT risks_opened FROM advocacy.risk_evaluate(NULL, '2025-01-05 02:00')), 0, 'nor does judging all');
SELECT is(pg_temp.feed(12, 12, 1, 0, '2025-01-05 03:00'), '1/0/1/0', 'another value does');
SELECT is(pg_temp.feed(13, 13, 90, 0, '2025-01-05 04:00'), '0/0/0/0', '(well)');
SELECT is(pg_temp.feed(13, 13, 0, 0, '2025-01-05 05:00'), '1/0/1/0', 'so does the same value, when another came between');
SELECT is(pg_temp.feed(11, 40, 90, 0, '2025-01-06'), '0/2/0/2', '(all well)');
DELETE FROM advocacy.outbox;
DELETE FROM advocacy.audit_log;

-- Release.
SELECT is(pg_temp.feed(21, 30, 15, 0, '2025-01-07'), '10/0/0/0', 'ten at once are held');
INSERT INTO advocacy.request (activity_type, justification, audience, outcome, requested_by, state, advocate_id)
SELECT 'reference_call', 'j', 'a', 'o', 'rep', 'proposed', a.advocate_id FROM advocacy.advocate AS a JOIN advocacy.contact AS c USING (contact_id) WHERE c.remote_id = 'c25';
SELECT isnt((SELECT advocate_id FROM advocacy.request), NULL, 'a request in hand stays as it is');
SELECT pg_temp.feed(30, 30, 90, 0, '2025-01-07 01:00');
SELECT is(advocacy.risk_release(pg_temp.batch(), 'mary', '2025-01-07 02:00'), 9, 'released: the nine who aren''t well yet are suspended');
SELECT is(pg_temp.told(), 'advocate_suspended 9, advocate_unavailable 1, suspensions_held 1', 'as usual, with their messages');
SELECT is((SELECT count(*) FROM advocacy.suspension WHERE answer_due_at = '2025-01-08 02:00' AND closed_at IS NULL), 1::bigint, 'and the CSM of the request is asked');
SELECT is((SELECT count(*) FROM advocacy.advocate_availability WHERE reasons = '{suspended by rule health}'), 13::bigint, 'for that reason alone');
SELECT throws_like($$SELECT advocacy.risk_release(pg_temp.batch())$$, 'batch % was released by mary %', 'once');
SELECT throws_ok($$SELECT advocacy.risk_reject(pg_temp.batch())$$, '55000', NULL, 'and not rejected afterwards');
SELECT is((SELECT string_agg(action || ' ' || (details ->> 'suspended'), ',') FROM advocacy.audit_log WHERE actor = 'mary'), 'risk_release 9', 'audited');
SELECT is(pg_temp.feed(1, 10, 15, 0, '2025-01-07 03:00'), '10/0/0/0', 'the next ten are judged anew: held');
SELECT is(advocacy.risk_release(pg_temp.batch()::text::bigint, 'mary', '2025-01-07 04:00'), 11, 'released too, Late with them');
SELECT is(pg_temp.feed(1, 30, 90, 0, '2025-01-08'), '0/19/0/20', 'well again, they come back as usual');
DELETE FROM advocacy.outbox;

-- Hard rules with cases to show: five pass, the rest is held.
SELECT pg_temp.escalate(1, 1, false, '2025-01-08');
SELECT is(pg_temp.escalate(31, 35, true, '2025-01-09'), '5/0/5/0', 'five with an escalated case pass');
SELECT is(pg_temp.escalate(31, 35, false, '2025-01-09 01:00'), '0/5/0/5', '(back)');
DELETE FROM advocacy.outbox;
SELECT is(pg_temp.escalate(31, 38, true, '2025-01-09 02:00'), '8/0/5/0', 'of eight, five are suspended');
SELECT is((SELECT string_agg(facts ->> 'count' || ' of ' || (facts ->> 'limit'), ',') FROM advocacy.outbox WHERE kind = 'suspensions_held'), '8 of 5', 'and three held, with one message');
SELECT is((SELECT count(*) FROM advocacy.advocate_availability WHERE reasons[1] LIKE 'held:%'), 3::bigint, 'the last three');
SELECT is(advocacy.risk_release(pg_temp.batch(), 'mary', '2025-01-09 03:00'), 3, 'which a person releases');
SELECT is(pg_temp.escalate(31, 38, false, '2025-01-09 04:00'), '0/8/0/8', '(back)');
-- One that rests on a number alone is no better than a soft one.
SELECT is(pg_temp.feed(31, 38, 90, 80, '2025-01-09 05:00'), '8/0/0/0', 'of eight that are hard by a number nobody is');
SELECT is(pg_temp.feed(31, 38, 90, 0, '2025-01-09 06:00'), '0/8/0/0', '(back)');
-- While a batch waits, what else the source says joins it; cases speak for themselves.
DELETE FROM advocacy.outbox;
SELECT is(pg_temp.feed(1, 20, 0, 0, '2025-01-11'), '20/0/0/0', 'soft ones are held');
SELECT is(pg_temp.escalate(31, 33, true, '2025-01-11 01:00'), '3/0/3/0', 'hard ones with cases pass all the same');
SELECT is(pg_temp.feed(34, 34, 10, 0, '2025-01-11 02:00'), '1/0/0/0', 'one more low score is held with the others');
SELECT is(pg_temp.told(), 'advocate_suspended 3, suspensions_held 1', 'without another message');
SELECT is(advocacy.risk_reject(pg_temp.batch(), 'mary', '2025-01-11 03:00'), 21, 'and decided with them');
SELECT is(pg_temp.escalate(31, 33, false, '2025-01-11 04:00') || ' ' || pg_temp.feed(1, 40, 90, 0, '2025-01-11 05:00'), '0/3/0/3 0/0/0/0', '(back)');
-- A little at a time: twice the limit within a day.
SELECT is(pg_temp.feed(1, 4, 10, 0, '2025-01-14 01:00') || ' ' || pg_temp.feed(14, 17, 10, 0, '2025-01-14 09:00'), '4/0/4/0 4/0/4/0', 'twice within a day is believed');
DELETE FROM advocacy.outbox;
SELECT is(pg_temp.feed(18, 20, 10, 0, '2025-01-14 23:00'), '3/0/0/0', 'not more, though three would be few by themselves');
SELECT results_eq($$SELECT facts ->> 'count', facts ->> 'limit' FROM advocacy.outbox WHERE kind = 'suspensions_held'$$, $$VALUES ('11', '10')$$, 'which says how many there were');
SELECT advocacy.risk_reject(pg_temp.batch(), 'mary', '2025-01-14 23:30');
SELECT is(pg_temp.feed(18, 20, 11, 0, '2025-01-15 23:01'), '3/0/3/0', 'a day later it is');
SELECT is(pg_temp.feed(1, 20, 90, 0, '2025-01-16'), '0/11/0/11', '(back)');

-- Settings.
SELECT throws_ok($$SELECT advocacy.policy_setting_define('breaker_percent', '"many"')$$, '22023', NULL, 'a share that is no number is refused');
SELECT advocacy.policy_setting_define('breaker_percent', '50');
SELECT is(pg_temp.feed(1, 20, 5, 0, '2025-01-17'), '20/0/21/0', 'half of the program may go where the policy says so');
SELECT is(pg_temp.feed(1, 20, 90, 0, '2025-01-17 01:00'), '0/20/0/21', '(back)');
SELECT advocacy.policy_setting_define('breaker_percent', '0'), advocacy.policy_setting_define('breaker_least', '"1"');
SELECT is(pg_temp.feed(21, 22, 5, 0, '2025-01-19'), '2/0/0/0', 'or hardly anybody');

SELECT * FROM finish();
ROLLBACK;
