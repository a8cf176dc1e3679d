-- risk_fire: ends the suspensions and the overrides whose time is over, tells of those overrides that end within a day,
-- discards held batches that nobody decided (risk_batches_expire), opens the risks whose date has come, and clears those whose hold has
-- passed, if all sources are still fresh and well.
-- Parameters: at. Returns: how many were opened and cleared. Writes: risk, risk_override, suspension, outbox, audit_log.
CREATE OR REPLACE FUNCTION advocacy.risk_fire(at timestamptz DEFAULT now()) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	due bigint[];
	decided integer;
	ended integer;
BEGIN
	ended := advocacy.suspension_fire(risk_fire.at) + advocacy.risk_batches_expire(risk_fire.at)
		+ advocacy.risk_override_warn(risk_fire.at);
	SELECT array_agg(DISTINCT r.account_id) INTO due FROM advocacy.risk AS r
	 WHERE r.cleared_at IS NULL AND r.clear_due_at <= risk_fire.at;
	due := due || ARRAY(SELECT DISTINCT d.account_id FROM advocacy.risk_due AS d WHERE d.due_at <= risk_fire.at);
	WITH expired AS (
		UPDATE advocacy.risk_override AS o SET ended_at = o.until, ended_by = 'time', end_reason = 'its time is over'
		 WHERE o.ended_at IS NULL AND o.until <= risk_fire.at
		RETURNING o.override_id, o.account_id, o.advocate_id
	), told AS (
		INSERT INTO advocacy.audit_log (at, actor, action, subject, reason)
		SELECT risk_fire.at, 'time', 'risk_override_end', 'override ' || e.override_id, 'its time is over' FROM expired AS e
		 ORDER BY e.override_id)
	SELECT due || array_agg(coalesce(e.account_id, a.account_id)) INTO due
	  FROM expired AS e LEFT JOIN advocacy.advocate AS a ON a.advocate_id = e.advocate_id;
	due := array_remove(due, NULL);
	IF coalesce(cardinality(due), 0) = 0 THEN
		RETURN ended;
	END IF;
	SELECT e.risks_opened + e.risks_cleared INTO decided FROM advocacy.risk_evaluate_for(due, risk_fire.at, NULL, NULL, NULL, true) AS e;
	RETURN ended + decided;
END $$;
COMMENT ON FUNCTION advocacy.risk_fire(timestamptz) IS
	'Opens the risks whose date has come and clears those whose hold has passed, if all is still well; returns how many.';
