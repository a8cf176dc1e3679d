-- risk_held_open: the risks, or the holds of what contacts say, of a batch that still wait for a person.
-- Parameters: batch, as the message suspensions_held names it.
-- Returns: risk ids, in order; of a batch of reinstatements those that are over but not cleared; of retirements,
-- opt-outs and contacts' own signals the ids of the suspensions. Raises P0002 for an unknown batch, 55000 for one that is decided or over: a decision is good for one batch, once.
-- Writes: nothing. Locks the risks.
CREATE OR REPLACE FUNCTION advocacy.risk_held_open(batch bigint) RETURNS bigint[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	waiting bigint[];
	held advocacy.decision_batch;
BEGIN
	SELECT b.* INTO held FROM advocacy.decision_batch AS b WHERE b.batch_id = risk_held_open.batch;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no held batch %', coalesce(risk_held_open.batch::text, 'null')
			USING ERRCODE = 'P0002', HINT = 'Look it up in advocacy.decision_batch, or by `advocated decisions`.';
	END IF;
	IF held.decision IS NOT NULL THEN
		RAISE EXCEPTION 'batch % was % by % at %', held.batch_id, held.decision, held.decided_by,
			advocacy.sync_time_text(held.decided_at) USING ERRCODE = '55000';
	END IF;
	IF held.direction IN ('retire', 'opt_out', 'contact') THEN
		SELECT array_agg(s.suspension_id ORDER BY s.suspension_id) INTO waiting FROM advocacy.suspension AS s
		 WHERE s.cause = 'own' AND s.severity = 'hold' AND s.closed_at IS NULL AND s.evidence ->> 'batch' = held.batch_id::text;
	ELSE
		SELECT array_agg(l.risk_id ORDER BY l.risk_id) INTO waiting
		  FROM (SELECT r.risk_id FROM advocacy.risk AS r
		         WHERE r.cleared_at IS NULL
		           AND CASE held.direction WHEN 'suspend' THEN r.held_batch = held.batch_id AND r.held_at IS NOT NULL
		                                   ELSE r.clear_batch = held.batch_id END
		         ORDER BY r.risk_id FOR NO KEY UPDATE) AS l;
	END IF;
	IF waiting IS NULL THEN
		RAISE EXCEPTION 'nothing of batch % is held any more: what the sources say has changed', held.batch_id
			USING ERRCODE = '55000';
	END IF;
	RETURN waiting;
END $$;
COMMENT ON FUNCTION advocacy.risk_held_open(bigint) IS 'The risks, or the holds of what contacts say, of a held batch that still wait for a person; refuses one that is decided.';
