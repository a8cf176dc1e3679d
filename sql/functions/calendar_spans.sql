-- calendar_spans(time_zone, weekly_hours, holidays, from_at, to_at) -> opens_at, closes_at
--
-- Purpose:    lays opening hours out on the time line. The rule is membership: an instant is business time when
--             its wall clock lies in the hours and its local date is no holiday. Between two changes of the
--             zone's offset the wall clock is a plain shift of UTC, so the open wall-clock intervals are shifted
--             and cut to each such stretch; gaps and folds of any length need no rule of their own.
-- Parameters: the definition of a calendar; [from_at, to_at), whole seconds.
-- Returns:    the open spans in UTC, in order, merged where they touch.
-- Writes:     nothing.
--
-- Offset changes are found by looking every six hours (no zone changes twice in that time), then to the minute,
-- then to the second. No interval here has a day part: adding days would depend on the session's time zone.
CREATE OR REPLACE FUNCTION advocacy.calendar_spans(
	time_zone text, weekly_hours jsonb, holidays date[], from_at timestamptz, to_at timestamptz)
RETURNS TABLE (opens_at timestamptz, closes_at timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
	WITH coarse AS MATERIALIZED (
		SELECT t, extract(epoch FROM t AT TIME ZONE time_zone)::bigint - extract(epoch FROM t)::bigint AS shift_s
		FROM generate_series(from_at, to_at + interval '6 hours', interval '6 hours') AS t
	), bracket AS (
		SELECT c.t FROM (SELECT t, shift_s, lead(shift_s) OVER (ORDER BY t) AS next_shift_s FROM coarse) AS c
		WHERE c.shift_s <> c.next_shift_s
	), change AS (
		SELECT s AS changed_at
		FROM bracket AS b
		CROSS JOIN generate_series(b.t, b.t + interval '359 minutes', interval '1 minute') AS m
		CROSS JOIN LATERAL generate_series(m + interval '1 second', m + interval '60 seconds', interval '1 second') AS s
		WHERE (m AT TIME ZONE time_zone) + interval '1 minute' <> (m + interval '1 minute') AT TIME ZONE time_zone
		  AND ((s - interval '1 second') AT TIME ZONE time_zone) + interval '1 second' <> s AT TIME ZONE time_zone
	), stretch AS MATERIALIZED (
		SELECT p.begins_at, lead(p.begins_at, 1, to_at) OVER (ORDER BY p.begins_at) AS ends_at,
		       (p.begins_at AT TIME ZONE time_zone) - (p.begins_at AT TIME ZONE 'UTC') AS shift
		FROM (SELECT from_at AS begins_at UNION SELECT changed_at FROM change WHERE changed_at < to_at) AS p
	), wall AS MATERIALIZED (
		SELECT d.day + make_interval(secs => h.from_s) AS opens, d.day + make_interval(secs => h.to_s) AS closes
		FROM generate_series(date_trunc('day', from_at AT TIME ZONE time_zone) - interval '48 hours',
		                     (to_at AT TIME ZONE time_zone) + interval '48 hours', interval '24 hours') AS d (day)
		JOIN advocacy.calendar_hours(weekly_hours) AS h ON h.weekday = extract(isodow FROM d.day)::integer
		WHERE d.day::date <> ALL (holidays)
	)
	SELECT lower(m.span), upper(m.span)
	FROM (
		SELECT unnest(range_agg(tstzrange(greatest(s.begins_at, (w.opens - s.shift) AT TIME ZONE 'UTC'),
		                                  least(s.ends_at, (w.closes - s.shift) AT TIME ZONE 'UTC')))) AS span
		FROM wall AS w
		JOIN stretch AS s ON (w.opens - s.shift) AT TIME ZONE 'UTC' < s.ends_at
		                 AND (w.closes - s.shift) AT TIME ZONE 'UTC' > s.begins_at
	) AS m
	ORDER BY 1
$$;

COMMENT ON FUNCTION advocacy.calendar_spans(text, jsonb, date[], timestamptz, timestamptz) IS
	'The open spans of a calendar definition between two instants, in UTC, merged where they touch.';
