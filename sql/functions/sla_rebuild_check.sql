-- sla_rebuild_check(clock_ids) -> clock_id, stored, rebuilt
--
-- Purpose:    proves that the clocks are what the event log says: replays each from nothing but its events and compares, to
--             the last bit. It writes nothing, so it can't harm a clock that has ended.
-- Parameters: clock_ids  which; NULL for all.
-- Returns:    the clocks that differ, as stored and as rebuilt; none when all is well.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.sla_rebuild_check(clock_ids bigint[] DEFAULT NULL)
RETURNS TABLE (clock_id bigint, stored jsonb, rebuilt jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	clock  advocacy.sla_clock;
	replay advocacy.sla_clock;
	past   advocacy.clock_event;
BEGIN
	FOR clock IN
		SELECT k.* FROM advocacy.sla_clock AS k WHERE clock_ids IS NULL OR k.clock_id = ANY (clock_ids) ORDER BY k.clock_id
	LOOP
		replay := NULL;
		FOR past IN SELECT e.* FROM advocacy.clock_event AS e WHERE e.clock_id = clock.clock_id ORDER BY e.event_id LOOP
			replay := advocacy.clock_apply(replay, past);
		END LOOP;
		IF replay IS DISTINCT FROM clock THEN
			RETURN QUERY SELECT clock.clock_id, to_jsonb(clock), to_jsonb(replay);
		END IF;
	END LOOP;
END
$$;

COMMENT ON FUNCTION advocacy.sla_rebuild_check(bigint[]) IS
	'Clocks that differ from what their event log says: none, or something is wrong.';
