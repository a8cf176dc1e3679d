-- risk_unpin: a person has looked at a risk that came and went (risk_pin). It ends like any other again, once its values
-- are well for as long as its rule says, from now on.
-- Parameters: risk, as the message risk_flapping names it; reason; actor (NULL: the session's user); at.
-- Returns: nothing. Refuses: an unknown risk, one that isn't pinned, a missing reason.
-- Writes: risk, audit_log; and what risk_evaluate writes.
CREATE OR REPLACE FUNCTION advocacy.risk_unpin(risk bigint, reason text, actor text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	account bigint;
	by_whom text := coalesce(nullif(risk_unpin.actor, ''), session_user);
BEGIN
	PERFORM advocacy.time_refuse(risk_unpin.at);
	IF coalesce(btrim(risk_unpin.reason), '') = '' THEN
		RAISE EXCEPTION 'letting a risk go its way again needs a reason' USING ERRCODE = '22023';
	END IF;
	PERFORM advocacy.sync_lock();
	UPDATE advocacy.risk AS r SET pinned_at = NULL, unpinned_at = risk_unpin.at
	 WHERE r.risk_id = risk_unpin.risk AND r.pinned_at IS NOT NULL AND r.cleared_at IS NULL
	RETURNING r.account_id INTO account;
	IF account IS NULL THEN
		RAISE EXCEPTION 'there is no pinned risk %', coalesce(risk_unpin.risk::text, 'null')
			USING ERRCODE = 'P0002', HINT = 'The message about a risk that comes and goes names it.';
	END IF;
	INSERT INTO advocacy.audit_log (at, actor, action, subject, reason, details)
	VALUES (risk_unpin.at, by_whom, 'risk_unpin', 'risk ' || risk_unpin.risk, risk_unpin.reason,
		jsonb_build_object('account_id', account));
	PERFORM advocacy.risk_evaluate(ARRAY[account], risk_unpin.at);
	PERFORM pg_notify('advocacy_deadline', '');
END $$;
COMMENT ON FUNCTION advocacy.risk_unpin(bigint, text, text, timestamptz) IS
	'A person has looked at a risk that came and went: it ends like any other again (audited).';
