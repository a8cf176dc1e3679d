-- account_store_changed: merges the records in pg_temp.work_change into account_source, decides which record is which
-- customer, and lets everything follow that belongs to a record whose customer changed.
-- Parameters: source, of the records; at.
-- Returns: nothing. Writes: account_source, account; through account_link_records and account_follow: contact,
-- support_case, opportunity, signal, signal_history, risk; identity_review; work tables.
CREATE OR REPLACE FUNCTION advocacy.account_store_changed(source text, at timestamptz DEFAULT now()) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
#variable_conflict use_column
BEGIN
	ANALYZE pg_temp.work_change (remote_id);
	PERFORM advocacy.account_link_records(account_store_changed.source, account_store_changed.at);

	INSERT INTO advocacy.account_source AS t (source, remote_id, account_id, link_reason, salesforce_id, name, domain,
		industry, region, segment, arr, renewal_on, owner_remote_id, owner_email, csm_remote_id, csm_email,
		modified_at, deleted, merged_into_remote_id)
	SELECT account_store_changed.source, c.remote_id, coalesce(g.account_id, c.account_id),
	       CASE WHEN c.link_reason = 'person' THEN 'person'
	            WHEN l.node IS NOT NULL THEN coalesce(l.reason, 'own')
	            ELSE c.link_reason END,
	       c.salesforce_id, c.name, c.domain, c.industry, c.region, c.segment, c.arr, c.renewal_on, c.owner_remote_id,
	       c.owner_email, c.csm_remote_id, c.csm_email, c.modified_at, c.deleted, c.merged_into_remote_id
	  FROM pg_temp.work_change AS c
	  LEFT JOIN pg_temp.work_link AS l ON l.source = account_store_changed.source AND l.remote_id = c.remote_id
	  LEFT JOIN pg_temp.work_target AS g ON g.component = coalesce(l.component, l.base, l.node)
	 ORDER BY c.remote_id
	ON CONFLICT (source, remote_id) DO UPDATE SET
		account_id = excluded.account_id, link_reason = excluded.link_reason, salesforce_id = excluded.salesforce_id,
		name = excluded.name, domain = excluded.domain, industry = excluded.industry, region = excluded.region,
		segment = excluded.segment, arr = excluded.arr, renewal_on = excluded.renewal_on,
		owner_remote_id = excluded.owner_remote_id, owner_email = excluded.owner_email,
		csm_remote_id = excluded.csm_remote_id, csm_email = excluded.csm_email,
		modified_at = excluded.modified_at, deleted = excluded.deleted,
		merged_into_remote_id = excluded.merged_into_remote_id;

	PERFORM advocacy.account_relink();

	-- What says nothing new but a time, or a number that is a signal, changes no column of its account.
	INSERT INTO pg_temp.work_refresh
	SELECT t.account_id FROM pg_temp.work_change AS c
	  JOIN advocacy.account_source AS t ON t.source = account_store_changed.source AND t.remote_id = c.remote_id
	 WHERE c.columns_changed OR c.link_changed OR t.account_id IS DISTINCT FROM c.account_id;

	-- A deleted or revived record changes what is known about its account.
	INSERT INTO pg_temp.work_evaluate
	SELECT c.account_id FROM pg_temp.work_change AS c WHERE c.link_changed AND c.account_id IS NOT NULL;

	PERFORM advocacy.account_follow(account_store_changed.at);
	PERFORM advocacy.identity_review_follow(account_store_changed.at);
END $$;
COMMENT ON FUNCTION advocacy.account_store_changed(text, timestamptz) IS
	'Stores the records in pg_temp.work_change, decides which record is which customer and lets what belongs to moved records follow.';
