-- business_before(calendar, end_at, seconds) -> timestamptz
--
-- Purpose:    that much business time before the end: when one must begin, at the latest, to be done by then.
-- Parameters: calendar  by name, newest version; end_at  any instant; seconds  business time, not negative.
-- Returns:    the last instant from which that much remains: 8 hours before Monday 17:00 in 09:00-17:00 is Monday
--             09:00. Raises P0002, 22023, 22008 as business_due_at.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.business_before(calendar text, end_at timestamptz, seconds bigint)
RETURNS timestamptz
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN advocacy.calendar_before(advocacy.calendar_newest(calendar), end_at, seconds);
END
$$;

COMMENT ON FUNCTION advocacy.business_before(text, timestamptz, bigint) IS
	'The last instant from which that much business time of the calendar remains until end_at.';
