-- Approvals: who must say yes before a customer is shown, by exposure and industry; on a clock; nothing goes out without.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();
UPDATE advocacy.sla_policy SET active = false;
DELETE FROM advocacy.route;
CREATE TEMP TABLE policy (doc jsonb) ON COMMIT DROP;
INSERT INTO policy VALUES ('{"calendars":[{"name":"r","time_zone":"UTC","weekly_hours":{"mon":[["09:00","17:00"]],"tue":[["09:00","17:00"]],"wed":[["09:00","17:00"]],"thu":[["09:00","17:00"]],"fri":[["09:00","17:00"]]}}],
	"slas":[{"name":"connect","metric":"connect","calendar":"r","target_s":86400,"thresholds":[],"ladder":[]},
	        {"name":"approval","metric":"approval","calendar":"r","target_s":57600,"thresholds":[[75,"owner"]],"ladder":[{"role":"manager","after_s":3600},{"role":"program","after_s":7200}]},
	        {"name":"security","metric":"approval","priority":"security","calendar":"r","target_s":28800,"thresholds":[],"ladder":[]}],
	"approvals":[{"name":"legal","approver":"Legal","exposures":["named","public"],"people":["Lea@example.com","Leo@example.com"]},
	             {"name":"pr","approver":"pr","exposures":["public"],"activity_types":["case_study","quote"]},
	             {"name":"bank","approver":"security","exposures":["internal","logo","named","public"],"industries":["Banking"]},
	             {"name":"bank-legal","approver":"legal","exposures":["internal"],"industries":["banking"]}],
	"kinds":[{"name":"approval_wanted","audience":"program","severity":"info"},{"name":"advocate_unavailable","audience":"rep","severity":"warning"}],
	"routes":[{"name":"all","kinds":["*"],"channel":"program"}]}');
SELECT is(ARRAY(SELECT what FROM policy, advocacy.policy_apply(doc, '2026-11-01Z') WHERE what LIKE 'approval %'),
	'{"approval bank-legal: legal for internal","approval bank: security for internal, logo, named, public","approval legal: legal for named, public","approval pr: pr for public"}', 'the matrix holds');
SELECT is_empty($$SELECT what FROM policy, advocacy.policy_apply(doc, '2026-11-01Z')$$, '... and again changes nothing');
SELECT throws_like(format('SELECT advocacy.policy_apply(%L)', jsonb_build_object('approvals', jsonb_build_array(a.doc))), a.message, a.message)
FROM (VALUES ('{"name":"x","exposures":["public"]}'::jsonb, '%approval x: approver is missing%'),
	('{"name":"x","approver":"legal"}', '%approval x: exposures%of internal, logo, named, public is right'),
	('{"name":"x","approver":"legal","exposures":[]}', '%approval x: exposures must be a list of names, not []'),
	('{"name":"x","approver":"legal","exposures":["loud"]}', '%approval x: exposures "loud"; of internal, logo%'),
	('{"name":"x","approver":"legal","exposures":["public"],"activity_types":["chat"]}', '%approval x: activity_types "chat"%'),
	('{"name":"x","approver":"legal","exposures":["public"],"people":[7]}', '%approval x: people must be a list of names%')) AS a (doc, message);

INSERT INTO advocacy.staff (source, remote_id, email, active, manager_remote_id) VALUES ('t', 'lea', 'lea@example.com', true, 'max'), ('t', 'max', 'max@example.com', true, NULL);
INSERT INTO advocacy.account (account_id, source, remote_id, name, industry) OVERRIDING SYSTEM VALUE VALUES (-1, 't', 'a1', 'Acme', 'Retail'), (-2, 't', 'a2', 'Savings', ' banking '), (-3, 't', 'a3', 'Prospect', NULL);
INSERT INTO advocacy.opportunity (opportunity_id, source, remote_id, account_id, name) OVERRIDING SYSTEM VALUE VALUES (-1, 't', 'o1', -3, 'Deal');
INSERT INTO advocacy.contact (contact_id, source, remote_id, account_id, opted_out) OVERRIDING SYSTEM VALUE SELECT g, 't', 'c' || g, CASE WHEN g = -2 THEN -2 ELSE -1 END, false FROM generate_series(-3, -1) AS g;
INSERT INTO advocacy.advocate (advocate_id, contact_id, account_id, enrolled_by) OVERRIDING SYSTEM VALUE SELECT g, g, CASE WHEN g = -2 THEN -2 ELSE -1 END, 'test' FROM generate_series(-3, -1) AS g;
CREATE TEMP TABLE r (what text PRIMARY KEY, id bigint) ON COMMIT DROP;
CREATE FUNCTION pg_temp.r(key text) RETURNS bigint LANGUAGE sql AS $$ SELECT id FROM pg_temp.r WHERE what = key $$;
CREATE FUNCTION pg_temp.file(key text, type text, exposure text DEFAULT NULL) RETURNS void LANGUAGE sql
AS $$ INSERT INTO pg_temp.r VALUES (key, advocacy.request_submit(-1, type, 'why', 'CIO', 'a yes', '2027-01-01Z', 'rep@example.com', 'normal', '2026-11-02 09:00Z', exposure)) $$;
CREATE FUNCTION pg_temp.state(key text) RETURNS text LANGUAGE sql AS $$ SELECT concat_ws(' ', q.state, q.advocate_id) FROM advocacy.request AS q WHERE q.request_id = pg_temp.r(key) $$;
CREATE FUNCTION pg_temp.approvals(key text) RETURNS text LANGUAGE sql
AS $$ SELECT string_agg(concat_ws(' ', p.approver, p.exposure, p.state, k.state, to_char(k.due_at AT TIME ZONE 'UTC', 'DD"T"HH24')), ', ' ORDER BY p.approval_id)
	FROM advocacy.approval AS p LEFT JOIN advocacy.sla_clock AS k ON (k.subject_kind, k.subject_id) = ('approval', p.approval_id) WHERE p.request_id = pg_temp.r(key) $$;
CREATE FUNCTION pg_temp.p(key text, who text) RETURNS bigint LANGUAGE sql AS $$ SELECT max(approval_id) FROM advocacy.approval WHERE request_id = pg_temp.r(key) AND approver = who $$;

-- What it shows, where nobody says so.
SELECT pg_temp.file('call', 'reference_call'), pg_temp.file('study', 'case_study'), pg_temp.file('bank', 'reference_call');
SELECT is((SELECT string_agg(exposure, ' ' ORDER BY request_id) FROM advocacy.request), 'internal public internal', 'a call stays among few, a case study is public');
SELECT throws_ok($$SELECT pg_temp.file('x', 'quote', 'loud')$$, '22023', 'unknown exposure "loud"', 'an unknown exposure');

-- Who is asked.
SELECT advocacy.request_match(id, CASE what WHEN 'bank' THEN -2 ELSE -1 END, 'ann', '2026-11-02 10:00Z') FROM r;
SELECT is(pg_temp.approvals('call'), NULL, 'a call with a retailer: nobody is asked');
SELECT is(pg_temp.approvals('study'), 'legal public asked running 04T10, pr public asked running 04T10', 'a public one: legal and PR, each on a clock');
SELECT is(pg_temp.approvals('bank'), 'legal internal asked running 04T10, security internal asked running 03T10', 'a bank: by its industry, each by its own promise');
SELECT is((SELECT facts ->> 'approvers' FROM advocacy.outbox WHERE kind = 'request_matched' AND facts ->> 'request' = 'REQ-' || pg_temp.r('study')), '["legal", "pr"]', 'the rep is told whom it waits for');
SELECT is((SELECT (facts - '{request,approval}'::text[]) || jsonb_build_object('to', owner) FROM advocacy.outbox WHERE kind = 'approval_wanted' AND facts ->> 'approval' = pg_temp.p('study', 'legal')::text),
	'{"to":"lea@example.com","opportunity":"Deal","account":"Prospect","activity_type":"case_study","requested_by":"rep@example.com","state":"proposed","approver":"legal","exposure":"public","customer":"Acme","approver_email":"lea@example.com","people":["lea@example.com","leo@example.com"],"due_at":"2026-11-04T10:00:00Z","at":"2026-11-02T10:00:00Z"}'::jsonb,
	'who decides is told what, and whom it shows');
SELECT is((SELECT array_agg(approver || ' for ' || customer || ', rep ' || requested_by ORDER BY approval_id) FROM advocacy.approval_waiting WHERE request_id = pg_temp.r('study')),
	'{"legal for Acme, rep rep@example.com","pr for Acme, rep rep@example.com"}', 'who waits for whom');

-- Nothing goes out without.
SELECT advocacy.request_ask(pg_temp.r('study'), 'csm', 'ann', '2026-11-02 10:10Z');
SELECT advocacy.request_answer(pg_temp.r('study'), 'csm', true, NULL, 'dana', '2026-11-02 10:20Z');
SELECT throws_ok(format('SELECT advocacy.request_schedule(%s, at => %L)', pg_temp.r('study'), '2026-11-02 11:00Z'), '55000', format('request REQ-%s waits for the approval of legal', pg_temp.r('study')), 'no date without legal''s yes');
SELECT throws_ok('SELECT advocacy.approval_decide(-1, true)', 'P0002', 'there is no approval -1', 'an unknown approval');
SELECT throws_ok(format('SELECT advocacy.approval_decide(%s, NULL)', pg_temp.p('study', 'legal')), '22023', NULL, 'no answer');
SELECT throws_ok(format('SELECT advocacy.approval_decide(%s, false, %L)', pg_temp.p('study', 'legal'), ' '), '22023', NULL, 'a no without a reason');
SELECT throws_ok(format('SELECT advocacy.approval_decide(%s, true, at => %L)', pg_temp.p('study', 'legal'), 'infinity'), '22023', NULL, 'at no time');
SELECT throws_ok(format('SELECT advocacy.approval_decide(%s, true, NULL, %L, %L)', pg_temp.p('study', 'legal'), 'rep@example.com', '2026-11-02 12:00Z'), '42501', 'rep@example.com doesn''t decide for legal', 'not for a rep to decide');
SELECT throws_ok(format('SELECT advocacy.approval_decide(%s, true, NULL, %L, %L)', pg_temp.p('study', 'legal'), 'lea@example.com', '2026-11-02 09:59Z'), '22023', NULL, 'not before it was asked');
SELECT advocacy.approval_decide(pg_temp.p('study', 'legal'), true, NULL, 'LEO@example.com', '2026-11-02 12:00Z');
SELECT throws_ok(format('SELECT advocacy.approval_decide(%s, true, NULL, %L, %L)', pg_temp.p('study', 'legal'), 'lea@example.com', '2026-11-02 12:00Z'), '55000', NULL, 'once');
SELECT is((SELECT count(*) FROM advocacy.outbox WHERE kind = 'approval_granted'), 0::bigint, 'one of two: not told yet');
SELECT throws_ok(format('SELECT advocacy.request_schedule(%s, at => %L)', pg_temp.r('study'), '2026-11-02 13:00Z'), '55000', format('request REQ-%s waits for the approval of pr', pg_temp.r('study')), '... and no date without PR''s');
SELECT advocacy.approval_decide(pg_temp.p('study', 'pr'), true, 'nice', 'pia', '2026-11-02 14:00Z');
SELECT is((SELECT facts ->> 'approvers' FROM advocacy.outbox WHERE kind = 'approval_granted'), '["legal", "pr"]', 'all of them: the rep is told');
SELECT lives_ok(format('SELECT advocacy.request_schedule(%s, NULL, %L, %L)', pg_temp.r('study'), 'ann', '2026-11-02 15:00Z'), '... and it goes out');
SELECT is(pg_temp.approvals('study'), 'legal public granted met, pr public granted met', 'their clocks are met');
SELECT is((SELECT array_agg(actor ORDER BY audit_id) FROM advocacy.audit_log WHERE action = 'approval_decide'), '{LEO@example.com,pia}', 'audited');

-- A yes taken back, and a no.
SELECT advocacy.approval_decide(pg_temp.p('study', 'pr'), false, 'a lawsuit', 'pia', '2026-11-03 09:00Z');
SELECT is(pg_temp.state('study'), 'matching', 'PR takes it back: another advocate is looked for');
SELECT is((SELECT facts - '{request,at,candidates}'::text[] FROM advocacy.outbox WHERE kind = 'advocate_unavailable'),
	'{"opportunity":"Deal","account":"Prospect","activity_type":"case_study","requested_by":"rep@example.com","state":"matching","was":"scheduled"}'::jsonb, 'the rep is told, without the reason');
SELECT is((SELECT facts ->> 'reason' FROM advocacy.outbox WHERE kind = 'approval_refused'), 'a lawsuit', '... which the program is told');
SELECT throws_ok(format('SELECT advocacy.request_match(%s, -1, NULL, %L)', pg_temp.r('study'), '2026-11-03 10:00Z'), '55000', format('pr did not approve of request REQ-%s with this advocate', pg_temp.r('study')), 'not the same again');
SELECT advocacy.request_match(pg_temp.r('study'), -3, 'ann', '2026-11-03 10:00Z');
SELECT matches(pg_temp.approvals('study'), 'legal public asked running 05T10, pr public asked running 05T10$', 'another one is asked for anew');
SELECT advocacy.request_expose(pg_temp.r('study'), 'named', 'no press', 'ann', '2026-11-03 11:00Z');
SELECT matches(pg_temp.approvals('study'), 'legal public withdrawn cancelled, pr public withdrawn cancelled, legal named asked running 05T11$', 'shown less widely: PR is needed no more');
SELECT advocacy.approval_decide(pg_temp.p('study', 'legal'), true, NULL, 'lea@example.com', '2026-11-03 12:00Z');
SELECT advocacy.request_expose(pg_temp.r('study'), 'logo', NULL, 'ann', '2026-11-03 13:00Z');
SELECT advocacy.request_expose(pg_temp.r('study'), 'named', NULL, 'ann', '2026-11-03 13:10Z');
SELECT is((SELECT count(*) FROM advocacy.approval_waiting WHERE request_id = pg_temp.r('study')), 0::bigint, 'what was granted for it holds');
SELECT throws_ok(format('SELECT advocacy.request_expose(%s, %L)', pg_temp.r('study'), 'loud'), '22023', NULL, 'shown loudly');
SELECT throws_ok('SELECT advocacy.request_expose(-1, ''logo'')', 'P0002', NULL, 'an unknown request');

-- What is needed no more.
SELECT advocacy.request_decline(pg_temp.r('bank'), 'no time', 'advocate', 'ann', '2026-11-02 15:00Z');
SELECT is(pg_temp.approvals('bank'), 'legal internal withdrawn cancelled, security internal withdrawn cancelled', 'the advocate says no: nobody is waited for');
SELECT throws_ok(format('SELECT advocacy.approval_decide(%s, true, NULL, %L)', pg_temp.p('bank', 'legal'), 'lea@example.com'), '55000', NULL, '... nor can decide');

-- The matrix changes while requests are open.
SELECT count(*) FROM policy, advocacy.policy_apply(jsonb_set(doc, '{approvals}', '[{"name":"all","approver":"brand","exposures":["internal"]}]'), '2026-11-02 16:00Z') \g /dev/null
SELECT is(pg_temp.approvals('call'), 'brand internal asked running 04T16', 'a new rule asks for what is matched already');
SELECT throws_ok(format('SELECT advocacy.request_schedule(%s, at => %L)', pg_temp.r('call'), '2026-11-02 16:30Z'), '55000', NULL, '... which waits for it');
SELECT count(*) FROM policy, advocacy.policy_apply(doc, '2026-11-02 16:40Z') \g /dev/null
SELECT is(pg_temp.approvals('call'), 'brand internal withdrawn cancelled', '... until it is gone');

-- Time: a warning, a breach, the ladder.
SELECT pg_temp.file('slow', 'rfp_support');
SELECT advocacy.request_match(pg_temp.r('slow'), -1, 'ann', '2026-11-04 09:00Z');
SELECT count(*) FROM policy, advocacy.policy_apply(jsonb_set(doc, '{approvals,0,people}', '["new@example.com"]'), '2026-11-04 10:00Z') \g /dev/null
SELECT is((SELECT approver_emails FROM advocacy.approval_waiting WHERE request_id = pg_temp.r('slow')), '{new@example.com}', 'others decide for the team now: what waits is theirs');
SELECT count(*) FROM policy, advocacy.policy_apply(doc, '2026-11-04 11:00Z') \g /dev/null
SELECT advocacy.clock_fire('2026-11-05 13:00:00Z') \g /dev/null
SELECT is((SELECT facts ->> 'percent' || ' ' || (facts ->> 'owed_by') || ' ' || (facts ->> 'people') FROM advocacy.outbox WHERE kind = 'sla_warning' AND facts ->> 'request' = 'REQ-' || pg_temp.r('slow')), '75 legal ["lea@example.com", "leo@example.com"]', 'who decides is reminded');
SELECT advocacy.clock_fire('2026-11-06 09:00:01Z') \g /dev/null
SELECT is((SELECT (facts ->> 'metric') || ' ' || (facts ->> 'breached_at') || ' ' || subject FROM advocacy.outbox WHERE kind = 'sla_breach' AND facts ->> 'request' = 'REQ-' || pg_temp.r('slow')),
	format('approval 2026-11-06T09:00:00Z REQ-%s approval %s', pg_temp.r('slow'), pg_temp.p('slow', 'legal')), 'late');
SELECT advocacy.clock_fire('2026-11-06 10:00:01Z') \g /dev/null
SELECT is((SELECT facts ->> 'people' FROM advocacy.outbox WHERE kind = 'sla_escalated' AND facts ->> 'level' = '1'), '["max@example.com"]', 'their manager');
SELECT is((SELECT breached_at IS NOT NULL FROM advocacy.approval_waiting WHERE request_id = pg_temp.r('slow')), true, 'seen by who waits');
SELECT advocacy.approval_decide(pg_temp.p('slow', 'legal'), true, NULL, 'lea@example.com', '2026-11-06 11:00Z');
SELECT matches(pg_temp.approvals('slow'), 'legal named granted met_late', 'decided late');
SELECT is((SELECT span_owner FROM advocacy.sla_clock WHERE (subject_kind, subject_id) = ('approval', pg_temp.p('slow', 'legal'))), '{legal}', 'whose hours they were');
SELECT is((SELECT count(*) FROM advocacy.sla_rebuild_check()), 0::bigint, 'the clocks are what their events say');
SELECT * FROM finish();
ROLLBACK;
