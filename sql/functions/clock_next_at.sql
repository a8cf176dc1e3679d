-- clock_next_at() -> timestamptz
--
-- Purpose:    when clock_fire has something to do next.
-- Returns:    the earliest warn_at, or the moment after the earliest breach_at; NULL when no clock runs towards one.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.clock_next_at()
RETURNS timestamptz
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT least(
		(SELECT min(w.warn_at) FROM advocacy.sla_clock AS w
		 WHERE w.state = 'running' AND w.warned_at IS NULL AND w.breached_at IS NULL),
		(SELECT min(b.breach_at) + interval '1 microsecond' FROM advocacy.sla_clock AS b
		 WHERE b.state = 'running' AND b.breached_at IS NULL))
$$;

COMMENT ON FUNCTION advocacy.clock_next_at() IS 'When the next SLA warning or breach is due.';
