-- slow
-- Business time: hand-computed cases to the second, and properties under random input in three session zones.
BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL jit = off;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();

SELECT advocacy.calendar_define('p ny', 'America/New_York', '{"mon":[["09:00","17:00"]],"tue":[["09:00","17:00"]],"wed":[["09:00","17:00"]],"thu":[["09:00","17:00"]],"fri":[["09:00","17:00"]]}', '{2026-11-26}', '2026-10-01Z');
SELECT advocacy.calendar_define('p night', 'America/New_York', '{"sat":[["22:00","06:00"]],"sun":[["22:00","06:00"]]}', '{}', '2026-10-01Z');
SELECT advocacy.calendar_define('p lh', 'Australia/Lord_Howe', '{"sun":[["01:00","03:00"]]}', '{}', '2026-10-01Z');
SELECT advocacy.calendar_define('p all', 'Asia/Kolkata', '{"mon":[["00:00","24:00"]],"tue":[["00:00","24:00"]],"wed":[["00:00","24:00"]],"thu":[["00:00","24:00"]],"fri":[["00:00","24:00"]],"sat":[["00:00","24:00"]],"sun":[["00:00","24:00"]]}', '{}', '2026-10-01Z');

-- By hand. 2026-11-01 is the fold in New York (02:00 EDT = 01:00 EST), 2027-03-14 the gap; on Lord Howe 2026-10-04 loses
-- 02:00-02:30 and 2027-04-04 repeats 01:30-02:00.
SELECT is(advocacy.business_due_at('p ny', '2026-11-23 09:00 America/New_York', 28800), '2026-11-23 17:00 America/New_York', 'eight hours from Monday 09:00 are used on Monday 17:00');
SELECT is(advocacy.business_breach_at('p ny', '2026-11-23 09:00 America/New_York', 28800), '2026-11-24 09:00 America/New_York', '... and not exceeded before Tuesday 09:00');
SELECT is(advocacy.business_before('p ny', '2026-11-23 17:00 America/New_York', 28800), '2026-11-23 09:00 America/New_York', '... and back');
SELECT is(advocacy.business_before('p ny', '2026-11-24 09:00 America/New_York', 28800), '2026-11-23 09:00 America/New_York', '... also from the next opening');
SELECT is(advocacy.business_due_at('p ny', '2026-11-25 16:00 America/New_York', 7200), '2026-11-27 10:00 America/New_York', 'a holiday (Thanksgiving) is skipped');
SELECT is(advocacy.business_due_at('p ny', '2026-10-30 16:59:59 America/New_York', 2), '2026-11-02 14:00:01Z', 'over the weekend of the fold, to the second');
SELECT is(advocacy.business_due_at('p ny', '2027-03-12 16:59:59 America/New_York', 2), '2027-03-15 13:00:01Z', 'over the weekend of the gap, to the second');
SELECT is(advocacy.business_due_at('p ny', '2026-11-28 12:00Z', 0), '2026-11-28 12:00Z', 'nothing is used at once');
SELECT is(advocacy.business_breach_at('p ny', '2026-11-28 12:00Z', 0), '2026-11-30 09:00 America/New_York', '... and not exceeded while closed');
SELECT is(advocacy.business_before('p ny', '2026-11-28 12:00Z', 0), '2026-11-28 12:00Z', '... and before is the end itself');
SELECT is(advocacy.business_seconds('p night', '2026-10-31 12:00Z', '2026-11-01 17:00Z'), 9 * 3600::bigint, 'the night of the fold has nine hours');
SELECT is(advocacy.business_seconds('p night', '2027-03-13 12:00Z', '2027-03-14 17:00Z'), 7 * 3600::bigint, 'the night of the gap has seven');
SELECT is(advocacy.business_seconds('p lh', '2026-10-03Z', '2026-10-05Z'), 5400::bigint, 'Lord Howe: two hours lose half an hour');
SELECT is(advocacy.business_seconds('p lh', '2027-04-03Z', '2027-04-05Z'), 9000::bigint, 'Lord Howe: two hours gain half an hour');
SELECT is(advocacy.business_seconds('p ny', '2026-11-24Z', '2026-11-23Z'), -28800::bigint, 'backwards is negative');
SELECT is((SELECT count(*) FROM advocacy.calendar_span WHERE calendar_id = advocacy.calendar_newest('p all')), 1::bigint, '24x7 is one span');
SELECT is((SELECT count(*) FROM advocacy.calendar_span AS a JOIN advocacy.calendar_span AS b USING (calendar_id) WHERE a.closes_at = b.opens_at), 0::bigint, 'spans that touch are one');

-- Random questions, to the microsecond.
SELECT setseed(0.7);
CREATE TEMP TABLE question ON COMMIT DROP AS
SELECT g AS id, (ARRAY['p ny', 'p night', 'p lh', 'p all'])[1 + g % 4] AS name,
       '2026-09-01Z'::timestamptz + (random() * 300 * 86400e6)::bigint * interval '1 microsecond' AS a,
       '2026-09-01Z'::timestamptz + (random() * 300 * 86400e6)::bigint * interval '1 microsecond' AS b,
       '2026-09-01Z'::timestamptz + (random() * 300 * 86400)::int * interval '1 second' AS c,
       (random() * random() * 400000)::bigint AS n, (random() * 20000)::bigint AS m
FROM generate_series(1, 4000) AS g;

SELECT is(count(*), 0::bigint, 'elapsed(s, due(s, n)) = n') FROM question
WHERE advocacy.business_seconds(name, a, advocacy.business_due_at(name, a, n)) <> n;
SELECT is(count(*), 0::bigint, 'elapsed(s, breach(s, n)) = n') FROM question
WHERE advocacy.business_seconds(name, a, advocacy.business_breach_at(name, a, n)) <> n;
SELECT is(count(*), 0::bigint, 'elapsed(before(e, n), e) = n') FROM question
WHERE advocacy.business_seconds(name, advocacy.business_before(name, a, n), a) <> n;
SELECT is(count(*), 0::bigint, 'additive') FROM question
WHERE advocacy.business_seconds(name, a, b) + advocacy.business_seconds(name, b, c) <> advocacy.business_seconds(name, a, c);
SELECT is(count(*), 0::bigint, 'due(due(s, n), m) = due(s, n + m)') FROM question
WHERE m > 0 AND advocacy.business_due_at(name, advocacy.business_due_at(name, a, n), m) <> advocacy.business_due_at(name, a, n + m);
SELECT is(count(*), 0::bigint, 'due is the first: a microsecond sooner less is used') FROM question
WHERE n > 0 AND name <> 'p all'
  AND advocacy.business_seconds(name, c, advocacy.business_due_at(name, c, n) - interval '1 microsecond') <> n - 1;
SELECT is(count(*), 0::bigint, 'breach is the last: a second later more is used') FROM question
WHERE advocacy.business_seconds(name, c, advocacy.business_breach_at(name, c, n) + interval '1 second') <> n + 1;
SELECT is(count(*), 0::bigint, 'due <= breach, and both monotone in n') FROM question
WHERE advocacy.business_due_at(name, a, n) > advocacy.business_breach_at(name, a, n)
   OR advocacy.business_due_at(name, a, n + m) < advocacy.business_due_at(name, a, n)
   OR advocacy.business_breach_at(name, a, n + m) < advocacy.business_breach_at(name, a, n);
SELECT is(count(*), 0::bigint, 'monotone in the start') FROM question
WHERE advocacy.business_due_at(name, least(a, b), n) > advocacy.business_due_at(name, greatest(a, b), n)
   OR advocacy.business_breach_at(name, least(a, b), n) > advocacy.business_breach_at(name, greatest(a, b), n);
SELECT is(count(*), 0::bigint, '24x7 is plain addition') FROM question
WHERE advocacy.business_due_at('p all', a, n) <> a + n * interval '1 second'
   OR advocacy.business_breach_at('p all', a, n) <> a + n * interval '1 second'
   OR advocacy.business_before('p all', a, n) <> a - n * interval '1 second';
SELECT is(count(*), 0::bigint, 'the form for sets agrees') FROM question AS q
CROSS JOIN LATERAL advocacy.calendar_due(advocacy.calendar_newest(q.name), q.a, q.n) AS d
WHERE d.due_at <> advocacy.business_due_at(q.name, q.a, q.n);
SELECT is((SELECT count(*) FROM question AS q
           CROSS JOIN LATERAL advocacy.calendar_due(advocacy.calendar_newest(q.name), q.a, q.n) AS d), 4000::bigint,
          '... and answers all');

-- The session's zone has no say: neither in answers nor in the layout.
CREATE TEMP TABLE answer (zone text, hash text) ON COMMIT DROP;
CREATE TEMP TABLE layout (zone text, hash text) ON COMMIT DROP;
DO $$
DECLARE
	zone text;
	id   bigint;
BEGIN
	FOREACH zone IN ARRAY ARRAY['UTC', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Apia'] LOOP
		PERFORM set_config('TimeZone', zone, true);
		INSERT INTO answer SELECT zone, md5(string_agg(concat_ws(' ', extract(epoch FROM advocacy.business_due_at(name, a, n)),
			extract(epoch FROM advocacy.business_breach_at(name, a, n)), extract(epoch FROM advocacy.business_before(name, a, n)),
			advocacy.business_seconds(name, a, b)), ',' ORDER BY q.id)) FROM question AS q WHERE q.id <= 1000;
		id := advocacy.calendar_define('p layout ' || zone, 'America/St_Johns', '{"sat":[["22:00","06:00"]],"wed":[["09:00","17:30"]]}',
		                               '{2026-11-04}', '2026-10-01Z');
		INSERT INTO layout SELECT zone, md5(string_agg(concat_ws(' ', extract(epoch FROM s.opens_at),
			extract(epoch FROM s.closes_at), s.before_s), ',' ORDER BY s.opens_at)) FROM advocacy.calendar_span AS s
			WHERE s.calendar_id = id;
	END LOOP;
	PERFORM set_config('TimeZone', 'UTC', true);
END
$$;
SELECT is(count(DISTINCT hash), 1::bigint, 'answers don''t depend on the session''s TimeZone') FROM answer;
SELECT is(count(DISTINCT hash), 1::bigint, 'layouts don''t depend on the session''s TimeZone') FROM layout;

-- Beyond the layout, and wrong questions.
SELECT throws_ok($$SELECT advocacy.business_due_at('p ny', '2026-11-23Z', 1000000000)$$, '22008', NULL, 'beyond the layout: due');
SELECT throws_ok($$SELECT advocacy.business_breach_at('p ny', '2026-11-23Z', 1000000000)$$, '22008', NULL, '... breach');
SELECT throws_ok($$SELECT advocacy.business_before('p ny', '2026-11-23Z', 1000000000)$$, '22008', NULL, '... before');
SELECT throws_ok($$SELECT advocacy.business_seconds('p ny', '2026-11-23Z', '2050-01-01Z')$$, '22008', NULL, '... elapsed');
SELECT throws_ok($$SELECT advocacy.business_seconds('p ny', '1950-01-01Z', '2026-01-01Z')$$, '22008', NULL, '... from before it');
SELECT throws_ok($$SELECT advocacy.business_due_at('p ny', '1950-01-01Z', 60)$$, '22008', NULL, '... due from before it');
SELECT throws_ok(format('SELECT advocacy.business_%s(''p ny'', %L, %s)', f.name, q.at, q.seconds), '22008', 'calendar p ny (version 1) does not reach as far as this question, asked from ' || q.at::timestamptz AT TIME ZONE 'UTC', format('... %s from %s, %s', f.name, q.at, q.seconds))
FROM unnest('{due_at,breach_at,before}'::text[]) AS f (name)
CROSS JOIN (VALUES ('infinity', 60), ('-infinity', 60), ('294276-12-31Z', 60), ('4713-01-01Z BC', 60), ('2026-11-23Z', 9223372036854775807)) AS q (at, seconds);
SELECT throws_ok($$SELECT advocacy.business_due_at('nowhere', '2026-11-23Z', 60)$$, 'P0002', 'there is no calendar "nowhere"', 'an unknown calendar');
SELECT throws_ok($$SELECT advocacy.business_due_at('p ny', '2026-11-23Z', -1)$$, '22023', NULL, 'negative business time: due');
SELECT throws_ok($$SELECT advocacy.business_breach_at('p ny', '2026-11-23Z', -1)$$, '22023', NULL, '... breach');
SELECT throws_ok($$SELECT advocacy.business_before('p ny', '2026-11-23Z', -1)$$, '22023', NULL, '... before');
SELECT is(advocacy.business_due_at('p lh', l.first_at + interval '1 second', 60), l.opens + interval '1 minute',
          'a start before the first opening of the layout counts from the opening')
FROM (SELECT c.laid_from::timestamp AT TIME ZONE c.time_zone AS first_at,
             (SELECT min(s.opens_at) FROM advocacy.calendar_span AS s WHERE s.calendar_id = c.calendar_id) AS opens
      FROM advocacy.calendar AS c WHERE c.name = 'p lh') AS l;

SELECT * FROM finish();
ROLLBACK;
