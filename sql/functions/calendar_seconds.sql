-- calendar_seconds(calendar_id, from_at, to_at) -> bigint
--
-- Purpose:    business_seconds for one version of a calendar.
-- Parameters: calendar_id  the version; from_at, to_at  any instants.
-- Returns:    whole seconds of business time between them, negative when to_at is before from_at. Additive: each end
--             is rounded down on its own. Raises 22008 beyond the layout.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.calendar_seconds(calendar_id bigint, from_at timestamptz, to_at timestamptz)
RETURNS bigint
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN floor(advocacy.calendar_position(calendar_id, to_at))::bigint
	       - floor(advocacy.calendar_position(calendar_id, from_at))::bigint;
END
$$;

COMMENT ON FUNCTION advocacy.calendar_seconds(bigint, timestamptz, timestamptz) IS
	'Business seconds between two instants, on one version of a calendar.';
