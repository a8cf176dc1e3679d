-- clock_unbreach(clock, at, evidence, ended_at) -> sla_clock
--
-- Purpose:    takes back a breach that the truth, which reached us late, shows never was; and says so to whom it was told.
-- Parameters: clock  the row, which the caller has locked; at  now; evidence  why; ended_at  for a clock that has ended: when
--             it truly did.
-- Returns:    the row as it is now.
-- Writes:     clock_event, sla_clock, outbox (sla_corrected).
CREATE OR REPLACE FUNCTION advocacy.clock_unbreach(
	clock advocacy.sla_clock, at timestamptz, evidence text, ended_at timestamptz DEFAULT NULL)
RETURNS advocacy.sla_clock
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	was constant timestamptz := clock.breached_at;
BEGIN
	clock := advocacy.clock_log(clock, 'correct', at, at, evidence,
		jsonb_strip_nulls(jsonb_build_object('breached_at', was, 'ended_at', clock_unbreach.ended_at)));
	PERFORM advocacy.clock_tell(clock, 'sla_corrected', at,
		jsonb_build_object('breached_at', advocacy.sync_time_text(was), 'proof', evidence));
	RETURN clock;
END
$$;

COMMENT ON FUNCTION advocacy.clock_unbreach(advocacy.sla_clock, timestamptz, text, timestamptz) IS
	'Takes back a breach that the truth, which reached us late, shows never was.';
