-- The life of a request: what is refused at intake, every move that is allowed, every one that isn't, and what each
-- does to the clocks and who is told.
BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL jit = off;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();
UPDATE advocacy.sla_policy SET active = false;
DELETE FROM advocacy.route;

SELECT count(*) FROM advocacy.policy_apply('{"calendars":[{"name":"r","time_zone":"UTC","weekly_hours":{"mon":[["09:00","17:00"]],"tue":[["09:00","17:00"]],"wed":[["09:00","17:00"]],"thu":[["09:00","17:00"]],"fri":[["09:00","17:00"]]}}],
	"slas":[{"name":"ack","metric":"acknowledge","calendar":"r","target_s":14400,"thresholds":[[75,"owner"]],"ladder":[]},
	        {"name":"connect","metric":"connect","calendar":"r","target_s":86400,"thresholds":[[75,"owner"]],"ladder":[]},
	        {"name":"fast","metric":"connect","priority":"expedite","calendar":"r","target_s":28800,"thresholds":[[50,"owner"]],"ladder":[]}],
	"routes":[{"name":"all","kinds":["*"],"channel":"program"}]}', '2026-11-01Z') \g /dev/null
INSERT INTO advocacy.account (account_id, source, remote_id, name) OVERRIDING SYSTEM VALUE VALUES (-1, 't', 'a1', 'Acme');
INSERT INTO advocacy.opportunity (opportunity_id, source, remote_id, account_id, name, deleted) OVERRIDING SYSTEM VALUE
VALUES (-1, 't', 'o1', -1, 'Acme renewal', false), (-2, 't', 'o2', -1, 'gone', true);
INSERT INTO advocacy.contact (contact_id, source, remote_id, account_id, opted_out) OVERRIDING SYSTEM VALUE
SELECT g, 't', 'c' || g, -1, false FROM generate_series(-4, -1) AS g;
INSERT INTO advocacy.advocate (advocate_id, contact_id, account_id, enrolled_by) OVERRIDING SYSTEM VALUE
SELECT g, g, -1, 'test' FROM generate_series(-4, -1) AS g;
INSERT INTO advocacy.suspension (advocate_id, cause, reason, opened_by) VALUES (-3, 'person', 'on leave', 'test');

CREATE FUNCTION pg_temp.submit(at timestamptz DEFAULT '2026-11-23 09:00Z', priority text DEFAULT 'normal') RETURNS bigint LANGUAGE sql
AS $$ SELECT advocacy.request_submit(-1, 'reference_call', 'why', 'CIO', 'a yes', '2026-12-01Z', 'rep@example.com', priority, at) $$;
CREATE FUNCTION pg_temp.clock(request bigint, metric text) RETURNS text LANGUAGE sql
AS $$ SELECT string_agg(k.state, ' ' ORDER BY k.cycle) FROM advocacy.sla_clock AS k WHERE k.request_id = request AND k.metric = $2 $$;
CREATE FUNCTION pg_temp.state(request bigint) RETURNS text LANGUAGE sql
AS $$ SELECT concat_ws(' ', r.state, r.waiting_on, r.advocate_id) FROM advocacy.request AS r WHERE r.request_id = request $$;
CREATE FUNCTION pg_temp.told(request bigint) RETURNS text LANGUAGE sql
AS $$ SELECT string_agg(o.kind, ' ' ORDER BY o.outbox_id) FROM advocacy.outbox AS o WHERE o.facts ->> 'request' = 'REQ-' || request $$;

-- Intake.
SELECT throws_ok($$SELECT advocacy.request_submit()$$, '22023', 'the request is incomplete: opportunity, activity_type, justification, audience, outcome, needed_by, requested_by missing', 'nothing');
SELECT throws_ok($$SELECT advocacy.request_submit(-1, 'quote', ' ', 'CIO', 'win', now(), 'rep')$$, '22023', 'the request is incomplete: justification missing', 'no justification');
SELECT throws_ok($$SELECT advocacy.request_submit(-1, 'quote', 'why', NULL, 'win', now(), 'rep')$$, '22023', 'the request is incomplete: audience missing', 'no audience');
SELECT throws_ok($$SELECT advocacy.request_submit(-1, 'quote', 'why', 'CIO', E'\t\n', now(), 'rep')$$, '22023', 'the request is incomplete: outcome missing', 'no outcome');
SELECT throws_ok($$SELECT advocacy.request_submit(-1, 'quote', 'why', 'CIO', 'win', NULL, 'rep')$$, '22023', 'the request is incomplete: needed_by missing', 'no needed_by');
SELECT throws_ok($$SELECT advocacy.request_submit(-1, 'quote', 'why', 'CIO', 'win', 'infinity', 'rep')$$, '22023', NULL, 'needed by the end of time');
SELECT throws_ok($$SELECT advocacy.request_submit(-1, 'quote', 'why', 'CIO', 'win', now(), '')$$, '22023', 'the request is incomplete: requested_by missing', 'no requester');
SELECT throws_ok($$SELECT advocacy.request_submit(-1, 'chat', 'why', 'CIO', 'win', now(), 'rep')$$, '22023', 'unknown activity_type "chat"', 'an unknown activity');
SELECT throws_ok($$SELECT advocacy.request_submit(-1, 'quote', 'why', 'CIO', 'win', now(), 'rep', 'asap')$$, '22023', 'unknown priority "asap"', 'an unknown priority');
SELECT throws_ok($$SELECT advocacy.request_submit(-9, 'quote', 'why', 'CIO', 'win', now(), 'rep')$$, 'P0002', 'there is no opportunity -9', 'an unknown opportunity');
SELECT throws_ok($$SELECT advocacy.request_submit(-2, 'quote', 'why', 'CIO', 'win', now(), 'rep')$$, 'P0002', 'there is no opportunity -2', 'a deleted opportunity');
SELECT throws_ok($$SELECT advocacy.request_submit(activity_type => 'quote', justification => 'why', audience => 'CIO', outcome => 'win', needed_by => now(), requested_by => 'rep')$$, '22023', 'the request is incomplete: opportunity missing', 'no deal');

CREATE TEMP TABLE r (what text PRIMARY KEY, id bigint) ON COMMIT DROP;
INSERT INTO r SELECT 'walk', pg_temp.submit();
CREATE FUNCTION pg_temp.r(key text) RETURNS bigint LANGUAGE sql AS $$ SELECT id FROM pg_temp.r WHERE what = key $$;

SELECT is((SELECT facts - 'request' FROM advocacy.outbox WHERE dedup_key = format('request:%s:received', pg_temp.r('walk'))),
	'{"opportunity": "Acme renewal", "account": "Acme", "activity_type": "reference_call", "requested_by": "rep@example.com", "justification": "why", "audience": "CIO", "outcome": "a yes", "needed_by": "2026-12-01T00:00:00Z", "acknowledge_due_at": "2026-11-23T13:00:00Z", "connect_due_at": "2026-11-25T17:00:00Z", "at": "2026-11-23T09:00:00Z", "state": "submitted", "priority": "normal", "exposure": "internal"}'::jsonb,
	'what people are told of a new request');

-- A life.
SELECT advocacy.request_acknowledge(pg_temp.r('walk'), 'ann', '2026-11-23 10:00Z');
SELECT is(pg_temp.state(pg_temp.r('walk')) || ': ' || pg_temp.clock(pg_temp.r('walk'), 'acknowledge') || ', ' || pg_temp.clock(pg_temp.r('walk'), 'connect'), 'triaged: met, running', 'acknowledged');
SELECT advocacy.request_wait(pg_temp.r('walk'), 'rep', 'which region?', 'ann', '2026-11-23 11:00Z');
SELECT is(pg_temp.state(pg_temp.r('walk')) || ': ' || pg_temp.clock(pg_temp.r('walk'), 'connect'), 'triaged rep: paused', 'waiting');
SELECT is((SELECT (due_at, breach_at, fire_at IS NULL, spent_s)::text FROM advocacy.sla_clock WHERE request_id = pg_temp.r('walk') AND metric = 'connect'), '(,,f,7200)', 'paused: no due date, the time spent');
SELECT advocacy.request_resume(pg_temp.r('walk'), 'ann', '2026-11-24 15:00Z');
SELECT is((SELECT (due_at, breach_at, fire_at)::text FROM advocacy.sla_clock WHERE request_id = pg_temp.r('walk') AND metric = 'connect'),
          (SELECT ('2026-11-27 13:00Z'::timestamptz, '2026-11-27 13:00Z'::timestamptz, '2026-11-26 15:00Z'::timestamptz)::text), 'resumed: the rest from there, in business time');
SELECT throws_ok(format('SELECT advocacy.request_match(%s, -3, NULL, %L)', pg_temp.r('walk'), '2026-11-24 16:00Z'), '55000', 'advocate -3 is not available', 'an advocate who is not available');
SELECT throws_ok(format('SELECT advocacy.request_match(%s, -9)', pg_temp.r('walk')), 'P0002', 'there is no advocate -9', 'an unknown advocate');
SELECT advocacy.request_match(pg_temp.r('walk'), -1, 'ann', '2026-11-24 16:00Z');
SELECT is(pg_temp.state(pg_temp.r('walk')), 'proposed -1', 'matched');
SELECT throws_ok(format('SELECT advocacy.request_match(%s, -1, NULL, %L)', pg_temp.r('walk'), '2026-11-24 16:01Z'), '55000', NULL, 'the same advocate again');
SELECT advocacy.request_match(pg_temp.r('walk'), -2, 'ann', '2026-11-24 16:10Z');
SELECT is(pg_temp.state(pg_temp.r('walk')), 'proposed -2', 'another advocate');
SELECT advocacy.request_decline(pg_temp.r('walk'), 'no time', 'advocate', 'ann', '2026-11-24 16:20Z');
SELECT is(pg_temp.state(pg_temp.r('walk')) || ': ' || pg_temp.clock(pg_temp.r('walk'), 'connect'), 'matching: running', 'the advocate says no: matching, the clock runs on');
SELECT advocacy.request_match(pg_temp.r('walk'), -1, 'ann', '2026-11-25 09:00Z');
SELECT advocacy.request_wait(pg_temp.r('walk'), 'prospect', 'a date', 'ann', '2026-11-25 10:00Z');
SELECT advocacy.request_schedule(pg_temp.r('walk'), '2026-11-30 15:00Z', 'ann', '2026-11-26 10:00Z');
SELECT is(pg_temp.state(pg_temp.r('walk')) || ': ' || pg_temp.clock(pg_temp.r('walk'), 'connect'), 'scheduled -1: met', 'scheduled from waiting: met');
SELECT is((SELECT (spent_s, ended_at)::text FROM advocacy.sla_clock WHERE request_id = pg_temp.r('walk') AND metric = 'connect'), (SELECT (7200 + 7200 + 3600 * 1, '2026-11-26 10:00Z'::timestamptz)::text), 'the time spent is frozen, without the pauses');
SELECT advocacy.request_fulfil(pg_temp.r('walk'), NULL, 'ann', '2026-11-30 16:00Z');
SELECT is(pg_temp.state(pg_temp.r('walk')), 'completed -1', 'held');
SELECT is((SELECT string_agg(move, ' ' ORDER BY event_id) FROM advocacy.request_event WHERE request_id = pg_temp.r('walk')),
          'submit acknowledge wait resume match match return match wait schedule fulfil', 'every move is an event');
SELECT is((SELECT string_agg(DISTINCT actor, ' ' ORDER BY actor) FROM advocacy.request_event WHERE request_id = pg_temp.r('walk')), 'ann rep@example.com', '... with who made it');
SELECT is((SELECT count(*) FROM advocacy.audit_log WHERE subject = 'REQ-' || pg_temp.r('walk')), 11::bigint, '... and audited');
SELECT is(pg_temp.told(pg_temp.r('walk')), 'request_received request_matched request_matched request_matched request_scheduled', 'who was told what');
SELECT is((SELECT count(*) FROM advocacy.sla_rebuild_check()), 0::bigint, 'the clocks are what their events say');

-- Priority-specific policies first.
INSERT INTO r SELECT 'fast', pg_temp.submit(priority => 'expedite');
SELECT is((SELECT target_s FROM advocacy.sla_clock WHERE request_id = pg_temp.r('fast') AND metric = 'connect'), 28800::bigint, 'a policy for the priority comes before one for all');
SELECT is((SELECT target_s FROM advocacy.sla_clock WHERE request_id = pg_temp.r('fast') AND metric = 'acknowledge'), 14400::bigint, '... which holds where there is none');
SELECT advocacy.request_decline(pg_temp.r('fast'), 'not a fit', at => '2026-11-23 10:00Z');
SELECT is(pg_temp.state(pg_temp.r('fast')) || ': ' || pg_temp.clock(pg_temp.r('fast'), 'acknowledge') || ', ' || pg_temp.clock(pg_temp.r('fast'), 'connect'), 'declined: met, cancelled', 'declining is an answer');
INSERT INTO r SELECT 'gone', pg_temp.submit();
SELECT advocacy.request_cancel(pg_temp.r('gone'), at => '2026-11-23 10:00Z');
SELECT is(pg_temp.clock(pg_temp.r('gone'), 'acknowledge') || ', ' || pg_temp.clock(pg_temp.r('gone'), 'connect'), 'cancelled, cancelled', 'cancelling is none');

-- Re-matching.
INSERT INTO r SELECT 'p', pg_temp.submit();
INSERT INTO r SELECT 's', pg_temp.submit();
INSERT INTO r SELECT 'w', pg_temp.submit();
INSERT INTO r SELECT 'held', pg_temp.submit();
INSERT INTO r SELECT 'other', pg_temp.submit();
SELECT advocacy.request_match(id, CASE what WHEN 'other' THEN -1 ELSE -4 END, 'ann', '2026-11-23 10:00Z') FROM r WHERE what IN ('p', 's', 'w', 'held', 'other');
SELECT advocacy.request_schedule(id, NULL, 'ann', '2026-11-23 11:00Z') FROM r WHERE what IN ('s', 'held');
SELECT advocacy.request_fulfil(id, NULL, 'ann', '2026-11-23 12:00Z') FROM r WHERE what = 'held';
SELECT advocacy.request_wait(id, 'prospect', 'a date', 'ann', '2026-11-23 12:00Z') FROM r WHERE what = 'w';
SELECT advocacy.request_rematch(-4, '2026-11-23 13:00Z');
SELECT is(pg_temp.state(pg_temp.r('p')) || ': ' || pg_temp.clock(pg_temp.r('p'), 'connect'), 'matching: running', 'a proposed one: back to matching, its clock running on');
SELECT is(pg_temp.state(pg_temp.r('w')) || ': ' || pg_temp.clock(pg_temp.r('w'), 'connect'), 'matching: running', 'a waiting one waits no longer');
SELECT is(pg_temp.state(pg_temp.r('s')) || ': ' || pg_temp.clock(pg_temp.r('s'), 'connect'), 'matching: running', 'a scheduled one: its clock runs on, in the same cycle');
SELECT is(pg_temp.state(pg_temp.r('held')), 'completed -4', 'what was held stays');
SELECT is(pg_temp.state(pg_temp.r('other')), 'proposed -1', 'another''s stays');
SELECT is((SELECT facts - 'request' FROM advocacy.outbox WHERE kind = 'advocate_unavailable' AND facts ->> 'request' = 'REQ-' || pg_temp.r('s')),
          '{"opportunity": "Acme renewal", "account": "Acme", "activity_type": "reference_call", "requested_by": "rep@example.com", "state": "matching", "was": "scheduled", "at": "2026-11-23T13:00:00Z"}'::jsonb,
          'the rep is told, without the reason');
SELECT is((SELECT count(*) FROM advocacy.outbox WHERE kind = 'advocate_unavailable'), 3::bigint, '... once each');
SELECT advocacy.request_rematch(-4, '2026-11-23 14:00Z');
SELECT is((SELECT count(*) FROM advocacy.outbox WHERE kind = 'advocate_unavailable'), 3::bigint, 'nothing left to re-match');
SELECT lives_ok($$SELECT advocacy.request_rematch(-1, '2026-11-23 09:30Z')$$, 'a suspension doesn''t fail because its time lies before the last move');
SELECT is((SELECT occurred_at FROM advocacy.request_event WHERE request_id = pg_temp.r('other') AND move = 'rematch'), '2026-11-23 10:00Z', '... which it then shares');

-- Order in time.
INSERT INTO r SELECT 'time', pg_temp.submit();
SELECT advocacy.request_acknowledge(pg_temp.r('time'), NULL, '2026-11-23 10:00Z');
SELECT throws_ok(format('SELECT advocacy.request_match(%s, -2, NULL, %L)', pg_temp.r('time'), '2026-11-23 09:58Z'), '22023', NULL, 'a move before the last one');
SELECT lives_ok(format('SELECT advocacy.request_match(%s, -2, NULL, %L)', pg_temp.r('time'), '2026-11-23 09:59:30Z'), '... but sessions that overlap');
SELECT is((SELECT max(occurred_at) FROM advocacy.request_event WHERE request_id = pg_temp.r('time')), '2026-11-23 10:00Z', '... share a moment');

-- Wrong words.
SELECT throws_ok('SELECT advocacy.request_acknowledge(-77)', 'P0002', 'there is no request -77', 'an unknown request');
SELECT throws_ok('SELECT advocacy.request_acknowledge(NULL)', 'P0002', NULL, 'no request');
SELECT throws_ok(format($$SELECT advocacy.request_wait(%s, 'csm', 'x')$$, pg_temp.r('time')), '22023', NULL, 'waiting for the CSM is the program''s own time');
SELECT throws_ok(format($$SELECT advocacy.request_wait(%s, 'rep', '')$$, pg_temp.r('time')), '22023', NULL, 'waiting for nothing');
SELECT throws_ok(format($$SELECT advocacy.request_decline(%s, NULL)$$, pg_temp.r('time')), '22023', NULL, 'declined without a reason');
SELECT throws_ok(format($$SELECT advocacy.request_decline(%s, 'x', 'dog')$$, pg_temp.r('time')), '22023', NULL, 'declined by nobody');

-- Every state and every move: exactly the listed ones are made.
CREATE FUNCTION pg_temp.try(state text, waiting text, move text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	id      bigint;
	hint    text;
	message text;
	code    text;
	result  text;
BEGIN
	BEGIN
		id := pg_temp.submit();
		SET LOCAL session_replication_role = replica; -- past the guard
		UPDATE advocacy.request SET state = $1, waiting_on = $2,
			advocate_id = CASE WHEN $1 IN ('proposed', 'scheduled', 'suspended_hold') THEN -1 END,
			decide_by = CASE WHEN $1 = 'suspended_hold' THEN timestamptz '2026-11-24Z' END WHERE request_id = id;
		SET LOCAL session_replication_role = origin;
		PERFORM advocacy.clock_log(k, 'fulfil', '2026-11-23 09:10Z', '2026-11-23 09:10Z') FROM advocacy.sla_clock AS k
			WHERE request_id = id AND (metric = 'acknowledge' OR $1 = 'scheduled') AND $1 <> 'submitted';
		IF waiting IS NOT NULL THEN
			PERFORM advocacy.clock_log(k, 'pause', '2026-11-23 09:30Z', '2026-11-23 09:30Z') FROM advocacy.sla_clock AS k WHERE k.request_id = id AND k.metric = 'connect' AND k.state = 'running';
		END IF;
		CASE move
			WHEN 'acknowledge' THEN PERFORM advocacy.request_acknowledge(id, NULL, '2026-11-23 10:00Z');
			WHEN 'match' THEN PERFORM advocacy.request_match(id, -2, NULL, '2026-11-23 10:00Z');
			WHEN 'schedule' THEN PERFORM advocacy.request_schedule(id, NULL, NULL, '2026-11-23 10:00Z');
			WHEN 'fulfil' THEN PERFORM advocacy.request_fulfil(id, NULL, NULL, '2026-11-23 10:00Z');
			WHEN 'decline' THEN PERFORM advocacy.request_decline(id, 'x', 'program', NULL, '2026-11-23 10:00Z');
			WHEN 'return' THEN PERFORM advocacy.request_decline(id, 'x', 'rep', NULL, '2026-11-23 10:00Z');
			WHEN 'wait' THEN PERFORM advocacy.request_wait(id, 'rep', 'x', NULL, '2026-11-23 10:00Z');
			WHEN 'resume' THEN PERFORM advocacy.request_resume(id, NULL, '2026-11-23 10:00Z');
			WHEN 'cancel' THEN PERFORM advocacy.request_cancel(id, NULL, NULL, '2026-11-23 10:00Z');
		END CASE;
		SELECT r.state INTO result FROM advocacy.request AS r WHERE r.request_id = id;
		RAISE EXCEPTION 'done' USING ERRCODE = 'ZZ001';
	EXCEPTION
		WHEN SQLSTATE 'ZZ001' THEN RETURN result;
		WHEN OTHERS THEN
			GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
			IF code = '55000' AND message LIKE '%' || $1 || '%' || move AND (hint LIKE 'Allowed now: %' OR hint LIKE 'It has ended%') THEN
				RETURN 'refused';
			END IF;
			RETURN code || ' ' || message || ' ' || hint;
	END;
END $$;
SELECT is(pg_temp.try(s.state, w.waiting, m.move), coalesce(e.to_state, 'refused'),
          format('%s%s by %s: %s', s.state, ' waiting for the ' || w.waiting, m.move, coalesce('to ' || e.to_state, 'refused')))
FROM unnest('{submitted,triaged,matching,proposed,scheduled,held,completed,declined,cancelled,expired,unfulfillable,suspended_hold}'::text[]) AS s (state)
CROSS JOIN unnest('{acknowledge,match,schedule,fulfil,decline,return,wait,resume,cancel}'::text[]) AS m (move)
CROSS JOIN (VALUES (NULL), ('rep')) AS w (waiting)
LEFT JOIN (VALUES ('submitted acknowledge', 'triaged'), ('submitted match', 'proposed'), ('submitted decline', 'declined'), ('submitted cancel', 'cancelled'),
	('triaged match', 'proposed'), ('triaged decline', 'declined'), ('triaged cancel', 'cancelled'), ('triaged wait', 'triaged'),
	('matching match', 'proposed'), ('matching decline', 'declined'), ('matching cancel', 'cancelled'), ('matching wait', 'matching'),
	('proposed match', 'proposed'), ('proposed decline', 'declined'), ('proposed cancel', 'cancelled'), ('proposed wait', 'proposed'), ('proposed schedule', 'scheduled'), ('proposed return', 'matching'),
	('scheduled fulfil', 'completed'), ('held fulfil', 'completed'), ('scheduled cancel', 'cancelled'), ('scheduled return', 'matching'),
	('suspended_hold cancel', 'cancelled'), ('suspended_hold return', 'matching'),
	('triaged decline rep', 'declined'), ('triaged cancel rep', 'cancelled'), ('triaged resume rep', 'triaged'),
	('matching decline rep', 'declined'), ('matching cancel rep', 'cancelled'), ('matching resume rep', 'matching'),
	('proposed decline rep', 'declined'), ('proposed cancel rep', 'cancelled'), ('proposed resume rep', 'proposed'), ('proposed schedule rep', 'scheduled'), ('proposed return rep', 'matching')
) AS e (edge, to_state) ON e.edge = concat_ws(' ', s.state, m.move, w.waiting)
WHERE w.waiting IS NULL OR s.state IN ('triaged', 'matching', 'proposed')
ORDER BY s.state, w.waiting, m.move;
SELECT throws_ok(format($$SELECT advocacy.request_fulfil(%s)$$, pg_temp.r('time')), '55000', format('request REQ-%s is proposed: it can''t move by fulfil', pg_temp.r('time')), 'the refusal names the state');

SELECT * FROM finish();
ROLLBACK;
