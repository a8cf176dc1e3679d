-- risk_reject: a person says that the suspensions that were held at once rest on broken data. Their risks are closed, and
-- what was rejected doesn't open them again, until a source gives another value. Of reinstatements: they stay suspended until then.
-- Of retirements: nobody is retired until then. Of opt-outs: who has a request keeps it; asked anew is nobody whom the source
-- has as opted out, since no person can consent for another.
-- What was only observed stays so: the next full reading is observed again.
-- Parameters: batch, as the message suspensions_held names it; actor (NULL: the session's user); at.
-- Returns: how many risks were closed, or stay, or how many advocates. Refuses: an unknown batch, one that is decided already.
-- Writes: decision_batch, sync_stream, risk, advocate, suspension, audit_log.
CREATE OR REPLACE FUNCTION advocacy.risk_reject(batch bigint, actor text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	waiting bigint[];
	direction text;
	made advocacy.decision_batch;
	by_whom text := coalesce(nullif(risk_reject.actor, ''), session_user);
BEGIN
	PERFORM advocacy.time_refuse(risk_reject.at);
	PERFORM advocacy.sync_lock();
	waiting := advocacy.risk_held_open(risk_reject.batch);
	UPDATE advocacy.decision_batch AS b SET decision = 'rejected', decided_at = risk_reject.at, decided_by = by_whom
	 WHERE b.batch_id = risk_reject.batch
	RETURNING b.* INTO made;
	direction := made.direction;
	UPDATE advocacy.sync_stream AS y SET observed = 'rejected'
	 WHERE made.observed IS NOT NULL AND y.source = made.source
	   AND (y.stream = made.stream
	        OR y.stream IN (SELECT r.evidence ->> 'stream' FROM advocacy.risk AS r WHERE r.risk_id = ANY (waiting)));
	IF advocacy.brake_settle(risk_reject.batch, direction, 'rejected', by_whom, risk_reject.at) IS NULL THEN
		UPDATE advocacy.risk AS r
		   SET cleared_at = CASE direction WHEN 'suspend' THEN risk_reject.at END,
		       clear_evidence = CASE direction WHEN 'suspend' THEN jsonb_build_object(
		           'reason', 'rejected by a person as broken data', 'rejected_by', by_whom, 'batch', risk_reject.batch) END,
		       undone_at = CASE direction WHEN 'suspend' THEN r.undone_at ELSE risk_reject.at END,
		       well_since = CASE direction WHEN 'suspend' THEN r.well_since END, clear_batch = NULL
		 WHERE r.risk_id = ANY (waiting);
	END IF;
	INSERT INTO advocacy.audit_log (at, actor, action, subject, details)
	VALUES (risk_reject.at, by_whom, 'risk_reject', 'batch ' || risk_reject.batch,
		jsonb_build_object('risks', cardinality(waiting), 'direction', direction));
	RETURN cardinality(waiting);
END $$;
COMMENT ON FUNCTION advocacy.risk_reject(bigint, text, timestamptz) IS
	'Closes the risks of a held batch as broken data (audited, once); the same values don''t open them again; returns how many.';
