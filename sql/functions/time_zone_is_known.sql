-- time_zone_is_known(zone) -> boolean
--
-- Purpose:    whether PostgreSQL can reckon in a time zone that a source names. (The view of all names reads all their files.)
-- Parameters: zone  such as Europe/Berlin.
-- Returns:    yes or no; no for NULL.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.time_zone_is_known(zone text)
RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (timestamp '2000-01-01' AT TIME ZONE zone) IS NOT NULL;
EXCEPTION WHEN invalid_parameter_value THEN
	RETURN false;
END
$$;

COMMENT ON FUNCTION advocacy.time_zone_is_known(text) IS 'Whether PostgreSQL knows a time zone by this name.';
