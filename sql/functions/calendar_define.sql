-- calendar_define(name, time_zone, weekly_hours, holidays, at) -> bigint
--
-- Purpose:    defines a calendar. Versions are immutable: the definition it already has answers the same id, another
--             one makes the next version, and clocks that run stay on theirs, but for one that differs in holidays to come
--             alone: those hold for open clocks too.
-- Parameters: name          the operator's;
--             time_zone     an IANA name;
--             weekly_hours  {"mon": [["09:00","17:00"]], ...}, see calendar_hours;
--             holidays      local dates on which it is closed; NULL means none;
--             at            today, for tests.
-- Returns:    calendar_id. Raises 22023 for a name, zone, hours or holidays that can't be meant, and for a calendar
--             without an open second in 400 days.
-- Writes:     calendar, calendar_span, calendar_page, audit_log; what calendar_follow writes.
CREATE OR REPLACE FUNCTION advocacy.calendar_define(
	name text, time_zone text, weekly_hours jsonb, holidays date[] DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS bigint
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	newest constant bigint := (SELECT max(c.calendar_id) FROM advocacy.calendar AS c WHERE c.name = calendar_define.name);
	id     constant bigint := advocacy.calendar_renew(calendar_define.name, calendar_define.time_zone,
		calendar_define.weekly_hours, calendar_define.holidays, calendar_define.at);
BEGIN
	IF id <> newest THEN
		PERFORM advocacy.calendar_follow(ARRAY[id], calendar_define.at);
	END IF;
	RETURN id;
END
$$;

COMMENT ON FUNCTION advocacy.calendar_define(text, text, jsonb, date[], timestamptz) IS
	'Defines a calendar (zone, weekly hours, holidays); the same definition again answers the same calendar_id.';
