-- account_redecide: after a person changed how a record is linked: who belongs together is decided anew for all that it
-- touches, everything follows, risks are judged.
-- Parameters: source, remote_id, of the record, as account_source has it now; left_account, where it was until now (NULL:
-- it stayed); actor; resolution, how the reviews that this ends were decided; at.
-- Returns: the account that it belongs to. Writes: as sync_merge_account does; account (merged_into), advocate, suspension,
-- outbox; identity_review; sync_stream (all records are due to be read again, where two of one source part); work tables.
CREATE OR REPLACE FUNCTION advocacy.account_redecide(source text, remote_id text, left_account bigint, actor text,
	resolution text, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = error AS $$
#variable_conflict use_column
DECLARE
	accounts bigint[];
	causes bigint[];
	belongs bigint;
BEGIN
	INSERT INTO pg_temp.work_change (remote_id, account_id, link_reason, link_changed, columns_changed, old_key, old_domain, salesforce_id,
		name, domain, industry, region, segment, arr, renewal_on, owner_remote_id, owner_email, csm_remote_id, csm_email,
		modified_at, deleted, merged_into_remote_id)
	SELECT t.remote_id, t.account_id, t.link_reason, true, true, t.salesforce_id, t.domain, t.salesforce_id, t.name, t.domain,
	       t.industry, t.region, t.segment, t.arr, t.renewal_on, t.owner_remote_id, t.owner_email, t.csm_remote_id,
	       t.csm_email, t.modified_at, t.deleted, t.merged_into_remote_id
	  FROM advocacy.account_source AS t
	 WHERE t.source = account_redecide.source AND t.remote_id = account_redecide.remote_id;
	-- Those it leaves are decided with it.
	INSERT INTO pg_temp.work_link (round, source, remote_id, old_account_id, old_reason, pinned, salesforce, priority, key,
		domain, deleted, merged_into)
	SELECT 0, a.source, a.remote_id, a.account_id, a.link_reason, a.link_reason = 'person', s.connector = 'salesforce',
	       s.priority, CASE WHEN a.link_reason <> 'person' THEN a.salesforce_id END,
	       CASE WHEN a.link_reason <> 'person' AND NOT advocacy.account_domain_is_public(a.domain) THEN a.domain END,
	       a.deleted, CASE WHEN a.deleted AND a.link_reason <> 'person' THEN a.merged_into_remote_id END
	  FROM advocacy.account_source AS a JOIN advocacy.source_status AS s ON s.source = a.source
	 WHERE a.account_id = account_redecide.left_account
	   AND (a.source, a.remote_id) <> (account_redecide.source, account_redecide.remote_id);
	PERFORM advocacy.account_link_records(account_redecide.source, account_redecide.at);
	PERFORM advocacy.account_relink();

	SELECT s.account_id INTO belongs FROM advocacy.account_source AS s
	 WHERE s.source = account_redecide.source AND s.remote_id = account_redecide.remote_id;
	IF account_redecide.left_account <> belongs THEN
		DELETE FROM pg_temp.work_moved AS m
		 WHERE m.source = account_redecide.source AND m.remote_id = account_redecide.remote_id;
		INSERT INTO pg_temp.work_moved (source, remote_id, old_account_id, account_id, merged)
		VALUES (account_redecide.source, account_redecide.remote_id, account_redecide.left_account, belongs, false);
		UPDATE advocacy.account AS a SET merged_into = belongs, updated_at = account_redecide.at
		 WHERE a.account_id = account_redecide.left_account
		   AND NOT EXISTS (SELECT FROM advocacy.account_source AS s WHERE s.account_id = a.account_id);
	END IF;
	-- What records of one source say can't be told apart while they share an account: it is read again.
	UPDATE advocacy.sync_stream AS y SET full_read_at = NULL
	 WHERE y.source = account_redecide.source AND 'account' = ANY (y.entities)
	   AND EXISTS (SELECT FROM advocacy.account_source AS s
	                WHERE s.account_id = account_redecide.left_account AND s.source = account_redecide.source AND NOT s.deleted);
	INSERT INTO pg_temp.work_refresh VALUES (belongs);
	INSERT INTO pg_temp.work_evaluate VALUES (belongs);
	PERFORM advocacy.account_follow(account_redecide.at);
	PERFORM advocacy.identity_review_follow(account_redecide.at, account_redecide.actor, account_redecide.resolution);
	PERFORM advocacy.account_refresh((SELECT array_agg(DISTINCT r.account_id) FROM pg_temp.work_refresh AS r), account_redecide.at);
	PERFORM advocacy.sync_follow_advocates(account_redecide.source, account_redecide.at);
	causes := advocacy.sync_judge_contacts(account_redecide.at);
	SELECT array_agg(DISTINCT x.account_id) INTO accounts
	  FROM pg_temp.work_child AS w CROSS JOIN LATERAL (VALUES (w.old_account_id), (w.account_id)) AS x (account_id)
	 WHERE w.entity = 'support_case' AND x.account_id IS NOT NULL;
	IF accounts IS NOT NULL THEN
		PERFORM advocacy.signal_refresh_escalations(accounts, account_redecide.at);
	END IF;
	SELECT array_agg(DISTINCT w.account_id) INTO accounts FROM pg_temp.work_evaluate AS w WHERE w.account_id IS NOT NULL;
	PERFORM advocacy.risk_evaluate(accounts, account_redecide.at);
	PERFORM advocacy.request_follow_causes(causes, account_redecide.at);
	PERFORM advocacy.sync_work_clear();
	RETURN belongs;
END $$;
COMMENT ON FUNCTION advocacy.account_redecide(text, text, bigint, text, text, timestamptz) IS
	'After a person changed how a record is linked: decides anew who belongs together and lets everything follow; returns the account.';
