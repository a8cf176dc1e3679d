-- caution_next_at: when the next digest of cautions is due: when the week after the first that is in no digest yet begins to
-- be worked in, by the policy's review_calendar, else by the first of its quiet_calendars; where there is neither, on
-- Monday at 08:00 UTC.
-- Returns: an instant (in the past: at once); NULL where there is nothing to tell. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.caution_next_at() RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce((SELECT min(greatest(p.opens_at, w.monday)) FROM advocacy.calendar_span AS p
	                  WHERE p.calendar_id = k.calendar_id AND p.closes_at > w.monday), w.monday + interval '8 hours')
	  FROM (SELECT min(s.opened_at) AS opened_at FROM advocacy.suspension AS s
	         WHERE s.closed_at IS NULL AND s.severity = 'caution' AND s.digested_at IS NULL) AS f
	  LEFT JOIN LATERAL (
		SELECT c.calendar_id, c.time_zone FROM advocacy.calendar AS c
		 WHERE c.name = coalesce(advocacy.policy_setting('review_calendar') #>> '{}',
		                         advocacy.policy_setting('quiet_calendars') ->> 0)
		 ORDER BY c.version DESC LIMIT 1) AS k ON true
	 CROSS JOIN LATERAL (SELECT coalesce(k.time_zone, 'UTC') AS zone) AS z
	 CROSS JOIN LATERAL (
		SELECT (date_trunc('week', f.opened_at AT TIME ZONE z.zone) + interval '7 days') AT TIME ZONE z.zone AS monday) AS w
	 WHERE f.opened_at IS NOT NULL
$$;
COMMENT ON FUNCTION advocacy.caution_next_at() IS
	'When the next digest of cautions is due: Monday morning after the first of them; NULL where there is none.';
