-- sync_merge_account: merges pg_temp.stage_account into account_source, decides which record is which customer,
-- and lets everything follow that belongs to a record whose customer changed.
-- Parameters: source; at.
-- Returns: how many records were new or changed.
-- Writes: account_source, account; through account_link_records and account_follow: contact, support_case, opportunity,
-- signal, signal_history, risk; identity_review; work tables.
CREATE OR REPLACE FUNCTION advocacy.sync_merge_account(source text, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
#variable_conflict use_column
DECLARE
	changed bigint;
	salesforce boolean;
BEGIN
	SELECT s.connector = 'salesforce' INTO salesforce
	  FROM advocacy.source_status AS s WHERE s.source = sync_merge_account.source;

	-- Only records that are new or differ get any further. A tombstone (deleted) leaves what it doesn't tell.
	INSERT INTO pg_temp.work_change (remote_id, account_id, link_reason, link_changed, old_key, old_domain,
		salesforce_id, name, domain, industry, region, segment, arr, renewal_on, owner_remote_id, owner_email,
		csm_remote_id, csm_email, modified_at, deleted, merged_into_remote_id)
	SELECT s.remote_id, t.account_id, t.link_reason,
	       t.remote_id IS NULL OR (t.salesforce_id, t.domain, t.deleted, t.merged_into_remote_id)
	           IS DISTINCT FROM (n.salesforce_id, n.domain, n.deleted, n.merged_into_remote_id),
	       t.salesforce_id, t.domain, n.salesforce_id, n.name, n.domain, n.industry, n.region, n.segment, n.arr,
	       n.renewal_on, n.owner_remote_id, n.owner_email, n.csm_remote_id, n.csm_email, n.modified_at, n.deleted,
	       n.merged_into_remote_id
	  FROM pg_temp.stage_account AS s
	  LEFT JOIN advocacy.account_source AS t
	    ON t.source = sync_merge_account.source AND t.remote_id = s.remote_id
	 CROSS JOIN LATERAL (SELECT
		CASE WHEN salesforce AND t.remote_id IS NOT NULL THEN t.salesforce_id
		     -- What salesforce_id_18 finds of these is the same, or nothing.
		     WHEN salesforce AND length(s.remote_id) = 18 AND right(s.remote_id, 3) = upper(right(s.remote_id, 3))
		     THEN s.remote_id
		     WHEN salesforce THEN coalesce(advocacy.salesforce_id_18(s.remote_id), s.remote_id)
		     WHEN s.salesforce_id IS NULL AND s.deleted THEN t.salesforce_id
		     WHEN s.salesforce_id = t.salesforce_id THEN t.salesforce_id
		     ELSE advocacy.salesforce_id_18(s.salesforce_id) END AS salesforce_id,
		CASE WHEN s.name IS NULL AND s.deleted THEN t.name ELSE s.name END AS name,
		CASE WHEN s.domain IS NULL AND s.deleted THEN t.domain
		     WHEN s.domain = t.domain THEN t.domain
		     ELSE advocacy.account_domain(s.domain) END AS domain,
		CASE WHEN s.industry IS NULL AND s.deleted THEN t.industry ELSE s.industry END AS industry,
		CASE WHEN s.region IS NULL AND s.deleted THEN t.region ELSE s.region END AS region,
		CASE WHEN s.segment IS NULL AND s.deleted THEN t.segment ELSE s.segment END AS segment,
		CASE WHEN s.arr IS NULL AND s.deleted THEN t.arr ELSE s.arr END AS arr,
		CASE WHEN s.renewal_on IS NULL AND s.deleted THEN t.renewal_on ELSE s.renewal_on END AS renewal_on,
		CASE WHEN s.owner_remote_id IS NULL AND s.deleted THEN t.owner_remote_id ELSE s.owner_remote_id END
			AS owner_remote_id,
		CASE WHEN s.owner_email IS NULL AND s.deleted THEN t.owner_email ELSE s.owner_email END AS owner_email,
		CASE WHEN s.csm_remote_id IS NULL AND s.deleted THEN t.csm_remote_id ELSE s.csm_remote_id END
			AS csm_remote_id,
		CASE WHEN s.csm_email IS NULL AND s.deleted THEN t.csm_email ELSE s.csm_email END AS csm_email,
		CASE WHEN s.merged_into_remote_id IS NULL AND s.deleted THEN t.merged_into_remote_id
		     ELSE s.merged_into_remote_id END AS merged_into_remote_id,
		coalesce(s.modified_at, t.modified_at) AS modified_at,
		coalesce(s.deleted, false) AS deleted
		OFFSET 0) AS n
	 WHERE t.remote_id IS NULL
	    OR ((s.modified_at >= t.modified_at OR s.modified_at IS NULL OR t.modified_at IS NULL)
	        AND (t.salesforce_id, t.name, t.domain, t.industry, t.region, t.segment, t.arr, t.renewal_on,
	             t.owner_remote_id, t.owner_email, t.csm_remote_id, t.csm_email, t.modified_at, t.deleted,
	             t.merged_into_remote_id)
	            IS DISTINCT FROM
	            (n.salesforce_id, n.name, n.domain, n.industry, n.region, n.segment, n.arr, n.renewal_on,
	             n.owner_remote_id, n.owner_email, n.csm_remote_id, n.csm_email, n.modified_at, n.deleted,
	             n.merged_into_remote_id));
	GET DIAGNOSTICS changed = ROW_COUNT;
	IF changed = 0 THEN
		RETURN 0;
	END IF;
	ANALYZE pg_temp.work_change (remote_id);
	IF advocacy.account_store_alone(sync_merge_account.source, sync_merge_account.at) = changed THEN
		PERFORM advocacy.account_follow(sync_merge_account.at);
		RETURN changed;
	END IF;

	PERFORM advocacy.account_link_records(sync_merge_account.source, sync_merge_account.at);

	INSERT INTO advocacy.account_source AS t (source, remote_id, account_id, link_reason, salesforce_id, name, domain,
		industry, region, segment, arr, renewal_on, owner_remote_id, owner_email, csm_remote_id, csm_email,
		modified_at, deleted, merged_into_remote_id)
	SELECT sync_merge_account.source, c.remote_id, coalesce(g.account_id, c.account_id),
	       CASE WHEN c.link_reason = 'person' THEN 'person'
	            WHEN l.node IS NOT NULL THEN coalesce(l.reason, 'own')
	            ELSE c.link_reason END,
	       c.salesforce_id, c.name, c.domain, c.industry, c.region, c.segment, c.arr, c.renewal_on, c.owner_remote_id,
	       c.owner_email, c.csm_remote_id, c.csm_email, c.modified_at, c.deleted, c.merged_into_remote_id
	  FROM pg_temp.work_change AS c
	  LEFT JOIN pg_temp.work_link AS l ON l.source = sync_merge_account.source AND l.remote_id = c.remote_id
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

	INSERT INTO pg_temp.work_refresh
	SELECT t.account_id FROM pg_temp.work_change AS c
	  JOIN advocacy.account_source AS t ON t.source = sync_merge_account.source AND t.remote_id = c.remote_id;

	-- A deleted or revived record changes what is known about its account.
	INSERT INTO pg_temp.work_evaluate
	SELECT c.account_id FROM pg_temp.work_change AS c WHERE c.link_changed AND c.account_id IS NOT NULL;

	PERFORM advocacy.account_follow(sync_merge_account.at);
	PERFORM advocacy.identity_review_follow(sync_merge_account.at);
	RETURN changed;
END $$;
COMMENT ON FUNCTION advocacy.sync_merge_account(text, timestamptz) IS
	'Merges the staged accounts of a source, decides which record is which customer and lets what belongs to moved records follow; returns the number of changed records.';
