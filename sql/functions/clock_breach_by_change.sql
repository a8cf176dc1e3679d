-- clock_breach_by_change(clock, changed_at, cause, party, at) -> sla_clock
--
-- Purpose:    records that a clock had used up its new target when it got it: late from the change on, not counted where the
--             team it is owed to wanted the change; and says so.
-- Parameters: clock  the row, which the caller has locked; changed_at, cause, party  of the change, as clock_retarget has
--             them; at  now.
-- Returns:    the row as it is now.
-- Writes:     clock_event, sla_clock, outbox (sla_breach).
CREATE OR REPLACE FUNCTION advocacy.clock_breach_by_change(
	clock advocacy.sla_clock, changed_at timestamptz, cause text, party text, at timestamptz)
RETURNS advocacy.sla_clock
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	clock := advocacy.clock_log(clock, 'breach', changed_at, at, cause, jsonb_build_object('cause', 'retarget', 'excluded',
		coalesce(party = (SELECT p.owed_to FROM advocacy.sla_policy AS p WHERE p.policy_id = clock.policy_id), false)), 100);
	PERFORM advocacy.clock_tell(clock, 'sla_breach', at, jsonb_build_object('percent', 100, 'cause', cause));
	RETURN clock;
END
$$;

COMMENT ON FUNCTION advocacy.clock_breach_by_change(advocacy.sla_clock, timestamptz, text, text, timestamptz) IS
	'Records that a clock had used up its new target when it got it, and says so.';
