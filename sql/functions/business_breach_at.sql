-- business_breach_at(calendar, start_at, seconds) -> timestamptz
--
-- Purpose:    the instant after which that much business time is exceeded: what is acted on. Nothing breaches while
--             closed.
-- Parameters: calendar  by name, newest version; start_at  any instant; seconds  business time, not negative.
-- Returns:    the last instant with no more than that much used: 8 hours from Monday 09:00 in 09:00-17:00 are not
--             exceeded until Tuesday 09:00. Raises P0002, 22023, 22008 as business_due_at.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.business_breach_at(calendar text, start_at timestamptz, seconds bigint)
RETURNS timestamptz
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN advocacy.calendar_breach_at(advocacy.calendar_newest(calendar), start_at, seconds);
END
$$;

COMMENT ON FUNCTION advocacy.business_breach_at(text, timestamptz, bigint) IS
	'The last instant at which no more than that much business time of the calendar is used since start_at.';
