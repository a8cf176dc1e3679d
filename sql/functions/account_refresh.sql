-- account_refresh: computes the columns of accounts from their records; an account that is right already isn't touched.
-- Per column the first value that is known counts, in the order: living records before deleted ones, the source's
-- priority, the source's name. Owner and CSM that a record names by id only get their e-mail from staff.
-- Parameters: accounts (NULL: all); at. Returns: how many were changed. Writes: account.
CREATE OR REPLACE FUNCTION advocacy.account_refresh(accounts bigint[], at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
#variable_conflict use_column
DECLARE
	changed bigint;
BEGIN
	WITH wanted AS MATERIALIZED (
		SELECT DISTINCT u.account_id FROM unnest(account_refresh.accounts) AS u (account_id)
		UNION ALL
		SELECT a.account_id FROM advocacy.account AS a WHERE account_refresh.accounts IS NULL
	), record AS MATERIALIZED (
		SELECT s.account_id, s.name, s.domain, s.industry, s.region, s.segment, s.arr, s.renewal_on,
		       coalesce(s.owner_email, o.email) AS owner_email, coalesce(s.csm_email, m.email) AS csm_email, s.deleted,
		       row_number() OVER (PARTITION BY s.account_id ORDER BY s.deleted, p.priority, s.source, s.remote_id) AS place,
		       count(*) OVER (PARTITION BY s.account_id) AS records
		  FROM wanted AS w
		  JOIN advocacy.account_source AS s ON s.account_id = w.account_id
		  JOIN advocacy.source_status AS p ON p.source = s.source
		  LEFT JOIN advocacy.staff AS o
		    ON o.source = s.source AND o.remote_id = s.owner_remote_id AND s.owner_email IS NULL
		  LEFT JOIN advocacy.staff AS m
		    ON m.source = s.source AND m.remote_id = s.csm_remote_id AND s.csm_email IS NULL
	), computed AS (
		SELECT r.account_id, r.name, r.domain, r.industry, r.region, r.segment, r.arr, r.renewal_on, r.owner_email,
		       r.csm_email, r.deleted
		  FROM record AS r WHERE r.records = 1
		UNION ALL
		SELECT r.account_id,
		       (array_agg(r.name ORDER BY r.place) FILTER (WHERE r.name IS NOT NULL))[1],
		       (array_agg(r.domain ORDER BY r.place) FILTER (WHERE r.domain IS NOT NULL))[1],
		       (array_agg(r.industry ORDER BY r.place) FILTER (WHERE r.industry IS NOT NULL))[1],
		       (array_agg(r.region ORDER BY r.place) FILTER (WHERE r.region IS NOT NULL))[1],
		       (array_agg(r.segment ORDER BY r.place) FILTER (WHERE r.segment IS NOT NULL))[1],
		       (array_agg(r.arr ORDER BY r.place) FILTER (WHERE r.arr IS NOT NULL))[1],
		       (array_agg(r.renewal_on ORDER BY r.place) FILTER (WHERE r.renewal_on IS NOT NULL))[1],
		       (array_agg(r.owner_email ORDER BY r.place) FILTER (WHERE r.owner_email IS NOT NULL))[1],
		       (array_agg(r.csm_email ORDER BY r.place) FILTER (WHERE r.csm_email IS NOT NULL))[1],
		       bool_and(r.deleted)
		  FROM record AS r WHERE r.records > 1 GROUP BY r.account_id
	), differing AS (
		SELECT c.* FROM computed AS c JOIN advocacy.account AS a ON a.account_id = c.account_id
		 WHERE (a.name, a.domain, a.industry, a.region, a.segment, a.arr, a.renewal_on, a.owner_email, a.csm_email, a.deleted)
		       IS DISTINCT FROM
		       (c.name, c.domain, c.industry, c.region, c.segment, c.arr, c.renewal_on, c.owner_email, c.csm_email, c.deleted)
		 ORDER BY c.account_id
	)
	UPDATE advocacy.account AS a
	   SET name = d.name, domain = d.domain, industry = d.industry, region = d.region, segment = d.segment, arr = d.arr,
	       renewal_on = d.renewal_on, owner_email = d.owner_email, csm_email = d.csm_email, deleted = d.deleted,
	       updated_at = account_refresh.at
	  FROM differing AS d WHERE d.account_id = a.account_id;
	GET DIAGNOSTICS changed = ROW_COUNT;
	RETURN changed;
END $$;
COMMENT ON FUNCTION advocacy.account_refresh(bigint[], timestamptz) IS
	'Computes the columns of accounts (NULL: all) from their records by source priority; returns how many changed.';
