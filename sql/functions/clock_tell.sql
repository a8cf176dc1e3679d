-- clock_tell(clock, kind, at, extra) -> void
--
-- Purpose:    tells people about a clock, once for each thing that happened to it.
-- Parameters: clock; kind  of the message; at  now; extra  facts of this kind, which name the thing (percent, level, ...).
-- Returns:    nothing.
-- Writes:     outbox.
CREATE OR REPLACE FUNCTION advocacy.clock_tell(clock advocacy.sla_clock, kind text, at timestamptz, extra jsonb DEFAULT '{}')
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM advocacy.outbox_put(kind, concat_ws(':', 'clock', clock.clock_id, replace(kind, 'sla_', ''), clock.target_version,
			extra ->> 'percent', extra ->> 'pass', extra ->> 'level', extra ->> 'resumed_at'),
		advocacy.clock_facts(clock, at) || extra, CASE kind WHEN 'sla_breach' THEN 2 WHEN 'sla_escalated' THEN 1 ELSE 3 END, at);
END
$$;

COMMENT ON FUNCTION advocacy.clock_tell(advocacy.sla_clock, text, timestamptz, jsonb) IS
	'Tells people about a clock, once for each thing that happened to it.';
