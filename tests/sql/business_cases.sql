-- Business time against a table of answers that Python's zoneinfo gave by counting seconds (business_cases.py), to the
-- second, and whatever the session's time zone is: gaps, folds, half-hour ones, laws that end, split shifts, nights.
BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL jit = off;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT plan(14);
\getenv top TOP
CREATE TEMP TABLE kase (n integer GENERATED ALWAYS AS IDENTITY, calendar text, time_zone text, hours jsonb, holidays date[], around date,
	start_at timestamptz, seconds bigint, to_at timestamptz, due_at timestamptz, breach_at timestamptz, before_at timestamptz,
	elapsed bigint) ON COMMIT DROP;
\set load '\\copy kase (calendar, time_zone, hours, holidays, around, start_at, seconds, to_at, due_at, breach_at, before_at, elapsed) FROM ' :top '/tests/sql/business_cases.tsv (FORMAT csv, HEADER, DELIMITER E''\\t'', QUOTE E''\\b'')'
:load
SELECT cmp_ok((SELECT count(*) FROM kase), '>=', 800::bigint, 'a large table');
SELECT cmp_ok((SELECT count(DISTINCT calendar) FROM kase), '>=', 20::bigint, '... of many calendars');

CREATE FUNCTION pg_temp.verify(zone text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	wrong text;
BEGIN
	PERFORM set_config('TimeZone', zone, true);
	PERFORM advocacy.calendar_define(zone || ' ' || k.calendar, k.time_zone, k.hours, k.holidays, k.around + time '12:00' AT TIME ZONE 'UTC')
	FROM kase AS k WHERE k.hours IS NOT NULL;
	SELECT count(*) || coalesce(min(format(': %s from %s, %s s: %s', k.calendar, k.start_at, k.seconds, a.due)), '') INTO wrong FROM kase AS k
	CROSS JOIN LATERAL advocacy.business_due_at(zone || ' ' || k.calendar, k.start_at, k.seconds) AS a (due) WHERE a.due <> k.due_at;
	RETURN NEXT is(wrong, '0', zone || ': when it is due');
	SELECT count(*) || coalesce(min(format(': %s from %s, %s s: %s', k.calendar, k.start_at, k.seconds, a.breach)), '') INTO wrong FROM kase AS k
	CROSS JOIN LATERAL advocacy.business_breach_at(zone || ' ' || k.calendar, k.start_at, k.seconds) AS a (breach) WHERE a.breach <> k.breach_at;
	RETURN NEXT is(wrong, '0', zone || ': when it is late');
	SELECT count(*) || coalesce(min(format(': %s to %s, %s s: %s', k.calendar, k.start_at, k.seconds, a.before)), '') INTO wrong FROM kase AS k
	CROSS JOIN LATERAL advocacy.business_before(zone || ' ' || k.calendar, k.start_at, k.seconds) AS a (before) WHERE a.before <> k.before_at;
	RETURN NEXT is(wrong, '0', zone || ': when to begin');
	SELECT count(*) || coalesce(min(format(': %s from %s to %s: %s', k.calendar, k.start_at, k.to_at, a.elapsed)), '') INTO wrong FROM kase AS k
	CROSS JOIN LATERAL advocacy.business_seconds(zone || ' ' || k.calendar, k.start_at, k.to_at) AS a (elapsed) WHERE a.elapsed <> k.elapsed;
	RETURN NEXT is(wrong, '0', zone || ': how much has passed');
END $$;
SELECT pg_temp.verify(z) FROM unnest('{UTC,America/New_York,Australia/Lord_Howe}'::text[]) AS z;
SELECT * FROM finish();
ROLLBACK;
