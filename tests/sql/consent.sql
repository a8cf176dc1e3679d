-- Consent: nobody is asked without one that holds for the activity on that day; taking it back comes before everything.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(55);
INSERT INTO advocacy.opportunity (opportunity_id, source, remote_id) OVERRIDING SYSTEM VALUE VALUES (-99, 'none', '-99');
DELETE FROM advocacy.policy_setting WHERE name = 'consent';
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
INSERT INTO advocacy.account (account_id, source, remote_id, name, csm_email) OVERRIDING SYSTEM VALUE VALUES (-1, 't', 'a1', 'Acme', 'dana@vendor.example');
INSERT INTO advocacy.contact (contact_id, source, remote_id, account_id, first_name, opted_out, deleted) OVERRIDING SYSTEM VALUE
SELECT g, 't', 'c' || g, -1, 'P' || -g, false, g = -9 FROM generate_series(-9, -1) AS g;
INSERT INTO advocacy.advocate (advocate_id, contact_id, account_id, enrolled_by) OVERRIDING SYSTEM VALUE
SELECT g, g, -1, 'test' FROM generate_series(-5, -1) AS g;
UPDATE advocacy.advocate SET former_contacts = '{-6}' WHERE advocate_id = -5;
CREATE FUNCTION pg_temp.allowed(contact bigint, activity text, at timestamptz DEFAULT '2026-06-01Z') RETURNS boolean LANGUAGE sql
AS $$ SELECT advocacy.consent_allows(ARRAY[contact], activity, at) $$;
CREATE FUNCTION pg_temp.told(kind text) RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM advocacy.outbox AS o WHERE o.kind = $1 $$;
CREATE FUNCTION pg_temp.submit(type text DEFAULT 'reference_call') RETURNS bigint LANGUAGE sql
AS $$ SELECT advocacy.request_submit(-99, type, 'why', 'CIO', 'a yes', now() + interval '30 days', 'rep@example.com', 'normal', now() - interval '3 days') $$;

-- Unknown is not yes.
SELECT is(pg_temp.allowed(-1, 'quote'), false, 'nothing recorded: no');
SELECT results_eq('SELECT available, state, reasons FROM advocacy.advocate_availability WHERE advocate_id = -1', $$VALUES (false, 'ineligible', '{no valid consent}'::text[])$$, '... and not available');
SELECT throws_ok(format('SELECT advocacy.request_match(%s, -1)', pg_temp.submit()), '55000', 'advocate -1 is not available', '... nor matched');

-- What is refused.
SELECT throws_ok('SELECT advocacy.consent_record(-99)', 'P0002', 'there is no contact -99', 'an unknown contact');
SELECT throws_ok('SELECT advocacy.consent_record(NULL)', 'P0002', 'there is no contact null', 'nobody');
SELECT throws_ok('SELECT advocacy.consent_record(-9)', '55000', 'contact -9 is deleted', 'a deleted contact');
SELECT throws_ok($$SELECT advocacy.consent_record(-1, 'dinner')$$, '22023', 'unknown scope "dinner"', 'an unknown scope');
SELECT throws_ok($$SELECT advocacy.consent_record(-1, NULL)$$, '22023', 'unknown scope "null"', 'no scope');
SELECT throws_ok($$SELECT advocacy.consent_record(-1, until => now() - interval '1 day')$$, '22023', NULL, 'an end in the past');
SELECT throws_ok($$SELECT advocacy.consent_record(-1, until => 'infinity')$$, '22023', NULL, 'no end at all');
SELECT throws_ok(format('SELECT advocacy.consent_record(-1, at => %L)', t), '22023', NULL, 'no time at all') FROM unnest(ARRAY[NULL, 'infinity', '-infinity']) AS t;
SELECT throws_ok($$SELECT advocacy.consent_record(-1, given_at => now() + interval '1 day')$$, '22023', NULL, 'given in the future');
SELECT throws_ok($$SELECT advocacy.consent_record(-1, source => ' ')$$, '22023', NULL, 'from nowhere');
SELECT throws_ok($$SELECT advocacy.consent_withdraw(-99)$$, 'P0002', NULL, 'an unknown contact withdraws nothing');
SELECT throws_ok($$SELECT advocacy.consent_withdraw(-1, 'dinner')$$, '22023', NULL, 'nor anybody an unknown scope');

-- Its scope and its term.
SELECT advocacy.consent_record(-1, 'quote', '2026-07-01Z', '2026-05-01Z', 'form', 'ann', '2026-05-01Z');
SELECT is(pg_temp.allowed(-1, 'quote'), true, 'the activity');
SELECT is(pg_temp.allowed(-1, 'case_study'), false, '... and no other');
SELECT is(pg_temp.allowed(-1, NULL), true, '... so something');
SELECT is(pg_temp.allowed(-1, 'quote', '2026-04-30 23:59Z'), false, 'not before');
SELECT is(pg_temp.allowed(-1, 'quote', '2026-07-01Z'), false, 'not from its end on');
SELECT advocacy.consent_record(-2, at => '2026-05-01Z');
SELECT is((SELECT until FROM advocacy.consent WHERE contact_id = -2), '2027-05-01Z', 'all, for the term of the policy');
SELECT is(pg_temp.allowed(-2, 'event_talk'), true, 'all is each');
SELECT is((SELECT string_agg(action || ' ' || actor, ', ') FROM advocacy.audit_log WHERE subject = 'contact -1'), 'consent_record ann', 'audited');

-- One activity is taken out of all.
SELECT advocacy.consent_withdraw(-2, 'event_talk', at => '2026-05-10Z');
SELECT is(pg_temp.allowed(-2, 'event_talk'), false, 'withdrawn from all: not this one');
SELECT is(pg_temp.allowed(-2, 'event_talk', '2026-05-09Z'), true, '... which was allowed until then');
SELECT is(pg_temp.allowed(-2, 'quote'), true, '... the others stay');
SELECT is((SELECT count(*) FROM advocacy.suspension WHERE advocate_id = -2), 0::bigint, '... and nobody is suspended');
SELECT advocacy.consent_record(-2, 'event_talk', given_at => '2026-05-09Z', at => '2026-05-11Z');
SELECT is(pg_temp.allowed(-2, 'event_talk'), false, 'an older yes doesn''t bring it back');
SELECT advocacy.consent_record(-2, 'event_talk', at => '2026-05-12Z');
SELECT is(pg_temp.allowed(-2, 'event_talk'), true, 'a newer one does');

-- Taking it back stops what is open, and nobody has to say why.
SELECT advocacy.consent_record(-3, at => now() - interval '9 days');
CREATE TEMP TABLE r (what text PRIMARY KEY, id bigint) ON COMMIT DROP;
INSERT INTO r VALUES ('call', pg_temp.submit()), ('quote', pg_temp.submit('quote')), ('held', pg_temp.submit('quote'));
SELECT advocacy.request_match(id, -3, 'ann', now() - interval '2 days') FROM r;
SELECT advocacy.request_schedule(id, NULL, 'ann', now() - interval '2 days') FROM r WHERE what <> 'call';
SELECT advocacy.request_fulfil(id, NULL, 'ann', now() - interval '2 days') FROM r WHERE what = 'held';
SELECT is(advocacy.consent_withdraw(-3, 'quote', at => now() - interval '2 hours'), 1, 'the open request for it is stopped');
SELECT results_eq('SELECT what, q.state, q.advocate_id FROM r JOIN advocacy.request AS q ON q.request_id = r.id ORDER BY 1',
	$$VALUES ('call', 'proposed', -3::bigint), ('held', 'completed', -3), ('quote', 'matching', NULL)$$, '... that one alone, and not what was held');
SELECT throws_ok(format('SELECT advocacy.request_match(%s, -3)', (SELECT id FROM r WHERE what = 'quote')), '55000', 'advocate -3 has not consented to a quote', '... and it can''t be matched again');
SELECT is(advocacy.consent_withdraw(-3, at => now() - interval '1 hour'), 1, 'then all');
SELECT is((SELECT state || ' ' || reasons::text FROM advocacy.advocate_availability WHERE advocate_id = -3), 'withdrawn {"consent withdrawn"}', 'withdrawn');
SELECT is((SELECT array_agg(o.facts ->> 'scope' ORDER BY outbox_id) FROM advocacy.outbox AS o WHERE kind = 'consent_withdrawn' AND facts -> 'advocates' = '["P3"]'), '{quote,all}', 'people are told of each');
SELECT is(advocacy.consent_withdraw(-3), 0, 'again: nothing');
SELECT is(pg_temp.told('consent_withdrawn'), 3::bigint, '... and nobody is told twice');
SELECT is((SELECT facts ->> 'requests' FROM advocacy.outbox WHERE kind = 'consent_withdrawn' AND facts ->> 'scope' = 'all'), format('["REQ-%s"]', (SELECT id FROM r WHERE what = 'call')), 'with the requests');
SELECT throws_ok($$SELECT advocacy.advocate_reinstate(-3, 'please')$$, '55000', NULL, 'no person lifts it');
SELECT advocacy.consent_record(-3, 'quote');
SELECT is((SELECT count(*) FROM advocacy.suspension WHERE advocate_id = -3 AND closed_at IS NULL), 0::bigint, 'a new yes does');
SELECT is((SELECT facts ->> 'reason' FROM advocacy.outbox WHERE kind = 'advocate_reinstated_by_person'), 'consent was given anew', '... and that is told');

-- A contact that was merged into another is the same person.
SELECT advocacy.consent_record(-5, at => '2026-05-01Z');
SELECT advocacy.consent_withdraw(-6, at => '2026-05-02Z');
SELECT is((SELECT cause FROM advocacy.suspension WHERE advocate_id = -5 AND closed_at IS NULL), 'consent', 'withdrawn by the contact that was merged into this one');

-- Warned 30 and 7 days before, and stopped at its end.
DELETE FROM advocacy.outbox;
UPDATE advocacy.consent SET next_at = NULL;
SELECT advocacy.consent_record(-4, 'quote', '2027-03-01Z', at => '2027-01-01Z');
INSERT INTO r VALUES ('ends', pg_temp.submit('quote'));
SET LOCAL session_replication_role = replica; -- nobody moved it so
UPDATE advocacy.request SET state = 'proposed', advocate_id = -4, needed_by = '2027-06-01Z' WHERE request_id = (SELECT id FROM r WHERE what = 'ends');
SET LOCAL session_replication_role = origin;
SELECT is((SELECT next_at FROM advocacy.consent WHERE contact_id = -4), '2027-01-30Z', 'thirty days before');
SELECT is(advocacy.deadline_next() <= '2027-01-30Z', true, '... the daemon wakes up');
SELECT advocacy.consent_fire('2027-01-29Z'), advocacy.consent_fire('2027-01-30Z'), advocacy.consent_fire('2027-01-31Z') \g /dev/null
SELECT is(pg_temp.told('consent_expiring'), 1::bigint, '... once');
SELECT advocacy.consent_fire('2027-02-22Z') \g /dev/null
SELECT is(pg_temp.told('consent_expiring'), 2::bigint, 'seven days before');
SELECT fired >= 1 FROM advocacy.deadlines_fire('2027-03-01Z') \g /dev/null
SELECT is((SELECT state FROM advocacy.request WHERE request_id = (SELECT id FROM r WHERE what = 'ends')), 'matching', 'at its end what needs it is stopped');
SELECT is((SELECT array_agg((facts ? 'ended_at') ORDER BY outbox_id) FROM advocacy.outbox WHERE kind = 'consent_expiring'), '{f,f,t}', '... and that is told');
SELECT advocacy.consent_record(-4, 'quote', '2027-06-01Z', at => '2027-04-01Z'), advocacy.consent_record(-4, 'all', '2028-06-01Z', at => '2027-04-02Z') \g /dev/null
SELECT is((SELECT count(*) FROM advocacy.consent WHERE contact_id = -4 AND next_at IS NOT NULL), 1::bigint, 'what was given for longer needs no warning');
SELECT advocacy.consent_record(-4, 'review', '2027-04-20Z', at => '2027-04-17Z') \g /dev/null
SELECT is((SELECT next_at FROM advocacy.consent WHERE scope = 'review'), '2027-04-20Z', 'a short one is only stopped');

-- Where enrolment is enough.
INSERT INTO advocacy.policy_setting (name, value) VALUES ('consent', '"enrolment"');
SELECT is(pg_temp.allowed(-7, 'quote'), true, 'enrolment is a yes where the policy says so');
SELECT advocacy.consent_withdraw(-7, 'quote', at => '2026-01-01Z');
SELECT is(pg_temp.allowed(-7, 'quote') OR NOT pg_temp.allowed(-7, 'review') OR NOT pg_temp.allowed(-7, NULL), false, '... until it is withdrawn');

-- The function and the view agree, either way.
SELECT is((SELECT count(*) FROM advocacy.advocate_availability AS v CROSS JOIN LATERAL (SELECT e.detail FROM advocacy.explain_advocate(v.advocate_id) AS e WHERE e.ordinal = 1) AS e
	WHERE (e.detail -> 'reasons', e.detail ->> 'state') IS DISTINCT FROM (to_jsonb(v.reasons), v.state)), 0::bigint, 'explain_advocate and advocate_availability agree');
SELECT * FROM finish();
ROLLBACK;
