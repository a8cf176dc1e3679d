-- risk_fire: clears the risks whose hold has passed, if all sources are still fresh and well.
-- Parameters: at. Returns: how many were cleared. Writes: risk, suspension, outbox.
CREATE OR REPLACE FUNCTION advocacy.risk_fire(at timestamptz DEFAULT now()) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	due bigint[];
	cleared integer;
BEGIN
	SELECT array_agg(DISTINCT r.account_id) INTO due FROM advocacy.risk AS r
	 WHERE r.cleared_at IS NULL AND r.clear_due_at <= risk_fire.at;
	IF due IS NULL THEN
		RETURN 0;
	END IF;
	SELECT e.risks_cleared INTO cleared FROM advocacy.risk_evaluate(due, risk_fire.at) AS e;
	RETURN cleared;
END $$;
COMMENT ON FUNCTION advocacy.risk_fire(timestamptz) IS
	'Clears the risks whose hold has passed, if all sources are still fresh and well; returns how many.';
