-- What followed when a held batch was released is taken back as one act, once, and the same values don't decide it again.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();
SELECT advocacy.source_register('sf', 'salesforce', 1, '36500 days'), advocacy.stage_prepare();
SELECT advocacy.risk_rule_define('health', 'health_score', '<', 60, '>', 75), advocacy.risk_rule_define('low', 'contact.x', '>=', 5, '<', 5, '0', 'suspend', 'hard');
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('people', '{advocate_suspended,advocate_reinstated}', 'csm'), ('held', '{suspensions_held,reinstatements_held,retirements_held,withdrawals_held,consent_withdrawn}', 'ops');
-- mark: of each contact n, t marked, f not, d deleted, o opted out.
CREATE FUNCTION pg_temp.feed(marks text, at timestamptz, health integer DEFAULT 90, x integer DEFAULT 0) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM advocacy.outbox;
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals)
	SELECT 'a' || n, at, 'Account ' || n, jsonb_build_object('health_score', health) FROM generate_series(1, 20) AS n;
	INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate, deleted, opted_out, signals)
	SELECT 'c' || n, at, 'a' || n, 'c' || n || '@x.example', 'P' || n, m <> 'f', m = 'd', m = 'o', jsonb_build_object('x', x)
	  FROM string_to_table(marks, NULL) WITH ORDINALITY AS t (m, n);
	PERFORM advocacy.sync_apply('sf', 'contact', NULL, true, at, 1, 1, at, at);
END $$;
CREATE FUNCTION pg_temp.batch() RETURNS bigint LANGUAGE sql AS $$ SELECT max(b.batch_id) FROM advocacy.decision_batch AS b $$;
CREATE FUNCTION pg_temp.free() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM advocacy.advocate_availability WHERE available $$;
CREATE FUNCTION pg_temp.release(at timestamptz) RETURNS integer LANGUAGE sql AS $$ SELECT advocacy.risk_release(pg_temp.batch(), 'joe', at) $$;
CREATE FUNCTION pg_temp.undo(at timestamptz) RETURNS text LANGUAGE sql AS $$ SELECT u::text FROM advocacy.decisions_undo_batch(pg_temp.batch(), 'wrong after all', 'mary', at) AS u $$;
CREATE FUNCTION pg_temp.told() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(coalesce(o.channel, '-'), ' ' ORDER BY o.channel) FROM advocacy.outbox AS o WHERE o.kind = 'decisions_undone' $$;
CREATE FUNCTION pg_temp.ask(n integer) RETURNS void LANGUAGE sql AS $$
	INSERT INTO advocacy.request (activity_type, justification, audience, outcome, requested_by, state, advocate_id)
	SELECT 'reference_call', 'j', 'a', 'o', 'rep', 'proposed', a.advocate_id FROM advocacy.advocate AS a JOIN advocacy.contact AS c USING (contact_id) WHERE c.remote_id = 'c' || n $$;
SELECT pg_temp.feed(repeat('t', 20), '2025-01-01');
SELECT is(pg_temp.free(), 20::bigint, 'twenty advocates');

-- Suspensions.
SELECT pg_temp.feed(repeat('t', 20), '2025-01-02', 10);
SELECT throws_like('SELECT pg_temp.undo(now())', 'nothing of batch % has happened yet', 'what waits is rejected, not taken back');
SELECT throws_ok('SELECT advocacy.decisions_undo_batch(-1, ''why'')', 'P0002', NULL, 'no unknown batch');
SELECT advocacy.risk_override(a.advocate_id, NULL, 'health', '2025-01-02 01:30', 'as agreed', 'mary', '2025-01-02 00:30') AS agreed FROM advocacy.advocate AS a JOIN advocacy.contact AS c USING (contact_id) WHERE c.remote_id = 'c20' \gset
SELECT is(pg_temp.release('2025-01-02 01:00') || ' ' || pg_temp.free(), '19 1', 'a person lets all be suspended, but for one who was excepted');
SELECT results_eq('SELECT c.source, c.suspended, c.reinstated, c.held, a.details ->> ''cycle'' FROM advocacy.decision_batch AS b JOIN advocacy.decision_cycle AS c USING (cycle_id) JOIN advocacy.audit_log AS a ON a.subject = ''batch '' || b.batch_id WHERE b.batch_id = pg_temp.batch()',
	$$SELECT 'sf', 19, 0, 0, cycle_id::text FROM advocacy.decision_batch WHERE batch_id = pg_temp.batch()$$, 'that is a cycle, which the audit log names');
SELECT throws_ok(format('SELECT advocacy.decisions_undo_batch(%s, '' '')', pg_temp.batch()), '22023', NULL, 'not without a reason');
SELECT is(pg_temp.undo('2025-01-02 02:00') || pg_temp.free(), '(19,0,20,0,0)20', 'taken back: all are available');
SELECT advocacy.risk_override_end(:agreed, 'over', 'mary', '2025-01-02 02:10');
SELECT is(pg_temp.free(), 20::bigint, 'also when the exception is over');
SELECT is(pg_temp.told(), 'csm ops', 'one message to those who were asked and those who were told');
SELECT is((SELECT actor || ' ' || reason || ' ' || (details ->> 'batch') FROM advocacy.audit_log WHERE action = 'decisions_undo'), 'mary wrong after all ' || pg_temp.batch(), 'audited');
SELECT throws_like('SELECT pg_temp.undo(now())', 'cycle % was taken back by mary at 2025-01-02T02:00:00Z', 'once');
SELECT pg_temp.feed(repeat('t', 20), '2025-01-02 03:00', 10), advocacy.risk_evaluate(NULL, '2025-01-02 04:00');
SELECT is(pg_temp.free(), 20::bigint, 'the same values suspend nobody');
SELECT pg_temp.feed(repeat('t', 20), '2025-01-02 05:00', 11);
SELECT throws_like('SELECT advocacy.risk_reject(pg_temp.batch(), ''mary'', ''2025-01-02 06:00''), pg_temp.undo(now())', 'batch % was rejected by mary at %: nothing of it has happened', 'nor is taken back what was rejected');
SELECT is(pg_temp.release('2025-01-02 07:00') || ' ' || pg_temp.free(), '20 0', 'other values do, and the day''s limit isn''t used up by what a person let happen');

-- Reinstatements.
SELECT pg_temp.feed(repeat('t', 20), '2025-01-03', 90);
SELECT is(pg_temp.release('2025-01-03 01:00') || ' ' || pg_temp.free(), '20 20', 'all are reinstated');
SELECT pg_temp.ask(1);
SELECT is(pg_temp.undo('2025-01-03 02:00') || pg_temp.free(), '(0,20,0,20,0)0', 'taken back: all are suspended again');
SELECT is(pg_temp.told(), 'csm ops', 'told');
SELECT pg_temp.feed(repeat('t', 20), '2025-01-03 03:00', 90), advocacy.risk_fire('2025-01-03 04:00');
SELECT is(pg_temp.free(), 0::bigint, 'the same values don''t end it');
-- With a rule that wants a yes: what waited for it doesn't any more.
SELECT advocacy.risk_rule_define('health', 'health_score', '<', 60, '>', 75, confirm => true), advocacy.policy_setting_define('reinstate_percent', '100');
SELECT pg_temp.feed(repeat('t', 20), '2025-01-04', 91);
SELECT is((SELECT count(review_since) FROM advocacy.suspension WHERE closed_at IS NULL), 20::bigint, '(twenty wait for a yes)');
SELECT u.* FROM advocacy.decisions_undo((SELECT max(cycle_id) FROM advocacy.decision_cycle), 'wrong', 'mary', '2025-01-04 01:00') AS u;
SELECT is((SELECT count(review_since) FROM advocacy.suspension WHERE closed_at IS NULL), 0::bigint, 'suspended are they as before');
SELECT advocacy.risk_rule_define('health', 'health_score', '<', 60, '>', 75);
SELECT pg_temp.feed(repeat('t', 20), '2025-01-05', 92);
SELECT is(pg_temp.free(), 20::bigint, 'well again');

-- Causes by contacts' own signals.
SELECT pg_temp.ask(7), pg_temp.feed(repeat('t', 20), '2025-01-10', 92, 9);
SELECT is(pg_temp.release('2025-01-10 01:00') || ' ' || pg_temp.free(), '20 0', 'all have a low score');
SELECT is(pg_temp.undo('2025-01-10 02:00') || pg_temp.free(), '(20,0,0,0,0)20', 'taken back');
SELECT is(pg_temp.told(), 'csm ops', 'told');
SELECT is((SELECT count(*) FROM advocacy.request WHERE state = 'proposed'), 0::bigint, 'requests that went back to matching stay there');
SELECT pg_temp.feed(repeat('t', 20), '2025-01-10 03:00', 92, 9);
SELECT is(pg_temp.free(), 20::bigint, 'the same value doesn''t open them');
SELECT pg_temp.feed(repeat('t', 20), '2025-01-11', 92, 8);
SELECT is(pg_temp.free() || ' ' || (SELECT decision IS NULL FROM advocacy.decision_batch WHERE batch_id = pg_temp.batch()), '0 true', 'another does, and is held');
SELECT pg_temp.feed(repeat('t', 20), '2025-01-12', 92, 0);

-- Opt-outs.
SELECT pg_temp.feed(repeat('o', 20), '2025-01-20', 92);
SELECT is(pg_temp.release('2025-01-20 01:00'), 20, 'all opt out');
SELECT is(pg_temp.undo('2025-01-20 02:00') || pg_temp.free(), '(0,0,0,0,0)0', 'taken back: nobody is asked whom the source has as opted out');
SELECT is((SELECT string_agg(DISTINCT o.channel || ' ' || jsonb_array_length(o.facts -> 'gone'), '') FROM advocacy.outbox AS o WHERE o.kind = 'decisions_undone'), 'ops 20', 'which the message says');
SELECT pg_temp.feed(repeat('t', 20), '2025-01-21', 92);
SELECT is(pg_temp.free(), 20::bigint, 'when the source is mended they are');

-- Retirements: one is deleted, one's account falls ill meanwhile, one is retired by a person, one enrolled anew.
SELECT pg_temp.feed('d' || repeat('f', 19), '2025-02-01', 92);
SELECT is(pg_temp.release('2025-02-01 01:00') || ' ' || pg_temp.free(), '20 0', 'all leave');
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals) VALUES ('a2', '2025-02-01 02:00', 'Account 2', '{"health_score": 10}');
SELECT advocacy.sync_apply('sf', 'contact', NULL, true, '2025-02-01 02:00', 1, 1, '2025-02-01 02:00', '2025-02-01 02:00');
UPDATE advocacy.advocate SET retire_reason = 'moved on' WHERE contact_id = (SELECT contact_id FROM advocacy.contact WHERE remote_id = 'c3');
SELECT is(pg_temp.undo('2025-02-01 03:00') || pg_temp.free(), '(0,0,0,0,18)17', 'taken back: they are there again');
SELECT is((SELECT string_agg(c.remote_id || ' ' || a.retire_reason, ', ' ORDER BY c.remote_id) FROM advocacy.advocate AS a JOIN advocacy.contact AS c USING (contact_id) WHERE a.retired_at IS NOT NULL),
	'c1 contact deleted, c3 moved on', 'but not whom the source has no more, nor whom a person retired');
SELECT is((SELECT string_agg(advocacy.advocate_name(s.advocate_id) || ' ' || s.rule, '') FROM advocacy.suspension AS s WHERE s.closed_at IS NULL), 'P2 health', 'what is wrong at an account suspends them');
SELECT is((SELECT jsonb_array_length(o.facts -> 'advocates') || ' ' || (o.facts ->> 'gone') FROM advocacy.outbox AS o WHERE o.kind = 'decisions_undone'), '17 ["P1"]', 'the message says who');
SELECT pg_temp.feed('d' || repeat('f', 19), '2025-02-02', 92);
SELECT is((SELECT count(*) FROM advocacy.advocate WHERE retired_at IS NULL), 18::bigint, 'the same marks retire nobody');
SELECT pg_temp.feed('dtft', '2025-02-03', 92), pg_temp.feed('dtff', '2025-02-04', 92);
SELECT is((SELECT count(*) FROM advocacy.advocate WHERE retired_at IS NULL), 17::bigint, 'one who was marked in between leaves');
SELECT * FROM finish();
ROLLBACK;
