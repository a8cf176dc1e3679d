-- digest_due_at(zone, after) -> timestamptz
--
-- Purpose:    when the week is told next in a time zone, by the policy's digest_day and digest_hour (9 unless it says so).
-- Parameters: zone  as digest_zone names it; after  an instant.
-- Returns:    the first such instant later than `after`; NULL where the policy names no day, or "never".
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.digest_due_at(zone text, after timestamptz)
RETURNS timestamptz
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT min(t.due_at)
	  FROM (SELECT array_position('{mon,tue,wed,thu,fri,sat,sun}', advocacy.policy_setting('digest_day') #>> '{}') - 1 AS day,
	               (advocacy.policy_setting('digest_hour', '9') #>> '{}')::integer AS hour) AS p
	 CROSS JOIN generate_series(0, 1) AS w (week)
	 CROSS JOIN LATERAL (
		SELECT (date_trunc('week', after AT TIME ZONE zone) + make_interval(days => p.day + 7 * w.week, hours => p.hour))
		       AT TIME ZONE zone AS due_at) AS t
	 WHERE t.due_at > after
$$;

COMMENT ON FUNCTION advocacy.digest_due_at(text, timestamptz) IS
	'When the week is told next in a time zone; NULL where the policy says never.';
