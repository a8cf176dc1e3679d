-- A request's state changes as its edges say, with an event, whoever writes the row; its priority with its clocks.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();
INSERT INTO advocacy.opportunity (opportunity_id, source, remote_id) OVERRIDING SYSTEM VALUE VALUES (-99, 'none', '-99');
UPDATE advocacy.sla_policy SET active = false;
DELETE FROM advocacy.route;
SELECT count(*) FROM advocacy.policy_apply('{"calendars":[{"name":"r","time_zone":"UTC","weekly_hours":{"mon":[["09:00","17:00"]],"tue":[["09:00","17:00"]],"wed":[["09:00","17:00"]],"thu":[["09:00","17:00"]],"fri":[["09:00","17:00"]]}}],
	"slas":[{"name":"connect","metric":"connect","calendar":"r","target_s":86400,"thresholds":[],"ladder":[]},
	        {"name":"fast","metric":"connect","priority":"expedite","calendar":"r","target_s":28800,"thresholds":[],"ladder":[]}],
	"routes":[{"name":"all","kinds":["*"],"channel":"program"}]}', '2026-11-01Z') \g /dev/null
INSERT INTO advocacy.account (account_id, source, remote_id, name, csm_email) OVERRIDING SYSTEM VALUE VALUES (-1, 't', 'a1', 'Acme', 'cara@example.com'), (-2, 't', 'a2', 'Prospect', NULL);
INSERT INTO advocacy.opportunity (opportunity_id, source, remote_id, account_id, name, closed, won) OVERRIDING SYSTEM VALUE VALUES (-1, 't', 'o1', -2, 'Deal', false, false), (-2, 't', 'o2', -2, 'Past', true, false);
INSERT INTO advocacy.contact (contact_id, source, remote_id, account_id, first_name, last_name, opted_out) OVERRIDING SYSTEM VALUE VALUES (-1, 't', 'c1', -1, 'Priya', 'Nair', false);
INSERT INTO advocacy.advocate (advocate_id, contact_id, account_id, enrolled_by) OVERRIDING SYSTEM VALUE VALUES (-1, -1, -1, 'test');
CREATE TEMP TABLE r (what text PRIMARY KEY, id bigint) ON COMMIT DROP;
CREATE FUNCTION pg_temp.r(key text) RETURNS bigint LANGUAGE sql AS $$ SELECT id FROM pg_temp.r WHERE what = key $$;
CREATE FUNCTION pg_temp.file(key text, deal bigint DEFAULT -99, needed timestamptz DEFAULT '2027-01-01Z') RETURNS void LANGUAGE sql
AS $$ INSERT INTO pg_temp.r VALUES (key, advocacy.request_submit(deal, 'quote', 'why', 'CIO', 'a yes', needed, 'rep@example.com', 'normal', '2026-11-02 09:00Z')) $$;
CREATE FUNCTION pg_temp.told(key text) RETURNS text LANGUAGE sql
AS $$ SELECT string_agg(concat_ws(' ', kind, owner, facts ->> 'state', facts ->> 'ended_because', facts ->> 'reason', facts ->> 'advocates', facts ->> 'account'), '; ' ORDER BY outbox_id)
	FROM advocacy.outbox WHERE facts ->> 'request' = 'REQ-' || pg_temp.r(key) AND kind IN ('request_ended', 'advocate_released') $$;
INSERT INTO advocacy.message_kind (kind, audience, severity) VALUES ('request_ended', 'rep', 'warning'), ('advocate_released', 'csm', 'info') ON CONFLICT DO NOTHING;

-- The guard: every pair of states.
SELECT pg_temp.file('guard');
CREATE FUNCTION pg_temp.try(was text, becomes text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	SET LOCAL session_replication_role = replica;
	UPDATE advocacy.request SET state = was, decide_by = CASE was WHEN 'suspended_hold' THEN now() END WHERE request_id = pg_temp.r('guard');
	SET LOCAL session_replication_role = origin;
	UPDATE advocacy.request SET state = becomes, decide_by = CASE becomes WHEN 'suspended_hold' THEN now() END WHERE request_id = pg_temp.r('guard');
	RAISE division_by_zero; -- and back
EXCEPTION
	WHEN object_not_in_prerequisite_state THEN RETURN false;
	WHEN division_by_zero THEN RETURN true;
END $$;
WITH states AS (SELECT unnest('{draft,submitted,triaged,matching,proposed,awaiting_csm,awaiting_advocate,scheduled,held,feedback_due,completed,declined,expired,cancelled,unfulfillable,suspended_hold}'::text[]) AS s)
SELECT is_empty(format($$SELECT 1 WHERE %L <> ''$$, string_agg(a.s || ' to ' || b.s, ', ')), 'whatever the edges don''t say is refused, what they say isn''t')
FROM states AS a CROSS JOIN states AS b
WHERE a.s <> b.s AND pg_temp.try(a.s, b.s) <> EXISTS (SELECT FROM advocacy.request_edges() AS e WHERE (e.from_state, e.to_state) = (a.s, b.s));
SELECT throws_ok(format($$UPDATE advocacy.request SET state = 'completed' WHERE request_id = %s$$, pg_temp.r('guard')), '55000', format('request REQ-%s is submitted: it can''t become completed', pg_temp.r('guard')), 'it says what is wrong');
SELECT throws_ok(format($q$DO $d$ BEGIN UPDATE advocacy.request SET state = 'triaged' WHERE request_id = %s; SET CONSTRAINTS ALL IMMEDIATE; END $d$ $q$, pg_temp.r('guard')), '55000', format('request REQ-%s became triaged without the event that says who moved it', pg_temp.r('guard')), 'a move without its event');
SET CONSTRAINTS ALL DEFERRED;
SELECT pg_temp.r('guard') AS guarded \gset
SET LOCAL ROLE advocacy_operator;
SELECT advocacy.request_acknowledge(:guarded, 'ann', '2026-11-02 10:00Z');
SELECT lives_ok('SET CONSTRAINTS ALL IMMEDIATE', 'an operator''s move has its event, and is seen by the guard');
RESET ROLE;
SET CONSTRAINTS ALL DEFERRED;

-- The day.
SELECT pg_temp.file('dated');
SELECT throws_ok(format('SELECT advocacy.request_redate(%s, %L, at => %L)', pg_temp.r('dated'), d, '2026-11-02 12:00Z'), '22023', NULL, 'needed by ' || coalesce(d, 'nothing'))
	FROM unnest('{NULL,infinity,-infinity,2026-11-02 12:00Z,2026-11-01}'::text[]) AS d;
SELECT throws_ok(format('SELECT advocacy.request_redate(%s, %L, at => %L)', pg_temp.r('dated'), '2026-11-09Z', t), '22023', NULL, 'at ' || coalesce(t, 'nothing')) FROM unnest('{NULL,infinity}'::text[]) AS t;
SELECT throws_ok('SELECT advocacy.request_redate(-9, ''2026-12-01'')', 'P0002', NULL, 'an unknown request');
SELECT advocacy.request_redate(pg_temp.r('dated'), '2026-11-03 12:00Z', 'the board meets', 'ann', '2026-11-02 12:00Z'),
       advocacy.request_redate(pg_temp.r('dated'), '2026-11-03 12:00Z', 'the board meets', 'ann', '2026-11-02 12:01Z');
SELECT is((SELECT string_agg(concat_ws(' ', facts ->> 'needed_by', facts ->> 'actor', facts ->> 'scheduled_for'), ', ') FROM advocacy.outbox WHERE kind = 'request_redated'), '2026-11-03T12:00:00Z ann', 'needed earlier: told once');
SELECT is((SELECT string_agg(actor || ' ' || reason, ', ') FROM advocacy.audit_log WHERE action = 'request_redate'), 'ann the board meets', 'audited once');
SELECT is(advocacy.deadline_next(), '2026-11-03 12:00:00.000001Z'::timestamptz, 'it is looked at anew by then');
SELECT advocacy.request_redate(pg_temp.r('dated'), '2026-11-20 12:00Z', 'the board meets later', 'ann', '2026-11-02 12:00Z');
SELECT advocacy.request_fire('2026-11-04Z');
SELECT is((SELECT r.state FROM advocacy.request AS r WHERE r.request_id = pg_temp.r('dated')), 'submitted', 'needed later: it doesn''t expire');
SELECT is((SELECT string_agg(e.event, ' ') FROM advocacy.clock_event AS e JOIN advocacy.sla_clock AS k USING (clock_id) WHERE k.request_id = pg_temp.r('dated') AND e.event = 'retarget'), NULL, 'its promises are what they were');
SELECT advocacy.request_redate(pg_temp.r('dated'), '2026-11-03 12:00Z', NULL, 'ann', '2026-11-02 12:00Z');
SELECT advocacy.request_fire('2026-11-04Z');
SELECT is((SELECT r.state FROM advocacy.request AS r WHERE r.request_id = pg_temp.r('dated')), 'expired', 'needed earlier: it does');
SELECT throws_ok(format('SELECT advocacy.request_redate(%s, %L)', pg_temp.r('dated'), '2036-11-09Z'), '55000', NULL, 'what has ended');

-- Priority.
SELECT pg_temp.file('slow'), pg_temp.file('own');
SELECT throws_ok(format('SELECT advocacy.request_prioritize(%s, %L)', pg_temp.r('slow'), 'asap'), '22023', 'unknown priority "asap"', 'an unknown priority');
SELECT throws_ok('SELECT advocacy.request_prioritize(-9, ''expedite'')', 'P0002', NULL, 'an unknown request');
SELECT throws_ok(format('SELECT advocacy.request_prioritize(%s, %L, at => %L)', pg_temp.r('slow'), 'expedite', t), '22023', NULL, 'at ' || t) FROM unnest('{2026-11-02 08:59Z,infinity,-infinity}'::text[]) AS t;
SELECT is(advocacy.request_prioritize(pg_temp.r('slow'), 'expedite', 'board meeting', 'ann', '2026-11-02 12:00Z'), 1, 'its clock goes onto the promise for that');
SELECT is((SELECT concat_ws(' ', p.name, k.due_at) FROM advocacy.sla_clock AS k JOIN advocacy.sla_policy AS p USING (policy_id) WHERE k.request_id = pg_temp.r('slow')), 'fast ' || '2026-11-02 17:00Z'::timestamptz, '... from its start');
SELECT is(advocacy.request_prioritize(pg_temp.r('slow'), 'expedite', NULL, 'ann', '2026-11-02 12:10Z'), 0, 'the same again changes nothing');
SELECT is((SELECT string_agg((facts ->> 'urgency') || ' ' || (facts ->> 'connect_due_at'), ', ') FROM advocacy.outbox WHERE kind = 'request_prioritized'), 'expedite 2026-11-02T17:00:00Z', '... and the rep is told once, until when');
SELECT is((SELECT count(*) FROM advocacy.audit_log WHERE action = 'request_prioritize'), 1::bigint, 'audited');
SELECT advocacy.request_prioritize(pg_temp.r('own'), 'expedite', NULL, 'Rep@example.com', '2026-11-04 12:00Z');
SELECT advocacy.request_prioritize(pg_temp.r('slow'), 'normal', NULL, 'ann', '2026-11-02 13:00Z');
SELECT advocacy.request_prioritize(pg_temp.r('slow'), 'expedite', NULL, 'ann', '2026-11-04 12:00Z');
SELECT is((SELECT string_agg(concat_ws(' ', k.breach_cause, k.excluded), ', ' ORDER BY k.request_id) FROM advocacy.sla_clock AS k WHERE k.request_id IN (pg_temp.r('own'), pg_temp.r('slow'))),
	'retarget f, retarget t', 'late by the change: the rep''s own wish doesn''t count');

-- A deal that is closed needs no reference.
SELECT throws_ok($$SELECT pg_temp.file('past', -2)$$, '55000', 'opportunity -2 ("Past") is closed', 'refused for a closed deal');
DO $$ DECLARE field text; BEGIN
	PERFORM pg_temp.file('past', -2);
EXCEPTION WHEN OTHERS THEN GET STACKED DIAGNOSTICS field = COLUMN_NAME; PERFORM set_config('test.field', field, true); END $$;
SELECT is(current_setting('test.field'), 'opportunity', '... with the field named');

-- Who is told of an end.
SELECT pg_temp.file('expired', -99, '2026-11-10Z'), pg_temp.file('deal', -1), pg_temp.file('own_end'), pg_temp.file('declined');
SELECT advocacy.request_fire('2026-11-11Z') \g /dev/null
SELECT is(pg_temp.told('expired'), 'request_ended rep@example.com expired it was needed by then', 'expired: the rep, and why');
SELECT advocacy.request_match(pg_temp.r('deal'), -1, 'ann', '2026-11-02 10:00Z');
UPDATE advocacy.opportunity SET closed = true, won = true WHERE opportunity_id = -1;
SELECT advocacy.request_follow_deals('{-1}', '2026-11-12Z') \g /dev/null
SELECT is(pg_temp.told('deal'), 'request_ended rep@example.com cancelled the deal is won Prospect; advocate_released cara@example.com cancelled the deal is won ["Priya Nair"] Acme', 'the deal closed: the rep without a name, the advocate''s CSM');
SELECT advocacy.request_match(pg_temp.r('own_end'), -1, 'ann', '2026-11-12 10:00Z');
SELECT advocacy.request_cancel(pg_temp.r('own_end'), 'found one', 'REP@example.com', '2026-11-12 11:00Z');
SELECT is(pg_temp.told('own_end'), 'advocate_released cara@example.com cancelled found one ["Priya Nair"] Acme', 'who ended it isn''t told so');
SELECT advocacy.request_decline(pg_temp.r('declined'), 'they are at risk', 'program', 'ann', '2026-11-12 11:00Z');
SELECT is((SELECT facts ? 'ended_because' FROM advocacy.outbox WHERE kind = 'request_ended' AND facts ->> 'reason' = 'they are at risk'), false, 'what a person wrote is no fact for reps');
SELECT is((SELECT count(*) FROM advocacy.sla_rebuild_check()), 0::bigint, 'the clocks are what their events say');
SELECT * FROM finish();
ROLLBACK;
