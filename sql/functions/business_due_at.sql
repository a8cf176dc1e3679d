-- business_due_at(calendar, start_at, seconds) -> timestamptz
--
-- Purpose:    when that much business time is used: the instant that people are shown.
-- Parameters: calendar  by name, newest version; start_at  any instant; seconds  business time, not negative.
-- Returns:    the first such instant: 8 hours from Monday 09:00 in 09:00-17:00 are used on Monday 17:00.
--             Raises P0002 for an unknown calendar, 22023 for negative seconds, 22008 beyond the layout.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.business_due_at(calendar text, start_at timestamptz, seconds bigint)
RETURNS timestamptz
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	answer timestamptz;
BEGIN
	SELECT d.due_at INTO answer
	FROM (SELECT c.calendar_id FROM advocacy.calendar AS c
	      WHERE c.name = business_due_at.calendar ORDER BY c.version DESC LIMIT 1) AS n
	CROSS JOIN LATERAL advocacy.calendar_due(n.calendar_id, start_at, seconds) AS d;
	IF answer IS NULL THEN
		answer := advocacy.calendar_due_at(advocacy.calendar_newest(calendar), start_at, seconds);
	END IF;
	RETURN answer;
END
$$;

COMMENT ON FUNCTION advocacy.business_due_at(text, timestamptz, bigint) IS
	'The first instant at which that much business time of the calendar is used since start_at.';
