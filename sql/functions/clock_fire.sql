-- clock_fire(at) -> integer
--
-- Purpose:    writes every warning and breach that is due, its mark and its message in one transaction, each exactly
--             once. A clock past both says only that it breached.
-- Parameters: at  now. A warning is due at warn_at, a breach later than breach_at.
-- Returns:    how many fired.
-- Writes:     clock_event, sla_clock, outbox.
--
-- A clock that somebody is moving at this moment is passed over, so nobody ever waits for a lock behind this: its
-- deadline still stands afterwards, or the move itself has recorded the breach.
CREATE OR REPLACE FUNCTION advocacy.clock_fire(at timestamptz DEFAULT now())
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	due      bigint[];
	warned   bigint[];
	breached integer;
BEGIN
	SELECT array_agg(l.clock_id ORDER BY l.clock_id) INTO due
	FROM (SELECT k.clock_id FROM advocacy.sla_clock AS k
	      WHERE k.clock_id IN (
	          SELECT b.clock_id FROM advocacy.sla_clock AS b
	          WHERE b.state = 'running' AND b.breached_at IS NULL AND b.breach_at < at
	          UNION
	          SELECT w.clock_id FROM advocacy.sla_clock AS w
	          WHERE w.state = 'running' AND w.warned_at IS NULL AND w.breached_at IS NULL AND w.warn_at <= at)
	      ORDER BY k.clock_id
	      FOR UPDATE SKIP LOCKED) AS l;
	IF due IS NULL THEN
		RETURN 0;
	END IF;
	breached := advocacy.clock_breach(due, at);

	WITH logged AS (
		INSERT INTO advocacy.clock_event (clock_id, event, occurred_at, recorded_at)
		SELECT k.clock_id, 'warn', k.warn_at, at FROM advocacy.sla_clock AS k
		WHERE k.clock_id = ANY (due) AND k.state = 'running' AND k.warned_at IS NULL AND k.breached_at IS NULL
		  AND k.warn_at <= at
		ORDER BY k.clock_id
		RETURNING clock_id, occurred_at
	), marked AS (
		UPDATE advocacy.sla_clock AS k SET warned_at = l.occurred_at
		FROM logged AS l WHERE k.clock_id = l.clock_id
		RETURNING k.clock_id
	)
	SELECT array_agg(m.clock_id ORDER BY m.clock_id) INTO warned FROM marked AS m;

	PERFORM advocacy.outbox_put('sla_warning', format('clock:%s:warn:%s', k.clock_id, k.cycle),
	                            advocacy.clock_facts(k.clock_id, at), 3, at)
	FROM (SELECT w.clock_id, w.cycle FROM advocacy.sla_clock AS w
	      WHERE w.clock_id = ANY (warned) ORDER BY w.clock_id) AS k;
	RETURN breached + coalesce(cardinality(warned), 0);
END
$$;

COMMENT ON FUNCTION advocacy.clock_fire(timestamptz) IS
	'Fires every SLA warning and breach that is due, each exactly once; answers how many.';
