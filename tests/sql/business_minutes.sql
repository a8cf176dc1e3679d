-- slow
-- Business time against a second method: every minute is asked for its wall clock and counted, with the weekly hours
-- read by comparing times of day, not by the code under test. Zones with folds and gaps of every length, split shifts,
-- hours over midnight, holidays (one on the day of a fold), 24x7.
BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL jit = off;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT plan(12 * 5 + 1);

CREATE TEMP TABLE asked (name text PRIMARY KEY, zone text, hours jsonb, holidays date[], at timestamptz,
                         from_at timestamptz, to_at timestamptz, id bigint) ON COMMIT DROP;
INSERT INTO asked VALUES
	('new york', 'America/New_York', '{"mon":[["09:00","17:00"]],"tue":[["09:00","17:00"]],"wed":[["09:00","17:00"]],"thu":[["09:00","17:00"]],"fri":[["09:00","17:00"]],"sun":[["00:30","03:30"]]}',
	 '{2026-11-26}', '2026-10-01Z', '2026-10-25Z', '2026-11-30Z'),
	('new york gap', 'America/New_York', '{"sun":[["01:30","02:30"]],"mon":[["09:00","12:00"],["13:00","17:30"]],"sat":[["22:00","01:30"]]}',
	 NULL, '2026-10-01Z', '2027-03-05Z', '2027-03-25Z'),
	('lord howe fold', 'Australia/Lord_Howe', '{"sun":[["00:15","01:45"],["01:50","09:00"]],"wed":[["08:00","16:00"]]}',
	 NULL, '2026-10-01Z', '2027-03-28Z', '2027-04-15Z'),
	('lord howe gap', 'Australia/Lord_Howe', '{"sun":[["01:40","02:20"],["03:00","24:00"]],"thu":[["08:00","16:00"]]}',
	 NULL, '2026-09-01Z', '2026-09-28Z', '2026-10-15Z'),
	('kolkata', 'Asia/Kolkata', '{"mon":[["09:15","18:45"]],"tue":[["09:15","18:45"]],"sat":[["10:00","14:00"]]}',
	 '{2026-11-10}', '2026-10-01Z', '2026-11-01Z', '2026-11-21Z'),
	('st johns', 'America/St_Johns', '{"sun":[["00:00","24:00"]],"mon":[["08:30","12:00"],["12:45","17:00"]],"fri":[["20:00","04:00"]]}',
	 '{2026-11-01}', '2026-10-01Z', '2026-10-25Z', '2026-11-12Z'),
	('split', 'Europe/Paris', '{"mon":[["08:00","12:00"],["14:00","18:00"]],"wed":[["08:00","12:00"],["12:00","13:00"],["14:00","18:00"]],"sun":[["02:10","02:50"]]}',
	 NULL, '2026-10-01Z', '2026-10-18Z', '2026-11-05Z'),
	('midnight', 'Africa/Cairo', '{"thu":[["22:00","06:00"]],"fri":[["22:00","06:00"]],"sun":[["21:00","00:00"]],"mon":[["00:00","05:00"]]}',
	 '{2026-10-30}', '2026-10-01Z', '2026-10-20Z', '2026-11-12Z'),
	('midnight gap', 'Africa/Cairo', '{"thu":[["22:00","06:00"]],"fri":[["06:00","24:00"]]}',
	 NULL, '2026-03-01Z', '2026-04-15Z', '2026-05-05Z'),
	('troll', 'Antarctica/Troll', '{"sun":[["00:00","24:00"]],"sat":[["23:00","24:00"]]}',
	 NULL, '2026-10-01Z', '2027-03-20Z', '2027-04-08Z'),
	('apia', 'Pacific/Apia', '{"thu":[["09:00","17:00"]],"fri":[["00:00","24:00"]],"sat":[["09:00","17:00"]]}',
	 '{2012-01-07}', '2011-06-01Z', '2011-12-20Z', '2012-01-12Z'),
	('24x7', 'Australia/Lord_Howe', '{"mon":[["00:00","24:00"]],"tue":[["00:00","24:00"]],"wed":[["00:00","24:00"]],"thu":[["00:00","24:00"]],"fri":[["00:00","24:00"]],"sat":[["00:00","24:00"]],"sun":[["00:00","24:00"]]}',
	 NULL, '2026-10-01Z', '2026-09-20Z', '2026-10-20Z');
UPDATE asked SET id = advocacy.calendar_define('t ' || name, zone, hours, holidays, at);

-- The second method.
CREATE TEMP TABLE hours ON COMMIT DROP AS
SELECT a.name, array_position('{mon,tue,wed,thu,fri,sat,sun}', d.key) AS weekday,
       (h.value ->> 0)::time AS opens, (h.value ->> 1)::time AS closes
FROM asked AS a CROSS JOIN jsonb_each(a.hours) AS d CROSS JOIN jsonb_array_elements(d.value) AS h;

CREATE TEMP TABLE minute ON COMMIT DROP AS
SELECT q.name, q.m, q.open, count(*) FILTER (WHERE q.open) OVER (PARTITION BY q.name ORDER BY q.m) - q.open::int AS before
FROM (
	SELECT a.name, t.m,
	       w.wall::date <> ALL (coalesce(a.holidays, '{}')) AND EXISTS (
	           SELECT FROM hours AS h
	           WHERE h.name = a.name
	             AND (h.weekday = extract(isodow FROM w.wall) AND w.wall::time >= h.opens
	                  AND (w.wall::time < h.closes OR h.closes <= h.opens)
	                  OR h.weekday = extract(isodow FROM w.wall - interval '24 hours') AND h.closes <= h.opens
	                     AND w.wall::time < h.closes)) AS open
	FROM asked AS a
	CROSS JOIN generate_series(a.from_at, a.to_at, interval '1 minute') AS t (m)
	CROSS JOIN LATERAL (SELECT t.m AT TIME ZONE a.zone AS wall) AS w
) AS q;
CREATE UNIQUE INDEX ON minute (name, m);
CREATE INDEX ON minute (name, before) WHERE open;
ANALYZE minute;
SELECT ok(count(*) FILTER (WHERE open) > 0 AND count(*) FILTER (WHERE NOT open OR name = '24x7') > 0,
          'the second method has open and closed minutes') FROM minute;

-- Questions, the same every time.
SELECT setseed(0.42);
CREATE TEMP TABLE question ON COMMIT DROP AS
SELECT a.name, a.id, a.from_at + (r.x * (span.minutes * 2 / 3))::int * interval '1 minute' AS start_at,
       (r.y * r.y * total.open / 2)::int AS minutes
FROM asked AS a
CROSS JOIN LATERAL (SELECT (extract(epoch FROM a.to_at - a.from_at) / 60)::int AS minutes) AS span
CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE m.open) AS open FROM minute AS m WHERE m.name = a.name) AS total
CROSS JOIN LATERAL (SELECT random() AS x, random() AS y, a.name FROM generate_series(1, 400)) AS r;

SELECT is(count(*) FILTER (WHERE m.open IS DISTINCT FROM coalesce(m.m < s.closes_at, false))
          + count(*) FILTER (WHERE date_trunc('minute', s.closes_at) <> s.closes_at), 0::bigint,
          format('%s: every minute is open or closed as its wall clock says', a.name))
FROM asked AS a
JOIN minute AS m ON m.name = a.name AND m.m < a.to_at
LEFT JOIN LATERAL (SELECT s.closes_at FROM advocacy.calendar_span AS s
                   WHERE s.calendar_id = a.id AND s.opens_at <= m.m ORDER BY s.opens_at DESC LIMIT 1) AS s ON true
GROUP BY a.name ORDER BY a.name;

SELECT is(count(*) FILTER (WHERE advocacy.business_seconds('t ' || q.name, q.start_at, e.m)
                                 IS DISTINCT FROM 60 * (e.before - s.before)), 0::bigint,
          format('%s: elapsed', q.name))
FROM question AS q
JOIN minute AS s ON s.name = q.name AND s.m = q.start_at
JOIN minute AS e ON e.name = q.name AND e.m = q.start_at + q.minutes * interval '1 minute'
GROUP BY q.name ORDER BY q.name;

-- due: the end of the last minute spent; breach: the begin of the first minute too many.
SELECT is(count(*) FILTER (WHERE d.m IS NOT NULL AND q.minutes > 0
                             AND advocacy.business_due_at('t ' || q.name, q.start_at, q.minutes * 60)
                                 IS DISTINCT FROM d.m + interval '1 minute'), 0::bigint,
          format('%s: due (%s answers)', q.name, count(d.m)))
FROM question AS q
JOIN minute AS s ON s.name = q.name AND s.m = q.start_at
LEFT JOIN minute AS d ON d.name = q.name AND d.open AND d.before = s.before + q.minutes - 1
GROUP BY q.name ORDER BY q.name;

SELECT is(count(*) FILTER (WHERE d.m IS NOT NULL
                             AND advocacy.business_breach_at('t ' || q.name, q.start_at, q.minutes * 60)
                                 IS DISTINCT FROM d.m), 0::bigint,
          format('%s: breach (%s answers)', q.name, count(d.m)))
FROM question AS q
JOIN minute AS s ON s.name = q.name AND s.m = q.start_at
LEFT JOIN minute AS d ON d.name = q.name AND d.open AND d.before = s.before + q.minutes
GROUP BY q.name ORDER BY q.name;

-- before: the begin of the minute at which so many remain, the latest such.
SELECT is(count(*) FILTER (WHERE d.m IS NOT NULL AND q.minutes > 0
                             AND advocacy.business_before('t ' || q.name, q.start_at, q.minutes * 60)
                                 IS DISTINCT FROM d.m), 0::bigint,
          format('%s: before (%s answers)', q.name, count(d.m)))
FROM question AS q
JOIN minute AS s ON s.name = q.name AND s.m = q.start_at
LEFT JOIN minute AS d ON d.name = q.name AND d.open AND d.before = s.before - q.minutes
GROUP BY q.name ORDER BY q.name;

SELECT * FROM finish();
ROLLBACK;
