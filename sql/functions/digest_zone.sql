-- digest_zone(owner) -> text
--
-- Purpose:    in whose morning a person is told of the week.
-- Parameters: owner  an e-mail address in small letters; NULL: the program itself.
-- Returns:    the person's own time zone, as a source knows it; else that of the policy's review_calendar, else of the first
--             of its quiet_calendars, else UTC. A zone that PostgreSQL doesn't know counts as none.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.digest_zone(owner text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(
		(SELECT s.time_zone FROM advocacy.staff AS s
		  WHERE lower(s.email) = digest_zone.owner AND s.time_zone IS NOT NULL AND NOT s.deleted
		    AND advocacy.time_zone_is_known(s.time_zone)
		  ORDER BY s.staff_id LIMIT 1),
		(SELECT c.time_zone FROM advocacy.calendar AS c
		  WHERE c.name = coalesce(advocacy.policy_setting('review_calendar') #>> '{}',
		                          advocacy.policy_setting('quiet_calendars') ->> 0)
		  ORDER BY c.version DESC LIMIT 1),
		'UTC')
$$;

COMMENT ON FUNCTION advocacy.digest_zone(text) IS 'The time zone in which a person, or NULL: the program, is told of the week.';
