-- clock_breach(clock, at) -> sla_clock
--
-- Purpose:    records that a running clock is past its breach_at. The instant is the computed one; when we noticed is apart
--             (detected_at). Where the source of the facts couldn't be read at that time, it is unverified.
-- Parameters: clock  the row, which the caller has locked; at  now.
-- Returns:    the row as it is now. The caller tells people.
-- Writes:     clock_event, sla_clock.
CREATE OR REPLACE FUNCTION advocacy.clock_breach(clock advocacy.sla_clock, at timestamptz)
RETURNS advocacy.sla_clock
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT advocacy.clock_log(clock, 'breach', clock.breach_at, at, NULL, jsonb_strip_nulls(jsonb_build_object('cause', 'time',
		'unverified', advocacy.clock_blind_source(clock.subject_kind, clock.subject_id, clock.breach_at))), 100)
$$;

COMMENT ON FUNCTION advocacy.clock_breach(advocacy.sla_clock, timestamptz) IS
	'Records that a running clock is past its breach_at, at the computed instant.';
