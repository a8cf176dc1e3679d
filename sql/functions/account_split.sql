-- account_split: a person says that a record is none of the customers that the rules take it for. It gets an account of
-- its own, the others keep theirs; no rule links it again (link_reason person), until account_unpin.
-- A record that is alone already stays where it is, and apart.
-- Parameters: source, remote_id; reason; actor (NULL: the session's user); at.
-- Returns: the account_id of its own.
-- Refuses: an unknown record, one that a person has taken apart already, a missing reason.
-- Writes: account, account_source, identity_review, audit_log; as account_redecide does.
CREATE OR REPLACE FUNCTION advocacy.account_split(source text, remote_id text, reason text, actor text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	by_whom text := coalesce(nullif(account_split.actor, ''), session_user);
	record advocacy.account_source := advocacy.account_record(account_split.source, account_split.remote_id, account_split.reason);
	own bigint;
BEGIN
	PERFORM advocacy.time_refuse(account_split.at);
	IF NOT EXISTS (SELECT FROM advocacy.account_source AS o WHERE o.account_id = record.account_id
	               AND (o.source, o.remote_id) <> (record.source, record.remote_id)) THEN
		IF record.link_reason = 'person' THEN
			RAISE EXCEPTION '% % is alone in account %, and kept apart by a person already', record.source,
				record.remote_id, record.account_id USING ERRCODE = '55000';
		END IF;
		own := record.account_id;
	ELSE
		-- The one it made before it was joined with others, else a new one.
		UPDATE advocacy.account AS a SET merged_into = NULL, updated_at = account_split.at
		 WHERE a.account_id = (SELECT min(m.account_id) FROM advocacy.account AS m
		                        WHERE m.source = record.source AND m.remote_id = record.remote_id AND m.merged_into IS NOT NULL
		                          AND NOT EXISTS (SELECT FROM advocacy.account_source AS s WHERE s.account_id = m.account_id))
		RETURNING a.account_id INTO own;
		IF own IS NULL THEN
			INSERT INTO advocacy.account AS a (source, remote_id, created_at, updated_at)
			VALUES (record.source, record.remote_id, account_split.at, account_split.at) RETURNING a.account_id INTO own;
		END IF;
	END IF;
	UPDATE advocacy.account_source AS s SET account_id = own, link_reason = 'person'
	 WHERE s.source = record.source AND s.remote_id = record.remote_id;
	INSERT INTO advocacy.audit_log (at, actor, action, subject, reason, details)
	VALUES (account_split.at, by_whom, 'account_split', record.source || ' ' || record.remote_id, account_split.reason,
		jsonb_build_object('account_id', own, 'was', record.account_id, 'was_linked_by', record.link_reason));
	RETURN advocacy.account_redecide(record.source, record.remote_id, nullif(record.account_id, own), by_whom,
		format('%s %s was kept apart: %s', record.source, record.remote_id, account_split.reason), account_split.at);
END $$;
COMMENT ON FUNCTION advocacy.account_split(text, text, text, text, timestamptz) IS
	'A person takes a record out of its customer (audited): it gets an account of its own, and no rule links it again; returns that account_id.';
