-- account_store_alone: stores the staged accounts that are new and can touch no other record, each as a customer of its
-- own, with its signals, in one pass. What account_link_records would say of them is known without asking it: nobody,
-- stored or staged, has their Salesforce id, or their domain (one that links, while there is another source to link to),
-- nobody who is stored was merged into them, nor were they merged into anybody. In a first load these are nearly all.
-- (What is staged and was merged into one of them finds it stored.) Nothing was ever known of such an account, so of its
-- numbers only those have to be judged with which a rule may begin (risk_evaluate_for).
-- Parameters: source; stream; at.
-- Returns: one row: stored, how many; new, how many other staged records are new: those are in work_change now; known, how
-- many staged records were stored before: where these are few, all that they may be are in work_known now.
-- Writes: account, account_source, signal, signal_history; pg_temp.work_known, work_change, work_moved, work_evaluate.
CREATE OR REPLACE FUNCTION advocacy.account_store_alone(source text, stream text, at timestamptz DEFAULT now())
RETURNS TABLE (stored bigint, new bigint, known bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
#variable_conflict use_column
DECLARE
	salesforce constant boolean := (SELECT s.connector = 'salesforce' FROM advocacy.source_status AS s
	                                 WHERE s.source = account_store_alone.source);
	merging constant boolean := advocacy.account_any_merged();
	-- Within one source a domain links nobody.
	elsewhere constant boolean := EXISTS (SELECT FROM (SELECT min(o.source) AS lowest, max(o.source) AS highest
	                                                     FROM advocacy.account_source AS o) AS b
	                                       WHERE b.lowest <> account_store_alone.source OR b.highest <> account_store_alone.source);
	-- What came before its account waits for it. (Ordered, so that the index answers, also where there is nothing.)
	awaited constant boolean := coalesce(
		(SELECT true FROM advocacy.contact AS c WHERE c.source = account_store_alone.source ORDER BY c.source, c.remote_id LIMIT 1),
		(SELECT true FROM advocacy.support_case AS c WHERE c.source = account_store_alone.source ORDER BY c.source, c.remote_id LIMIT 1),
		(SELECT true FROM advocacy.opportunity AS c WHERE c.source = account_store_alone.source ORDER BY c.source, c.remote_id LIMIT 1),
		false);
	staged bigint;
	most bigint; -- as many are kept in memory to compare with: not a resync of millions
	first text;
	last text;
	-- How many that are stored lie between them, up to more than `most`. In a first load, which goes by id, these are
	-- none, or what a look at some of them has brought: then none is looked up.
	met bigint;
BEGIN
	SELECT count(*), min(s.remote_id), max(s.remote_id) INTO staged, first, last FROM pg_temp.stage_account AS s;
	most := least(staged, 100000);
	SELECT count(*) INTO met
	  FROM (SELECT FROM advocacy.account_source AS t
	         WHERE t.source = account_store_alone.source AND t.remote_id >= first AND t.remote_id <= last
	         ORDER BY t.source, t.remote_id LIMIT most + 1) AS n;
	IF met BETWEEN 1 AND most THEN
		INSERT INTO pg_temp.work_known
		SELECT t.remote_id FROM advocacy.account_source AS t
		 WHERE t.source = account_store_alone.source AND t.remote_id >= first AND t.remote_id <= last
		 ORDER BY t.source, t.remote_id LIMIT most;
	END IF;
	-- (OFFSET 0: each record is looked up by the index. Joined, the whole table would be read for a page of records, ever
	-- more of it as a first load goes on.)
	WITH fresh AS MATERIALIZED (
		SELECT s.remote_id, n.salesforce_id, s.name, n.domain, s.industry, s.region, s.segment, s.arr, s.renewal_on,
		       s.owner_remote_id, s.owner_email, s.csm_remote_id, s.csm_email, s.modified_at,
		       coalesce(s.deleted, false) AS deleted, s.merged_into_remote_id, s.signals
		  FROM pg_temp.stage_account AS s
		 CROSS JOIN LATERAL (SELECT
			-- What salesforce_id_18 finds of these is the same, or nothing.
			CASE WHEN salesforce AND octet_length(s.remote_id) = 18
			          AND substr(s.remote_id, 16) = upper(substr(s.remote_id, 16) COLLATE "C")
			     THEN s.remote_id
			     WHEN salesforce THEN coalesce(advocacy.salesforce_id_18(s.remote_id), s.remote_id)
			     ELSE advocacy.salesforce_id_18(s.salesforce_id) END AS salesforce_id,
			advocacy.account_domain(s.domain) AS domain
			OFFSET 0) AS n
		 WHERE CASE WHEN met <= most THEN s.remote_id NOT IN (SELECT k.remote_id FROM pg_temp.work_known AS k)
		            ELSE NOT EXISTS (SELECT FROM advocacy.account_source AS t
		                              WHERE t.source = account_store_alone.source AND t.remote_id = s.remote_id OFFSET 0) END
		 ORDER BY s.remote_id COLLATE "C"
	), keys AS MATERIALIZED (
		-- Where each has its own remote id as its Salesforce id, no two of these are the same.
		SELECT min(f.salesforce_id COLLATE "C") AS first, max(f.salesforce_id COLLATE "C") AS last,
		       bool_or(f.salesforce_id <> f.remote_id) AS given
		  FROM fresh AS f
	), near AS MATERIALIZED (
		-- As `met`, of their Salesforce ids (in the order of that index).
		SELECT o.salesforce_id
		  FROM keys AS k
		 CROSS JOIN LATERAL (SELECT a.salesforce_id FROM advocacy.account_source AS a
		                      WHERE a.salesforce_id >= k.first AND a.salesforce_id <= k.last
		                      ORDER BY a.salesforce_id LIMIT most + 1) AS o
	), judged AS MATERIALIZED (
		SELECT CASE WHEN f.merged_into_remote_id IS NULL
		             AND CASE WHEN (SELECT count(*) FROM near) <= most
		                      THEN f.salesforce_id IS NULL OR f.salesforce_id NOT IN (SELECT o.salesforce_id FROM near AS o)
		                      ELSE NOT EXISTS (SELECT FROM advocacy.account_source AS o WHERE o.salesforce_id = f.salesforce_id
		                                        OFFSET 0) END
		             AND (f.salesforce_id IS NULL OR (SELECT k.given FROM keys AS k) IS NOT TRUE
		                  OR f.salesforce_id NOT IN (SELECT o.salesforce_id FROM fresh AS o
		                                              WHERE o.salesforce_id IS NOT NULL GROUP BY o.salesforce_id HAVING count(*) > 1))
		             AND (NOT elsewhere OR f.domain IS NULL OR advocacy.account_domain_is_public(f.domain)
		                  OR (NOT EXISTS (SELECT FROM advocacy.account_source AS o WHERE o.domain = f.domain OFFSET 0)
		                      AND f.domain NOT IN (SELECT o.domain FROM fresh AS o
		                                            WHERE o.domain IS NOT NULL GROUP BY o.domain HAVING count(*) > 1)))
		             AND NOT (merging AND EXISTS (SELECT FROM advocacy.account_source AS o
		                                           WHERE o.source = account_store_alone.source
		                                             AND o.merged_into_remote_id = f.remote_id OFFSET 0))
		            THEN nextval('advocacy.account_account_id_seq') END AS number, f.*
		  FROM fresh AS f
	), made AS (
		INSERT INTO advocacy.account (account_id, source, remote_id, name, domain, industry, region, segment, arr, renewal_on,
			owner_email, csm_email, deleted, created_at, updated_at)
		SELECT j.number, account_store_alone.source, j.remote_id, j.name, j.domain, j.industry, j.region, j.segment, j.arr,
		       j.renewal_on,
		       coalesce(j.owner_email, (SELECT o.email FROM advocacy.staff AS o
		                                 WHERE o.source = account_store_alone.source AND o.remote_id = j.owner_remote_id)),
		       coalesce(j.csm_email, (SELECT o.email FROM advocacy.staff AS o
		                               WHERE o.source = account_store_alone.source AND o.remote_id = j.csm_remote_id)),
		       j.deleted, account_store_alone.at, account_store_alone.at
		  FROM judged AS j WHERE j.number IS NOT NULL
	), linked AS (
		INSERT INTO advocacy.account_source (source, remote_id, account_id, link_reason, salesforce_id, name, domain,
			industry, region, segment, arr, renewal_on, owner_remote_id, owner_email, csm_remote_id, csm_email,
			modified_at, deleted)
		SELECT account_store_alone.source, j.remote_id, j.number, 'own', j.salesforce_id, j.name, j.domain, j.industry,
		       j.region, j.segment, j.arr, j.renewal_on, j.owner_remote_id, j.owner_email, j.csm_remote_id, j.csm_email,
		       j.modified_at, j.deleted
		  FROM judged AS j WHERE j.number IS NOT NULL
	), others AS (
		INSERT INTO pg_temp.work_change (remote_id, link_changed, columns_changed, salesforce_id, name, domain, industry, region, segment, arr,
			renewal_on, owner_remote_id, owner_email, csm_remote_id, csm_email, modified_at, deleted, merged_into_remote_id)
		SELECT j.remote_id, true, true, j.salesforce_id, j.name, j.domain, j.industry, j.region, j.segment, j.arr, j.renewal_on,
		       j.owner_remote_id, j.owner_email, j.csm_remote_id, j.csm_email, j.modified_at, j.deleted,
		       j.merged_into_remote_id
		  FROM judged AS j WHERE j.number IS NULL
	), moved AS (
		INSERT INTO pg_temp.work_moved (source, remote_id, account_id)
		SELECT account_store_alone.source, j.remote_id, j.number FROM judged AS j WHERE awaited AND j.number IS NOT NULL
	), said AS MATERIALIZED (
		-- As sync_merge_signals reads them.
		SELECT v.number, v.key, advocacy.signal_value(v.value) AS value, v.observed_at
		  FROM (SELECT k.number, k.key, k.signals ->> k.key AS value, coalesce(k.modified_at, account_store_alone.at) AS observed_at
		          FROM (SELECT j.number, j.signals, j.modified_at,
		                       jsonb_object_keys(CASE WHEN jsonb_typeof(j.signals) = 'object' THEN j.signals ELSE '{}' END) AS key
		                  FROM judged AS j WHERE j.number IS NOT NULL AND j.signals IS NOT NULL) AS k
		        OFFSET 0) AS v
	), observed AS (
		INSERT INTO advocacy.signal (account_id, name, source, stream, value, observed_at)
		SELECT s.number, s.key, account_store_alone.source, account_store_alone.stream, s.value, s.observed_at
		  FROM said AS s
	), remembered AS (
		INSERT INTO advocacy.signal_history (account_id, name, source, value, observed_at, recorded_at)
		SELECT s.number, s.key, account_store_alone.source, s.value, s.observed_at, account_store_alone.at
		  FROM said AS s
	), touched AS (
		INSERT INTO pg_temp.work_evaluate (account_id)
		SELECT s.number FROM said AS s
		  JOIN advocacy.risk_rule AS u ON u.active AND u.signal = s.key
		 WHERE u.date_side IS NOT NULL OR advocacy.risk_meets(s.value, u.enter_operator, u.enter_value)
		UNION ALL
		SELECT j.number FROM judged AS j
		 WHERE j.number IS NOT NULL AND j.renewal_on IS NOT NULL
		   AND EXISTS (SELECT FROM advocacy.risk_rule AS u
		                WHERE u.active AND u.date_side IS NOT NULL AND u.signal = 'renewal_on')
	)
	SELECT count(j.number), count(*) - count(j.number), staged - count(*)
	  INTO stored, new, known
	  FROM judged AS j;
	PERFORM advocacy.account_follow(account_store_alone.at);
	RETURN NEXT;
END $$;
COMMENT ON FUNCTION advocacy.account_store_alone(text, text, timestamptz) IS
	'Stores the staged accounts that are new and can touch no other record, each as a customer of its own with its signals; returns how many, and what is left to do.';
