-- calendar_define(name, time_zone, weekly_hours, holidays, at) -> bigint
--
-- Purpose:    defines a calendar. Versions are immutable: the definition it already has answers the same id, another
--             one makes the next version, and clocks that run stay on theirs. The new version is laid out from
--             1,500 days before to 1,500 days after today; calendar_extend lengthens it day by day.
-- Parameters: name          the operator's;
--             time_zone     an IANA name;
--             weekly_hours  {"mon": [["09:00","17:00"]], ...}, see calendar_hours;
--             holidays      local dates on which it is closed; NULL means none;
--             at            today, for tests.
-- Returns:    calendar_id. Raises 22023 for a name, zone, hours or holidays that can't be meant, and for a calendar
--             without an open second in 400 days.
-- Writes:     calendar, calendar_span, audit_log.
CREATE OR REPLACE FUNCTION advocacy.calendar_define(
	name text, time_zone text, weekly_hours jsonb, holidays date[] DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS bigint
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	wanted_name  constant text := calendar_define.name;
	wanted_zone  constant text := calendar_define.time_zone;
	wanted_hours constant jsonb := calendar_define.weekly_hours;
	canonical    jsonb;
	closed_on    date[];
	newest       advocacy.calendar;
	first_day    date;
	last_day     date;
	id           bigint;
BEGIN
	IF wanted_name IS NULL OR btrim(wanted_name) = '' THEN
		RAISE EXCEPTION 'a calendar needs a name' USING ERRCODE = '22023';
	END IF;
	IF wanted_zone IS NULL OR NOT EXISTS (SELECT FROM pg_timezone_names AS z WHERE z.name = wanted_zone) THEN
		RAISE EXCEPTION 'calendar %: unknown time zone "%"', wanted_name, coalesce(wanted_zone, 'null')
			USING ERRCODE = '22023', HINT = 'An IANA name is meant, for example America/New_York, Europe/Paris or UTC.';
	END IF;
	IF EXISTS (SELECT FROM unnest(calendar_define.holidays) AS h (day) WHERE h.day IS NULL OR NOT isfinite(h.day)) THEN
		RAISE EXCEPTION 'calendar %: a holiday must be a date', wanted_name USING ERRCODE = '22023';
	END IF;
	SELECT coalesce(array_agg(DISTINCT h.day ORDER BY h.day), '{}') INTO closed_on
	FROM unnest(calendar_define.holidays) AS h (day);
	SELECT coalesce(jsonb_agg(jsonb_build_array(h.weekday, h.from_s, h.to_s) ORDER BY h.weekday, h.from_s), '[]')
	INTO canonical FROM advocacy.calendar_hours(wanted_hours) AS h;

	PERFORM pg_advisory_xact_lock(hashtextextended('advocacy.calendar/' || wanted_name, 0));
	SELECT c.* INTO newest FROM advocacy.calendar AS c WHERE c.name = wanted_name ORDER BY c.version DESC LIMIT 1;
	IF FOUND AND newest.time_zone = wanted_zone AND newest.holidays = closed_on THEN
		IF canonical = (SELECT coalesce(jsonb_agg(jsonb_build_array(h.weekday, h.from_s, h.to_s)
		                                          ORDER BY h.weekday, h.from_s), '[]')
		                FROM advocacy.calendar_hours(newest.weekly_hours) AS h) THEN
			RETURN newest.calendar_id;
		END IF;
	END IF;

	first_day := (at AT TIME ZONE wanted_zone)::date - 1500;
	last_day := (at AT TIME ZONE wanted_zone)::date + 1500;
	INSERT INTO advocacy.calendar (name, version, time_zone, weekly_hours, holidays, laid_from, laid_to, created_at)
	VALUES (wanted_name, coalesce(newest.version, 0) + 1, wanted_zone, wanted_hours, closed_on, first_day, last_day, at)
	RETURNING calendar_id INTO id;
	PERFORM advocacy.calendar_append(id, first_day::timestamp AT TIME ZONE wanted_zone,
	                                 last_day::timestamp AT TIME ZONE wanted_zone);

	IF NOT EXISTS (SELECT FROM advocacy.calendar_span AS s
	               WHERE s.calendar_id = id AND s.closes_at > at AND s.opens_at < at + interval '9600 hours') THEN
		RAISE EXCEPTION 'calendar % has no open second in the next 400 days', wanted_name
			USING ERRCODE = '22023', HINT = 'Name at least one weekday with hours, and not only holidays.';
	END IF;

	INSERT INTO advocacy.audit_log (at, actor, action, subject, details)
	VALUES (at, session_user, 'calendar_define', wanted_name,
	        jsonb_build_object('calendar_id', id, 'version', coalesce(newest.version, 0) + 1, 'time_zone', wanted_zone,
	                           'weekly_hours', wanted_hours, 'holidays', to_jsonb(closed_on)));
	RETURN id;
END
$$;

COMMENT ON FUNCTION advocacy.calendar_define(text, text, jsonb, date[], timestamptz) IS
	'Defines a calendar (zone, weekly hours, holidays); the same definition again answers the same calendar_id.';
