-- calendar_hours(weekly_hours) -> weekday (1 = Monday ... 7 = Sunday), from_s, to_s (seconds of the local day)
--
-- Purpose:    checks weekly opening hours and answers them in one canonical form: half-open intervals in seconds
--             of the day, sorted, touching ones merged, an interval over midnight split at midnight.
-- Parameters: weekly_hours  {"mon": [["09:00","12:00"],["13:00","17:00"]], "fri": [["22:00","06:00"]], ...};
--                           a day that isn't named is closed; "24:00" ends a day.
-- Returns:    one row per interval. Raises 22023 naming the offending value, with a hint.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.calendar_hours(weekly_hours jsonb)
RETURNS TABLE (weekday integer, from_s integer, to_s integer)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	day_names constant text[] := ARRAY['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
	day       record;
	hours     jsonb;
	opens     text;
	closes    text;
	opens_s   integer;
	closes_s  integer;
	number    integer;
	weekdays  integer[] := '{}';
	froms     integer[] := '{}';
	tos       integer[] := '{}';
	clash     record;
BEGIN
	IF weekly_hours IS NULL OR jsonb_typeof(weekly_hours) <> 'object' THEN
		RAISE EXCEPTION 'weekly hours must be a JSON object, not %', coalesce(weekly_hours::text, 'null')
			USING ERRCODE = '22023', HINT = 'For example {"mon": [["09:00","17:00"]], "tue": [["09:00","17:00"]]}.';
	END IF;

	FOR day IN SELECT e.key, e.value FROM jsonb_each(weekly_hours) AS e LOOP
		number := array_position(day_names, day.key);
		IF number IS NULL THEN
			RAISE EXCEPTION 'weekly hours name an unknown day "%"', day.key
				USING ERRCODE = '22023', HINT = 'The days are mon, tue, wed, thu, fri, sat, sun.';
		END IF;
		IF jsonb_typeof(day.value) <> 'array' THEN
			RAISE EXCEPTION 'the hours of % must be a list of intervals, not %', day.key, day.value
				USING ERRCODE = '22023', HINT = 'For example [["09:00","12:00"],["13:00","17:00"]]; [] is a closed day.';
		END IF;

		FOR hours IN SELECT a.value FROM jsonb_array_elements(day.value) AS a LOOP
			IF jsonb_typeof(hours) <> 'array' OR jsonb_array_length(hours) <> 2
			   OR jsonb_typeof(hours -> 0) <> 'string' OR jsonb_typeof(hours -> 1) <> 'string' THEN
				RAISE EXCEPTION 'an interval of % must be two times, not %', day.key, hours
					USING ERRCODE = '22023', HINT = 'For example ["09:00","17:00"].';
			END IF;
			opens := hours ->> 0;
			closes := hours ->> 1;
			IF opens !~ '^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$' THEN
				RAISE EXCEPTION '"%" is no opening time (in the hours of %)', opens, day.key
					USING ERRCODE = '22023', HINT = 'Times are written HH:MM, from 00:00 to 23:59.';
			END IF;
			IF closes !~ '^(([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?|24:00(:00)?)$' THEN
				RAISE EXCEPTION '"%" is no closing time (in the hours of %)', closes, day.key
					USING ERRCODE = '22023', HINT = 'Times are written HH:MM, from 00:00 to 24:00.';
			END IF;
			IF closes ~ '^23:59' THEN
				RAISE EXCEPTION 'the hours of % end at "%", which leaves a hole before midnight', day.key, closes
					USING ERRCODE = '22023', HINT = 'The end of a day is written "24:00"; 24x7 is ["00:00","24:00"] on all days.';
			END IF;
			opens_s := split_part(opens, ':', 1)::integer * 3600 + split_part(opens, ':', 2)::integer * 60
			           + coalesce(nullif(split_part(opens, ':', 3), '')::integer, 0);
			closes_s := split_part(closes, ':', 1)::integer * 3600 + split_part(closes, ':', 2)::integer * 60
			            + coalesce(nullif(split_part(closes, ':', 3), '')::integer, 0);
			IF opens_s = closes_s THEN
				RAISE EXCEPTION 'the interval %-% of % is empty', opens, closes, day.key
					USING ERRCODE = '22023', HINT = 'A whole day is ["00:00","24:00"]; a closed day has no interval.';
			END IF;
			weekdays := weekdays || number;
			froms := froms || opens_s;
			IF closes_s > opens_s THEN
				tos := tos || closes_s;
			ELSE -- over midnight: the rest belongs to the next day, and to that day's holidays
				tos := tos || 86400;
				IF closes_s > 0 THEN
					weekdays := weekdays || number % 7 + 1;
					froms := froms || 0;
					tos := tos || closes_s;
				END IF;
			END IF;
		END LOOP;
	END LOOP;

	SELECT a.weekday, greatest(a.from_s, b.from_s) AS from_s INTO clash
	FROM unnest(weekdays, froms, tos) WITH ORDINALITY AS a (weekday, from_s, to_s, position)
	JOIN unnest(weekdays, froms, tos) WITH ORDINALITY AS b (weekday, from_s, to_s, position)
	  ON a.weekday = b.weekday AND a.position < b.position AND a.from_s < b.to_s AND b.from_s < a.to_s
	ORDER BY 1, 2 LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'the hours of % overlap at %', day_names[clash.weekday],
				to_char(make_interval(secs => clash.from_s), 'HH24:MI')
			USING ERRCODE = '22023',
			      HINT = 'Each moment belongs to one interval; one over midnight reaches into the next day.';
	END IF;

	RETURN QUERY
	SELECT m.weekday, lower(m.span), upper(m.span)
	FROM (SELECT h.weekday, unnest(range_agg(int4range(h.from_s, h.to_s))) AS span
	      FROM unnest(weekdays, froms, tos) AS h (weekday, from_s, to_s) GROUP BY h.weekday) AS m
	ORDER BY 1, 2;
END
$$;

COMMENT ON FUNCTION advocacy.calendar_hours(jsonb) IS
	'Weekly opening hours, checked, in seconds of the local day: sorted, merged where they touch, split at midnight.';
