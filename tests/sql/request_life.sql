-- A request's life beyond matching: the CSM and the advocate are asked, it takes place, the rep says how it was; what time
-- and the deal end.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();
INSERT INTO advocacy.opportunity (opportunity_id, source, remote_id) OVERRIDING SYSTEM VALUE VALUES (-99, 'none', '-99');
INSERT INTO advocacy.account (account_id, source, remote_id, name) OVERRIDING SYSTEM VALUE VALUES (-1, 't', 'a1', 'Acme');
INSERT INTO advocacy.opportunity (opportunity_id, source, remote_id, account_id, name, closed, won) OVERRIDING SYSTEM VALUE VALUES (-1, 't', 'o1', -1, 'Deal', false, false), (-2, 't', 'o2', -1, 'Won', true, true);
INSERT INTO advocacy.contact (contact_id, source, remote_id, account_id, opted_out) OVERRIDING SYSTEM VALUE SELECT g, 't', 'c' || g, -1, false FROM generate_series(-3, -1) AS g;
INSERT INTO advocacy.advocate (advocate_id, contact_id, account_id, enrolled_by) OVERRIDING SYSTEM VALUE SELECT g, g, -1, 'test' FROM generate_series(-3, -1) AS g;
CREATE TEMP TABLE r (what text PRIMARY KEY, id bigint) ON COMMIT DROP;
CREATE FUNCTION pg_temp.r(key text) RETURNS bigint LANGUAGE sql AS $$ SELECT id FROM pg_temp.r WHERE what = key $$;
CREATE FUNCTION pg_temp.file(key text, deal bigint DEFAULT -99, needed timestamptz DEFAULT '2027-01-01Z', rep text DEFAULT 'rep@example.com') RETURNS void LANGUAGE sql
AS $$ INSERT INTO pg_temp.r VALUES (key, advocacy.request_submit(deal, 'quote', 'why', 'CIO', 'a yes', needed, rep, 'normal', '2026-11-02 09:00Z')) $$;
CREATE FUNCTION pg_temp.state(key text) RETURNS text LANGUAGE sql AS $$ SELECT concat_ws(' ', q.state, q.advocate_id) FROM advocacy.request AS q WHERE q.request_id = pg_temp.r(key) $$;

-- Asked, answered, held, told.
SELECT pg_temp.file('walk');
SELECT advocacy.request_match(pg_temp.r('walk'), -1, 'ann', '2026-11-02 10:00Z');
SELECT throws_ok(format('SELECT advocacy.request_ask(%s, %L)', pg_temp.r('walk'), 'rep'), '22023', NULL, 'nobody else is asked');
SELECT throws_ok(format('SELECT advocacy.request_answer(%s, %L, true)', pg_temp.r('walk'), 'csm'), '55000', NULL, 'nobody answers who wasn''t asked');
SELECT advocacy.request_ask(pg_temp.r('walk'), 'csm', 'ann', '2026-11-02 11:00Z');
SELECT is(pg_temp.state('walk'), 'awaiting_csm -1', 'the CSM is asked');
SELECT throws_ok(format('SELECT advocacy.request_answer(%s, %L, NULL)', pg_temp.r('walk'), 'csm'), '22023', NULL, 'no answer is none');
SELECT advocacy.request_answer(pg_temp.r('walk'), 'csm', false, 'renewal', 'dana', '2026-11-02 12:00Z');
SELECT is(pg_temp.state('walk'), 'matching', 'no: back to matching');
SELECT is((SELECT status FROM advocacy.activity WHERE request_id = pg_temp.r('walk')), 'released', '... and the slot is free');
SELECT advocacy.request_match(pg_temp.r('walk'), -2, 'ann', '2026-11-02 13:00Z');
SELECT advocacy.request_ask(pg_temp.r('walk'), 'csm', 'ann', '2026-11-02 13:10Z');
SELECT advocacy.request_answer(pg_temp.r('walk'), 'csm', true, NULL, 'dana', '2026-11-02 13:20Z');
SELECT is(pg_temp.state('walk'), 'awaiting_advocate -2', 'yes: the advocate is asked');
SELECT advocacy.request_schedule(pg_temp.r('walk'), '2026-11-05 15:00Z', 'ann', '2026-11-03 09:00Z');
SELECT advocacy.request_redate(pg_temp.r('walk'), '2026-11-04 15:00Z', 'the board meets', 'rep@example.com', '2026-11-03 09:00Z'),
       advocacy.request_redate(pg_temp.r('walk'), '2026-11-06 15:00Z', 'the board meets later', 'rep@example.com', '2026-11-03 09:00Z');
SELECT is((SELECT string_agg(concat_ws(' ', facts ->> 'needed_by', facts ->> 'scheduled_for'), ', ' ORDER BY outbox_id) FROM advocacy.outbox WHERE kind = 'request_redated'),
	'2026-11-04T15:00:00Z 2026-11-05T15:00:00Z, 2026-11-06T15:00:00Z', 'needed before a call that is agreed: both are told of');
SELECT is((SELECT string_agg(move, ' ' ORDER BY event_id DESC) FROM (SELECT * FROM advocacy.request_event WHERE request_id = pg_temp.r('walk') ORDER BY event_id DESC LIMIT 2) AS e), 'schedule advocate_yes', 'a date is a yes');
SELECT throws_ok(format('SELECT advocacy.request_held(%s, %L, %L, %L)', pg_temp.r('walk'), ' ', 'ann', '2026-11-05 14:00Z'), '22023',
	format('request REQ-%s has an appointment at 2026-11-05T15:00:00Z, which is still to come', pg_temp.r('walk')), 'what is still to come hasn''t been held');
SAVEPOINT sooner;
SELECT advocacy.request_held(pg_temp.r('walk'), 'they spoke on Wednesday', 'ann', '2026-11-04 16:00Z');
SELECT is(pg_temp.state('walk') || ' ' || (SELECT occurred_at FROM advocacy.activity WHERE request_id = pg_temp.r('walk') AND status = 'completed'), 'held -2 2026-11-04 16:00:00+00', 'but what took place sooner has, if somebody says so');
ROLLBACK TO sooner;
SELECT advocacy.request_held(pg_temp.r('walk'), NULL, 'ann', '2026-11-05 16:00Z');
SELECT is(pg_temp.state('walk') || ' ' || (SELECT status || ' ' || occurred_at FROM advocacy.activity WHERE request_id = pg_temp.r('walk') AND status <> 'released'), 'held -2 completed 2026-11-05 15:00:00+00', 'held at its time');
SELECT throws_ok(format('SELECT advocacy.request_feedback(%s, 6)', pg_temp.r('walk')), '22023', NULL, 'six of five');
SELECT throws_ok(format('SELECT advocacy.request_feedback(%s, NULL)', pg_temp.r('walk')), '22023', NULL, 'no mark');
SELECT advocacy.request_fire('2026-11-12 15:59Z') \g /dev/null
SELECT is(pg_temp.state('walk'), 'held -2', 'a week without a promise: not overdue yet');
SELECT advocacy.request_fire('2026-11-12 16:00Z') \g /dev/null
SELECT is(pg_temp.state('walk'), 'feedback_due -2', '... now');
SELECT advocacy.request_feedback(pg_temp.r('walk'), 4, NULL, 'helped', 'rep@example.com', '2026-11-13 09:00Z');
SELECT is((SELECT pg_temp.state('walk') || ' ' || concat_ws(' ', relevance, comment, given_by) FROM advocacy.request_feedback), 'completed -2 4 helped rep@example.com', 'told');

-- Who owes feedback twice is flagged, not refused.
SELECT pg_temp.file(k) FROM unnest('{d1,d2}'::text[]) AS k;
SELECT pg_temp.file('before');
SET LOCAL session_replication_role = replica; -- nobody moved it so
UPDATE advocacy.request SET state = 'feedback_due' WHERE request_id IN (pg_temp.r('d1'), pg_temp.r('d2'));
SET LOCAL session_replication_role = origin;
SELECT pg_temp.file('after');
SELECT pg_temp.file('other', rep => 'other@example.com');
SELECT is((SELECT array_agg(what ORDER BY what) FROM r JOIN advocacy.request ON request_id = id WHERE owes_feedback), '{after}', 'flagged');
SELECT is((SELECT string_agg((facts ->> 'request') || ' ' || (facts ->> 'feedback_owed'), ', ') FROM advocacy.outbox WHERE kind = 'request_received' AND facts ? 'feedback_owed'), 'REQ-' || pg_temp.r('after') || ' 2', '... which those who receive it are told');

-- What time ends.
SELECT pg_temp.file('late', needed => '2026-11-20 12:00Z');
SELECT is(advocacy.deadline_next() <= '2026-11-20 12:00:01Z', true, 'the daemon wakes up');
SELECT advocacy.request_fire('2026-11-20 12:00Z') \g /dev/null
SELECT is(pg_temp.state('late'), 'submitted', 'in time until then');
SELECT advocacy.request_fire('2026-11-20 12:00:01Z') \g /dev/null
SELECT is(pg_temp.state('late'), 'expired', '... and not after');
SELECT throws_ok(format('SELECT advocacy.request_reopen(%s, %L)', pg_temp.r('late'), ' '), '22023', NULL, 'reopened for a reason');
SELECT advocacy.request_reopen(pg_temp.r('late'), 'the deal was put off', 'ann', '2026-11-20 13:00Z');
SELECT is(pg_temp.state('late'), 'matching', 'reopened');
SELECT advocacy.request_fire('2026-11-20 13:01Z') \g /dev/null
SELECT is(pg_temp.state('late'), 'matching', '... and not ended again by the time that has passed');
SELECT throws_ok(format('SELECT advocacy.request_give_up(%s, NULL)', pg_temp.r('late')), '22023', NULL, 'given up for a reason');
SELECT advocacy.request_give_up(pg_temp.r('late'), 'nobody in that region', 'ann', '2026-11-20 14:00Z');
SELECT is(pg_temp.state('late'), 'unfulfillable', 'nobody suits');

-- A suspension takes back what wasn't asked yet; an ask only the CSM, but for who withdrew.
SELECT pg_temp.file(k) FROM unnest('{s1,s2,s3}'::text[]) AS k;
SELECT advocacy.request_match(pg_temp.r(k), -3, 'ann', '2026-11-02 10:00Z') FROM unnest('{s1,s2,s3}'::text[]) AS k;
SELECT advocacy.request_ask(pg_temp.r('s2'), 'csm', 'ann', '2026-11-02 11:00Z'), advocacy.request_ask(pg_temp.r('s3'), 'advocate', 'ann', '2026-11-02 11:00Z');
SELECT advocacy.request_rematch(-3, '2026-11-02 12:00Z');
SELECT is((SELECT string_agg(pg_temp.state(k), ', ' ORDER BY k) FROM unnest('{s1,s2,s3}'::text[]) AS k), 'matching, matching, awaiting_advocate -3', 'the ask stays');
SELECT advocacy.request_decline(pg_temp.r('s3'), 'not now', 'csm', 'dana', '2026-11-02 13:00Z');
SELECT is(pg_temp.state('s3'), 'matching', '... until the CSM takes it back');
SELECT advocacy.request_match(pg_temp.r('s3'), -3, 'ann', '2026-11-02 14:00Z'), advocacy.request_ask(pg_temp.r('s3'), 'advocate', 'ann', '2026-11-02 14:10Z');
SELECT is(advocacy.consent_withdraw(-3, at => '2026-11-02 15:00Z'), 1, 'who withdraws isn''t asked any longer');
SELECT is(pg_temp.state('s3'), 'matching', '... at once');

-- An ask that was under way goes no further once its advocate may not be asked any more.
SELECT pg_temp.file('x1'), pg_temp.file('x2'), pg_temp.file('x3', needed => '2026-12-01Z');
SELECT advocacy.request_match(pg_temp.r('x1'), -2, 'ann', '2026-11-02 10:00Z'), advocacy.request_ask(pg_temp.r('x1'), 'advocate', 'ann', '2026-11-02 11:00Z');
SELECT advocacy.advocate_suspend(-2, 'looks bad', 'ann', '2026-11-02 11:30Z', 'soft') AS soft \gset
UPDATE advocacy.suspension SET severity = 'hard' WHERE suspension_id = :soft;
SELECT throws_ok(format('SELECT advocacy.request_schedule(%s, %L, %L, %L)', pg_temp.r('x1'), '2026-11-05 15:00Z', 'ann', '2026-11-02 12:00Z'), '55000', 'advocate -2 is not available any more', 'suspended hard after the ask: no date');
UPDATE advocacy.suspension SET severity = 'soft', answered_at = '2026-11-02 12:00Z', answered_by = 'dana' WHERE suspension_id = :soft;
SELECT throws_ok(format('SELECT advocacy.request_schedule(%s, %L, %L, %L)', pg_temp.r('x1'), '2026-11-05 15:00Z', 'ann', '2026-11-02 12:00Z'), '55000', 'advocate -2 is not available any more', 'nor when the CSM has confirmed it');
UPDATE advocacy.suspension SET answered_at = NULL, answered_by = NULL WHERE suspension_id = :soft;
SELECT lives_ok(format('SELECT advocacy.request_schedule(%s, %L, %L, %L)', pg_temp.r('x1'), '2026-11-05 15:00Z', 'ann', '2026-11-02 12:00Z'), 'while nobody has: the CSM decides');
UPDATE advocacy.suspension SET closed_at = '2026-11-02 12:30Z', closed_by = 'dana', close_reason = 'fine' WHERE suspension_id = :soft;
SELECT advocacy.request_decline(pg_temp.r('x1'), 'not now', 'csm', 'dana', '2026-11-02 13:00Z');
SELECT advocacy.policy_setting_define('caps', '{"per_30_days": 99, "per_quarter": 99, "per_365_days": 99, "account_per_30_days": 99, "share_percent": 0, "reinstated_rest_s": 0, "reinstated_watch_s": 0}') \g /dev/null
SELECT advocacy.request_match(pg_temp.r('x2'), -2, 'ann', '2026-11-02 13:00Z');
INSERT INTO advocacy.suspension (advocate_id, cause, severity, reason, opened_at, opened_by) VALUES (-2, 'person', 'soft', 'looks bad', '2026-11-02 13:30Z', 'ann')
RETURNING suspension_id AS soft \gset
SELECT throws_ok(format('SELECT advocacy.request_ask(%s, %L, %L, %L)', pg_temp.r('x2'), 'advocate', 'ann', '2026-11-02 14:00Z'), '55000', 'advocate -2 is not available any more', 'who is suspended is not asked anew');
UPDATE advocacy.suspension SET closed_at = '2026-11-02 14:30Z', closed_by = 'dana', close_reason = 'fine' WHERE suspension_id = :soft;
SELECT advocacy.request_ask(pg_temp.r('x2'), 'advocate', 'ann', '2026-11-02 15:00Z');
-- A move that a person dated ahead holds up nothing.
SELECT advocacy.request_acknowledge(pg_temp.r('x3'), 'ann', '2027-03-01Z');
SELECT advocacy.request_fire('2026-12-02Z') \g /dev/null
SELECT is(pg_temp.state('x3'), 'expired', 'it expires when it has to, and is not due again and again');
SELECT throws_ok(format('SELECT advocacy.request_acknowledge(%s, %L, %L)', pg_temp.r('x1'), 'ann', 'infinity'), '22023', NULL, 'no move at no time');
SELECT throws_ok($$SELECT advocacy.request_submit(-99, 'quote', 'why', 'CIO', 'a yes', '2027-01-01Z', 'rep@example.com', 'normal', 'infinity')$$, '22023', NULL, 'nor a request');

-- The deal.
SELECT pg_temp.file('deal', -1), pg_temp.file('done', -1);
SELECT advocacy.request_match(pg_temp.r('done'), -2, 'ann', '2026-11-02 10:00Z'), advocacy.request_schedule(pg_temp.r('done'), NULL, 'ann', '2026-11-02 11:00Z'), advocacy.request_held(pg_temp.r('done'), NULL, 'ann', '2026-11-02 12:00Z');
SELECT is(advocacy.request_follow_deals('{-1,-2}', '2026-11-03Z'), 0, 'an open deal cancels nothing');
UPDATE advocacy.opportunity SET closed = true, won = true WHERE opportunity_id = -1;
SELECT is(advocacy.request_follow_deals('{-1}', '2026-11-03Z'), 1, 'a closed one what is open');
SELECT is(pg_temp.state('deal') || ', ' || pg_temp.state('done'), 'cancelled, held -2', '... and not what was held');
SELECT is((SELECT concat_ws(' ', actor, reason) FROM advocacy.request_event WHERE request_id = pg_temp.r('deal') AND move = 'cancel'), 'sync the deal is won', 'with who and why');
-- Who opts out in the CRM is asked no further.
UPDATE advocacy.contact SET opted_out = true WHERE contact_id = -2;
SELECT throws_ok(format('SELECT advocacy.request_schedule(%s, %L, %L, %L)', pg_temp.r('x2'), '2026-11-05 15:00Z', 'ann', '2026-11-02 16:00Z'), '55000', 'advocate -2 is not available any more', 'who opted out gets no date');
UPDATE advocacy.contact SET opted_out = false WHERE contact_id = -2;
SELECT advocacy.source_register('t', 'salesforce'), advocacy.stage_prepare();
INSERT INTO pg_temp.stage_contact (remote_id, account_remote_id, opted_out) SELECT 'c' || g, 'a1', g = -2 FROM generate_series(-3, -1) AS g;
SELECT advocacy.sync_apply('t', 'contact', NULL, true, NULL, 3, 1, '2026-11-02 16:00Z', '2026-11-02 16:00Z') \g /dev/null
SELECT is(pg_temp.state('x2'), 'matching', '... and is taken off it by the sync that brings it, although asked');
SELECT is((SELECT count(*) FROM advocacy.sla_rebuild_check()), 0::bigint, 'the clocks are what their events say');
-- What is no time.
SELECT throws_ok(format('SELECT advocacy.request_schedule(%s, %L)', pg_temp.r('x2'), t), '22023', NULL, 'no date at ' || t) FROM unnest('{infinity,-infinity}'::text[]) AS t;
SELECT throws_ok(q, '22023', NULL, q) FROM unnest(ARRAY[$$SELECT advocacy.advocate_suspend(-1, 'x', until => 'infinity')$$, $$SELECT advocacy.advocate_suspend(-1, 'x', at => '-infinity')$$,
	$$SELECT advocacy.consent_withdraw(-1, at => 'infinity')$$, $$SELECT advocacy.consent_withdraw(-1, at => NULL)$$]) AS q;
SELECT has_index('advocacy', 'request', 'request_feedback_due', 'who owes feedback is found at once');
SELECT * FROM finish();
ROLLBACK;
