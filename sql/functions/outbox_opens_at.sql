-- outbox_opens_at(owner, at) -> timestamptz
--
-- Purpose:    when a person may be disturbed.
-- Parameters: owner  an e-mail address; at  now.
-- Returns:    `at` when that is within the hours of outbox_calendar, else when they begin next; `at` where there is no calendar.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.outbox_opens_at(owner text, at timestamptz)
RETURNS timestamptz
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce((
		SELECT greatest(outbox_opens_at.at, min(s.opens_at))
		  FROM advocacy.calendar_span AS s
		 WHERE s.closes_at > outbox_opens_at.at AND s.calendar_id = advocacy.outbox_calendar(outbox_opens_at.owner)),
		outbox_opens_at.at)
$$;

COMMENT ON FUNCTION advocacy.outbox_opens_at(text, timestamptz) IS
	'When a person may be told something: within the quiet calendar''s hours, the person''s own time zone first.';
