-- outbox_calendar(owner) -> bigint
--
-- Purpose:    whose hours a person keeps: the policy's quiet_calendar, or of several the one in the person's own time zone.
-- Parameters: owner  an e-mail address.
-- Returns:    the calendar_id of its newest version; NULL where the policy names none.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.outbox_calendar(owner text)
RETURNS bigint
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT c.calendar_id
	  FROM jsonb_array_elements_text(advocacy.policy_setting('quiet_calendars', '[]')) WITH ORDINALITY AS q (name, place)
	  JOIN advocacy.calendar AS c ON c.name = q.name
	 ORDER BY c.time_zone = (SELECT s.time_zone FROM advocacy.staff AS s
	                          WHERE lower(s.email) = outbox_calendar.owner AND s.time_zone IS NOT NULL
	                          ORDER BY s.staff_id LIMIT 1) DESC NULLS LAST, q.place, c.version DESC
	 LIMIT 1
$$;

COMMENT ON FUNCTION advocacy.outbox_calendar(text) IS
	'The quiet calendar of a person: that in their own time zone first; NULL where the policy names none.';
