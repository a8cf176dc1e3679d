-- risk_observe: holds all risks by which a stream that is only observed (sync_observe) would suspend somebody, however few they
-- are: those that it opened, and those of accounts whose first advocates it has brought. They join the batch of their source
-- that waits already, if it still holds somebody: of one that doesn't nobody would be told again.
-- Parameters: accounts, those that are being judged; source; stream; observed, why; at.
-- Returns: the decision_batch, or NULL: nobody would be suspended. Writes: decision_batch; risk (held_at, held_batch, evidence.held).
CREATE OR REPLACE FUNCTION advocacy.risk_observe(accounts bigint[], source text, stream text, observed text, at timestamptz)
RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
	held bigint[];
	batch bigint;
BEGIN
	SELECT array_agg(r.risk_id) INTO held
	  FROM (SELECT DISTINCT n.account_id FROM unnest(risk_observe.accounts) AS n (account_id)) AS w
	  JOIN advocacy.risk AS r ON r.account_id = w.account_id AND r.cleared_at IS NULL AND r.held_at IS NULL
	  JOIN advocacy.risk_rule AS u ON u.rule = r.rule AND u.active AND u.action = 'suspend'
	 WHERE EXISTS (SELECT FROM advocacy.advocate AS a WHERE a.account_id = r.account_id AND a.retired_at IS NULL)
	   AND NOT EXISTS (SELECT FROM advocacy.suspension AS s WHERE s.risk_id = r.risk_id);
	IF held IS NULL THEN
		RETURN NULL;
	END IF;
	SELECT min(b.batch_id) INTO batch FROM advocacy.decision_batch AS b
	 WHERE b.decision IS NULL AND b.direction = 'suspend' AND b.source = risk_observe.source AND b.observed IS NOT NULL
	   AND EXISTS (SELECT FROM advocacy.risk AS r WHERE r.held_batch = b.batch_id AND r.held_at IS NOT NULL AND r.cleared_at IS NULL);
	IF batch IS NULL THEN
		INSERT INTO advocacy.decision_batch AS b (direction, source, stream, opened_at, advocates, most, observed)
		VALUES ('suspend', risk_observe.source, risk_observe.stream, risk_observe.at, 0, 0, risk_observe.observed)
		RETURNING b.batch_id INTO batch;
	END IF;
	UPDATE advocacy.risk AS r
	   SET held_at = risk_observe.at, held_batch = batch,
	       evidence = r.evidence || jsonb_build_object('held', jsonb_build_object('batch', batch, 'source', risk_observe.source,
	           'stream', risk_observe.stream, 'observed', risk_observe.observed))
	 WHERE r.risk_id = ANY (held);
	UPDATE advocacy.decision_batch AS b
	   SET advocates = (SELECT count(DISTINCT a.advocate_id) FROM advocacy.risk AS r
	                      JOIN advocacy.advocate AS a ON a.account_id = r.account_id AND a.retired_at IS NULL
	                     WHERE r.held_batch = batch AND r.held_at IS NOT NULL AND r.cleared_at IS NULL)
	 WHERE b.batch_id = batch;
	RETURN batch;
END $$;
COMMENT ON FUNCTION advocacy.risk_observe(bigint[], text, text, text, timestamptz) IS
	'Holds all risks by which a stream that is only observed would suspend somebody; returns the batch.';
