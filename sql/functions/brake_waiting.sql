-- brake_waiting: the undecided batch of a source and direction that still holds somebody.
-- Parameters: direction, as decision_batch.direction; source. Returns: the batch_id; NULL: none. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.brake_waiting(direction text, source text) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT min(b.batch_id) FROM advocacy.decision_batch AS b
	 WHERE b.decision IS NULL AND b.direction = brake_waiting.direction AND b.source = brake_waiting.source
	   AND EXISTS (SELECT FROM advocacy.suspension AS s
	                WHERE s.cause = 'own' AND s.severity = 'hold' AND s.closed_at IS NULL
	                  AND s.evidence ->> 'batch' = b.batch_id::text)
$$;
COMMENT ON FUNCTION advocacy.brake_waiting(text, text) IS 'The undecided batch of a source and direction that still holds somebody; NULL: none.';
