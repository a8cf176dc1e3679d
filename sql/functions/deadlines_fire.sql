-- deadlines_fire(at) -> fired, next_at
--
-- Purpose:    does everything that is due: consents that end, risks that have been well long enough, SLA warnings and breaches; and
--             lengthens the calendars where that is needed.
-- Parameters: at  now.
-- Returns:    one row: how much fired, and when to call again (NULL: no deadline).
-- Writes:     what consent_fire, risk_fire, clock_fire and calendar_extend write.
--
-- Locks are taken in the order advocate, request, clock everywhere, so consents and risks go first; clock_fire waits for none.
CREATE OR REPLACE FUNCTION advocacy.deadlines_fire(at timestamptz DEFAULT now())
RETURNS TABLE (fired integer, next_at timestamptz)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM advocacy.calendar_extend(at);
	fired := advocacy.consent_fire(at) + coalesce(advocacy.risk_fire(at), 0);
	fired := fired + advocacy.clock_fire(at);
	next_at := advocacy.deadline_next();
	IF next_at <= at THEN -- passed over, since somebody is at it: soon again, but without spinning
		next_at := at + interval '200 milliseconds';
	END IF;
	RETURN NEXT;
END
$$;

COMMENT ON FUNCTION advocacy.deadlines_fire(timestamptz) IS
	'Fires every deadline that is due and answers how many, and when the next one is.';
