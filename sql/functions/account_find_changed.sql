-- account_find_changed: puts the staged accounts that are stored already, and differ from that, into pg_temp.work_change. A
-- tombstone (deleted) leaves what it doesn't tell; what is older than what is stored says nothing.
-- Parameters: source; of the staged accounts only those in pg_temp.work_known count, if it holds any.
-- Returns: how many. Writes: pg_temp.work_change.
CREATE OR REPLACE FUNCTION advocacy.account_find_changed(source text) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
#variable_conflict use_column
DECLARE
	changed bigint;
	few constant boolean := EXISTS (SELECT FROM pg_temp.work_known);
	salesforce constant boolean := (SELECT s.connector = 'salesforce' FROM advocacy.source_status AS s
	                                 WHERE s.source = account_find_changed.source);
BEGIN
	-- (OFFSET 0: each record is looked up by the index, as in account_store_alone.)
	INSERT INTO pg_temp.work_change (remote_id, account_id, link_reason, link_changed, columns_changed, old_key, old_domain,
		salesforce_id, name, domain, industry, region, segment, arr, renewal_on, owner_remote_id, owner_email,
		csm_remote_id, csm_email, modified_at, deleted, merged_into_remote_id)
	SELECT s.remote_id, t.account_id, t.link_reason,
	       (t.salesforce_id, t.domain, t.deleted, t.merged_into_remote_id)
	           IS DISTINCT FROM (n.salesforce_id, n.domain, n.deleted, n.merged_into_remote_id),
	       (t.name, t.domain, t.industry, t.region, t.segment, t.arr, t.renewal_on, t.owner_remote_id, t.owner_email,
	        t.csm_remote_id, t.csm_email, t.deleted)
	           IS DISTINCT FROM (n.name, n.domain, n.industry, n.region, n.segment, n.arr, n.renewal_on, n.owner_remote_id,
	        n.owner_email, n.csm_remote_id, n.csm_email, n.deleted),
	       t.salesforce_id, t.domain, n.salesforce_id, n.name, n.domain, n.industry, n.region, n.segment, n.arr,
	       n.renewal_on, n.owner_remote_id, n.owner_email, n.csm_remote_id, n.csm_email, n.modified_at, n.deleted,
	       n.merged_into_remote_id
	  FROM pg_temp.stage_account AS s
	 CROSS JOIN LATERAL (SELECT t.* FROM advocacy.account_source AS t
	                      WHERE t.source = account_find_changed.source AND t.remote_id = s.remote_id OFFSET 0) AS t
	 CROSS JOIN LATERAL (SELECT
		CASE WHEN salesforce THEN t.salesforce_id
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
	 WHERE (NOT few OR s.remote_id IN (SELECT k.remote_id FROM pg_temp.work_known AS k))
	   AND (s.modified_at >= t.modified_at OR s.modified_at IS NULL OR t.modified_at IS NULL)
	   AND (t.salesforce_id, t.name, t.domain, t.industry, t.region, t.segment, t.arr, t.renewal_on,
	        t.owner_remote_id, t.owner_email, t.csm_remote_id, t.csm_email, t.modified_at, t.deleted,
	        t.merged_into_remote_id)
	       IS DISTINCT FROM
	       (n.salesforce_id, n.name, n.domain, n.industry, n.region, n.segment, n.arr, n.renewal_on,
	        n.owner_remote_id, n.owner_email, n.csm_remote_id, n.csm_email, n.modified_at, n.deleted,
	        n.merged_into_remote_id);
	GET DIAGNOSTICS changed = ROW_COUNT;
	RETURN changed;
END $$;
COMMENT ON FUNCTION advocacy.account_find_changed(text) IS
	'Finds the staged accounts that are stored already and differ from that; returns how many.';
