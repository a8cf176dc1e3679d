-- deadlines_fire(at, fresh) -> fired, next_at
--
-- Purpose:    does everything that is due: consents that end, risks that have been well long enough, advocates who don't
--             answer, SLA thresholds, breaches and escalations, weekly digests, stale sources; and lengthens the calendars where that is needed. Where nobody looked for a while,
--             it writes down for how long.
-- Parameters: at  now; fresh  the session is new: time zones are compared, as they are daily.
-- Returns:    one row: how much fired, and when to call again (NULL: no deadline).
-- Writes:     what consent_fire, risk_fire, clock_lapse, clock_fire, digest_fire, source_fire and calendar_extend write; deadline_look, audit_log.
--
-- Locks are taken in the order advocate, request, clock everywhere, so deadlines_lock goes first; clock_fire waits for none.
CREATE OR REPLACE FUNCTION advocacy.deadlines_fire(at timestamptz DEFAULT now(), fresh boolean DEFAULT false)
RETURNS TABLE (fired integer, next_at timestamptz)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	last_look  timestamptz;
	last_zones timestamptz;
BEGIN
	SELECT l.looked_at, l.zones_at INTO last_look, last_zones FROM advocacy.deadline_look AS l;
	PERFORM advocacy.calendar_extend(at);
	PERFORM advocacy.deadlines_lock(at);
	fired := advocacy.consent_fire(at) + coalesce(advocacy.risk_fire(at), 0) + advocacy.digest_fire(at);
	PERFORM advocacy.source_fire(at); -- no deadline: the daemon looks every minute
	fired := fired + advocacy.request_fire(at) + advocacy.clock_lapse(at);
	IF fresh OR last_zones IS NULL OR at - last_zones > interval '24 hours' THEN
		PERFORM advocacy.calendar_check_zones(at); -- it waits for clocks
		last_zones := at;
	END IF;
	fired := fired + advocacy.clock_fire(at);

	IF at - last_look > interval '5 minutes' THEN
		INSERT INTO advocacy.audit_log (at, actor, action, subject, details)
		VALUES (at, session_user, 'deadlines_blind', 'deadlines', jsonb_build_object(
			'since', advocacy.sync_time_text(last_look), 'seconds', extract(epoch FROM at - last_look)::bigint, 'fired', fired));
	END IF;
	INSERT INTO advocacy.deadline_look AS l (looked_at, zones_at) VALUES (at, last_zones)
	ON CONFLICT (single) DO UPDATE SET looked_at = greatest(l.looked_at, excluded.looked_at), zones_at = excluded.zones_at;
	next_at := advocacy.deadline_next();
	IF next_at <= at THEN -- passed over, since somebody is at it: soon again, but without spinning
		next_at := at + interval '200 milliseconds';
	END IF;
	RETURN NEXT;
END
$$;

COMMENT ON FUNCTION advocacy.deadlines_fire(timestamptz, boolean) IS
	'Fires every deadline that is due and answers how many, and when the next one is.';
