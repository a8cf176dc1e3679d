-- account_store_alone: stores the new records in pg_temp.work_change that can touch no other record, each as a customer of
-- its own, and takes them out of work_change. What account_link_records would say of them is known without asking it:
-- nobody, stored or in work_change, has their Salesforce id, or their domain (one that links), nobody who is stored was
-- merged into them, nor were they merged into anybody. In a first load these are nearly all. (What is in work_change and
-- was merged into one of them finds it stored.)
-- Parameters: source, of the records in work_change; at.
-- Returns: how many were stored. Writes: account, account_source; pg_temp.work_change, work_moved.
CREATE OR REPLACE FUNCTION advocacy.account_store_alone(source text, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
#variable_conflict use_column
DECLARE
	stored bigint;
BEGIN
	IF NOT EXISTS (SELECT FROM pg_temp.work_change AS c WHERE c.account_id IS NULL) THEN
		RETURN 0;
	END IF;
	WITH alone AS MATERIALIZED (
		DELETE FROM pg_temp.work_change AS c
		 WHERE c.account_id IS NULL AND c.merged_into_remote_id IS NULL
		   AND NOT EXISTS (SELECT FROM advocacy.account_source AS o WHERE o.salesforce_id = c.salesforce_id)
		   AND (advocacy.account_domain_is_public(c.domain)
		        OR NOT EXISTS (SELECT FROM advocacy.account_source AS o WHERE o.domain = c.domain))
		   AND NOT EXISTS (SELECT FROM advocacy.account_source AS o
		                    WHERE o.source = account_store_alone.source AND o.merged_into_remote_id = c.remote_id)
		   AND (c.salesforce_id IS NULL
		        OR c.salesforce_id NOT IN (SELECT o.salesforce_id FROM pg_temp.work_change AS o
		                                    WHERE o.salesforce_id IS NOT NULL GROUP BY o.salesforce_id HAVING count(*) > 1))
		   AND (c.domain IS NULL OR advocacy.account_domain_is_public(c.domain)
		        OR c.domain NOT IN (SELECT o.domain FROM pg_temp.work_change AS o
		                             WHERE o.domain IS NOT NULL GROUP BY o.domain HAVING count(*) > 1))
		RETURNING c.*
	), numbered AS MATERIALIZED (
		SELECT nextval('advocacy.account_account_id_seq') AS number, o.*
		  FROM (SELECT a.* FROM alone AS a ORDER BY a.remote_id) AS o
	), made AS (
		INSERT INTO advocacy.account (account_id, source, remote_id, name, domain, industry, region, segment, arr, renewal_on,
			owner_email, csm_email, deleted, created_at, updated_at)
		SELECT n.number, account_store_alone.source, n.remote_id, n.name, n.domain, n.industry, n.region, n.segment, n.arr,
		       n.renewal_on,
		       coalesce(n.owner_email, (SELECT o.email FROM advocacy.staff AS o
		                                 WHERE o.source = account_store_alone.source AND o.remote_id = n.owner_remote_id)),
		       coalesce(n.csm_email, (SELECT o.email FROM advocacy.staff AS o
		                               WHERE o.source = account_store_alone.source AND o.remote_id = n.csm_remote_id)),
		       n.deleted, account_store_alone.at, account_store_alone.at
		  FROM numbered AS n
	), linked AS (
		INSERT INTO advocacy.account_source (source, remote_id, account_id, link_reason, salesforce_id, name, domain,
			industry, region, segment, arr, renewal_on, owner_remote_id, owner_email, csm_remote_id, csm_email,
			modified_at, deleted)
		SELECT account_store_alone.source, n.remote_id, n.number, 'own', n.salesforce_id, n.name, n.domain, n.industry,
		       n.region, n.segment, n.arr, n.renewal_on, n.owner_remote_id, n.owner_email, n.csm_remote_id, n.csm_email,
		       n.modified_at, n.deleted
		  FROM numbered AS n
	)
	INSERT INTO pg_temp.work_moved (source, remote_id, account_id)
	SELECT account_store_alone.source, n.remote_id, n.number FROM numbered AS n;
	GET DIAGNOSTICS stored = ROW_COUNT;
	ANALYZE pg_temp.work_moved (remote_id);
	RETURN stored;
END $$;
COMMENT ON FUNCTION advocacy.account_store_alone(text, timestamptz) IS
	'Stores the new records that can touch no other record, each as a customer of its own; returns how many.';
