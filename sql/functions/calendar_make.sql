-- calendar_make(name, time_zone, weekly_hours, holidays, at) -> bigint
--
-- Purpose:    makes the next version of a calendar, whatever the last one is. It is laid out from 1,500 days before to 1,500
--             days after today; calendar_extend lengthens it day by day.
-- Parameters: as calendar_define, which checks them and locks the name.
-- Returns:    calendar_id. Raises 22023 for a calendar without an open second in 400 days.
-- Writes:     calendar, calendar_span, calendar_page, audit_log.
CREATE OR REPLACE FUNCTION advocacy.calendar_make(
	name text, time_zone text, weekly_hours jsonb, holidays date[], at timestamptz)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	this      constant text := calendar_make.name;
	zone      constant text := calendar_make.time_zone;
	first_day constant date := (at AT TIME ZONE zone)::date - 1500;
	last_day  constant date := (at AT TIME ZONE zone)::date + 1500;
	made      integer;
	id        bigint;
BEGIN
	INSERT INTO advocacy.calendar AS c (name, version, time_zone, weekly_hours, holidays, laid_from, laid_to, created_at)
	SELECT this, coalesce(max(o.version), 0) + 1, zone, calendar_make.weekly_hours, calendar_make.holidays, first_day, last_day, at
	FROM advocacy.calendar AS o WHERE o.name = this
	RETURNING c.calendar_id, c.version INTO id, made;
	PERFORM advocacy.calendar_append(id, first_day::timestamp AT TIME ZONE zone, last_day::timestamp AT TIME ZONE zone);

	IF NOT EXISTS (SELECT FROM advocacy.calendar_span AS s
	               WHERE s.calendar_id = id AND s.closes_at > at AND s.opens_at < at + interval '9600 hours') THEN
		RAISE EXCEPTION 'calendar % has no open second in the next 400 days', this
			USING ERRCODE = '22023', HINT = 'Name at least one weekday with hours, and not only holidays.';
	END IF;

	INSERT INTO advocacy.audit_log (at, actor, action, subject, details)
	VALUES (at, session_user, 'calendar_define', this,
	        jsonb_build_object('calendar_id', id, 'version', made, 'time_zone', zone,
	                           'weekly_hours', calendar_make.weekly_hours, 'holidays', to_jsonb(calendar_make.holidays)));
	RETURN id;
END
$$;

COMMENT ON FUNCTION advocacy.calendar_make(text, text, jsonb, date[], timestamptz) IS
	'Makes the next version of a calendar; calendar_define and calendar_check_zones use it.';
