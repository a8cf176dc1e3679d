-- business_seconds(calendar, from_at, to_at) -> bigint
--
-- Purpose:    how much business time lies between two instants.
-- Parameters: calendar  by name, newest version; from_at, to_at  any instants.
-- Returns:    whole seconds, additive, negative when to_at is before from_at. Raises P0002, 22008 as business_due_at.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.business_seconds(calendar text, from_at timestamptz, to_at timestamptz)
RETURNS bigint
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN advocacy.calendar_seconds(advocacy.calendar_newest(calendar), from_at, to_at);
END
$$;

COMMENT ON FUNCTION advocacy.business_seconds(text, timestamptz, timestamptz) IS
	'Business seconds of the calendar between two instants.';
