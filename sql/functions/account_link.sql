-- account_link: a person says that a record is this customer. It stays there whatever the facts say (link_reason person),
-- until account_unpin or account_split; everything that belongs to the record follows.
-- Parameters: source, remote_id; account, an account_id; reason; actor (NULL: the session's user); at.
-- Returns: the account_id.
-- Refuses: an unknown record or account, an account that was joined with another, a record that a person has linked to
-- this account already, a missing reason.
-- Writes: account_source, identity_review, audit_log; as account_redecide does.
CREATE OR REPLACE FUNCTION advocacy.account_link(source text, remote_id text, account bigint, reason text,
	actor text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	by_whom text := coalesce(nullif(account_link.actor, ''), session_user);
	record advocacy.account_source := advocacy.account_record(account_link.source, account_link.remote_id, account_link.reason);
	target advocacy.account;
BEGIN
	PERFORM advocacy.time_refuse(account_link.at);
	SELECT a.* INTO target FROM advocacy.account AS a WHERE a.account_id = account_link.account;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no account %', account_link.account
			USING ERRCODE = 'P0002', HINT = 'Use the account_id of advocacy.account.';
	END IF;
	IF target.merged_into IS NOT NULL THEN
		RAISE EXCEPTION 'account % was joined with account %', target.account_id, target.merged_into
			USING ERRCODE = '55000', HINT = format('Link to account %s.', target.merged_into);
	END IF;
	IF record.account_id = target.account_id AND record.link_reason = 'person' THEN
		RAISE EXCEPTION 'a person has linked % % to account % already', record.source, record.remote_id, target.account_id
			USING ERRCODE = '55000';
	END IF;
	UPDATE advocacy.account_source AS s SET account_id = target.account_id, link_reason = 'person'
	 WHERE s.source = record.source AND s.remote_id = record.remote_id;
	INSERT INTO advocacy.audit_log (at, actor, action, subject, reason, details)
	VALUES (account_link.at, by_whom, 'account_link', record.source || ' ' || record.remote_id, account_link.reason,
		jsonb_build_object('account_id', target.account_id, 'was', record.account_id, 'was_linked_by', record.link_reason));
	RETURN advocacy.account_redecide(record.source, record.remote_id, nullif(record.account_id, target.account_id), by_whom,
		format('%s %s was linked to account %s: %s', record.source, record.remote_id, target.account_id, account_link.reason),
		account_link.at);
END $$;
COMMENT ON FUNCTION advocacy.account_link(text, text, bigint, text, text, timestamptz) IS
	'A person says which customer a record is (audited); it stays there until account_unpin or account_split; returns the account_id.';
