-- Clocks in random orders of events, some of which reach us late, looked at at random times: what must always hold, holds.
-- CLOCK_ORDERS how many (200), CLOCK_SEED which.
BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL jit = off;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT plan(16);
\set orders 200
\set seed 1
\getenv orders CLOCK_ORDERS
\getenv seed CLOCK_SEED
UPDATE advocacy.sla_policy SET active = false;
DELETE FROM advocacy.route;

-- Two weeks around a fold in New York; nights that belong to two days; a target a promise for each priority.
SELECT count(*) FROM advocacy.policy_apply('{"calendars":[{"name":"k","time_zone":"America/New_York","weekly_hours":{"mon":[["09:00","12:00"],["13:00","17:00"]],"tue":[["09:00","17:00"]],"wed":[["09:00","17:00"]],"fri":[["09:00","17:00"]],"sat":[["22:00","06:00"]]}}],
	"slas":[{"name":"all","metric":"connect","calendar":"k","target_s":57600,"pause_cap_s":28800,"ladder":[{"role":"owner","after_s":0},{"role":"program","after_s":7200}],"repeat_s":14400,"passes":4},
	        {"name":"fast","metric":"connect","priority":"expedite","calendar":"k","target_s":28800,"thresholds":[[33,"owner"],[75,"owner"],[120,"manager"]],"ladder":[]}],
	"routes":[{"name":"all","kinds":["*"],"channel":"program"}]}', '2026-10-01Z') \g /dev/null

CREATE TEMP TABLE problem (what text, life integer, detail text) ON COMMIT DROP;
CREATE TEMP TABLE seen (what text) ON COMMIT DROP;
-- What must hold at every moment.
CREATE FUNCTION pg_temp.check(life integer, request bigint) RETURNS void LANGUAGE sql AS $$
	INSERT INTO problem
	SELECT p.what, life, to_jsonb(k)::text
	FROM advocacy.sla_clock AS k
	CROSS JOIN LATERAL (
		SELECT 'breach sticks' AS what WHERE EXISTS (
			SELECT FROM advocacy.clock_event AS b WHERE b.clock_id = k.clock_id AND b.event = 'breach' AND b.occurred_at IS DISTINCT FROM k.breached_at
			AND NOT EXISTS (SELECT FROM advocacy.clock_event AS c WHERE c.clock_id = k.clock_id AND c.event = 'correct' AND c.event_id > b.event_id))
		UNION ALL
		SELECT 'shares' WHERE k.spent_s <> coalesce((SELECT sum(advocacy.calendar_seconds(k.calendar_id, f, t)) FROM unnest(k.span_from, k.span_to) AS s (f, t)), 0)
		UNION ALL
		SELECT 'spans' WHERE EXISTS (SELECT FROM unnest(k.span_from, k.span_to, k.span_to[0:cardinality(k.span_to) - 1] ) WITH ORDINALITY AS s (f, t, x, n)
			WHERE f >= t OR n > 1 AND f < k.span_to[n - 1]) OR k.running_since < k.span_to[cardinality(k.span_to)]
		UNION ALL
		SELECT 'met is in time' WHERE k.state = 'met' AND k.spent_s > k.target_s -- as the target was when it was met
			AND NOT EXISTS (SELECT FROM advocacy.clock_event AS t WHERE t.clock_id = k.clock_id AND t.event = 'retarget' AND t.occurred_at >= k.ended_at)
		UNION ALL
		SELECT 'late is late' WHERE k.state = 'met_late' AND k.spent_s < k.target_s AND k.target_version = 1
		UNION ALL
		SELECT 'paused is not due' WHERE k.state = 'paused' AND (k.due_at IS NOT NULL OR k.breach_at IS NOT NULL)
		UNION ALL
		SELECT 'paused knows it is late' WHERE k.state = 'paused' AND k.spent_s > k.target_s AND k.breached_at IS NULL
		UNION ALL
		SELECT 'running knows its end' WHERE k.state = 'running' AND k.breached_at IS NULL
			AND (k.breach_at IS NULL OR advocacy.clock_elapsed(k, k.breach_at) <> greatest(k.target_s, k.spent_s)
			     OR advocacy.clock_elapsed(k, k.due_at) <> greatest(k.target_s, k.spent_s) OR k.due_at > k.breach_at)
	) AS p WHERE k.request_id = request $$;

CREATE FUNCTION pg_temp.live(life integer) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
	request bigint;
	clock   bigint;
	at      timestamptz := '2026-10-26Z'::timestamptz + random() * 6e5 * interval '1 second';
	true_at timestamptz;
	holds   text[] := '{submitted}';
	did     text;
	told    bigint;
BEGIN
	INSERT INTO advocacy.request (activity_type, justification, audience, outcome, requested_by, state)
	VALUES ('quote', 'w', 'a', 'o', 'rep@x.example', 'submitted') RETURNING request_id INTO request;
	PERFORM advocacy.clock_follow('request', request, '{submit}', holds, at);
	FOR step IN 1 .. 5 + floor(random() * 6)::integer LOOP
		at := at + (random() ^ 3 * 3e5)::integer * interval '1 second';
		true_at := CASE WHEN random() < 0.25 THEN at - (random() * 1.6e5)::integer * interval '1 second' ELSE at END;
		did := (ARRAY['fire', 'fire', 'fire', 'scheduled', 'matching', 'proposed', 'awaiting_csm', 'rep', 'prospect', 'on', 'priority', 'holiday', 'ack', 'cancelled'])[1 + floor(random() * 14)];
		SELECT max(o.outbox_id) INTO told FROM advocacy.outbox AS o;
		CASE
		WHEN did = 'fire' THEN
			PERFORM advocacy.clock_fire(at);
			IF (SELECT count(*) FROM advocacy.outbox AS o WHERE o.outbox_id > coalesce(told, 0)) > 1 THEN
				INSERT INTO problem VALUES ('one message', life, request::text);
			END IF;
		WHEN did IN ('rep', 'prospect') THEN
			holds := ARRAY[holds[1], 'waiting_on_' || did];
			PERFORM advocacy.clock_follow('request', request, '{wait}', holds, true_at);
		WHEN did = 'on' THEN
			holds := ARRAY[holds[1]];
			PERFORM advocacy.clock_follow('request', request, '{resume}', holds, true_at);
		WHEN did = 'priority' THEN
			UPDATE advocacy.request AS r SET priority = CASE r.priority WHEN 'normal' THEN 'expedite' ELSE 'normal' END WHERE r.request_id = request;
			PERFORM advocacy.clock_reclass('request', request, (ARRAY['sales', 'program'])[1 + floor(random() * 2)], at);
		WHEN did = 'holiday' THEN
			PERFORM advocacy.clock_recalendar(ARRAY[k.calendar_id], ARRAY[advocacy.calendar_newest('k')], 'holiday', at)
			FROM advocacy.sla_clock AS k WHERE k.request_id = request AND k.ended_at IS NULL;
		WHEN did = 'ack' THEN
			SELECT k.clock_id INTO clock FROM advocacy.sla_clock AS k WHERE k.request_id = request AND k.ended_at IS NULL AND k.breached_at IS NOT NULL;
			IF FOUND THEN
				PERFORM advocacy.sla_acknowledge(clock, NULL, 'ann', at);
			END IF;
		ELSE
			CONTINUE WHEN did = 'cancelled' AND random() < 0.7;
			holds := ARRAY[did];
			PERFORM advocacy.clock_follow('request', request, ARRAY[did], holds, true_at);
		END CASE;
		IF random() < 0.2 THEN
			PERFORM pg_temp.check(life, request);
		END IF;
	END LOOP;
	PERFORM advocacy.clock_fire(at + interval '30 minutes');
	PERFORM pg_temp.check(life, request);
	INSERT INTO problem
	SELECT 'rebuild', life, c.stored::text || ' ' || c.rebuilt::text
	FROM advocacy.sla_rebuild_check(ARRAY(SELECT clock_id FROM advocacy.sla_clock WHERE request_id = request)) AS c;
	INSERT INTO problem
	SELECT 'breach while paused', life, b.clock_id::text FROM advocacy.clock_event AS b
	JOIN advocacy.sla_clock AS k USING (clock_id)
	CROSS JOIN LATERAL (SELECT p.event FROM advocacy.clock_event AS p WHERE p.clock_id = b.clock_id AND p.event_id < b.event_id
		AND p.event IN ('activate', 'pause', 'resume', 'reopen') ORDER BY p.event_id DESC LIMIT 1) AS p
	WHERE k.request_id = request AND b.event = 'breach' AND b.details ->> 'cause' = 'time' AND p.event = 'pause';
	INSERT INTO problem
	SELECT 'rising', life, e.clock_id::text FROM (
		SELECT w.clock_id, w.percent, w.target_version, lag(w.percent) OVER (PARTITION BY w.clock_id, w.target_version ORDER BY w.event_id) AS before
		FROM advocacy.clock_event AS w JOIN advocacy.sla_clock AS k USING (clock_id) WHERE k.request_id = request AND w.percent IS NOT NULL) AS e
	WHERE e.before >= e.percent;
	INSERT INTO problem
	SELECT 'ownership', life, r.clock_id::text FROM advocacy.sla_report AS r
	CROSS JOIN LATERAL (SELECT coalesce(sum(o.seconds), 0) AS seconds FROM advocacy.sla_ownership AS o WHERE o.clock_id = r.clock_id) AS o
	WHERE r.request_id = request AND o.seconds <> r.elapsed_s;
	INSERT INTO seen SELECT DISTINCT e.event FROM advocacy.clock_event AS e JOIN advocacy.sla_clock AS k USING (clock_id) WHERE k.request_id = request
		AND NOT EXISTS (SELECT FROM seen AS s WHERE s.what = e.event);
	PERFORM advocacy.clock_follow('request', request, '{cancelled}', '{cancelled}', at + interval '31 minutes');
END $$;

SELECT setseed(:seed / 1e6);
SELECT pg_temp.live(g) FROM generate_series(1, :orders) AS g \g /dev/null
\if :{?cpu}
SELECT split_part(s, ' ', 14)::int + split_part(s, ' ', 15)::int AS cpu_ticks FROM pg_read_file('/proc/self/stat') AS s;
\endif
SELECT is((SELECT count(*) || coalesce(min(format(': life %s: %s', life, detail)), '') FROM problem AS p WHERE p.what = w.what), '0', w.what)
FROM (VALUES ('rebuild'), ('breach sticks'), ('shares'), ('spans'), ('met is in time'), ('late is late'), ('paused is not due'), ('paused knows it is late'), ('running knows its end'),
	('one message'), ('breach while paused'), ('rising'), ('ownership')) AS w (what);
SELECT is((SELECT count(*) FROM problem), 0::bigint, 'nothing else');
SELECT is((SELECT string_agg(what, ' ' ORDER BY what) FROM seen WHERE :orders >= 200 AND :seed = 1), CASE WHEN :orders >= 200 AND :seed = 1 THEN
	'acknowledge activate breach cancel correct escalate fulfil hand pause reopen resume retarget warn' END, 'everything that can happen to such a clock did');
SELECT is((SELECT count(*) FROM advocacy.sla_clock WHERE ended_at IS NULL), 0::bigint, 'all have come to an end');
SELECT * FROM finish();
ROLLBACK;
