-- calendar_follow(calendar, at) -> integer
--
-- Purpose:    a holiday to come holds for what is open already; anything else that a new version of a calendar brings only for
--             what begins from now on.
-- Parameters: calendar  calendar_id of the new version, which clocks of the one before may be put onto; at  now.
-- Returns:    how many clocks were moved.
-- Writes:     what clock_recalendar writes. Locks the clocks in id order.
CREATE OR REPLACE FUNCTION advocacy.calendar_follow(calendar bigint, at timestamptz)
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	was advocacy.calendar;
	now_is advocacy.calendar;
BEGIN
	SELECT c.* INTO STRICT now_is FROM advocacy.calendar AS c WHERE c.calendar_id = calendar_follow.calendar;
	SELECT c.* INTO was FROM advocacy.calendar AS c WHERE c.name = now_is.name AND c.version = now_is.version - 1;
	IF was.time_zone IS DISTINCT FROM now_is.time_zone
	   OR (SELECT jsonb_agg(h ORDER BY h.weekday, h.from_s) FROM advocacy.calendar_hours(was.weekly_hours) AS h)
	      IS DISTINCT FROM (SELECT jsonb_agg(h ORDER BY h.weekday, h.from_s) FROM advocacy.calendar_hours(now_is.weekly_hours) AS h)
	   OR EXISTS (
		SELECT FROM unnest(was.holidays || now_is.holidays) AS h (day) GROUP BY h.day
		HAVING count(*) = 1 AND h.day <= (calendar_follow.at AT TIME ZONE now_is.time_zone)::date) THEN
		RETURN 0;
	END IF;
	RETURN advocacy.clock_recalendar(was.calendar_id, now_is.calendar_id, 'holiday', calendar_follow.at);
END
$$;

COMMENT ON FUNCTION advocacy.calendar_follow(bigint, timestamptz) IS
	'Puts open clocks onto a new version of their calendar where that differs in holidays to come alone.';
