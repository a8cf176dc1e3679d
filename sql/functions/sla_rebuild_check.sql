-- sla_rebuild_check() -> clock_id, stored, rebuilt
--
-- Purpose:    proves that the clocks are what the event log says: replays it and compares, to the last bit.
-- Returns:    the clocks that differ, as stored and as rebuilt; none when all is well.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.sla_rebuild_check()
RETURNS TABLE (clock_id bigint, stored jsonb, rebuilt jsonb)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	clock  advocacy.sla_clock;
	replay advocacy.sla_clock;
	past   advocacy.clock_event;
BEGIN
	FOR clock IN SELECT k.* FROM advocacy.sla_clock AS k ORDER BY k.clock_id LOOP
		replay := NULL;
		replay.clock_id := clock.clock_id;
		replay.request_id := clock.request_id;
		replay.metric := clock.metric;
		replay.cycle := clock.cycle;
		replay.policy_id := clock.policy_id;
		replay.calendar_id := clock.calendar_id;
		SELECT p.target_s INTO replay.target_s FROM advocacy.sla_policy AS p WHERE p.policy_id = clock.policy_id;
		FOR past IN SELECT e.* FROM advocacy.clock_event AS e WHERE e.clock_id = clock.clock_id ORDER BY e.event_id LOOP
			replay := advocacy.clock_apply(replay, past.event, past.occurred_at, past.recorded_at);
		END LOOP;
		IF replay IS DISTINCT FROM clock THEN
			RETURN QUERY SELECT clock.clock_id, to_jsonb(clock), to_jsonb(replay);
		END IF;
	END LOOP;
END
$$;

COMMENT ON FUNCTION advocacy.sla_rebuild_check() IS
	'Clocks that differ from what their event log says: none, or something is wrong.';
