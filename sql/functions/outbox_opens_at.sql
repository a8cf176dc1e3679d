-- outbox_opens_at(owner, at) -> timestamptz
--
-- Purpose:    when a person may be disturbed: the policy's quiet_calendar, or of several the one in the person's own time
--             zone.
-- Parameters: owner  an e-mail address; at  now.
-- Returns:    `at` when that is within the calendar's hours, else when they begin next; `at` where there is no calendar.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.outbox_opens_at(owner text, at timestamptz)
RETURNS timestamptz
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce((
		SELECT greatest(outbox_opens_at.at, min(s.opens_at))
		  FROM advocacy.calendar_span AS s
		 WHERE s.closes_at > outbox_opens_at.at AND s.calendar_id = (
			SELECT c.calendar_id
			  FROM jsonb_array_elements_text(advocacy.policy_setting('quiet_calendars', '[]')) WITH ORDINALITY AS q (name, place)
			  JOIN advocacy.calendar AS c ON c.name = q.name
			 ORDER BY c.time_zone = (SELECT s.time_zone FROM advocacy.staff AS s
			                          WHERE lower(s.email) = outbox_opens_at.owner AND s.time_zone IS NOT NULL
			                          ORDER BY s.staff_id LIMIT 1) DESC NULLS LAST, q.place, c.version DESC
			 LIMIT 1)), outbox_opens_at.at)
$$;

COMMENT ON FUNCTION advocacy.outbox_opens_at(text, timestamptz) IS
	'When a person may be told something: within the quiet calendar''s hours, the person''s own time zone first.';
