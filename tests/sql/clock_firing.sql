-- SLA clocks: warned and breached exactly once, at the computed instants, whoever looked and when; the event log
-- rebuilds every row.
BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL jit = off;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();
INSERT INTO advocacy.opportunity (opportunity_id, source, remote_id) OVERRIDING SYSTEM VALUE VALUES (-99, 'none', '-99');
UPDATE advocacy.sla_policy SET active = false;
DELETE FROM advocacy.route;

SELECT count(*) FROM advocacy.policy_apply('{"calendars":[{"name":"k","time_zone":"UTC","weekly_hours":{"mon":[["09:00","17:00"]],"tue":[["09:00","17:00"]],"wed":[["09:00","17:00"]],"thu":[["09:00","17:00"]],"fri":[["09:00","17:00"]]}}],
	"slas":[{"name":"ack","metric":"acknowledge","calendar":"k","target_s":28800,"thresholds":[[75,"owner"]],"ladder":[]},
	        {"name":"connect","metric":"connect","calendar":"k","target_s":57600,"thresholds":[[50,"owner"]],"ladder":[]}],
	"routes":[{"name":"all","kinds":["*"],"channel":"program"}]}', '2026-11-01Z') \g /dev/null
INSERT INTO advocacy.contact (contact_id, source, remote_id, opted_out) OVERRIDING SYSTEM VALUE VALUES (-1, 't', 'c1', false);
INSERT INTO advocacy.account (account_id, source, remote_id, name) OVERRIDING SYSTEM VALUE VALUES (-1, 't', 'a1', 'Acme');
INSERT INTO advocacy.advocate (advocate_id, contact_id, account_id, enrolled_by) OVERRIDING SYSTEM VALUE VALUES (-1, -1, -1, 'test');

CREATE FUNCTION pg_temp.submit(at timestamptz DEFAULT '2026-11-23 09:00Z') RETURNS bigint LANGUAGE sql
AS $$ SELECT advocacy.request_submit(-99, 'quote', 'why', 'CIO', 'a yes', '2026-12-01Z', 'rep', 'normal', at) $$;
CREATE FUNCTION pg_temp.log(request bigint, metric text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(e.event || ' ' || to_char(e.occurred_at AT TIME ZONE 'UTC', 'DD HH24:MI'), ', ' ORDER BY e.event_id)
	FROM advocacy.clock_event AS e JOIN advocacy.sla_clock AS k USING (clock_id) WHERE k.request_id = request AND k.metric = $2 $$;
CREATE FUNCTION pg_temp.verdict(request bigint, metric text) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', k.state, to_char(k.breached_at AT TIME ZONE 'UTC', 'DD HH24:MI')) FROM advocacy.sla_clock AS k WHERE k.request_id = request AND k.metric = $2 $$;
CREATE FUNCTION pg_temp.told(request bigint) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(o.kind || ' ' || (o.facts ->> 'metric'), ', ' ORDER BY o.outbox_id) FROM advocacy.outbox AS o
	WHERE o.facts ->> 'request' = 'REQ-' || request AND o.kind LIKE 'sla%' $$;
CREATE TEMP TABLE r (what text PRIMARY KEY, id bigint) ON COMMIT DROP;
CREATE FUNCTION pg_temp.r(key text) RETURNS bigint LANGUAGE sql AS $$ SELECT id FROM pg_temp.r WHERE what = key $$;

-- Monday 09:00: acknowledge 8 h (due Mon 17:00, breach after Tue 09:00, warn at 15:00), connect 16 h (Tue 17:00, Wed 09:00, warn Mon 17:00).
INSERT INTO r SELECT 'a', pg_temp.submit();
SELECT results_eq($$SELECT metric, state, due_at, fire_at, breach_at FROM advocacy.sla_clock WHERE request_id = pg_temp.r('a') ORDER BY 1$$,
	$$VALUES ('acknowledge', 'running', '2026-11-23 17:00Z'::timestamptz, '2026-11-23 15:00Z'::timestamptz, '2026-11-24 09:00Z'::timestamptz),
	         ('connect', 'running', '2026-11-24 17:00Z', '2026-11-23 17:00Z', '2026-11-25 09:00Z')$$, 'both clocks start');
SELECT is(advocacy.clock_next_at(), '2026-11-23 15:00Z', 'the next deadline is the warning');
SELECT is(advocacy.clock_fire('2026-11-23 14:59:59.999Z'), 0, 'nothing before it');
SELECT is(advocacy.clock_fire('2026-11-23 15:00Z'), 1, 'at it');
SELECT is(advocacy.clock_fire('2026-11-23 15:00Z'), 0, '... once');
SELECT is((SELECT facts - '{request,clock}'::text[] FROM advocacy.outbox WHERE kind = 'sla_warning' AND facts ->> 'request' = 'REQ-' || pg_temp.r('a')),
	'{"metric": "acknowledge", "opportunity": null, "account": null, "activity_type": "quote", "requested_by": "rep", "owed_by": "program", "owed_to": "sales", "owner": "program", "due_at": "2026-11-23T17:00:00Z", "percent": 75, "tell": "owner", "people": [], "target_s": 28800, "remaining_s": 7200, "state": "submitted", "at": "2026-11-23T15:00:00Z"}'::jsonb, 'what a warning says');
SELECT is(advocacy.clock_fire('2026-11-24 09:00Z'), 1, 'at the last instant in time only the other warning');
SELECT is(advocacy.clock_next_at(), '2026-11-24 09:00:00.000001Z', 'the breach is due a moment later');
SELECT is(advocacy.clock_fire(advocacy.clock_next_at()), 1, '... and comes');
SELECT is(advocacy.clock_fire('2026-11-24 12:00Z'), 0, '... once');
SELECT is((SELECT (breached_at, detected_at)::text FROM advocacy.sla_clock WHERE request_id = pg_temp.r('a') AND metric = 'acknowledge'),
          (SELECT ('2026-11-24 09:00Z'::timestamptz, '2026-11-24 09:00:00.000001Z'::timestamptz)::text), 'the computed instant and when it was noticed are two things');
SELECT is((SELECT facts - '{request,clock}'::text[] FROM advocacy.outbox WHERE kind = 'sla_breach' AND facts ->> 'request' = 'REQ-' || pg_temp.r('a')),
	'{"metric": "acknowledge", "opportunity": null, "account": null, "activity_type": "quote", "requested_by": "rep", "owed_by": "program", "owed_to": "sales", "owner": "program", "due_at": "2026-11-23T17:00:00Z", "percent": 100, "target_s": 28800, "remaining_s": 0, "state": "submitted", "at": "2026-11-24T09:00:00Z", "breached_at": "2026-11-24T09:00:00Z"}'::jsonb, 'what a breach says');
SELECT is((SELECT dedup_key FROM advocacy.outbox WHERE kind = 'sla_breach' AND facts ->> 'request' = 'REQ-' || pg_temp.r('a')),
          (SELECT format('clock:%s:breach:1:100', clock_id) FROM advocacy.sla_clock WHERE request_id = pg_temp.r('a') AND metric = 'acknowledge'), '... once per clock and cycle');
SELECT advocacy.request_acknowledge(pg_temp.r('a'), NULL, '2026-11-24 12:00Z');
SELECT is(pg_temp.verdict(pg_temp.r('a'), 'acknowledge'), 'met_late 24 09:00', 'fulfilled late: the breach stays');
SELECT is((SELECT spent_s FROM advocacy.sla_clock WHERE request_id = pg_temp.r('a') AND metric = 'acknowledge'), 11 * 3600::bigint, 'the overrun is frozen');

-- Down for three days: only the breach.
INSERT INTO r SELECT 'down', pg_temp.submit();
SELECT is(advocacy.clock_fire('2026-11-27 12:00Z'), 3, 'everything due at once, a thing a clock');
SELECT is(pg_temp.told(pg_temp.r('down')), NULL, 'no message for each of them');
SELECT results_eq($$SELECT i ->> 'kind', i ->> 'metric', i ->> 'happened_at' FROM advocacy.outbox AS o CROSS JOIN jsonb_array_elements(o.facts -> 'items') AS i WHERE o.kind = 'sla_digest' AND i ->> 'request' = 'REQ-' || pg_temp.r('down')$$,
	$$VALUES ('sla_breach', 'acknowledge', '2026-11-24T09:00:00Z'), ('sla_breach', 'connect', '2026-11-25T09:00:00Z')$$, 'one digest for who owes them, in which a clock past both says only that it breached');
SELECT is(pg_temp.log(pg_temp.r('down'), 'connect'), 'activate 23 09:00, breach 25 09:00', 'at the computed instant');
SELECT is((SELECT detected_at FROM advocacy.sla_clock WHERE request_id = pg_temp.r('down') AND metric = 'connect'), '2026-11-27 12:00Z', '... noticed late');

-- On time is elapsed <= target, to the last instant.
INSERT INTO r SELECT 'last', pg_temp.submit();
SELECT advocacy.request_acknowledge(pg_temp.r('last'), NULL, '2026-11-24 09:00Z');
SELECT is(pg_temp.verdict(pg_temp.r('last'), 'acknowledge'), 'met', 'fulfilled at the last instant');
INSERT INTO r SELECT 'late', pg_temp.submit();
SELECT advocacy.request_acknowledge(pg_temp.r('late'), NULL, '2026-11-24 09:00:01Z');
SELECT is(pg_temp.verdict(pg_temp.r('late'), 'acknowledge') || ': ' || pg_temp.log(pg_temp.r('late'), 'acknowledge'),
          'met_late 24 09:00: activate 23 09:00, breach 24 09:00, fulfil 24 09:00', 'a second later it is late, though nobody had looked');
SELECT is(pg_temp.told(pg_temp.r('late')), 'sla_breach acknowledge', '... and people are told the same');
-- The fact reaches us after the breach was announced.
INSERT INTO r SELECT 'fact', pg_temp.submit();
SELECT advocacy.clock_fire('2026-11-24 10:00Z');
SELECT advocacy.request_acknowledge(pg_temp.r('fact'), NULL, '2026-11-23 16:00Z');
SELECT is(pg_temp.verdict(pg_temp.r('fact'), 'acknowledge'), 'met', 'fulfilled in time wins over a breach that was announced');
SELECT is((SELECT reason || ': ' || (details ->> 'breached_at') FROM advocacy.clock_event AS e JOIN advocacy.sla_clock AS k USING (clock_id) WHERE k.request_id = pg_temp.r('fact') AND k.metric = 'acknowledge' AND e.event = 'correct'),
          'acknowledge happened before the breach: 2026-11-24T09:00:00+00:00', '... and the log says why');
SELECT is(pg_temp.told(pg_temp.r('fact')), 'sla_breach acknowledge, sla_warning connect, sla_corrected acknowledge', '... and people are told that it never was');

-- Pausing.
INSERT INTO r SELECT 'pause', pg_temp.submit();
SELECT advocacy.request_match(pg_temp.r('pause'), -1, NULL, '2026-11-23 10:00Z');
SELECT advocacy.request_wait(pg_temp.r('pause'), 'prospect', 'a date', NULL, '2026-11-23 13:00Z');
SELECT advocacy.clock_fire('2026-12-03 12:00Z');
SELECT is(pg_temp.told(pg_temp.r('pause')), NULL, 'a paused clock never breaches');
SELECT is((SELECT (state, elapsed_s, remaining_s, due_at, verdict)::text FROM advocacy.sla_report WHERE request_id = pg_temp.r('pause') AND metric = 'connect'), '(paused,14400,43200,,open)', '... and shows what remains');
SELECT advocacy.request_resume(pg_temp.r('pause'), NULL, '2026-12-03 12:00Z');
SELECT is((SELECT due_at FROM advocacy.sla_clock WHERE request_id = pg_temp.r('pause') AND metric = 'connect'), '2026-12-04 16:00Z', 'the rest from there');
SELECT advocacy.request_wait(pg_temp.r('pause'), 'rep', 'x', NULL, '2026-12-03 12:00Z');
SELECT advocacy.request_resume(pg_temp.r('pause'), NULL, '2026-12-03 12:00Z');
SELECT is((SELECT due_at FROM advocacy.sla_clock WHERE request_id = pg_temp.r('pause') AND metric = 'connect'), '2026-12-04 16:00Z', 'a pause without length changes nothing');
SELECT advocacy.request_wait(pg_temp.r('pause'), 'rep', 'x', NULL, '2026-12-12 12:00Z');
SELECT advocacy.request_resume(pg_temp.r('pause'), NULL, '2026-12-12 13:00Z');
SELECT is((SELECT due_at FROM advocacy.sla_clock WHERE request_id = pg_temp.r('pause') AND metric = 'connect'), NULL, 'breached before the pause: it stays breached');
SELECT is(pg_temp.verdict(pg_temp.r('pause'), 'connect'), 'running 04 16:00', '... nobody having looked');
SELECT is(pg_temp.told(pg_temp.r('pause')), 'sla_breach connect', '... and is told once');
SELECT advocacy.clock_fire('2026-12-20 12:00Z');
SELECT is(pg_temp.told(pg_temp.r('pause')), 'sla_breach connect', '... ever');
-- Cancelled late.
INSERT INTO r SELECT 'cancel', pg_temp.submit();
SELECT advocacy.request_cancel(pg_temp.r('cancel'), NULL, NULL, '2026-11-24 12:00Z');
SELECT is(pg_temp.verdict(pg_temp.r('cancel'), 'acknowledge') || ', ' || pg_temp.verdict(pg_temp.r('cancel'), 'connect'), 'cancelled 24 09:00, cancelled', 'a breach that came before a cancellation stays');
SELECT is((SELECT string_agg(verdict, ' ' ORDER BY metric) FROM advocacy.sla_report WHERE request_id = pg_temp.r('cancel')), 'breached cancelled', '... also in the report');

-- Versions: open clocks stay on theirs.
INSERT INTO r SELECT 'version', pg_temp.submit();
SELECT results_eq($$SELECT what FROM advocacy.policy_apply('{"calendars":[{"name":"k","time_zone":"UTC","weekly_hours":{"mon":[["10:00","12:00"]]}}],
	"slas":[{"name":"ack","metric":"acknowledge","calendar":"k","target_s":60,"thresholds":[[75,"owner"]],"ladder":[]}]}', '2026-11-02Z')$$,
	$$VALUES ('calendar k: version 2'), ('sla connect: retired'), ('sla ack: version 2')$$, 'a policy changes');
SELECT is((SELECT due_at FROM advocacy.sla_clock WHERE request_id = pg_temp.r('version') AND metric = 'acknowledge'), '2026-11-23 17:00Z', 'open clocks stay on their versions');
INSERT INTO r SELECT 'new', pg_temp.submit();
SELECT is((SELECT string_agg(metric || ' ' || target_s, ',') FROM advocacy.sla_clock WHERE request_id = pg_temp.r('new')), 'acknowledge 60', 'new requests get the new ones; no policy, no clock');
SELECT is((SELECT count(*) FROM advocacy.sla_rebuild_check()), 0::bigint, 'the event log rebuilds every clock');
SELECT count(*) FROM advocacy.policy_apply('{"calendars":[{"name":"k","time_zone":"America/New_York","weekly_hours":{"mon":[["09:00","17:00"]],"tue":[["09:00","17:00"]],"wed":[["09:00","17:00"]],"thu":[["09:00","17:00"]],"sat":[["22:00","06:00"]]}}],
	"slas":[{"name":"ack","metric":"acknowledge","calendar":"k","target_s":14400,"thresholds":[[33,"owner"]],"ladder":[]},{"name":"connect","metric":"connect","calendar":"k","target_s":57600,"thresholds":[[75,"owner"]],"ladder":[]}]}', '2026-11-02Z') \g /dev/null

-- Random lives, fired at random times: invariants, and the verdicts are those of the same lives never looked at.
SELECT setseed(0.1);
CREATE TEMP TABLE life (id int, n int, move text, at timestamptz) ON COMMIT DROP;
INSERT INTO life SELECT g, s, (ARRAY['acknowledge','match','wait','resume','schedule','return','wait','resume','decline','cancel','fulfil','rematch'])[1 + floor(random() * 12)],
	'2026-10-29 08:00Z'::timestamptz + (s * 5 * 3600 * random())::int * interval '1 second' FROM generate_series(1, 150) AS g, generate_series(1, 14) AS s;
CREATE TEMP TABLE outcome (fired boolean, id int, metric text, cycle int, verdict text) ON COMMIT DROP;
CREATE FUNCTION pg_temp.live(fire boolean) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
	one     record;
	request bigint;
	current int;
	made    integer := 0;
BEGIN
	FOR one IN SELECT * FROM life ORDER BY id, at, n LOOP
		IF current IS DISTINCT FROM one.id THEN
			current := one.id;
			request := pg_temp.submit('2026-10-29 08:00Z');
			INSERT INTO pg_temp.r VALUES ((CASE WHEN fire THEN 'f' ELSE 'q' END) || current, request);
		END IF;
		IF fire AND random() < 0.5 THEN
			PERFORM advocacy.clock_fire(one.at);
		END IF;
		BEGIN
			CASE one.move
				WHEN 'acknowledge' THEN PERFORM advocacy.request_acknowledge(request, NULL, one.at);
				WHEN 'match' THEN PERFORM advocacy.request_match(request, -1, NULL, one.at);
				WHEN 'schedule' THEN PERFORM advocacy.request_schedule(request, NULL, NULL, one.at);
				WHEN 'fulfil' THEN IF one.id % 3 = 0 THEN PERFORM advocacy.request_fulfil(request, NULL, NULL, one.at); END IF;
				WHEN 'decline' THEN IF one.id % 5 = 0 THEN PERFORM advocacy.request_decline(request, 'x', 'program', NULL, one.at); END IF;
				WHEN 'return' THEN PERFORM advocacy.request_decline(request, 'x', 'rep', NULL, one.at);
				WHEN 'wait' THEN PERFORM advocacy.request_wait(request, 'rep', 'x', NULL, one.at);
				WHEN 'resume' THEN PERFORM advocacy.request_resume(request, NULL, one.at);
				WHEN 'cancel' THEN IF one.id % 7 = 0 THEN PERFORM advocacy.request_cancel(request, NULL, NULL, one.at); END IF;
				WHEN 'rematch' THEN PERFORM advocacy.request_move(request, 'rematch', NULL, NULL, one.at);
			END CASE;
			made := made + 1;
		EXCEPTION WHEN SQLSTATE '55000' THEN NULL;
		END;
	END LOOP;
	PERFORM advocacy.clock_fire('2026-12-01Z');
	INSERT INTO outcome SELECT fire, substr(r.what, 2)::int, k.metric, k.cycle, concat_ws(' ', k.state, k.spent_s, k.breached_at, k.ended_at, k.due_at, k.breach_at)
	FROM pg_temp.r AS r JOIN advocacy.sla_clock AS k ON k.request_id = r.id WHERE r.what ~ CASE WHEN fire THEN '^f[0-9]' ELSE '^q[0-9]' END;
	RETURN made;
END $$;
SELECT cmp_ok(pg_temp.live(true), '>', 400, 'random lives');
SELECT cmp_ok(pg_temp.live(false), '>', 400, '... and the same, never looked at');
SELECT is((SELECT count(*) FROM outcome AS f FULL JOIN outcome AS q ON q.id = f.id AND q.metric = f.metric AND q.cycle = f.cycle AND NOT q.fired
           WHERE f.fired AND (q.verdict IS DISTINCT FROM f.verdict)), 0::bigint, 'the verdict doesn''t depend on when anybody looked');
SELECT is((SELECT string_agg(DISTINCT split_part(verdict, ' ', 1), ' ') FROM outcome), 'cancelled met met_late running', '... and every state was met (no pause lasts as long as that)');
SELECT is((SELECT count(*) FROM advocacy.sla_rebuild_check()), 0::bigint, 'the event log rebuilds every clock');
SELECT is((SELECT count(*) FROM (SELECT FROM advocacy.clock_event WHERE event IN ('warn', 'breach', 'activate', 'correct') GROUP BY clock_id, event, percent HAVING count(*) > 1) AS t), 0::bigint, 'no event of a kind comes twice in a cycle');
SELECT is((SELECT count(*) FROM advocacy.outbox WHERE kind IN ('sla_warning', 'sla_breach')) + (SELECT coalesce(sum((facts ->> 'clocks')::int), 0) FROM advocacy.outbox WHERE kind = 'sla_digest'),
          (SELECT count(*) FROM advocacy.clock_event WHERE event IN ('warn', 'breach')), 'each warning and breach is told once, alone or in a digest');
SELECT is((SELECT count(*) FROM advocacy.clock_event AS e WHERE e.event = 'warn' AND EXISTS (SELECT FROM advocacy.clock_event AS b WHERE b.clock_id = e.clock_id AND b.event = 'breach' AND b.event_id < e.event_id)), 0::bigint, 'no warning after a breach');
SELECT is((SELECT count(*) FROM advocacy.clock_event AS b JOIN LATERAL (SELECT p.event FROM advocacy.clock_event AS p WHERE p.clock_id = b.clock_id AND p.event_id < b.event_id AND p.event IN ('activate', 'pause', 'resume', 'reopen') ORDER BY p.event_id DESC LIMIT 1) AS p ON p.event = 'pause' WHERE b.event = 'breach'), 0::bigint, 'no breach while paused');
-- And the check notices.
UPDATE advocacy.sla_clock SET spent_s = spent_s + 1 WHERE clock_id = (SELECT max(clock_id) FROM advocacy.sla_clock);
SELECT is((SELECT count(*) FROM advocacy.sla_rebuild_check()), 1::bigint, 'a clock that was tampered with is found');

-- All deadlines together.
SELECT is((SELECT count(*) FROM advocacy.deadlines_fire('2026-12-01Z')), 1::bigint, 'deadlines_fire answers one row');
SELECT is((SELECT next_at FROM advocacy.deadlines_fire('2026-12-01Z')), advocacy.deadline_next(), '... with the next deadline');

SELECT * FROM finish();
ROLLBACK;
