-- clock_recalendar(from_calendar, to_calendar, cause, at) -> integer
--
-- Purpose:    puts the open clocks of a calendar version onto another one, each on its own promise.
-- Parameters: from_calendar, to_calendar  calendar_ids; cause  holiday or tzdata; at  now.
-- Returns:    how many.
-- Writes:     as clock_retarget. Locks the clocks in id order.
CREATE OR REPLACE FUNCTION advocacy.clock_recalendar(from_calendar bigint, to_calendar bigint, cause text, at timestamptz)
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	clock advocacy.sla_clock;
	moved integer := 0;
BEGIN
	FOR clock IN
		SELECT k.* FROM advocacy.sla_clock AS k WHERE k.calendar_id = from_calendar AND k.ended_at IS NULL
		ORDER BY k.clock_id FOR UPDATE
	LOOP
		PERFORM advocacy.clock_retarget(clock, clock.policy_id, to_calendar, cause, NULL, at);
		moved := moved + 1;
	END LOOP;
	RETURN moved;
END
$$;

COMMENT ON FUNCTION advocacy.clock_recalendar(bigint, bigint, text, timestamptz) IS
	'Puts the open clocks of a calendar version onto another one.';
