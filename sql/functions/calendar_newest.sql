-- calendar_newest(name) -> bigint
--
-- Purpose:    the newest version of a calendar.
-- Parameters: name  as in calendar_define.
-- Returns:    calendar_id. Raises P0002 when there is none.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.calendar_newest(name text)
RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	id bigint;
BEGIN
	SELECT c.calendar_id INTO id FROM advocacy.calendar AS c
	WHERE c.name = calendar_newest.name ORDER BY c.version DESC LIMIT 1;
	IF id IS NULL THEN
		RAISE EXCEPTION 'there is no calendar "%"', coalesce(calendar_newest.name, 'null')
			USING ERRCODE = 'P0002', HINT = 'calendar_define makes one; SELECT DISTINCT name FROM advocacy.calendar lists them.';
	END IF;
	RETURN id;
END
$$;

COMMENT ON FUNCTION advocacy.calendar_newest(text) IS 'The newest version of a calendar, by name.';
