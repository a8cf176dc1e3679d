-- risk_confirm: the CSM says that a soft suspension is right: open requests go on without the advocate now, calls that are
-- agreed too, not only when the time for an answer is over. (The other answer is risk_override; no answer is a yes in the end.)
-- Parameters: advocate, an advocate_id; reason (NULL: none given); actor (NULL: the session's user); at.
-- Returns: how many suspensions were answered.
-- Refuses: an unknown advocate, one of whom nothing waits for an answer.
-- Writes: suspension, request (rematch), audit_log.
CREATE OR REPLACE FUNCTION advocacy.risk_confirm(advocate bigint, reason text DEFAULT NULL, actor text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	by_whom text := coalesce(nullif(risk_confirm.actor, ''), session_user);
	answered bigint[];
BEGIN
	PERFORM advocacy.time_refuse(risk_confirm.at);
	PERFORM FROM advocacy.advocate AS a WHERE a.advocate_id = risk_confirm.advocate FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no advocate %', coalesce(risk_confirm.advocate::text, 'null')
			USING ERRCODE = 'P0002', HINT = 'Look the advocate up in advocacy.advocate_availability.';
	END IF;
	WITH done AS (
		UPDATE advocacy.suspension AS s SET answered_at = risk_confirm.at, answered_by = by_whom
		 WHERE s.advocate_id = risk_confirm.advocate AND s.closed_at IS NULL AND s.answer_due_at IS NOT NULL
		   AND s.answered_at IS NULL
		RETURNING s.suspension_id)
	SELECT array_agg(d.suspension_id ORDER BY d.suspension_id) INTO answered FROM done AS d;
	IF answered IS NULL THEN
		RAISE EXCEPTION 'nothing of advocate % waits for an answer', risk_confirm.advocate
			USING ERRCODE = '55000', HINT = 'Only a soft suspension asks; see advocacy.explain_advocate.';
	END IF;
	INSERT INTO advocacy.audit_log (at, actor, action, subject, reason, details)
	VALUES (risk_confirm.at, by_whom, 'risk_confirm', 'advocate ' || risk_confirm.advocate, risk_confirm.reason,
		jsonb_build_object('suspensions', to_jsonb(answered)));
	PERFORM advocacy.request_rematch(risk_confirm.advocate, risk_confirm.at);
	PERFORM advocacy.clock_follow_suspensions(answered, 'confirmed', risk_confirm.at);
	RETURN cardinality(answered);
END $$;
COMMENT ON FUNCTION advocacy.risk_confirm(bigint, text, text, timestamptz) IS
	'The CSM says that a soft suspension is right: open requests go on without the advocate at once (audited).';
