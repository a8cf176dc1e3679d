-- risk_batches_expire: a held batch that nobody has decided within 72 hours is discarded, and what it held is judged anew
-- by what the sources say now. If that is still too much at once it is held again, and asked again. What is only observed
-- waits on, for as long as the batch holds anything.
-- Parameters: at. Returns: how many batches. Writes: decision_batch, risk, audit_log; and what risk_evaluate_for and brake_settle write.
CREATE OR REPLACE FUNCTION advocacy.risk_batches_expire(at timestamptz DEFAULT now()) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	one advocacy.decision_batch;
	accounts bigint[];
	expired integer := 0;
BEGIN
	FOR one IN
		SELECT b.* FROM advocacy.decision_batch AS b
		 WHERE b.decision IS NULL
		   AND CASE WHEN b.observed IS NULL THEN b.opened_at <= risk_batches_expire.at - interval '72 hours'
		            ELSE NOT EXISTS (SELECT FROM advocacy.risk AS r
		                              WHERE r.cleared_at IS NULL AND r.held_batch = b.batch_id AND r.held_at IS NOT NULL)
		                 AND NOT EXISTS (SELECT FROM advocacy.risk AS r WHERE r.cleared_at IS NULL AND r.clear_batch = b.batch_id) END
		 ORDER BY b.observed IS NULL, b.batch_id
	LOOP
		PERFORM advocacy.sync_lock();
		expired := expired + 1;
		UPDATE advocacy.decision_batch AS b
		   SET decision = 'discarded', decided_at = risk_batches_expire.at, decided_by = 'time'
		 WHERE b.batch_id = one.batch_id;
		INSERT INTO advocacy.audit_log (at, actor, action, subject, reason)
		VALUES (risk_batches_expire.at, 'time', 'risk_discard', 'batch ' || one.batch_id, CASE WHEN one.observed IS NULL
			THEN 'nobody decided within 72 hours' ELSE 'what the sources say has changed' END);
		CONTINUE WHEN one.observed IS NOT NULL -- it holds nothing any more
			OR advocacy.brake_settle(one.batch_id, one.direction, 'discarded', 'time', risk_batches_expire.at) IS NOT NULL;
		WITH freed AS (
			UPDATE advocacy.risk AS r
			   SET cleared_at = CASE one.direction WHEN 'suspend' THEN risk_batches_expire.at END,
			       clear_evidence = CASE one.direction WHEN 'suspend' THEN
			           jsonb_build_object('reason', 'nobody decided within 72 hours', 'batch', one.batch_id) END,
			       clear_batch = NULL
			 WHERE r.cleared_at IS NULL
			   AND CASE one.direction WHEN 'suspend' THEN r.held_batch = one.batch_id AND r.held_at IS NOT NULL
			                          ELSE r.clear_batch = one.batch_id END
			RETURNING r.account_id)
		SELECT array_agg(DISTINCT f.account_id) INTO accounts FROM freed AS f;
		IF accounts IS NOT NULL THEN
			-- As the source's, so that the breaker judges; no stream, so that only what is fresh counts.
			PERFORM FROM advocacy.risk_evaluate_for(accounts, risk_batches_expire.at, one.source, NULL, NULL, true);
		END IF;
	END LOOP;
	RETURN expired;
END $$;
COMMENT ON FUNCTION advocacy.risk_batches_expire(timestamptz) IS
	'Discards held batches that nobody decided within 72 hours and judges anew what they held; returns how many.';
