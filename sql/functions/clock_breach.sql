-- clock_breach(clock_ids, at) -> integer
--
-- Purpose:    marks running clocks as breached and says so, once. The instant is the computed one (breach_at); when we
--             noticed is apart (detected_at).
-- Parameters: clock_ids  clocks the caller has locked; those that aren't past breach_at, or are breached, are left;
--             at         now.
-- Returns:    how many breached.
-- Writes:     clock_event, sla_clock, outbox. Called by clock_fire, and by clock_move when an event comes first.
CREATE OR REPLACE FUNCTION advocacy.clock_breach(clock_ids bigint[], at timestamptz)
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	breached bigint[];
BEGIN
	WITH logged AS (
		INSERT INTO advocacy.clock_event (clock_id, event, occurred_at, recorded_at)
		SELECT k.clock_id, 'breach', k.breach_at, at FROM advocacy.sla_clock AS k
		WHERE k.clock_id = ANY (clock_ids) AND k.state = 'running' AND k.breached_at IS NULL AND k.breach_at < at
		ORDER BY k.clock_id
		RETURNING clock_id, occurred_at
	), marked AS (
		UPDATE advocacy.sla_clock AS k SET breached_at = l.occurred_at, detected_at = at
		FROM logged AS l WHERE k.clock_id = l.clock_id
		RETURNING k.clock_id
	)
	SELECT array_agg(m.clock_id ORDER BY m.clock_id) INTO breached FROM marked AS m;

	PERFORM advocacy.outbox_put('sla_breach', format('clock:%s:breach:%s', k.clock_id, k.cycle),
	                            advocacy.clock_facts(k.clock_id, at) || jsonb_build_object(
	                                'percent', 100, 'breached_at', advocacy.sync_time_text(k.breached_at)),
	                            2, at)
	FROM (SELECT b.clock_id, b.cycle, b.breached_at FROM advocacy.sla_clock AS b
	      WHERE b.clock_id = ANY (breached) ORDER BY b.clock_id) AS k;
	RETURN coalesce(cardinality(breached), 0);
END
$$;

COMMENT ON FUNCTION advocacy.clock_breach(bigint[], timestamptz) IS
	'Marks those of the given clocks as breached that are past their breach_at, and puts one message each.';
