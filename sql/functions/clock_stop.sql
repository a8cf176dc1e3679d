-- clock_stop(clock, at) -> sla_clock
--
-- Purpose:    closes what a clock has run until now as a span. An instant that lies before the last span's end (a truth that
--             reached us late) cuts the spans there.
-- Parameters: clock; at  when it stopped.
-- Returns:    the clock with its spans and their sum, running_since NULL. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.clock_stop(clock advocacy.sla_clock, at timestamptz)
RETURNS advocacy.sla_clock
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	spans integer := cardinality(clock.span_to);
BEGIN
	IF clock.running_since < at THEN
		clock.span_from := clock.span_from || clock.running_since;
		clock.span_to := clock.span_to || at;
		clock.span_owner := clock.span_owner || clock.owner;
		clock.spent_s := clock.spent_s + advocacy.calendar_seconds(clock.calendar_id, clock.running_since, at);
	ELSIF spans > 0 AND clock.span_to[spans] > at THEN
		SELECT coalesce(array_agg(s.from_at ORDER BY s.n), '{}'), coalesce(array_agg(least(s.to_at, at) ORDER BY s.n), '{}'),
		       coalesce(array_agg(s.owner ORDER BY s.n), '{}'),
		       coalesce(sum(advocacy.calendar_seconds(clock.calendar_id, s.from_at, least(s.to_at, at))), 0)
		INTO clock.span_from, clock.span_to, clock.span_owner, clock.spent_s
		FROM unnest(clock.span_from, clock.span_to, clock.span_owner) WITH ORDINALITY AS s (from_at, to_at, owner, n)
		WHERE s.from_at < at;
	END IF;
	clock.running_since := NULL;
	RETURN clock;
END
$$;

COMMENT ON FUNCTION advocacy.clock_stop(advocacy.sla_clock, timestamptz) IS
	'Closes what a clock has run as a span, or cuts its spans at an earlier instant.';
