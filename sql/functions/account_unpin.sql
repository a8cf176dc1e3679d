-- account_unpin: gives a record that a person has linked or taken apart back to the rules.
-- Parameters: source, remote_id; reason (for the audit); actor (NULL: the session's user); at.
-- Returns: the account_id that the rules give it.
-- Refuses: an unknown record, one that the rules have already.
-- Writes: account_source, identity_review, audit_log; as account_redecide does.
CREATE OR REPLACE FUNCTION advocacy.account_unpin(source text, remote_id text, reason text DEFAULT 'given back to the rules',
	actor text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	by_whom text := coalesce(nullif(account_unpin.actor, ''), session_user);
	record advocacy.account_source := advocacy.account_record(account_unpin.source, account_unpin.remote_id, account_unpin.reason);
	belongs bigint;
BEGIN
	PERFORM advocacy.time_refuse(account_unpin.at);
	IF record.link_reason <> 'person' THEN
		RAISE EXCEPTION '% % is linked by the rules (%), not by a person', record.source, record.remote_id,
			record.link_reason USING ERRCODE = '55000';
	END IF;
	UPDATE advocacy.account_source AS s SET link_reason = 'own'
	 WHERE s.source = record.source AND s.remote_id = record.remote_id;
	belongs := advocacy.account_redecide(record.source, record.remote_id, NULL, by_whom, NULL, account_unpin.at);
	INSERT INTO advocacy.audit_log (at, actor, action, subject, reason, details)
	VALUES (account_unpin.at, by_whom, 'account_unpin', record.source || ' ' || record.remote_id, account_unpin.reason,
		jsonb_build_object('account_id', belongs, 'was', record.account_id));
	RETURN belongs;
END $$;
COMMENT ON FUNCTION advocacy.account_unpin(text, text, text, text, timestamptz) IS
	'Gives a record that a person has linked or taken apart back to the rules (audited); returns the account_id.';
