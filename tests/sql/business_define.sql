-- Calendars: versions, what is refused, and lengthening.
BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL jit = off;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();

CREATE FUNCTION pg_temp.define(hours jsonb, zone text DEFAULT 'Europe/Paris', holidays date[] DEFAULT '{}') RETURNS bigint
LANGUAGE sql AS $$ SELECT advocacy.calendar_define('d', zone, hours, holidays, '2026-10-01Z') $$;
CREATE TEMP TABLE made (what text PRIMARY KEY, id bigint) ON COMMIT DROP;
INSERT INTO made SELECT 'first', pg_temp.define('{"mon":[["09:00","12:00"],["13:00","17:00"]]}', holidays => '{2026-12-25,2026-12-25,2026-01-01}');
SELECT is(pg_temp.define('{"tue":[],"mon":[["13:00","17:00"],["09:00","10:00"],["10:00","12:00"]]}', holidays => '{2026-01-01,2026-12-25}'),
          (SELECT id FROM made WHERE what = 'first'), 'the same definition, written otherwise, is the same version');
INSERT INTO made SELECT 'second', pg_temp.define('{"mon":[["09:00","12:00"],["13:00","17:30"]]}', holidays => '{2026-12-25,2026-01-01}');
SELECT isnt((SELECT id FROM made WHERE what = 'second'), (SELECT id FROM made WHERE what = 'first'), 'another one is another version');
SELECT is((SELECT version FROM advocacy.calendar WHERE calendar_id = (SELECT id FROM made WHERE what = 'second')), 2, '... the next');
SELECT is(advocacy.calendar_newest('d'), (SELECT id FROM made WHERE what = 'second'), '... which the name means');
INSERT INTO made SELECT 'third', pg_temp.define('{"mon":[["09:00","12:00"],["13:00","17:00"]]}', holidays => '{2026-12-25,2026-01-01}');
SELECT is((SELECT version FROM advocacy.calendar WHERE calendar_id = (SELECT id FROM made WHERE what = 'third')), 3, 'going back makes a version too');
SELECT is((SELECT count(*) FROM advocacy.audit_log WHERE action = 'calendar_define' AND subject = 'd'), 3::bigint, 'each version is audited');

SELECT throws_ok($$SELECT pg_temp.define('{"mon":[["09:00","17:00"]]}', 'Mars/Olympus')$$, '22023', 'calendar d: unknown time zone "Mars/Olympus"', 'an unknown zone');
SELECT throws_ok($$SELECT pg_temp.define('{"mon":[["09:00","17:00"]]}', 'America/New_York5')$$, '22023', NULL, 'a zone that POSIX would swallow');
SELECT throws_ok($$SELECT pg_temp.define('{"mon":[["09:00","17:00"]]}', NULL)$$, '22023', NULL, 'no zone');
SELECT throws_ok($$SELECT advocacy.calendar_define(' ', 'UTC', '{"mon":[["09:00","17:00"]]}', '{}')$$, '22023', 'a calendar needs a name, not " "', 'no name');
SELECT throws_ok($$SELECT pg_temp.define('{}')$$, '22023', 'calendar d has no open second in the next 400 days', 'no hours');
SELECT throws_ok($$SELECT pg_temp.define('{"mon":[]}')$$, '22023', 'calendar d has no open second in the next 400 days', 'no hours on a named day');
SELECT throws_ok($$SELECT pg_temp.define('{"mon":[["09:00","17:00"]]}', holidays => (SELECT array_agg(g::date) FROM generate_series('2026-09-01'::timestamp, '2027-12-01', '1 day') AS g))$$, '22023', 'calendar d has no open second in the next 400 days', 'nothing but holidays');
SELECT throws_ok($$SELECT pg_temp.define('{"mon":[["09:00","17:00"],["16:59","18:00"]]}')$$, '22023', 'the hours of mon overlap at 16:59', 'overlapping intervals');
SELECT throws_ok($$SELECT pg_temp.define('{"mon":[["22:00","06:00"]],"tue":[["05:00","09:00"]]}')$$, '22023', 'the hours of tue overlap at 05:00', 'an interval over midnight that meets the next day''s');
SELECT throws_ok($$SELECT pg_temp.define('{"sun":[["22:00","06:00"]],"mon":[["00:00","01:00"]]}')$$, '22023', 'the hours of mon overlap at 00:00', '... over the end of the week');
SELECT throws_ok($$SELECT pg_temp.define('{"mon":[["00:00","23:59"]]}')$$, '22023', NULL, '23:59 for the end of the day');
SELECT throws_ok($$SELECT pg_temp.define('{"mon":[["00:00","23:59:59"]]}')$$, '22023', NULL, '23:59:59 for the end of the day');
SELECT throws_ok($$SELECT pg_temp.define('{"monday":[["09:00","17:00"]]}')$$, '22023', 'weekly hours name an unknown day "monday"', 'an unknown day');
SELECT throws_ok($$SELECT pg_temp.define('{"mon":[["9:00","17:00"]]}')$$, '22023', '"9:00" is no opening time (in the hours of mon)', 'an hour of one digit');
SELECT throws_ok($$SELECT pg_temp.define('{"mon":[["09:00","25:00"]]}')$$, '22023', NULL, 'hour 25');
SELECT throws_ok($$SELECT pg_temp.define('{"mon":[["09:00","24:01"]]}')$$, '22023', NULL, '24:01');
SELECT throws_ok($$SELECT pg_temp.define('{"mon":[["24:00","06:00"]]}')$$, '22023', NULL, 'opening at 24:00');
SELECT throws_ok($$SELECT pg_temp.define('{"mon":[["09:00","09:00"]]}')$$, '22023', NULL, 'an empty interval');
SELECT throws_ok($$SELECT pg_temp.define('{"mon":[["09:00"]]}')$$, '22023', NULL, 'an interval without end');
SELECT throws_ok($$SELECT pg_temp.define('{"mon":["09:00","17:00"]}')$$, '22023', NULL, 'times that are no intervals');
SELECT throws_ok($$SELECT pg_temp.define('{"mon":[[9,17]]}')$$, '22023', NULL, 'numbers');
SELECT throws_ok($$SELECT pg_temp.define('{"mon":"closed"}')$$, '22023', NULL, 'a day that is no list');
SELECT throws_ok($$SELECT pg_temp.define('[]')$$, '22023', NULL, 'hours that are no object');
SELECT throws_ok($$SELECT pg_temp.define(NULL)$$, '22023', NULL, 'no hours at all');
SELECT throws_ok($$SELECT pg_temp.define('{"mon":[["09:00","17:00"]]}', holidays => '{NULL}')$$, '22023', 'calendar d: a holiday must be a date, not null', 'a holiday that is no date');
SELECT is((SELECT count(*) FROM advocacy.calendar WHERE name = 'd'), 3::bigint, 'what is refused leaves nothing');
SELECT results_eq($$SELECT weekday, from_s, to_s FROM advocacy.calendar_hours('{"fri":[["22:00","06:00"]],"sun":[["20:00","24:00"]],"mon":[["00:00","01:00"],["01:00","02:00:30"]]}')$$,
                  $$VALUES (1, 0, 7230), (5, 79200, 86400), (6, 0, 21600), (7, 72000, 86400)$$, 'hours in canonical form');

-- Lengthening gives what laying out at once would have given.
SELECT advocacy.calendar_define('long', 'America/New_York', '{"sat":[["22:00","06:00"]],"tue":[["09:00","17:00"]]}', '{2031-12-30}', '2026-10-01Z');
SELECT advocacy.calendar_define('always', 'UTC', '{"mon":[["00:00","24:00"]],"tue":[["00:00","24:00"]],"wed":[["00:00","24:00"]],"thu":[["00:00","24:00"]],"fri":[["00:00","24:00"]],"sat":[["00:00","24:00"]],"sun":[["00:00","24:00"]]}', '{}', '2026-10-01Z');
SELECT is(advocacy.calendar_extend('2026-10-02Z'), 0, 'nothing to lengthen yet');
CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT s.* FROM advocacy.calendar_span AS s JOIN advocacy.calendar AS c USING (calendar_id) WHERE c.name = 'long';
SELECT cmp_ok(advocacy.calendar_extend('2029-12-01Z'), '>=', 3, 'fewer than 400 days ahead: lengthened, newest versions only');
SELECT is((SELECT laid_to FROM advocacy.calendar WHERE calendar_id = (SELECT id FROM made WHERE what = 'first')), '2026-10-01'::date + 1500, '... an old one that no clock needs is left');
SELECT is(advocacy.calendar_extend('2029-12-01Z'), 0, 'once');
SELECT is((SELECT count(*) FROM kept AS k WHERE NOT EXISTS (SELECT FROM advocacy.calendar_span AS s WHERE s = ROW(k.*)::advocacy.calendar_span)), 0::bigint, 'what was laid out stays');
SELECT results_eq($$SELECT s.opens_at, s.closes_at, sum(extract(epoch FROM s.closes_at - s.opens_at)) OVER (ORDER BY s.opens_at) - extract(epoch FROM s.closes_at - s.opens_at)
                    FROM advocacy.calendar AS c CROSS JOIN LATERAL advocacy.calendar_spans(c.time_zone, c.weekly_hours, c.holidays, c.laid_from::timestamp AT TIME ZONE c.time_zone, c.laid_to::timestamp AT TIME ZONE c.time_zone) AS s
                    WHERE c.name = 'long' ORDER BY 1$$,
                  $$SELECT s.opens_at, s.closes_at, s.before_s::numeric FROM advocacy.calendar_span AS s JOIN advocacy.calendar AS c USING (calendar_id) WHERE c.name = 'long' ORDER BY 1$$,
                  'the lengthened layout is the one laid out at once');
SELECT is((SELECT count(*) FROM advocacy.calendar_span WHERE calendar_id = advocacy.calendar_newest('always')), 1::bigint, '24x7 stays one span');
SELECT is(advocacy.business_seconds('always', '2026-10-01Z', '2033-01-01Z'), extract(epoch FROM '2033-01-01Z'::timestamptz - '2026-10-01Z')::bigint, '... and reaches further');

-- Due dates by name come from one page; wherever they begin and however long they take, they are those of the whole layout.
CREATE TEMP TABLE question ON COMMIT DROP AS
SELECT c.name, c.calendar_id, e.at + x.beside AS at, n.seconds
FROM advocacy.calendar AS c
CROSS JOIN LATERAL (
	(SELECT p.from_at AS at FROM advocacy.calendar_page AS p WHERE p.calendar = c.name ORDER BY md5(p::text) LIMIT 20)
	UNION ALL
	(SELECT unnest(ARRAY[s.opens_at, s.closes_at]) FROM advocacy.calendar_span AS s WHERE s.calendar_id = c.calendar_id ORDER BY md5(s::text) LIMIT 20)
	UNION ALL
	SELECT unnest(ARRAY[min(s.opens_at), max(s.closes_at)]) FROM advocacy.calendar_span AS s WHERE s.calendar_id = c.calendar_id
) AS e
CROSS JOIN (VALUES (interval '0'), ('-1 microsecond'), ('12345.678901 seconds')) AS x (beside)
CROSS JOIN (VALUES (0), (1), (28800), (300000), (3000000)) AS n (seconds)
WHERE c.name IN ('d', 'long', 'always') AND c.calendar_id = advocacy.calendar_newest(c.name);
CREATE FUNCTION pg_temp.said(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE answer text; BEGIN EXECUTE query INTO answer; RETURN answer; EXCEPTION WHEN datetime_field_overflow THEN RETURN 'refused'; END $$;
CREATE TEMP TABLE said ON COMMIT DROP AS
SELECT q.*, pg_temp.said(format('SELECT extract(epoch FROM advocacy.business_due_at(%L, %L, %s))', name, at, seconds)) AS one,
       pg_temp.said(format('SELECT extract(epoch FROM advocacy.calendar_due_at(%L, %L, %s))', calendar_id, at, seconds)) AS other FROM question AS q;
SELECT is((SELECT format('%s %s %s: %s instead of %s', name, at, seconds, one, other) FROM said WHERE one IS DISTINCT FROM other LIMIT 1), NULL, 'a page answers what the whole layout does');
SELECT cmp_ok((SELECT count(*) FROM said WHERE one = 'refused'), '>', 9::bigint, '... or refuses as it does');
SELECT advocacy.calendar_define('d', 'UTC', '{"mon":[["09:00","10:00"]]}', NULL, '2026-10-01Z') \g /dev/null
SELECT is(advocacy.business_due_at('d', '2026-10-05 09:00Z', 3600 + 60), '2026-10-12 09:01Z', 'a new version has new pages');
DELETE FROM advocacy.calendar_span WHERE calendar_id = advocacy.calendar_newest('d');
SELECT is(advocacy.business_due_at('d', '2026-10-05 09:00Z', 3600 + 60), '2026-10-12 09:01Z', '... and nothing else is looked at');
SELECT throws_ok($$SELECT advocacy.business_due_at('d', '2026-10-05 09:00Z', 360000)$$, '22008', NULL, '... but for what is further away');

SELECT * FROM finish();
ROLLBACK;
