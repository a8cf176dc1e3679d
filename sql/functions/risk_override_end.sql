-- risk_override_end: a person takes an override back before its time. What the rules say holds again, at once.
-- Parameters: override, an override_id; reason; actor (NULL: the session's user); at.
-- Returns: nothing. Refuses: an override that isn't in force, a missing reason.
-- Writes: risk_override, audit_log; and what risk_evaluate writes.
CREATE OR REPLACE FUNCTION advocacy.risk_override_end(override bigint, reason text, actor text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	account bigint;
	by_whom text := coalesce(nullif(risk_override_end.actor, ''), session_user);
BEGIN
	PERFORM advocacy.time_refuse(risk_override_end.at);
	IF coalesce(btrim(risk_override_end.reason), '') = '' THEN
		RAISE EXCEPTION 'ending an override needs a reason' USING ERRCODE = '22023';
	END IF;
	PERFORM advocacy.sync_lock();
	UPDATE advocacy.risk_override AS o
	   SET ended_at = risk_override_end.at, ended_by = by_whom, end_reason = risk_override_end.reason
	 WHERE o.override_id = risk_override_end.override AND o.ended_at IS NULL
	RETURNING coalesce(o.account_id, (SELECT a.account_id FROM advocacy.advocate AS a WHERE a.advocate_id = o.advocate_id))
	     INTO account;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no override % in force', coalesce(risk_override_end.override::text, 'null')
			USING ERRCODE = 'P0002', HINT = 'advocacy.explain_advocate names those that are.';
	END IF;
	INSERT INTO advocacy.audit_log (at, actor, action, subject, reason)
	VALUES (risk_override_end.at, by_whom, 'risk_override_end', 'override ' || risk_override_end.override, risk_override_end.reason);
	IF account IS NOT NULL THEN
		PERFORM advocacy.risk_evaluate(ARRAY[account], risk_override_end.at);
	END IF;
END $$;
COMMENT ON FUNCTION advocacy.risk_override_end(bigint, text, text, timestamptz) IS
	'A person takes an override back before its time (audited).';
