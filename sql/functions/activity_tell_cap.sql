-- activity_tell_cap(advocate, at) -> void
--
-- Purpose:    tells the CSM that an advocate has been asked for as much as the caps allow: what was just asked took the last of
--             it. Rests between calls are no news: everybody rests after a call.
-- Parameters: advocate  an advocate_id; at  now.
-- Returns:    nothing.
-- Writes:     outbox, once for each time that a cap is reached.
CREATE OR REPLACE FUNCTION advocacy.activity_tell_cap(advocate bigint, at timestamptz)
RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT advocacy.outbox_put('cap_reached', format('cap:%s:%s', activity_tell_cap.advocate, advocacy.sync_time_text(c.free_at)),
		advocacy.consent_facts(activity_tell_cap.advocate) || jsonb_build_object('cap_used', c.used, 'cap_allowed', c.allowed,
			'cap', c.cap, 'until', advocacy.sync_time_text(c.free_at), 'event', 'cap-' || activity_tell_cap.advocate,
			'at', advocacy.sync_time_text(activity_tell_cap.at)), 6, activity_tell_cap.at)
	  FROM advocacy.advocate_caps(activity_tell_cap.advocate, NULL, activity_tell_cap.at) AS c
	 WHERE c.free_at IS NOT NULL AND c.allowed > 0 AND c.cap LIKE ANY ('{in %,calls in %}')
	 ORDER BY c.free_at DESC LIMIT 1
$$;

COMMENT ON FUNCTION advocacy.activity_tell_cap(bigint, timestamptz) IS
	'Tells the CSM, once, that an advocate has been asked for as much as the caps allow.';
