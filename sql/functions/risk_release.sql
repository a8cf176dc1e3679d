-- risk_release: a person says that the suspensions, the reinstatements, the retirements or the opt-outs that were held at once are right. They follow now,
-- with their messages, as if they had not been held; of what a source said in its first reading in one message. Once, for this batch only; the next apply is judged like any other.
-- What follows is one decision_cycle, so that decisions_undo, or decisions_undo_batch, can take it back.
-- Parameters: batch, as the message suspensions_held names it; actor (NULL: the session's user); at.
-- Returns: how many advocates were suspended, reinstated or retired. What has become well meanwhile stays as it is.
-- Refuses: an unknown batch, one that is decided already.
-- Writes: decision_batch, decision_cycle, risk, advocate, suspension, outbox, request (rematch), audit_log.
CREATE OR REPLACE FUNCTION advocacy.risk_release(batch bigint, actor text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	waiting bigint[];
	accounts bigint[];
	suspended integer;
	cycle constant bigint := nextval('advocacy.decision_cycle_cycle_id_seq');
	direction text;
	first text;
	made advocacy.decision_batch;
	by_whom text := coalesce(nullif(risk_release.actor, ''), session_user);
BEGIN
	PERFORM advocacy.time_refuse(risk_release.at);
	PERFORM advocacy.sync_lock();
	waiting := advocacy.risk_held_open(risk_release.batch);
	UPDATE advocacy.decision_batch AS b SET decision = 'released', decided_at = risk_release.at, decided_by = by_whom,
	       cycle_id = cycle
	 WHERE b.batch_id = risk_release.batch
	RETURNING b.* INTO made;
	direction := made.direction;
	first := CASE WHEN direction = 'suspend' AND made.observed = 'first' THEN made.source || ':' || made.stream END;
	suspended := advocacy.brake_settle(risk_release.batch, direction, 'released', by_whom, risk_release.at, cycle);
	IF suspended IS NULL THEN
		WITH released AS (
			UPDATE advocacy.risk AS r
			   SET held_at = CASE WHEN direction = 'reinstate' THEN r.held_at END,
			       cleared_at = CASE WHEN direction = 'reinstate' THEN risk_release.at END,
			       cleared_in = CASE WHEN direction = 'reinstate' THEN cycle END,
			       clear_evidence = CASE WHEN direction = 'reinstate' THEN jsonb_build_object(
			           'reason', 'all sources are well again', 'released_by', by_whom, 'batch', risk_release.batch,
			           'well_since', advocacy.sync_time_text(r.well_since), 'observations', '[]'::jsonb) END
			 WHERE r.risk_id = ANY (waiting) RETURNING r.account_id)
		SELECT array_agg(DISTINCT r.account_id) INTO accounts FROM released AS r;
		SELECT CASE WHEN direction = 'reinstate' THEN f.reinstated ELSE f.suspended END INTO suspended FROM advocacy.suspension_follow(accounts, risk_release.at, first, cycle) AS f;
		IF first IS NOT NULL THEN
			PERFORM advocacy.sync_tell_first_load(made.source, made.stream, risk_release.at);
		END IF;
	END IF;
	INSERT INTO advocacy.decision_cycle (cycle_id, source, stream, decided_at, risks_opened, risks_cleared, suspended, reinstated,
		held)
	VALUES (cycle, made.source, made.stream, risk_release.at, 0, CASE direction WHEN 'reinstate' THEN cardinality(waiting) ELSE 0 END,
		CASE WHEN direction IN ('suspend', 'contact') THEN suspended ELSE 0 END,
		CASE direction WHEN 'reinstate' THEN suspended ELSE 0 END, 0);
	INSERT INTO advocacy.audit_log (at, actor, action, subject, details)
	VALUES (risk_release.at, by_whom, 'risk_release', 'batch ' || risk_release.batch,
		jsonb_build_object('risks', cardinality(waiting), 'suspended', suspended, 'direction', direction,
			'cycle', cycle));
	RETURN suspended;
END $$;
COMMENT ON FUNCTION advocacy.risk_release(bigint, text, timestamptz) IS
	'Lets the suspensions, reinstatements or retirements of a held batch happen (audited, once); returns how many advocates were concerned.';
