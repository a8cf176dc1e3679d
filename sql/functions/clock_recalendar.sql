-- clock_recalendar(from_calendars, to_calendars, cause, at) -> integer
--
-- Purpose:    puts the open clocks of calendar versions onto other ones, each on its own promise.
-- Parameters: from_calendars, to_calendars  calendar_ids, each the one behind the other; cause  holiday or tzdata; at  now.
-- Returns:    how many.
-- Writes:     as clock_retarget. Locks the clocks in id order, whatever their calendars: a request has some on several.
CREATE OR REPLACE FUNCTION advocacy.clock_recalendar(from_calendars bigint[], to_calendars bigint[], cause text, at timestamptz)
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	one   record;
	moved integer := 0;
BEGIN
	FOR one IN
		SELECT k AS clock, m.to_calendar
		  FROM unnest(from_calendars, to_calendars) AS m (from_calendar, to_calendar)
		  JOIN advocacy.sla_clock AS k ON k.calendar_id = m.from_calendar AND k.ended_at IS NULL
		 ORDER BY k.clock_id FOR UPDATE OF k
	LOOP
		PERFORM advocacy.clock_retarget(one.clock, (one.clock).policy_id, one.to_calendar, cause, NULL, at);
		moved := moved + 1;
	END LOOP;
	RETURN moved;
END
$$;

COMMENT ON FUNCTION advocacy.clock_recalendar(bigint[], bigint[], text, timestamptz) IS
	'Puts the open clocks of calendar versions onto other ones.';
