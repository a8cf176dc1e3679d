-- clock_next_at() -> timestamptz
--
-- Purpose:    when clock_fire has something to do next.
-- Returns:    the earliest fire_at of any clock; NULL when none runs towards one.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.clock_next_at()
RETURNS timestamptz
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT min(k.fire_at) FROM advocacy.sla_clock AS k WHERE k.fire_at IS NOT NULL
$$;

COMMENT ON FUNCTION advocacy.clock_next_at() IS 'When the next threshold, breach, escalation or end of a pause is due.';
