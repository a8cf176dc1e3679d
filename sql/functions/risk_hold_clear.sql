-- risk_hold_clear: puts risks that are over, but may not be cleared without a person (risk_gate), into a batch. The advocates
-- stay suspended, in silence; one message asks. It ends by risk_release, risk_reject, or when they are not well any more.
-- Parameters: risks; source, stream: what is being applied (NULL: time alone); at; observed, why the stream is only observed
-- (NULL: they are too many at once). Of that observed_tell tells when the reading is through.
-- Returns: the decision_batch. Writes: decision_batch, risk, and what batch_open writes.
CREATE OR REPLACE FUNCTION advocacy.risk_hold_clear(risks bigint[], source text, stream text, at timestamptz, observed text DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	batch bigint;
	joining integer;
	allowed record;
	in_a_day boolean;
BEGIN
	SELECT b.batch_id INTO batch FROM advocacy.decision_batch AS b
	 WHERE b.decision IS NULL AND b.direction = 'reinstate' AND b.source IS NOT DISTINCT FROM risk_hold_clear.source
	   AND (b.observed IS NULL) = (risk_hold_clear.observed IS NULL)
	   AND EXISTS (SELECT FROM advocacy.risk AS r WHERE r.clear_batch = b.batch_id AND r.cleared_at IS NULL);
	SELECT count(DISTINCT s.advocate_id) INTO joining FROM advocacy.suspension AS s
	 WHERE s.risk_id = ANY (risk_hold_clear.risks) AND s.closed_at IS NULL;
	IF batch IS NULL AND risk_hold_clear.observed IS NOT NULL THEN
		INSERT INTO advocacy.decision_batch AS b (direction, source, stream, opened_at, advocates, most, observed)
		VALUES ('reinstate', risk_hold_clear.source, risk_hold_clear.stream, risk_hold_clear.at, joining, 0, risk_hold_clear.observed)
		RETURNING b.batch_id INTO batch;
	ELSIF batch IS NULL THEN
		SELECT l.once, l.recent INTO allowed FROM advocacy.risk_gate_limit(risk_hold_clear.at) AS l;
		in_a_day := joining <= allowed.once AND joining + allowed.recent > 2 * allowed.once;
		batch := advocacy.batch_open('reinstate', risk_hold_clear.source, risk_hold_clear.stream,
			joining + CASE WHEN in_a_day THEN allowed.recent ELSE 0 END, allowed.once * CASE WHEN in_a_day THEN 2 ELSE 1 END,
			(SELECT jsonb_agg(jsonb_build_object('rule', c.rule, 'count', c.times::text) ORDER BY c.times DESC, c.rule)
			   FROM (SELECT r.rule, count(*) AS times FROM advocacy.risk AS r
			          WHERE r.risk_id = ANY (risk_hold_clear.risks) GROUP BY r.rule) AS c),
			ARRAY(SELECT r.account_id FROM advocacy.risk AS r WHERE r.risk_id = ANY (risk_hold_clear.risks)), NULL,
			risk_hold_clear.at);
	ELSE
		UPDATE advocacy.decision_batch AS b SET advocates = b.advocates + joining WHERE b.batch_id = batch;
	END IF;
	UPDATE advocacy.risk AS r
	   SET clear_batch = batch, well_since = coalesce(r.well_since, risk_hold_clear.at), clear_due_at = NULL
	 WHERE r.risk_id = ANY (risk_hold_clear.risks);
	RETURN batch;
END $$;
COMMENT ON FUNCTION advocacy.risk_hold_clear(bigint[], text, text, timestamptz, text) IS
	'Puts risks that are over, but would make too many advocates available at once, into a batch for a person; returns it.';
