-- What a suspension does to open requests, by how far each has come; and what becomes of a call that is near.
BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL jit = off;
SELECT no_plan();
UPDATE advocacy.sla_policy SET active = false;
DELETE FROM advocacy.route;
-- 2026-11-02 is a Monday.
SELECT count(*) FROM advocacy.policy_apply('{"calendars":[{"name":"r","time_zone":"UTC","weekly_hours":{"mon":[["09:00","17:00"]],"tue":[["09:00","17:00"]],"wed":[["09:00","17:00"]],"thu":[["09:00","17:00"]],"fri":[["09:00","17:00"]]}}],
	"slas":[{"name":"connect","metric":"connect","calendar":"r","target_s":864000,"thresholds":[],"ladder":[]}],
	"routes":[{"name":"all","kinds":["*"],"channel":"program"}]}', '2026-11-01Z') \g /dev/null
SELECT advocacy.policy_setting_define('review_calendar', '"r"');
INSERT INTO advocacy.staff (source, remote_id, email, manager_remote_id, active) VALUES ('t', 's1', 'dana@example.com', 's2', true), ('t', 's2', 'max@example.com', NULL, true);
INSERT INTO advocacy.account (account_id, source, remote_id, name, csm_email) OVERRIDING SYSTEM VALUE VALUES (-1, 't', 'a1', 'Acme', 'dana@example.com');
INSERT INTO advocacy.opportunity (opportunity_id, source, remote_id, account_id, name) OVERRIDING SYSTEM VALUE VALUES (-1, 't', 'o1', -1, 'Acme renewal');
INSERT INTO advocacy.contact (contact_id, source, remote_id, account_id, opted_out) OVERRIDING SYSTEM VALUE SELECT g, 't', 'c' || g, -1, false FROM generate_series(-20, -1) AS g;
INSERT INTO advocacy.advocate (advocate_id, contact_id, account_id, enrolled_by) OVERRIDING SYSTEM VALUE SELECT g, g, -1, 'test' FROM generate_series(-20, -1) AS g;
CREATE TEMP TABLE r (what text PRIMARY KEY, id bigint) ON COMMIT DROP;
CREATE FUNCTION pg_temp.r(key text) RETURNS bigint LANGUAGE sql AS $$ SELECT id FROM pg_temp.r WHERE what = key $$;
-- A request of an advocate, taken as far as `state`; call: its date.
CREATE FUNCTION pg_temp.ask(key text, advocate bigint, state text, call timestamptz DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO pg_temp.r SELECT key, advocacy.request_submit(-1, 'reference_call', 'why', 'CIO', 'a yes', '2027-01-01Z', 'rep@example.com', 'normal', '2026-11-01Z');
	PERFORM advocacy.request_match(pg_temp.r(key), advocate, 'ann', '2026-11-01 01:00Z');
	IF state = 'awaiting_csm' THEN PERFORM advocacy.request_ask(pg_temp.r(key), 'csm', 'ann', '2026-11-01 02:00Z'); END IF;
	IF state = 'awaiting_advocate' THEN PERFORM advocacy.request_ask(pg_temp.r(key), 'advocate', 'ann', '2026-11-01 02:00Z'); END IF;
	IF state = 'scheduled' THEN PERFORM advocacy.request_schedule(pg_temp.r(key), call, 'ann', '2026-11-01 02:00Z'); END IF;
END $$;
CREATE FUNCTION pg_temp.states() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(x.what || ' ' || q.state || CASE WHEN q.advocate_id IS NULL THEN '' ELSE '+' END, ', ' ORDER BY x.what)
	  FROM pg_temp.r AS x JOIN advocacy.request AS q ON q.request_id = x.id $$;
CREATE FUNCTION pg_temp.told() RETURNS text LANGUAGE sql AS $$
	WITH said AS (DELETE FROM advocacy.outbox RETURNING kind, facts ->> 'request' AS request)
	SELECT string_agg(s.kind || ' ' || (SELECT x.what FROM pg_temp.r AS x WHERE 'REQ-' || x.id = s.request), ', ' ORDER BY s.kind, s.request DESC)
	  FROM said AS s WHERE s.request IS NOT NULL $$;
CREATE FUNCTION pg_temp.fresh() RETURNS void LANGUAGE sql AS $$ DELETE FROM pg_temp.r; DELETE FROM advocacy.outbox $$;

-- Hard.
SELECT pg_temp.ask('a', -1, 'proposed'), pg_temp.ask('b', -1, 'awaiting_csm'), pg_temp.ask('c', -1, 'awaiting_advocate'),
       pg_temp.ask('d', -1, 'scheduled', '2026-11-02 09:30Z'), pg_temp.ask('e', -1, 'scheduled', '2026-11-04 09:59Z'),
       pg_temp.ask('f', -1, 'scheduled', '2026-11-04 10:01Z'), pg_temp.ask('g', -1, 'scheduled'), pg_temp.ask('h', -1, 'scheduled', '2026-11-01 12:00Z');
SELECT advocacy.request_held(pg_temp.r('h'), NULL, 'ann', '2026-11-01 13:00Z'), pg_temp.told();
SELECT advocacy.advocate_suspend(-1, 'in court', 'ann', '2026-11-02 10:00Z');
SELECT is(pg_temp.states(), 'a matching, b matching, c awaiting_advocate+, d scheduled+, e suspended_hold+, f matching, g matching, h held+',
	'hard: not asked yet and far away go; asked, under way and held stay; a call within two business days is in doubt');
SELECT is((SELECT bool_and(advocacy.outbox_is_urgent(o.kind, o.facts, '2026-11-02 10:00Z')) FROM advocacy.outbox AS o WHERE o.kind = 'call_review'), true, 'a hard one may break quiet hours');
SELECT is(pg_temp.told(), 'advocate_unavailable g, advocate_unavailable f, advocate_unavailable b, advocate_unavailable a, call_in_doubt e, call_review e', 'reps and the CSM are told');
SELECT is((SELECT q.decide_by FROM advocacy.request AS q WHERE q.request_id = pg_temp.r('e')), '2026-11-02 14:00Z', 'the CSM has four business hours');
SELECT is(advocacy.deadline_next() <= '2026-11-02 14:00Z', true, 'the daemon wakes for that');
SELECT is((SELECT count(*) FROM advocacy.sla_clock AS k WHERE k.request_id = pg_temp.r('a') AND k.state = 'running'), 1::bigint, 'the clock of what is matched anew runs on');
SELECT advocacy.request_fire('2026-11-02 13:59Z');
SELECT is(pg_temp.told(), NULL, 'not before');
SELECT advocacy.request_fire('2026-11-02 14:00Z');
SELECT is((SELECT q.state FROM advocacy.request AS q WHERE q.request_id = pg_temp.r('e')), 'matching', 'silence replaces for hard');
SELECT is(pg_temp.told(), 'advocate_unavailable e, call_undecided e', 'the rep is told, and it is escalated');
SELECT is((SELECT count(*) FROM advocacy.sla_rebuild_check()), 0::bigint, 'the clocks are what their events say');

-- Soft.
SELECT pg_temp.fresh(), pg_temp.ask('a', -2, 'proposed'), pg_temp.ask('b', -2, 'awaiting_csm'), pg_temp.ask('c', -2, 'awaiting_advocate'),
       pg_temp.ask('d', -2, 'scheduled', '2026-11-03 15:00Z'), pg_temp.ask('e', -2, 'scheduled', '2026-11-20 15:00Z'), pg_temp.told();
SELECT advocacy.suspension_open(-2, 'low', 'soft', 'low', at => '2026-11-02 10:00Z');
SELECT is(pg_temp.states(), 'a matching, b matching, c awaiting_advocate+, d suspended_hold+, e scheduled+', 'soft: who wasn''t asked yet goes at once, too');
SELECT is((SELECT string_agg(concat_ws('; ', facts ->> 'silence', facts ->> 'manager', facts ->> 'keep'), '') FROM advocacy.outbox WHERE kind = 'call_review'),
	format('it takes place as agreed; max@example.com; SELECT advocacy.request_decide(%s, ''keep'')', pg_temp.r('d')), 'silence keeps');
SELECT is((SELECT bool_or(advocacy.outbox_is_urgent(o.kind, o.facts, '2026-11-02 10:00Z')) FROM advocacy.outbox AS o WHERE o.kind IN ('call_review', 'call_in_doubt')), false, 'a soft one doesn''t break quiet hours');
SELECT is((SELECT count(*) FROM advocacy.outbox WHERE kind = 'call_in_doubt' AND facts::text ~ 'low|soft|suspend'), 0::bigint, 'the rep isn''t told why');
SELECT pg_temp.told();
SELECT advocacy.suspension_open(-2, 'low', 'soft', 'lower', at => '2026-11-02 11:00Z');
SELECT is(pg_temp.told(), NULL, 'the same again asks nobody');
SELECT advocacy.request_fire('2026-11-02 14:00Z');
SELECT is(pg_temp.told(), 'call_undecided d, request_scheduled d', 'the rep is told that it takes place');
SELECT advocacy.suspension_fire('2026-11-03 10:00Z');
SELECT is(pg_temp.states(), 'a matching, b matching, c awaiting_advocate+, d scheduled+, e matching', 'after a business day what is far goes; what was kept stays');

-- Nobody looked until the call had begun: it may have taken place, so nothing is looked for, and people are asked.
SELECT pg_temp.fresh(), pg_temp.ask('a', -10, 'scheduled', '2026-11-02 12:00Z'), pg_temp.ask('b', -10, 'scheduled', '2026-11-02 11:55Z'),
       pg_temp.ask('c', -10, 'scheduled', '2026-11-03 12:00Z'), pg_temp.told();
SELECT advocacy.suspension_open(-10, 'case', 'hard', 'a case', at => '2026-11-02 10:00Z'), pg_temp.told();
SELECT advocacy.request_fire('2026-11-02 12:00:01Z');
SELECT is(pg_temp.states(), 'a matching, b scheduled+, c suspended_hold+', 'one is due as it begins, one has begun, one is to come');
SELECT is((SELECT facts ->> 'silence' FROM advocacy.outbox WHERE kind = 'call_undecided' AND facts ->> 'request' = 'REQ-' || pg_temp.r('b')),
	format('it counts as agreed, and may have taken place. Whoever knows records it: SELECT advocacy.request_held(%1$s); or, if it has not: SELECT advocacy.request_decline(%1$s, ''REASON'', ''csm'')', pg_temp.r('b')), 'who knows is asked');
SELECT is(pg_temp.told(), 'advocate_unavailable a, call_undecided b, call_undecided a', 'and nobody is told that it takes place');
SELECT is(advocacy.deadline_next(), '2026-11-02 14:00Z', 'once');
SELECT advocacy.request_held(pg_temp.r('b'), NULL, 'dana', '2026-11-02 13:00Z'), advocacy.request_fire('2026-11-03 13:00Z'), advocacy.request_decline(pg_temp.r('c'), 'nobody came', 'csm', 'dana', '2026-11-03 14:00Z');
SELECT is(pg_temp.states(), 'a matching, b held+, c matching', 'the answers count');

-- Soft becomes hard meanwhile: silence means something else, and that is said.
SELECT pg_temp.fresh(), pg_temp.ask('a', -3, 'scheduled', '2026-11-03 15:00Z'), pg_temp.told();
SELECT advocacy.suspension_open(-3, 'low', 'soft', 'low', at => '2026-11-02 10:00Z'), pg_temp.told();
SELECT advocacy.suspension_open(-3, 'case', 'hard', 'a case', at => '2026-11-02 12:00Z');
SELECT is(pg_temp.told(), 'call_review a', 'asked again');
SELECT advocacy.request_fire('2026-11-02 14:00Z');
SELECT is(pg_temp.states(), 'a matching', 'and replaced by silence');

-- What the CSM says.
SELECT pg_temp.fresh(), pg_temp.ask('a', -4, 'scheduled', '2026-11-03 15:00Z'), pg_temp.ask('b', -4, 'scheduled', '2026-11-03 16:00Z'), pg_temp.ask('c', -4, 'scheduled', '2026-11-03 12:00Z'),
       pg_temp.ask('d', -4, 'scheduled', '2026-11-03 13:00Z'), pg_temp.ask('e', -4, 'scheduled', '2026-11-02 10:30Z');
SELECT advocacy.suspension_open(-4, 'case', 'hard', 'a case', at => '2026-11-02 10:00Z'), pg_temp.told();
SELECT is((SELECT q.decide_by FROM advocacy.request AS q WHERE q.request_id = pg_temp.r('e')), '2026-11-02 10:30Z', 'a decision comes before the call');
SELECT throws_ok(format('SELECT advocacy.request_decide(%s, %L)', pg_temp.r('a'), 'cancel'), '22023', '"cancel" is no decision about a call', 'no such decision');
SELECT throws_ok(format('SELECT advocacy.request_decide(%s, NULL)', pg_temp.r('a')), '22023', NULL, 'nor none');
SELECT throws_ok(format('SELECT advocacy.request_decide(%s, %L, NULL, NULL, %L, %L)', pg_temp.r('a'), 'move', 'dana', '2026-11-02 11:00Z'), '22023', 'a call can''t be moved to no date', 'moved to when?');
SELECT throws_ok(format('SELECT advocacy.request_decide(%s, %L, %L, NULL, %L, %L)', pg_temp.r('a'), 'move', 'infinity', 'dana', '2026-11-02 11:00Z'), '22023', NULL, 'not to never');
SELECT throws_ok(format('SELECT advocacy.request_decide(%s, %L, %L, NULL, %L, %L)', pg_temp.r('a'), 'keep', '2026-11-05Z', 'dana', '2026-11-02 11:00Z'), '22023', 'keep takes no date', 'keep keeps the date');
SELECT throws_ok('SELECT advocacy.request_decide(-99, ''keep'')', 'P0002', 'there is no request -99', 'an unknown request');
SELECT advocacy.request_decide(pg_temp.r('a'), 'keep', NULL, 'I spoke with them', 'dana', '2026-11-02 11:00Z'),
       advocacy.request_decide(pg_temp.r('b'), 'move', '2026-11-25 15:00Z', NULL, 'dana', '2026-11-02 11:00Z'),
       advocacy.request_decide(pg_temp.r('c'), 'replace', NULL, NULL, 'dana', '2026-11-02 11:00Z'),
       advocacy.request_decline(pg_temp.r('d'), 'ill', 'advocate', 'dana', '2026-11-02 11:00Z'),
       advocacy.request_held(pg_temp.r('e'), 'it took place', 'dana', '2026-11-02 11:00Z');
SELECT is(pg_temp.states(), 'a scheduled+, b scheduled+, c matching, d matching, e held+', 'as the CSM said');
SELECT is(pg_temp.told(), 'advocate_unavailable c, feedback_due e, request_scheduled b, request_scheduled a', 'and the reps know');
SELECT is((SELECT q.scheduled_for FROM advocacy.request AS q WHERE q.request_id = pg_temp.r('b')), '2026-11-25 15:00Z', 'at the new date');
SELECT throws_ok(format('SELECT advocacy.request_decide(%s, %L)', pg_temp.r('a'), 'replace'), '55000', NULL, 'decided once');
SELECT is((SELECT string_agg(actor || ' ' || action, ', ' ORDER BY action) FROM advocacy.audit_log WHERE subject = 'REQ-' || pg_temp.r('a') AND actor = 'dana'), 'dana request_keep', 'who decided is written down');
SELECT is((SELECT string_agg(v.status || ' ' || v.occurred_at::date, ', ') FROM advocacy.activity AS v WHERE v.request_id = pg_temp.r('b')), 'scheduled 2026-11-25', 'the reservation goes with it');

-- Withdrawn, left, retired: off all of them at once, also what is in doubt.
SELECT pg_temp.fresh(), pg_temp.ask('a', -5, 'scheduled', '2026-11-03 15:00Z'), pg_temp.ask('b', -5, 'awaiting_advocate');
SELECT advocacy.suspension_open(-5, 'case', 'hard', 'a case', at => '2026-11-02 10:00Z');
SELECT advocacy.consent_withdraw(-5, at => '2026-11-02 11:00Z');
SELECT is(pg_temp.states(), 'a matching, b matching', 'a withdrawn consent');
SELECT pg_temp.fresh(), pg_temp.ask('a', -6, 'scheduled', '2026-11-03 15:00Z'), pg_temp.ask('b', -6, 'awaiting_advocate');
SELECT advocacy.suspension_open(-6, 'gone', 'left', 'they left', at => '2026-11-02 10:00Z');
SELECT is(pg_temp.states(), 'a matching, b matching', 'who left');
-- The CSM confirms a soft one: also the call is over.
SELECT pg_temp.fresh(), pg_temp.ask('a', -7, 'scheduled', '2026-11-03 15:00Z'), pg_temp.ask('b', -7, 'scheduled', '2026-11-23 15:00Z');
SELECT advocacy.suspension_open(-7, 'low', 'soft', 'low', at => '2026-11-02 10:00Z'), advocacy.risk_confirm(-7, NULL, 'dana', '2026-11-02 11:00Z');
SELECT is(pg_temp.states(), 'a matching, b matching', 'a confirmed soft one takes the call, too');
-- Over before it was decided: it takes place.
SELECT pg_temp.fresh(), pg_temp.ask('a', -8, 'scheduled', '2026-11-03 15:00Z');
SELECT advocacy.suspension_open(-8, 'case', 'hard', 'a case', at => '2026-11-02 10:00Z'), advocacy.suspension_close(-8, 'case', 'mended', NULL, '2026-11-02 11:00Z'), advocacy.request_fire('2026-11-02 14:00Z');
SELECT is(pg_temp.states(), 'a scheduled+', 'the cause is over before: the call takes place');
-- A closed deal needs no call.
SELECT pg_temp.fresh(), pg_temp.ask('a', -9, 'scheduled', '2026-11-03 15:00Z');
SELECT advocacy.suspension_open(-9, 'case', 'hard', 'a case', at => '2026-11-02 10:00Z');
UPDATE advocacy.opportunity SET closed = true, won = true WHERE opportunity_id = -1;
SELECT advocacy.request_follow_deals('{-1}', '2026-11-02 11:00Z');
SELECT is(pg_temp.states(), 'a cancelled+', 'nor does a deal that is closed');
SELECT throws_ok(format('UPDATE advocacy.request SET decide_by = now() WHERE request_id = %s', pg_temp.r('a')), '23514', NULL, 'only what is in doubt waits for a decision');
SELECT is((SELECT count(*) FROM advocacy.sla_rebuild_check()), 0::bigint, 'the clocks are what their events say');
SELECT * FROM finish();
ROLLBACK;
