-- clock_elapsed(clock, at) -> bigint
--
-- Purpose:    how many business seconds a clock has used when it is `at`.
-- Parameters: clock; at  now.
-- Returns:    the sum of its spans and of what runs. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.clock_elapsed(clock advocacy.sla_clock, at timestamptz)
RETURNS bigint
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN clock.spent_s + CASE WHEN clock.running_since < at
		THEN advocacy.calendar_seconds(clock.calendar_id, clock.running_since, at) ELSE 0 END;
END
$$;

COMMENT ON FUNCTION advocacy.clock_elapsed(advocacy.sla_clock, timestamptz) IS 'Business seconds a clock has used at an instant.';
