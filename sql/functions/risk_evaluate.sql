-- risk_evaluate: judges accounts by the active risk rules; see risk_evaluate_for.
-- Parameters: accounts (NULL: all); at.
-- Returns: how many risks opened and cleared, how many advocates were suspended and are available again.
-- Writes: risk, suspension, outbox.
CREATE OR REPLACE FUNCTION advocacy.risk_evaluate(accounts bigint[] DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS TABLE (risks_opened integer, risks_cleared integer, suspended integer, reinstated integer)
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	SELECT * FROM advocacy.risk_evaluate_for(risk_evaluate.accounts, risk_evaluate.at, NULL, NULL, NULL)
$$;
COMMENT ON FUNCTION advocacy.risk_evaluate(bigint[], timestamptz) IS
	'Judges accounts (NULL: all) by the active risk rules: opens and clears risks, suspends and reinstates advocates.';
