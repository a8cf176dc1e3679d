-- SLA clocks of every metric: conditions, thresholds, pauses, reopening, changed targets, ladders, late truths, and
-- time that nobody looked.
BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL jit = off;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();
INSERT INTO advocacy.opportunity (opportunity_id, source, remote_id) OVERRIDING SYSTEM VALUE VALUES (-99, 'none', '-99');
UPDATE advocacy.sla_policy SET active = false;
DELETE FROM advocacy.route;

-- 8 hours a day, Monday to Friday.
SELECT count(*) FROM advocacy.policy_apply('{"calendars":[{"name":"k","time_zone":"UTC","weekly_hours":{"mon":[["09:00","17:00"]],"tue":[["09:00","17:00"]],"wed":[["09:00","17:00"]],"thu":[["09:00","17:00"]],"fri":[["09:00","17:00"]]}}],
	"slas":[{"name":"connect","metric":"connect","calendar":"k","target_s":86400,"pause_cap_s":57600},
	        {"name":"fast","metric":"connect","priority":"expedite","calendar":"k","target_s":28800},
	        {"name":"talks","metric":"connect","activity_types":["event_talk"],"calendar":"k","target_s":288000},
	        {"name":"emea","metric":"connect","regions":["EMEA"],"segments":["enterprise"],"calendar":"k","target_s":144000},
	        {"name":"first","metric":"connect","activity_types":["beta_test"],"order":1,"calendar":"k","target_s":3600},
	        {"name":"reply","metric":"advocate_reply","calendar":"k"},
	        {"name":"review","metric":"risk_review","calendar":"k"},
	        {"name":"review-hard","metric":"risk_review","priority":"hard","calendar":"k","target_s":14400}],
	"routes":[{"name":"all","kinds":["*"],"channel":"program"}]}', '2026-11-01Z') \g /dev/null
INSERT INTO advocacy.account (account_id, source, remote_id, name, region, segment, csm_email) OVERRIDING SYSTEM VALUE
	VALUES (-1, 't', 'a1', 'Acme', 'EMEA', 'enterprise', 'csm@x.example'), (-2, 't', 'a2', 'Beta', 'EMEA', 'small', NULL);
INSERT INTO advocacy.contact (contact_id, source, remote_id, opted_out) OVERRIDING SYSTEM VALUE VALUES (-1, 't', 'c1', false);
INSERT INTO advocacy.advocate (advocate_id, contact_id, account_id, enrolled_by) OVERRIDING SYSTEM VALUE VALUES (-1, -1, -1, 'test');
INSERT INTO advocacy.opportunity (opportunity_id, source, remote_id, account_id, name) OVERRIDING SYSTEM VALUE
	VALUES (-1, 's', 'o1', -1, 'Deal'), (-2, 's', 'o2', -2, 'Small deal');
INSERT INTO advocacy.staff (source, remote_id, email, manager_remote_id) VALUES ('s', '1', 'Rep@x.example', '2'), ('s', '2', 'boss@x.example', NULL),
	('s', '3', 'csm@x.example', NULL);

CREATE FUNCTION pg_temp.submit(at timestamptz DEFAULT '2026-11-23 09:00Z', deal bigint DEFAULT -99, priority text DEFAULT 'normal', type text DEFAULT 'quote') RETURNS bigint LANGUAGE sql
AS $$ SELECT advocacy.request_submit(deal, type, 'why', 'CIO', 'a yes', '2028-12-01Z', 'rep@x.example', priority, at) $$;
CREATE FUNCTION pg_temp.k(request bigint, metric text DEFAULT 'connect') RETURNS advocacy.sla_clock LANGUAGE sql AS $$
	SELECT k FROM advocacy.sla_clock AS k WHERE k.request_id = request AND k.metric = $2 ORDER BY k.cycle DESC LIMIT 1 $$;
CREATE FUNCTION pg_temp.log(request bigint, metric text DEFAULT 'connect') RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat_ws(' ', e.event, e.percent, to_char(e.occurred_at AT TIME ZONE 'UTC', 'DD HH24:MI')), ', ' ORDER BY e.event_id)
	FROM advocacy.clock_event AS e JOIN advocacy.sla_clock AS k USING (clock_id) WHERE k.request_id = request AND k.metric = $2 $$;
CREATE FUNCTION pg_temp.told(request bigint) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat_ws(' ', o.kind, o.facts ->> 'percent', o.facts ->> 'role'), ', ' ORDER BY o.outbox_id) FROM advocacy.outbox AS o
	WHERE o.facts ->> 'request' = 'REQ-' || request AND o.kind ~ '^(sla|clock)_' $$;
CREATE TEMP TABLE r (what text PRIMARY KEY, id bigint) ON COMMIT DROP;
CREATE FUNCTION pg_temp.r(key text) RETURNS bigint LANGUAGE sql AS $$ SELECT id FROM pg_temp.r WHERE what = key $$;

-- Which promise holds: the lowest order, then the one with the most conditions.
SELECT is((pg_temp.k(pg_temp.submit())).target_s, 86400::bigint, 'the one for all');
SELECT is((pg_temp.k(pg_temp.submit(deal => -1))).target_s, 144000::bigint, 'two conditions come before none');
SELECT is((pg_temp.k(pg_temp.submit(deal => -2))).target_s, 86400::bigint, '... where both hold');
SELECT is((pg_temp.k(pg_temp.submit(deal => -1, priority => 'expedite'))).target_s, 144000::bigint, '... and before one');
SELECT is((pg_temp.k(pg_temp.submit(type => 'event_talk'))).target_s, 288000::bigint, 'by type');
SELECT is((pg_temp.k(pg_temp.submit(deal => -1, type => 'beta_test'))).target_s, 3600::bigint, 'a lower order before all of them');
DELETE FROM advocacy.clock_event; DELETE FROM advocacy.sla_clock;

-- Thresholds: 50 silent, 75 owner, 90 manager, breach, 150 and 200 overrun, each at its instant, told once.
INSERT INTO r SELECT 'steps', pg_temp.submit();
SELECT is(advocacy.clock_next_at(), '2026-11-24 13:00Z', 'half of three days');
SELECT is(advocacy.clock_fire(advocacy.clock_next_at()), 1, '... fires');
SELECT is(pg_temp.told(pg_temp.r('steps')), NULL, '... in silence');
DO $$ BEGIN FOR i IN 1..8 LOOP PERFORM advocacy.clock_fire(advocacy.clock_next_at()); END LOOP; END $$;
SELECT is(pg_temp.log(pg_temp.r('steps')), 'activate 23 09:00, warn 50 24 13:00, warn 75 25 11:00, warn 90 25 14:36, breach 100 26 09:00, escalate 26 13:00, warn 150 27 13:00, escalate 27 17:00, warn 200 30 17:00, escalate 01 13:00', 'every threshold at its instant; the ladder asks who is there');
SELECT is(pg_temp.told(pg_temp.r('steps')), 'sla_warning 75, sla_warning 90, sla_breach 100, sla_escalated program, sla_breach 150, sla_escalated program, sla_breach 200, sla_escalated program', '... and is told, the most serious thing of a moment');
SELECT throws_ok(format('INSERT INTO advocacy.clock_event (clock_id, event, occurred_at, percent, target_version) VALUES (%s, %L, now(), 75, 1)', (pg_temp.k(pg_temp.r('steps'))).clock_id, 'warn'), '23505', NULL, 'no threshold of a target is passed twice');

-- The ladder: levels, who is there at that moment, an acknowledgement, and how often.
INSERT INTO r SELECT 'ladder', pg_temp.submit();
SELECT count(*) FROM advocacy.policy_apply('{"slas":[{"name":"connect","metric":"connect","calendar":"k","target_s":3600,"thresholds":[],"owed_by":"sales","passes":3,
	"ladder":[{"role":"owner","after_s":0},{"role":"csm","after_s":1800},{"role":"manager","after_s":3600},{"role":"program","after_s":7200}],"repeat_s":14400}]}', '2026-11-02Z') \g /dev/null
SELECT is((pg_temp.k(pg_temp.r('ladder'))).target_s, 86400::bigint, 'what runs stays on its version, and on its ladder');
INSERT INTO r SELECT 'rungs', pg_temp.submit();
DO $$ BEGIN FOR i IN 1..6 LOOP PERFORM advocacy.clock_fire(least(advocacy.clock_next_at(), '2026-11-23 14:00Z')); END LOOP; END $$;
SELECT is(pg_temp.log(pg_temp.r('rungs')), 'activate 23 09:00, breach 100 23 10:00, escalate 23 10:00, escalate 23 10:30, escalate 23 12:00', 'level by level; where one has nobody, the next is asked at once');
SELECT is((SELECT jsonb_agg(jsonb_build_array(facts -> 'level', facts -> 'role', facts -> 'people') ORDER BY outbox_id) FROM advocacy.outbox WHERE kind = 'sla_escalated' AND facts ->> 'request' = 'REQ-' || pg_temp.r('rungs')),
          '[[1, "owner", ["rep@x.example"]], [3, "manager", ["boss@x.example"]], [4, "program", []]]', 'the people are who they are at that moment');
SELECT is((pg_temp.k(pg_temp.r('rungs'))).escalate_at, '2026-11-23 16:00Z', 'through: it begins anew after four hours');
SELECT advocacy.sla_acknowledge((pg_temp.k(pg_temp.r('rungs'))).clock_id, 'calling them', 'ann', '2026-11-23 15:00Z');
SELECT is(((pg_temp.k(pg_temp.r('rungs'))).escalate_at, (pg_temp.k(pg_temp.r('rungs'))).acknowledged_by)::text, '("2026-11-24 11:00:00+00",ann)', 'acknowledged: nobody is asked until four hours later');
SELECT is((SELECT facts ->> 'acknowledged_by' FROM advocacy.outbox WHERE kind = 'sla_acknowledged'), 'ann', '... and people know');
DO $$ BEGIN FOR i IN 1..20 LOOP PERFORM advocacy.clock_fire(least(advocacy.clock_next_at(), '2026-11-27 14:00Z')); END LOOP; END $$;
SELECT is((SELECT count(*)::text || ' ' || max((facts ->> 'pass')::int) FROM advocacy.outbox WHERE kind = 'sla_escalated' AND facts ->> 'request' = 'REQ-' || pg_temp.r('rungs')), '6 3', 'three passes, the second of which was acknowledged; then silence');
SELECT is((pg_temp.k(pg_temp.r('rungs'))).escalate_at, NULL, '... for ever');
SELECT throws_ok(format('SELECT advocacy.sla_acknowledge(%s)', (pg_temp.k(pg_temp.submit('2026-11-27 13:00Z'))).clock_id), '55000', NULL, 'what is in time can''t be acknowledged');
SELECT throws_ok('SELECT advocacy.sla_acknowledge(-5)', 'P0002', 'there is no clock -5', 'nor what isn''t there');
SELECT count(*) FROM advocacy.policy_apply('{"slas":[{"name":"connect","metric":"connect","calendar":"k","target_s":86400,"pause_cap_s":57600,"thresholds":[[75,"owner"],[90,"manager"]],"ladder":[]},
	{"name":"fast","metric":"connect","priority":"expedite","calendar":"k","target_s":28800},{"name":"reply","metric":"advocate_reply","calendar":"k"},
	{"name":"review","metric":"risk_review","calendar":"k"},{"name":"review-hard","metric":"risk_review","priority":"hard","calendar":"k","target_s":14400}]}', '2026-11-03Z') \g /dev/null

-- Created past several thresholds: only the highest fires.
INSERT INTO r SELECT 'past', pg_temp.submit('2026-11-23 09:00Z');
SELECT is(advocacy.clock_fire('2026-11-25 15:00Z'), 1, 'a look after several thresholds');
SELECT is(pg_temp.log(pg_temp.r('past')), 'activate 23 09:00, warn 90 25 14:36', '... fires the highest alone');
SELECT is(pg_temp.told(pg_temp.r('past')), 'sla_warning 90', '... and tells it');

-- A pause has its end.
INSERT INTO r SELECT 'cap', pg_temp.submit('2026-11-30 09:00Z');
SELECT advocacy.request_acknowledge(pg_temp.r('cap'), NULL, '2026-11-30 10:00Z');
SELECT advocacy.request_wait(pg_temp.r('cap'), 'prospect', 'a date', NULL, '2026-11-30 11:00Z');
SELECT is(((pg_temp.k(pg_temp.r('cap'))).fire_at, (pg_temp.k(pg_temp.r('cap'))).pause_reason)::text, '("2026-12-02 11:00:00+00",waiting_on_prospect)', 'a pause of two days at most');
SELECT advocacy.clock_fire('2026-12-02 11:00Z');
SELECT is(pg_temp.told(pg_temp.r('cap')), 'clock_resumed', 'it ends by itself, and people are told');
SELECT is(((pg_temp.k(pg_temp.r('cap'))).state, (pg_temp.k(pg_temp.r('cap'))).due_at)::text, '(running,"2026-12-04 17:00:00+00")', 'its time counts again, the pause''s doesn''t');
SELECT advocacy.request_resume(pg_temp.r('cap'), NULL, '2026-12-02 12:00Z');
SELECT is(pg_temp.log(pg_temp.r('cap')), 'activate 30 09:00, pause 30 11:00, resume 02 11:00', 'the move that ends the waiting later ends nothing');
-- In one moment, and in the dark.
INSERT INTO r SELECT 'blink', pg_temp.submit('2026-11-30 09:00Z');
SELECT advocacy.request_acknowledge(pg_temp.r('blink'), NULL, '2026-11-30 10:00Z');
SELECT advocacy.request_wait(pg_temp.r('blink'), 'rep', 'x', NULL, '2026-11-30 18:00Z');
SELECT advocacy.request_resume(pg_temp.r('blink'), NULL, '2026-12-01 08:00Z');
SELECT is((pg_temp.k(pg_temp.r('blink'))).due_at, '2026-12-02 17:00Z', 'a pause while closed moves nothing');
SELECT is((SELECT string_agg(format('%s %s', p.reason, p.seconds), ', ' ORDER BY p.seconds DESC) FROM advocacy.sla_pauses AS p WHERE p.metric = 'connect' AND p.clock_id IN ((pg_temp.k(pg_temp.r('cap'))).clock_id, (pg_temp.k(pg_temp.r('blink'))).clock_id)), 'waiting_on_prospect 57600, waiting_on_rep 0', '... and how long each stood is known');

-- Whose time it was.
INSERT INTO r SELECT 'team', pg_temp.submit('2026-11-30 09:00Z');
SELECT advocacy.request_match(pg_temp.r('team'), -1, NULL, '2026-11-30 12:00Z');
SELECT advocacy.request_decline(pg_temp.r('team'), 'no', 'rep', NULL, '2026-11-30 17:00Z');
SELECT advocacy.request_match(pg_temp.r('team'), -1, NULL, '2026-12-01 11:00Z');
SELECT advocacy.request_schedule(pg_temp.r('team'), NULL, NULL, '2026-12-01 12:00Z');
SELECT is((SELECT jsonb_object_agg(team, seconds) FROM advocacy.sla_ownership WHERE clock_id = (pg_temp.k(pg_temp.r('team'))).clock_id), '{"program": 18000, "sales": 21600}', 'three and two hours of the program, five and one of Sales');
SELECT is((pg_temp.k(pg_temp.r('team'))).spent_s, 39600::bigint, '... which are all of it');

-- Reopened soon: the same cycle, the time between not counted. Later: another one.
SELECT advocacy.request_decline(pg_temp.r('team'), 'left', 'advocate', NULL, '2026-12-03 12:00Z');
SELECT is(((pg_temp.k(pg_temp.r('team'))).cycle, (pg_temp.k(pg_temp.r('team'))).state, (pg_temp.k(pg_temp.r('team'))).due_at)::text, '(1,running,"2026-12-04 17:00:00+00")', 'soon after: the same cycle goes on');
SELECT advocacy.request_match(pg_temp.r('team'), -1, NULL, '2026-12-04 10:00Z');
SELECT advocacy.request_schedule(pg_temp.r('team'), NULL, NULL, '2026-12-04 11:00Z');
SELECT is((pg_temp.k(pg_temp.r('team'))).final_at, '2026-12-09 11:00Z', 'its verdict is final after three business days');
SELECT advocacy.request_decline(pg_temp.r('team'), 'left', 'advocate', NULL, '2026-12-09 11:00:01Z');
SELECT is(((pg_temp.k(pg_temp.r('team'))).cycle, (pg_temp.k(pg_temp.r('team'))).spent_s, (pg_temp.k(pg_temp.r('team'))).target_s)::text, '(2,0,86400)', 'later: another cycle with a fresh target');
SELECT is((SELECT state FROM advocacy.sla_clock WHERE request_id = pg_temp.r('team') AND metric = 'connect' AND cycle = 1), 'met', '... the verdict untouched');

-- Another priority: from the original start, with all that was.
INSERT INTO r SELECT 'prio', pg_temp.submit('2026-11-30 09:00Z');
SELECT advocacy.request_acknowledge(pg_temp.r('prio'), NULL, '2026-11-30 10:00Z');
SELECT advocacy.request_wait(pg_temp.r('prio'), 'rep', 'x', NULL, '2026-11-30 11:00Z');
SELECT advocacy.request_resume(pg_temp.r('prio'), NULL, '2026-12-01 11:00Z');
UPDATE advocacy.request SET priority = 'expedite' WHERE request_id = pg_temp.r('prio');
SELECT is(advocacy.clock_reclass('request', pg_temp.r('prio'), 'sales', '2026-12-01 12:00Z'), 1, 'expedited');
SELECT is(((pg_temp.k(pg_temp.r('prio'))).target_s, (pg_temp.k(pg_temp.r('prio'))).due_at, (pg_temp.k(pg_temp.r('prio'))).target_version)::text, '(28800,"2026-12-01 17:00:00+00",2)', 'one day from the start, the pause carried');
INSERT INTO r SELECT 'over', pg_temp.submit('2026-11-30 09:00Z');
SELECT advocacy.clock_fire('2026-12-02 12:00Z');
UPDATE advocacy.request SET priority = 'expedite' WHERE request_id = pg_temp.r('over');
SELECT advocacy.clock_reclass('request', pg_temp.r('over'), 'sales', '2026-12-02 12:30Z');
SELECT is((SELECT (verdict, breached_at, excluded)::text FROM advocacy.sla_report WHERE request_id = pg_temp.r('over')), '(breached,"2026-12-02 12:30:00+00",t)', 'used up already: late from the change on, and not counted, as who waits for it changed it');
SELECT is(pg_temp.told(pg_temp.r('over')), 'sla_warning 75, sla_breach 100', '... said once');
UPDATE advocacy.request SET priority = 'normal' WHERE request_id = pg_temp.r('over');
SELECT advocacy.clock_reclass('request', pg_temp.r('over'), 'sales', '2026-12-02 13:00Z');
SELECT is((pg_temp.k(pg_temp.r('over'))).breached_at, '2026-12-02 12:30Z', 'no priority makes it undone');

-- An advocate answers in their own hours, where there are such: eight a day in Tokyo, not London's.
SAVEPOINT own_hours;
SELECT count(*) FROM advocacy.policy_apply('{"calendars":[{"name":"other","time_zone":"Asia/Tokyo","weekly_hours":{"mon":[["09:00","17:00"]]}},
	{"name":"tokyo","time_zone":"Asia/Tokyo","weekly_hours":{"mon":[["09:00","17:00"]],"tue":[["09:00","17:00"]],"wed":[["09:00","17:00"]],"thu":[["09:00","17:00"]],"fri":[["09:00","17:00"]]}}]}', '2026-11-20Z') \g /dev/null
INSERT INTO r SELECT v.what, pg_temp.submit('2026-11-23 09:00Z') FROM (VALUES ('tokyo'), ('utc')) AS v (what);
UPDATE advocacy.contact SET time_zone = ' asia/tokyo' WHERE contact_id = -1;
SELECT advocacy.request_match(pg_temp.r('tokyo'), -1, NULL, '2026-11-23 09:30Z'), advocacy.request_ask(pg_temp.r('tokyo'), 'advocate', at => '2026-11-23 10:00Z') \g /dev/null
SELECT is((pg_temp.k(pg_temp.r('tokyo'), 'advocate_reply')).due_at, '2026-11-25 08:00Z', 'an advocate in Tokyo has two days there');
SELECT is((pg_temp.k(pg_temp.r('tokyo'))).calendar_id, advocacy.calendar_newest('k'), '... what the program owes counts in its own');
SELECT is((SELECT count(*) FROM advocacy.sla_migrate('reply')), 0::bigint, '... and stays where it is');
UPDATE advocacy.contact SET time_zone = 'Mars/Olympus' WHERE contact_id = -1;
SELECT advocacy.request_match(pg_temp.r('utc'), -1, NULL, '2026-11-23 09:30Z'), advocacy.request_ask(pg_temp.r('utc'), 'advocate', at => '2026-11-23 10:00Z') \g /dev/null
SELECT is((pg_temp.k(pg_temp.r('utc'), 'advocate_reply')).due_at, '2026-11-25 10:00Z', 'without such a calendar the promise''s counts');
ROLLBACK TO own_hours;

-- A pause that we hear of late, and a priority changed in between: the verdict is the one we'd have given then.
SAVEPOINT late_truth;
INSERT INTO r SELECT v.what, pg_temp.submit('2026-11-30 09:00Z') FROM (VALUES ('swap'), ('undo'), ('stay')) AS v (what);
SELECT advocacy.request_acknowledge(pg_temp.r(u.what), NULL, '2026-11-30 09:30Z') FROM unnest('{swap,undo,stay}'::text[]) AS u (what);
UPDATE advocacy.request SET priority = 'expedite' WHERE request_id IN (pg_temp.r('undo'), pg_temp.r('stay'));
SELECT advocacy.clock_reclass('request', pg_temp.r(u.what), 'cs', '2026-12-01 12:00Z') FROM unnest('{undo,stay}'::text[]) AS u (what);
SELECT advocacy.request_wait(pg_temp.r('undo'), 'rep', 'a date', NULL, '2026-11-30 12:00Z'), advocacy.request_wait(pg_temp.r('stay'), 'rep', 'a date', NULL, '2026-12-01 11:00Z');
SELECT is((SELECT (k.state, k.breached_at)::text FROM pg_temp.k(pg_temp.r('undo')) AS k), '(paused,)', 'three hours of eight were used when it got them: never late');
SELECT is(pg_temp.told(pg_temp.r('undo')), 'sla_breach 100, sla_corrected', '... which is taken back');
SELECT is((SELECT (k.state, k.breached_at, k.breach_cause)::text FROM pg_temp.k(pg_temp.r('stay')) AS k), '(paused,"2026-12-01 12:00:00+00",retarget)', 'ten hours of eight were: late all the same');
SELECT is(pg_temp.told(pg_temp.r('stay')), 'sla_breach 100', '... and nobody is told twice');
SELECT advocacy.clock_fire('2026-12-03 09:30Z');
UPDATE advocacy.request SET priority = 'expedite' WHERE request_id = pg_temp.r('swap');
SELECT advocacy.clock_reclass('request', pg_temp.r('swap'), 'sales', '2026-12-03 13:00Z');
SELECT advocacy.request_wait(pg_temp.r('swap'), 'rep', 'a date', NULL, '2026-12-02 12:00Z');
SELECT is((SELECT (k.state, k.breached_at, k.breach_cause, k.excluded)::text FROM pg_temp.k(pg_temp.r('swap')) AS k), '(paused,"2026-12-03 13:00:00+00",retarget,t)', 'not late by the first target, but by the one that it got while it was paused');
SELECT is(pg_temp.told(pg_temp.r('swap')), 'sla_breach 100, sla_corrected, sla_breach 100', '... and both is told');
INSERT INTO r SELECT 'again', pg_temp.submit('2026-11-30 09:00Z');
SELECT advocacy.request_match(pg_temp.r('again'), -1, NULL, '2026-11-30 10:00Z');
UPDATE advocacy.request SET priority = 'expedite' WHERE request_id = pg_temp.r('again');
SELECT advocacy.clock_fire('2026-12-03 09:30Z'), advocacy.clock_reclass('request', pg_temp.r('again'), 'cs', '2026-12-03 10:00Z');
SELECT advocacy.request_schedule(pg_temp.r('again'), NULL, NULL, '2026-12-02 12:00Z');
SELECT is((SELECT (k.state, k.spent_s, k.target_s)::text FROM pg_temp.k(pg_temp.r('again')) AS k), '(met,68400,28800)', 'done before it was expedited, as we learn late: met');
SELECT advocacy.request_decline(pg_temp.r('again'), 'left', 'advocate', NULL, '2026-12-04 12:00Z');
SELECT is((SELECT (k.state, k.breached_at, k.breach_cause)::text FROM pg_temp.k(pg_temp.r('again')) AS k), '(running,"2026-12-04 12:00:00+00",retarget)', '... and late from when it goes on, as it has used up what it got');
SELECT is((SELECT count(*) FROM advocacy.sla_rebuild_check()), 0::bigint, '... and rebuilt from the log');
ROLLBACK TO late_truth;

-- Promises and calendars change: what runs stays, unless a holiday is to come, or a person wants it.
INSERT INTO r SELECT 'mig', pg_temp.submit('2026-12-07 09:00Z');
SELECT count(*) FROM advocacy.policy_apply('{"slas":[{"name":"connect","metric":"connect","calendar":"k","target_s":28800,"thresholds":[[75,"owner"],[90,"manager"]],"ladder":[]},{"name":"fast","metric":"connect","priority":"expedite","calendar":"k","target_s":28800},{"name":"reply","metric":"advocate_reply","calendar":"k"},
	{"name":"review","metric":"risk_review","calendar":"k"},{"name":"review-hard","metric":"risk_review","priority":"hard","calendar":"k","target_s":14400}]}', '2026-12-07 09:00Z') \g /dev/null
SELECT is((pg_temp.k(pg_temp.r('mig'))).due_at, '2026-12-09 17:00Z', 'a new version leaves what runs alone');
SELECT results_eq(format('SELECT old_due_at, new_due_at, old_target_s, new_target_s FROM advocacy.sla_migrate(''connect'', at => ''2026-12-07 10:00Z'') WHERE clock = %s', (pg_temp.k(pg_temp.r('mig'))).clock_id),
	$$VALUES ('2026-12-09 17:00Z'::timestamptz, '2026-12-07 17:00Z'::timestamptz, 86400::bigint, 28800::bigint)$$, 'what would come of it');
SELECT is((pg_temp.k(pg_temp.r('mig'))).due_at, '2026-12-09 17:00Z', '... comes of nothing yet');
SELECT count(*) FROM advocacy.sla_migrate('connect', false, at => '2026-12-07 10:00Z') \g /dev/null
SELECT is((pg_temp.k(pg_temp.r('mig'))).due_at, '2026-12-07 17:00Z', '... and then does');
SELECT is((SELECT count(*) FROM advocacy.sla_migrate('connect', at => '2026-12-07 10:00Z')), 0::bigint, '... once');
SELECT throws_ok('SELECT * FROM advocacy.sla_migrate(''nothing'')', 'P0002', NULL, 'a promise that there is none of');
INSERT INTO r SELECT 'holiday', pg_temp.submit('2026-12-08 09:00Z');
SELECT advocacy.calendar_define('k', 'UTC', (SELECT weekly_hours FROM advocacy.calendar WHERE calendar_id = advocacy.calendar_newest('k')), '{2026-12-09}', '2026-12-08 10:00Z');
SELECT is((pg_temp.k(pg_temp.r('holiday'))).breach_at, '2026-12-10 09:00Z', 'a holiday to come holds for what runs');
SELECT is((SELECT reason FROM advocacy.clock_event WHERE clock_id = (pg_temp.k(pg_temp.r('holiday'))).clock_id AND event = 'retarget'), 'holiday', '... and is in the log');
SELECT is(advocacy.clock_facts(jsonb_populate_record(pg_temp.k(pg_temp.r('holiday')), '{"due_at": "2026-12-10 12:00Z"}'), '2026-12-08 10:00Z') ->> 'holidays', '["2026-12-09"]', '... and is told with a due time behind it');
SELECT is(advocacy.clock_facts(pg_temp.k(pg_temp.r('mig')), '2026-12-08 10:00Z') ->> 'holidays', NULL, '... and with no other');
SELECT advocacy.calendar_define('k', 'UTC', (SELECT weekly_hours FROM advocacy.calendar WHERE calendar_id = advocacy.calendar_newest('k')), '{2026-12-08,2026-12-09}', '2026-12-08 11:00Z');
SELECT is((pg_temp.k(pg_temp.r('holiday'))).due_at, '2026-12-08 17:00Z', 'one that has begun doesn''t');
-- A zone that changes its law: as if the layout were from before it.
INSERT INTO r SELECT 'zone', pg_temp.submit('2026-12-10 09:00Z');
SELECT is((SELECT count(*) FROM advocacy.calendar_check_zones('2026-12-10 10:30Z')), 0::bigint, 'zones are as they were laid out');
UPDATE advocacy.calendar_span SET closes_at = closes_at - interval '1 hour', opens_at = opens_at - interval '1 hour' WHERE calendar_id = advocacy.calendar_newest('k') AND opens_at > '2026-12-10 12:00Z';
UPDATE advocacy.sla_clock SET due_at = due_at WHERE false;
SELECT results_eq($$SELECT calendar, clocks > 0 FROM advocacy.calendar_check_zones('2026-12-10 10:30Z')$$, $$VALUES ('k', true)$$, 'a layout from before a change of law is found');
SELECT is((SELECT string_agg(reason, ',') FROM advocacy.clock_event WHERE clock_id = (pg_temp.k(pg_temp.r('zone'))).clock_id AND event = 'retarget'), 'tzdata', '... and its clocks go onto the new one');
SELECT is((SELECT count(*) FROM advocacy.calendar_check_zones('2026-12-10 10:30Z')), 0::bigint, '... once');

-- The truth comes late.
INSERT INTO r SELECT 'late', pg_temp.submit('2026-12-14 09:00Z');
SELECT advocacy.request_match(pg_temp.r('late'), -1, NULL, '2026-12-14 10:00Z');
SELECT advocacy.request_schedule(pg_temp.r('late'), NULL, NULL, '2026-12-15 12:00Z');
SELECT is((pg_temp.k(pg_temp.r('late'))).state, 'met_late', 'done late, as far as we know');
SELECT throws_ok(format('SELECT advocacy.sla_correct(%s, %L, %L)', (pg_temp.k(pg_temp.r('late'))).clock_id, 'the CRM', '2026-12-15 11:00Z'), '22023', NULL, 'done after the breach is no correction');
SELECT throws_ok(format('SELECT advocacy.sla_correct(%s, %L, %L)', (pg_temp.k(pg_temp.r('late'))).clock_id, ' ', '2026-12-14 15:00Z'), '22023', NULL, 'nor is one without evidence');
SELECT advocacy.sla_correct((pg_temp.k(pg_temp.r('late'))).clock_id, 'the meeting tool has it', '2026-12-14 15:00Z', 'ann', '2026-12-16 09:00Z');
SELECT is(((pg_temp.k(pg_temp.r('late'))).state, (pg_temp.k(pg_temp.r('late'))).spent_s, (pg_temp.k(pg_temp.r('late'))).ended_at)::text, '(met,21600,"2026-12-14 15:00:00+00")', 'evidence makes it what it was');
SELECT is(pg_temp.told(pg_temp.r('late')), 'sla_breach 100, sla_corrected', '... and people are told');
SELECT throws_ok(format('SELECT advocacy.sla_correct(%s, %L, %L)', (pg_temp.k(pg_temp.r('late'))).clock_id, 'the CRM', '2026-12-14 15:00Z'), '55000', NULL, 'once');
-- A source that couldn't be read around the breach.
INSERT INTO advocacy.source_status (source, connector, poll) VALUES ('s', 'salesforce', '5 minutes');
INSERT INTO advocacy.sync_stream (source, stream, last_success_at) VALUES ('s', 'opportunity', '2026-12-22 09:14Z');
INSERT INTO r SELECT 'blind', pg_temp.submit('2026-12-21 09:00Z', -2);
SELECT advocacy.clock_fire('2026-12-22 09:40Z');
SELECT is((pg_temp.k(pg_temp.r('blind'))).unverified, NULL, 'a source that was read about then');
INSERT INTO r SELECT 'dark', pg_temp.submit('2026-12-22 09:00Z', -2);
SELECT advocacy.clock_fire('2026-12-23 09:30Z');
SELECT is((SELECT facts ->> 'unverified' || ' ' || (facts ->> 'last_seen_at') FROM advocacy.outbox WHERE kind = 'sla_breach' AND facts ->> 'request' = 'REQ-' || pg_temp.r('dark')), 's 2026-12-22T09:14:00Z', 'one that wasn''t: the message says so');
SELECT is((SELECT verdict FROM advocacy.sla_report WHERE request_id = pg_temp.r('dark') AND metric = 'connect'), 'unverified', '... and the verdict waits');
UPDATE advocacy.sync_stream SET last_success_at = '2026-12-23 10:00Z' WHERE source = 's';
SELECT advocacy.clock_fire('2026-12-23 10:01Z');
SELECT is((SELECT verdict FROM advocacy.sla_report WHERE request_id = pg_temp.r('dark') AND metric = 'connect'), 'breached', '... until it is read again');

-- Other subjects than requests.
SELECT advocacy.risk_rule_define('low', 'health_score', '<', 60, '>', 75);
INSERT INTO advocacy.risk (risk_id, account_id, rule, rule_version, evidence, opened_at) OVERRIDING SYSTEM VALUE VALUES (-1, -1, 'low', 1, '{}', '2026-12-07 09:00Z');
INSERT INTO advocacy.suspension (suspension_id, advocate_id, cause, risk_id, rule, reason, severity, opened_at, opened_by) OVERRIDING SYSTEM VALUE VALUES (-1, -1, 'risk', -1, 'low', 'low health', 'hard', '2026-12-07 09:00Z', 'rule');
SELECT advocacy.clock_follow('suspension', -1, '{opened}', '{}', '2026-12-07 09:00Z');
SELECT is((SELECT (request, owed_by, target_s, policy, due_at)::text FROM advocacy.sla_report WHERE subject_kind = 'suspension'), '("suspension -1",cs,14400,review-hard,"2026-12-07 13:00:00+00")', 'a suspension has its clock, by its severity');
SELECT advocacy.clock_follow('suspension', -1, '{confirmed}', '{}', '2026-12-07 12:00Z');
SELECT is((SELECT verdict FROM advocacy.sla_report WHERE subject_kind = 'suspension'), 'met', '... which a review fulfils');

-- What a promise can't be.
CREATE FUNCTION pg_temp.refused(entry jsonb, message text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT throws_ok(format('SELECT advocacy.sla_policy_define(%L)', '{"name":"x","metric":"connect","calendar":"k"}'::jsonb || entry), '22023', message, message) $$;
SELECT pg_temp.refused('{"target_s": 0}', 'sla x: a target of 0 seconds, a day of 28800, a pause of at most 288000 and a repeat after 28800 must all be above 0');
SELECT pg_temp.refused('{"start": ["submit"], "fulfil": ["scheduled", "submit"]}', 'sla x: "submit" both starts and ends the clock');
SELECT pg_temp.refused('{"start": ["submit"], "cancel": ["submit"]}', 'sla x: "submit" both starts and ends the clock');
SELECT pg_temp.refused('{"start": []}', 'sla x: nothing starts the clock');
SELECT pg_temp.refused('{"fulfil": ["dance"]}', 'sla x: "dance" is no move or state of a request');
SELECT pg_temp.refused('{"start": "submit"}', 'sla x: start must be a list, not "submit"');
SELECT pg_temp.refused('{"starts": ["submit"], "goal": 5}', 'sla x: unknown key "goal", "starts"');
SELECT pg_temp.refused('{"metric": "speed"}', 'sla x: unknown metric "speed"');
SELECT pg_temp.refused('{"thresholds": [[90, "owner"], [75, "owner"]]}', 'sla x: threshold 75 comes after 90; they rise');
SELECT pg_temp.refused('{"thresholds": [[100, "owner"]]}', 'sla x: threshold [100, "owner"]; a percentage from 1 to 999 and silent, owner or manager is right, and 100 is the breach itself');
SELECT pg_temp.refused('{"ladder": [{"role": "king", "after_s": 5}]}', 'sla x: ladder level {"role": "king", "after_s": 5}; a role (owner, manager, csm, rep, program) and whole seconds after_s are right');
SELECT is(advocacy.sla_policy_define('{"name":"x","metric":"connect","calendar":"k"}', '2026-12-01Z'), 'sla x: version 1', 'what is left out is as it ships');
SELECT is(advocacy.sla_policy_define('{"name":"x","metric":"connect","calendar":"k","target_s":86400,"passes":9}', '2026-12-02Z'), NULL, '... the same, said at length, is the same');

-- Nobody looks for 72 hours: at most one message a clock and one digest an owner, and it is written down for how long.
UPDATE advocacy.suspension SET closed_at = '2026-12-28Z', closed_by = 'test', close_reason = 'x' WHERE closed_at IS NULL;
SELECT count(*) FROM advocacy.policy_apply('{"slas":[{"name":"connect","metric":"connect","calendar":"k","target_s":28800},{"name":"ack","metric":"acknowledge","calendar":"k","target_s":14400},
	{"name":"choice","metric":"rep_choice","calendar":"k","target_s":7200},{"name":"reply","metric":"advocate_reply","calendar":"k"},{"name":"review","metric":"risk_review","calendar":"k"}]}', '2026-12-28Z') \g /dev/null
SELECT advocacy.request_cancel(request_id, at => '2027-01-03Z') FROM advocacy.request WHERE state NOT IN ('cancelled', 'completed') ORDER BY request_id \g /dev/null
SELECT advocacy.deadlines_fire('2027-01-04 09:00Z') \g /dev/null
CREATE TEMP TABLE down ON COMMIT DROP AS SELECT pg_temp.submit('2027-01-04 09:00Z') AS id FROM generate_series(1, 20);
SELECT advocacy.request_match(id, -1, NULL, '2027-01-04 10:00Z') FROM (SELECT id FROM down ORDER BY id LIMIT 5) AS d \g /dev/null
-- (Filed in the meantime: the answer is twenty minutes late when we look, and news.)
INSERT INTO down SELECT pg_temp.submit('2027-01-06 12:40Z');
SELECT coalesce(max(outbox_id), 0) AS last FROM advocacy.outbox \gset
SELECT advocacy.deadlines_fire('2027-01-07 09:00Z') \g /dev/null
SELECT is((SELECT string_agg((facts ->> 'owner') || ' ' || (facts ->> 'clocks'), ', ' ORDER BY facts ->> 'owner') FROM advocacy.outbox WHERE outbox_id > :last AND kind = 'sla_digest'),
          'program 35, rep@x.example 5', 'one digest for each owner');
SELECT is((SELECT string_agg(format('%s %s', kind, facts ->> 'metric'), ', ') FROM advocacy.outbox WHERE outbox_id > :last AND kind <> 'sla_digest'), 'sla_breach acknowledge', '... and besides only what is less than an hour late');
SELECT is((SELECT concat_ws(' ', count(*), count(DISTINCT t.clock)) FROM (
	SELECT i ->> 'clock' AS clock FROM advocacy.outbox AS o CROSS JOIN jsonb_array_elements(o.facts -> 'items') AS i WHERE outbox_id > :last
	UNION ALL SELECT facts ->> 'clock' FROM advocacy.outbox WHERE outbox_id > :last AND kind <> 'sla_digest') AS t), '41 41', '... and no clock is told of twice');
SELECT is((SELECT details ->> 'seconds' FROM advocacy.audit_log WHERE action = 'deadlines_blind' ORDER BY audit_id DESC LIMIT 1), '259200', '... and for how long nobody looked');
SELECT is((SELECT fired FROM advocacy.deadlines_fire('2027-01-07 09:00Z')), 0, 'all is done that was due');
SELECT is((SELECT fired FROM advocacy.deadlines_fire('2027-01-06 09:00Z')), 0, 'a clock that is set back fires nothing again');

SELECT is((SELECT count(*) FROM advocacy.sla_rebuild_check() AS c WHERE c.clock_id NOT IN (SELECT k.clock_id FROM advocacy.sla_clock AS k WHERE k.calendar_id IN (SELECT calendar_id FROM advocacy.calendar_span WHERE extract(hour FROM opens_at) = 8))), 0::bigint, 'the event log rebuilds every clock');
SELECT is((SELECT count(*) FROM (SELECT k.clock_id FROM advocacy.sla_report AS k LEFT JOIN advocacy.sla_ownership AS o USING (clock_id) GROUP BY k.clock_id, k.elapsed_s HAVING coalesce(sum(o.seconds), 0) <> k.elapsed_s) AS t), 0::bigint, 'the teams'' shares are all of the time');

SELECT * FROM finish();
ROLLBACK;
