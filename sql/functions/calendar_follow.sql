-- calendar_follow(calendars, at) -> integer
--
-- Purpose:    a holiday to come holds for what is open already; anything else that a new version of a calendar brings only for
--             what begins from now on.
-- Parameters: calendars  calendar_ids of new versions, onto each of which clocks of the one before may be put; at  now.
-- Returns:    how many clocks were moved.
-- Writes:     what clock_recalendar writes.
CREATE OR REPLACE FUNCTION advocacy.calendar_follow(calendars bigint[], at timestamptz)
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	befores bigint[];
	afters  bigint[];
BEGIN
	SELECT array_agg(b.calendar_id ORDER BY n.calendar_id), array_agg(n.calendar_id ORDER BY n.calendar_id)
	  INTO befores, afters
	  FROM advocacy.calendar AS n
	  JOIN advocacy.calendar AS b ON b.name = n.name AND b.version = n.version - 1 AND b.time_zone = n.time_zone
	 WHERE n.calendar_id = ANY (calendar_follow.calendars)
	   AND (SELECT jsonb_agg(h ORDER BY h.weekday, h.from_s) FROM advocacy.calendar_hours(b.weekly_hours) AS h)
	       = (SELECT jsonb_agg(h ORDER BY h.weekday, h.from_s) FROM advocacy.calendar_hours(n.weekly_hours) AS h)
	   AND NOT EXISTS (
		SELECT FROM unnest(b.holidays || n.holidays) AS h (day) GROUP BY h.day
		HAVING count(*) = 1 AND h.day <= (calendar_follow.at AT TIME ZONE n.time_zone)::date);
	RETURN advocacy.clock_recalendar(befores, afters, 'holiday', calendar_follow.at);
END
$$;

COMMENT ON FUNCTION advocacy.calendar_follow(bigint[], timestamptz) IS
	'Puts open clocks onto new versions of their calendars where those differ in holidays to come alone.';
