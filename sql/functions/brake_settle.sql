-- brake_settle: ends the holds of a batch of what contacts say: released, rejected or discarded, see retirement_settle,
-- opt_out_settle, contact_cause_settle.
-- Parameters: batch, the decision_batch; direction, its own; verdict; by_whom; at; cycle, the decision_cycle of a release (NULL: none).
-- Returns: how many advocates it was about; NULL: the batch holds risks, which are for the caller. Writes: what those write.
-- Locks the advocates, in the order of their ids.
CREATE OR REPLACE FUNCTION advocacy.brake_settle(batch bigint, direction text, verdict text, by_whom text, at timestamptz,
	cycle bigint DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
	PERFORM FROM advocacy.advocate AS a
	 WHERE a.advocate_id IN (SELECT s.advocate_id FROM advocacy.suspension AS s
	                          WHERE s.cause = 'own' AND s.severity = 'hold' AND s.closed_at IS NULL
	                            AND s.evidence ->> 'batch' = brake_settle.batch::text)
	 ORDER BY a.advocate_id FOR NO KEY UPDATE;
	RETURN CASE brake_settle.direction
		WHEN 'retire' THEN advocacy.retirement_settle(batch, verdict, by_whom, brake_settle.at, brake_settle.cycle)
		WHEN 'opt_out' THEN advocacy.opt_out_settle(batch, verdict, by_whom, brake_settle.at, brake_settle.cycle)
		WHEN 'contact' THEN advocacy.contact_cause_settle(batch, verdict, by_whom, brake_settle.at, brake_settle.cycle) END;
END $$;
COMMENT ON FUNCTION advocacy.brake_settle(bigint, text, text, text, timestamptz, bigint) IS
	'Ends the holds of a batch of what contacts say, by what was decided; returns of how many advocates, NULL for a batch of risks.';
