-- calendar_renew(name, time_zone, weekly_hours, holidays, at) -> bigint
--
-- Purpose:    makes the next version of a calendar, unless it has that definition already; clocks that run stay on theirs
--             (calendar_follow).
-- Parameters: name          the operator's;
--             time_zone     an IANA name;
--             weekly_hours  {"mon": [["09:00","17:00"]], ...}, see calendar_hours;
--             holidays      local dates on which it is closed; NULL means none;
--             at            today, for tests.
-- Returns:    calendar_id. Raises 22023 for a name, zone, hours or holidays that can't be meant, and for a calendar
--             without an open second in 400 days.
-- Writes:     calendar, calendar_span, calendar_page, audit_log.
CREATE OR REPLACE FUNCTION advocacy.calendar_renew(
	name text, time_zone text, weekly_hours jsonb, holidays date[] DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	wanted_name  constant text := calendar_renew.name;
	wanted_zone  constant text := calendar_renew.time_zone;
	wanted_hours constant jsonb := calendar_renew.weekly_hours;
	canonical    jsonb;
	closed_on    date[];
	newest       advocacy.calendar;
BEGIN
	IF wanted_name IS NULL OR btrim(wanted_name) = '' THEN
		RAISE EXCEPTION 'a calendar needs a name, not "%"', coalesce(wanted_name, 'null')
			USING ERRCODE = '22023', HINT = 'For example office.';
	END IF;
	IF wanted_zone IS NULL OR NOT EXISTS (SELECT FROM pg_timezone_names AS z WHERE z.name = wanted_zone) THEN
		RAISE EXCEPTION 'calendar %: unknown time zone "%"', wanted_name, coalesce(wanted_zone, 'null')
			USING ERRCODE = '22023', HINT = 'An IANA name is meant, for example America/New_York, Europe/Paris or UTC.';
	END IF;
	IF EXISTS (SELECT FROM unnest(calendar_renew.holidays) AS h (day) WHERE h.day IS NULL OR NOT isfinite(h.day)) THEN
		RAISE EXCEPTION 'calendar %: a holiday must be a date, not %', wanted_name,
				(SELECT coalesce(h.day::text, 'null') FROM unnest(calendar_renew.holidays) AS h (day)
				 WHERE h.day IS NULL OR NOT isfinite(h.day) LIMIT 1)
			USING ERRCODE = '22023', HINT = 'For example {2026-12-25,2027-01-01}; {} or NULL for none.';
	END IF;
	SELECT coalesce(array_agg(DISTINCT h.day ORDER BY h.day), '{}') INTO closed_on
	FROM unnest(calendar_renew.holidays) AS h (day);
	SELECT coalesce(jsonb_agg(jsonb_build_array(h.weekday, h.from_s, h.to_s) ORDER BY h.weekday, h.from_s), '[]')
	INTO canonical FROM advocacy.calendar_hours(wanted_hours) AS h;

	PERFORM pg_advisory_xact_lock(hashtextextended('advocacy.calendar/' || wanted_name, 0));
	SELECT c.* INTO newest FROM advocacy.calendar AS c WHERE c.name = wanted_name ORDER BY c.version DESC LIMIT 1;
	IF FOUND AND newest.time_zone = wanted_zone AND newest.holidays = closed_on
	   AND canonical = (SELECT coalesce(jsonb_agg(jsonb_build_array(h.weekday, h.from_s, h.to_s) ORDER BY h.weekday, h.from_s), '[]')
	                    FROM advocacy.calendar_hours(newest.weekly_hours) AS h) THEN
		RETURN newest.calendar_id;
	END IF;
	RETURN advocacy.calendar_make(wanted_name, wanted_zone, wanted_hours, closed_on, at);
END
$$;

COMMENT ON FUNCTION advocacy.calendar_renew(text, text, jsonb, date[], timestamptz) IS
	'Makes the next version of a calendar (zone, weekly hours, holidays); the same definition again answers the same calendar_id.';
