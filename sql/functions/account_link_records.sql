-- account_link_records: which customer account each changed record belongs to (the crosswalk).
--
-- The answer is computed from the facts of all records that can touch each other (same key, same domain, same account),
-- never from the order in which they came, so that every order gives the same customers:
--   1. Records with the same Salesforce id are one customer, unless two records of one source share it (then neither of
--      those is linked by it) or two Salesforce organisations hold it.
--   2. The groups of step 1 that share a domain are one customer, unless the domain is public, two records of one
--      source have it, the joint customer would hold two records of one source, or a record names another Salesforce
--      id than its would-be partners have: then none of them is linked by domain.
--   3. Deleted records don't make anything ambiguous; they stay with what they still name.
--   4. What a person linked stays where it is (and follows its account when that joins another). No rule links another
--      record of its source to that account beside it.
--   5. A record that was merged into another of its source is the same customer as the last known survivor. Records of
--      other sources that still name its Salesforce id, or have its domain, go with it, unless their source has a record
--      that names the survivor's.
-- An existing account is kept by the component that holds the record that made it. Of several, the survivor's of a merge,
-- else the oldest, lives on
-- and the others get merged_into. A record that has to leave gets the account it once made back, or a new one.
--
-- Parameters: source, of the records in pg_temp.work_change; at.
-- Returns: nothing. Writes: account (new rows, merged_into); pg_temp.work_link, work_target, work_moved and friends.
CREATE OR REPLACE FUNCTION advocacy.account_link_records(source text, at timestamptz DEFAULT now()) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
#variable_conflict use_column
DECLARE
	reached integer := 0;
	found_more bigint;
	merging boolean;
BEGIN
	INSERT INTO pg_temp.work_link (round, source, remote_id, old_account_id, old_reason, pinned, salesforce, priority,
		key, domain, old_key, old_domain, deleted, merged_into)
	SELECT 0, s.source, c.remote_id, c.account_id, c.link_reason, p.pinned, s.connector = 'salesforce', s.priority,
	       CASE WHEN NOT p.pinned THEN c.salesforce_id END,
	       CASE WHEN NOT p.pinned AND NOT advocacy.account_domain_is_public(c.domain) THEN c.domain END,
	       CASE WHEN p.pinned THEN c.salesforce_id ELSE nullif(c.old_key, c.salesforce_id) END,
	       CASE WHEN p.pinned THEN c.domain ELSE nullif(c.old_domain, c.domain) END, c.deleted,
	       CASE WHEN c.deleted AND NOT p.pinned THEN c.merged_into_remote_id END
	  FROM pg_temp.work_change AS c
	  JOIN advocacy.source_status AS s ON s.source = account_link_records.source
	 CROSS JOIN LATERAL (SELECT coalesce(c.link_reason = 'person', false) AS pinned) AS p
	 WHERE c.link_changed
	 ORDER BY c.remote_id;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	merging := EXISTS (SELECT FROM pg_temp.work_link AS w WHERE w.merged_into IS NOT NULL)
	        OR advocacy.account_any_merged();

	-- Everything that the changed records touch, or touched until now, is decided again with them. (The conditions on null
	-- tell the planner where a join has nothing to find: it would read all records for it.)
	LOOP
		ANALYZE pg_temp.work_link;
		INSERT INTO pg_temp.work_link (round, source, remote_id, old_account_id, old_reason, pinned, salesforce,
			priority, key, domain, deleted, merged_into)
		SELECT reached + 1, a.source, a.remote_id, a.account_id, a.link_reason, a.link_reason = 'person',
		       s.connector = 'salesforce', s.priority,
		       CASE WHEN a.link_reason <> 'person' THEN a.salesforce_id END,
		       CASE WHEN a.link_reason <> 'person' AND NOT advocacy.account_domain_is_public(a.domain)
		            THEN a.domain END,
		       a.deleted, CASE WHEN a.deleted AND a.link_reason <> 'person' THEN a.merged_into_remote_id END
		  FROM (SELECT o.source, o.remote_id FROM pg_temp.work_link AS w
		          JOIN advocacy.account_source AS o ON o.salesforce_id = w.key
		         WHERE w.round = reached AND w.key IS NOT NULL
		        UNION
		        SELECT o.source, o.remote_id FROM pg_temp.work_link AS w
		          JOIN advocacy.account_source AS o ON o.salesforce_id = w.old_key
		         WHERE w.round = reached AND w.old_key IS NOT NULL
		        UNION
		        SELECT o.source, o.remote_id FROM pg_temp.work_link AS w
		          JOIN advocacy.account_source AS o ON o.domain = w.domain
		         WHERE w.round = reached AND w.domain IS NOT NULL
		        UNION
		        SELECT o.source, o.remote_id FROM pg_temp.work_link AS w
		          JOIN advocacy.account_source AS o ON o.domain = w.old_domain
		         WHERE w.round = reached AND w.old_domain IS NOT NULL AND NOT advocacy.account_domain_is_public(w.old_domain)
		        UNION
		        SELECT o.source, o.remote_id FROM pg_temp.work_link AS w
		          JOIN advocacy.account_source AS o ON o.account_id = w.old_account_id
		         WHERE w.round = reached AND w.old_account_id IS NOT NULL
		        UNION
		        SELECT o.source, o.remote_id FROM pg_temp.work_link AS w
		          JOIN advocacy.account_source AS o ON o.source = w.source AND o.remote_id = w.merged_into
		         WHERE merging AND w.round = reached
		        UNION
		        SELECT o.source, o.remote_id FROM pg_temp.work_link AS w
		          JOIN advocacy.account_source AS o ON o.source = w.source AND o.merged_into_remote_id = w.remote_id
		         WHERE merging AND o.merged_into_remote_id IS NOT NULL AND w.round = reached) AS t
		  JOIN advocacy.account_source AS a ON a.source = t.source AND a.remote_id = t.remote_id
		  JOIN advocacy.source_status AS s ON s.source = a.source
		 WHERE NOT EXISTS (SELECT FROM pg_temp.work_link AS w WHERE w.source = a.source AND w.remote_id = a.remote_id)
		 ORDER BY a.source, a.remote_id;
		GET DIAGNOSTICS found_more = ROW_COUNT;
		EXIT WHEN found_more = 0;
		reached := reached + 1;
	END LOOP;

	-- 5. Who survived: the end of the chain, as far as it is known. A ring has no end, and so no survivor.
	IF merging THEN
		UPDATE pg_temp.work_link AS w SET survivor = o.node FROM pg_temp.work_link AS o
		 WHERE w.merged_into IS NOT NULL AND o.source = w.source AND o.remote_id = w.merged_into AND o.node <> w.node;
		FOR doubled IN 1 .. 20 LOOP
			UPDATE pg_temp.work_link AS w SET survivor = o.survivor FROM pg_temp.work_link AS o
			 WHERE o.node = w.survivor AND o.survivor <> w.survivor;
			EXIT WHEN NOT FOUND;
		END LOOP;
		UPDATE pg_temp.work_link AS w SET survivor = NULL FROM pg_temp.work_link AS o
		 WHERE o.node = w.survivor AND o.survivor IS NOT NULL;

		-- (Both exceptions are joins of their own, and survivors known to the planner: record by record each would be compared with each.)
		ANALYZE pg_temp.work_link (survivor);
		UPDATE pg_temp.work_link AS w SET old_key = coalesce(w.old_key, w.key), key = t.key
		  FROM pg_temp.work_link AS l JOIN pg_temp.work_link AS t ON t.node = l.survivor
		 WHERE l.salesforce AND w.key = l.key AND NOT w.salesforce
		   AND (w.node, l.survivor) NOT IN (
			SELECT x.node, y.survivor
			  FROM pg_temp.work_link AS x
			  JOIN pg_temp.work_link AS y ON y.key = x.key AND y.salesforce AND y.survivor IS NOT NULL
			  JOIN (SELECT m.survivor, m.key FROM pg_temp.work_link AS m WHERE m.survivor IS NOT NULL
			        UNION
			        SELECT m.survivor, s.key FROM pg_temp.work_link AS m JOIN pg_temp.work_link AS s ON s.node = m.survivor) AS f
			    ON f.survivor = y.survivor
			  JOIN pg_temp.work_link AS o ON o.key = f.key AND o.source = x.source AND o.node <> x.node AND NOT o.deleted
			 WHERE NOT x.salesforce);
		UPDATE pg_temp.work_link AS l
		   SET old_key = coalesce(l.old_key, l.key), key = NULL, old_domain = coalesce(l.old_domain, l.domain),
		       domain = CASE WHEN l.node NOT IN (
				SELECT x.node
				  FROM pg_temp.work_link AS x
				  JOIN pg_temp.work_link AS y ON y.node = x.survivor AND y.domain <> x.domain
				  JOIN pg_temp.work_link AS a ON a.domain = x.domain AND NOT a.deleted
				  JOIN pg_temp.work_link AS b ON b.domain = y.domain AND b.source = a.source AND b.node <> a.node AND NOT b.deleted)
			THEN l.domain END
		  FROM pg_temp.work_link AS t WHERE t.node = l.survivor;
	END IF;

	-- 4. Beside what a person linked, no rule links another record of that source.
	IF EXISTS (SELECT FROM pg_temp.work_link AS p WHERE p.pinned) THEN
		UPDATE pg_temp.work_link AS w
		   SET old_key = coalesce(w.old_key, w.key), old_domain = coalesce(w.old_domain, w.domain),
		       key = CASE WHEN w.key <> ALL (b.keys) THEN w.key END,
		       domain = CASE WHEN w.domain <> ALL (b.domains) THEN w.domain END
		  FROM (SELECT p.source, p.old_account_id, coalesce(array_agg(r.key) FILTER (WHERE r.key IS NOT NULL), '{}') AS keys,
		               coalesce(array_agg(r.domain) FILTER (WHERE r.domain IS NOT NULL), '{}') AS domains
		          FROM pg_temp.work_link AS p JOIN pg_temp.work_link AS r ON r.old_account_id = p.old_account_id
		         WHERE p.pinned AND NOT p.deleted AND r.source <> p.source GROUP BY p.source, p.old_account_id) AS b
		 WHERE w.source = b.source AND NOT w.pinned AND w.old_account_id IS DISTINCT FROM b.old_account_id
		   AND (w.key = ANY (b.keys) OR w.domain = ANY (b.domains));
	END IF;

	INSERT INTO pg_temp.work_shared (shared_by, shared)
	SELECT 'salesforce_id', w.key FROM pg_temp.work_link AS w WHERE w.key IS NOT NULL GROUP BY w.key HAVING count(*) > 1
	UNION ALL
	SELECT 'domain', w.domain FROM pg_temp.work_link AS w WHERE w.domain IS NOT NULL GROUP BY w.domain HAVING count(*) > 1;
	ANALYZE pg_temp.work_shared;

	-- 1. Same Salesforce id. (Windows rather than a join of the groups with themselves: the planner can't know how many
	-- rows a condition on a window's count leaves, and a nested loop over 20,000 such rows takes a quarter of a minute.)
	WITH counted AS (
		SELECT w.node, w.key, w.salesforce, w.deleted,
		       count(*) FILTER (WHERE NOT w.deleted) OVER same AS living, count(*) OVER same AS known
		  FROM pg_temp.work_link AS w
		 WHERE w.key IN (SELECT o.shared FROM pg_temp.work_shared AS o WHERE o.shared_by = 'salesforce_id')
		WINDOW same AS (PARTITION BY w.key, w.source)
	), member AS (
		SELECT c.node, min(c.node) OVER together AS base, count(*) OVER together AS members,
		       count(*) FILTER (WHERE c.salesforce) OVER together AS organisations
		  FROM counted AS c
		 WHERE (NOT c.deleted AND c.living = 1) OR (c.deleted AND c.living = 0 AND c.known = 1)
		WINDOW together AS (PARTITION BY c.key)
	)
	UPDATE pg_temp.work_link AS w SET base = m.base
	  FROM member AS m
	 WHERE w.node = m.node AND m.members > 1 AND m.organisations <= 1;

	-- 5. What was merged goes with its survivor.
	IF merging THEN
		UPDATE pg_temp.work_link AS w SET base = coalesce(t.base, t.node)
		  FROM pg_temp.work_link AS t WHERE t.node = w.survivor;
		UPDATE pg_temp.work_link AS w SET base = w.node
		 WHERE w.base IS NULL AND w.node IN (SELECT l.survivor FROM pg_temp.work_link AS l);
	END IF;

	-- 4. What a person linked goes with the record that made the account, else with the first other one there.
	UPDATE pg_temp.work_link AS w SET base = f.base
	  FROM (SELECT DISTINCT ON (p.node) p.node, coalesce(o.base, o.node) AS base
	          FROM pg_temp.work_link AS p
	          JOIN pg_temp.work_link AS o ON o.old_account_id = p.old_account_id
	          JOIN advocacy.account AS a ON a.account_id = p.old_account_id
	         WHERE p.pinned
	         ORDER BY p.node, o.pinned, (o.source, o.remote_id) <> (a.source, a.remote_id), o.priority, o.source, o.remote_id)
	       AS f
	 WHERE f.node = w.node;
	UPDATE pg_temp.work_link AS w SET base = w.node
	 WHERE w.base IS NULL AND EXISTS (SELECT FROM pg_temp.work_link AS p WHERE p.pinned AND p.base = w.node);

	-- 2. Same unambiguous domain.
	INSERT INTO pg_temp.work_edge (base, domain)
	WITH counted AS (
		SELECT coalesce(w.base, w.node) AS base, w.domain, w.deleted,
		       count(*) FILTER (WHERE NOT w.deleted) OVER same AS living, count(*) OVER same AS known
		  FROM pg_temp.work_link AS w
		 WHERE w.domain IN (SELECT o.shared FROM pg_temp.work_shared AS o WHERE o.shared_by = 'domain')
		WINDOW same AS (PARTITION BY w.domain, w.source)
	), member AS (
		SELECT c.base, c.domain, max(c.living) OVER together AS living, min(c.base) OVER together AS lowest,
		       max(c.base) OVER together AS highest
		  FROM counted AS c
		 WHERE NOT c.deleted OR (c.living = 0 AND c.known = 1)
		WINDOW together AS (PARTITION BY c.domain)
	)
	SELECT DISTINCT m.base, m.domain FROM member AS m WHERE m.living <= 1 AND m.lowest < m.highest;
	IF FOUND THEN
		ANALYZE pg_temp.work_edge;
		INSERT INTO pg_temp.work_component (base, component) SELECT DISTINCT e.base, e.base FROM pg_temp.work_edge AS e;
		ANALYZE pg_temp.work_component;
		LOOP
			UPDATE pg_temp.work_component AS c SET component = n.component
			  FROM (SELECT e.base, min(d.component) AS component
			          FROM pg_temp.work_edge AS e
			          JOIN (SELECT o.domain, min(k.component) AS component
			                  FROM pg_temp.work_edge AS o JOIN pg_temp.work_component AS k ON k.base = o.base
			                 GROUP BY o.domain) AS d ON d.domain = e.domain
			         GROUP BY e.base) AS n
			 WHERE n.base = c.base AND n.component < c.component;
			EXIT WHEN NOT FOUND;
		END LOOP;
		UPDATE pg_temp.work_component AS c SET refused = r.why FROM (
			SELECT k.component, 'more than one record of ' || w.source || ' would belong to the joint customer' AS why
			  FROM pg_temp.work_component AS k JOIN pg_temp.work_link AS w ON coalesce(w.base, w.node) = k.base
			 WHERE NOT w.deleted AND NOT w.pinned
			 GROUP BY k.component, w.source HAVING count(DISTINCT k.base) > 1
			UNION ALL
			SELECT k.component, 'the records name different Salesforce ids: ' || string_agg(DISTINCT w.key, ', ')
			  FROM pg_temp.work_component AS k JOIN pg_temp.work_link AS w ON coalesce(w.base, w.node) = k.base
			 WHERE w.key IS NOT NULL
			 GROUP BY k.component
			HAVING count(DISTINCT w.key) FILTER (WHERE NOT w.salesforce) > 1
			    OR (count(*) FILTER (WHERE NOT w.salesforce) > 0 AND count(*) FILTER (WHERE w.salesforce) > 0
			        AND min(w.key) FILTER (WHERE NOT w.salesforce)
			            <> ALL (array_agg(w.key) FILTER (WHERE w.salesforce)))) AS r
		 WHERE r.component = c.component;
		UPDATE pg_temp.work_link AS w SET component = c.component
		  FROM pg_temp.work_component AS c WHERE c.base = coalesce(w.base, w.node) AND c.refused IS NULL;
	END IF;

	ANALYZE pg_temp.work_link;
	UPDATE pg_temp.work_link AS w SET head = p.place = 1,
		reason = CASE WHEN w.survivor IS NOT NULL THEN 'merged' WHEN p.place = 1 THEN 'own' WHEN p.place_in_base = 1 THEN 'domain' ELSE 'salesforce_id' END
	  FROM (SELECT o.node,
	               row_number() OVER (PARTITION BY coalesce(o.component, o.base, o.node)
	                   ORDER BY o.pinned, o.survivor IS NOT NULL, o.priority, NOT o.salesforce, o.source, o.remote_id) AS place,
	               row_number() OVER (PARTITION BY coalesce(o.base, o.node)
	                   ORDER BY o.pinned, o.survivor IS NOT NULL, o.priority, NOT o.salesforce, o.source, o.remote_id) AS place_in_base
	          FROM pg_temp.work_link AS o WHERE o.base IS NOT NULL OR o.component IS NOT NULL) AS p
	 WHERE p.node = w.node;

	-- Which component has which account.
	INSERT INTO pg_temp.work_owner (account_id, component, merged)
	SELECT DISTINCT ON (w.old_account_id) w.old_account_id, coalesce(w.component, w.base, w.node), w.survivor IS NOT NULL
	  FROM pg_temp.work_link AS w JOIN advocacy.account AS a ON a.account_id = w.old_account_id
	 ORDER BY w.old_account_id, w.pinned DESC, (w.source, w.remote_id) <> (a.source, a.remote_id), w.priority, w.source,
	       w.remote_id;
	INSERT INTO pg_temp.work_target (component, account_id)
	SELECT o.component, coalesce(min(o.account_id) FILTER (WHERE NOT o.merged), min(o.account_id))
	  FROM pg_temp.work_owner AS o GROUP BY o.component;
	ANALYZE pg_temp.work_owner;
	ANALYZE pg_temp.work_target;

	WITH back AS (
		INSERT INTO pg_temp.work_target (component, account_id)
		SELECT coalesce(w.component, w.base, w.node), min(a.account_id)
		  FROM pg_temp.work_link AS w
		  JOIN advocacy.account AS a ON a.source = w.source AND a.remote_id = w.remote_id
		 WHERE w.old_account_id IS NOT NULL AND a.merged_into IS NOT NULL
		   AND NOT EXISTS (SELECT FROM pg_temp.work_target AS t WHERE t.component = coalesce(w.component, w.base, w.node))
		   AND NOT EXISTS (SELECT FROM advocacy.account_source AS o WHERE o.account_id = a.account_id)
		 GROUP BY 1
		RETURNING account_id
	)
	UPDATE advocacy.account AS a SET merged_into = NULL, updated_at = account_link_records.at
	  FROM back AS b WHERE b.account_id = a.account_id;

	WITH made AS (
		INSERT INTO advocacy.account (source, remote_id, name, domain, industry, region, segment, arr, renewal_on,
			owner_email, csm_email, deleted, created_at, updated_at)
		SELECT w.source, w.remote_id, c.name, c.domain, c.industry, c.region, c.segment, c.arr, c.renewal_on,
		       c.owner_email, c.csm_email, coalesce(c.deleted, false), account_link_records.at, account_link_records.at
		  FROM pg_temp.work_link AS w
		  LEFT JOIN pg_temp.work_change AS c ON w.source = account_link_records.source AND c.remote_id = w.remote_id
		 WHERE coalesce(w.head, true)
		   AND NOT EXISTS (SELECT FROM pg_temp.work_target AS t WHERE t.component = coalesce(w.component, w.base, w.node))
		 ORDER BY w.source, w.remote_id
		RETURNING account_id, source, remote_id
	)
	INSERT INTO pg_temp.work_target (component, account_id)
	SELECT coalesce(w.component, w.base, w.node), m.account_id
	  FROM made AS m JOIN pg_temp.work_link AS w ON w.source = m.source AND w.remote_id = m.remote_id;
	ANALYZE pg_temp.work_target;

	INSERT INTO pg_temp.work_moved (source, remote_id, old_account_id, account_id, merged)
	SELECT w.source, w.remote_id, w.old_account_id, t.account_id, w.survivor IS NOT NULL
	  FROM pg_temp.work_link AS w
	  JOIN pg_temp.work_target AS t ON t.component = coalesce(w.component, w.base, w.node)
	 WHERE w.old_account_id IS DISTINCT FROM t.account_id;
	ANALYZE pg_temp.work_moved;
END $$;
COMMENT ON FUNCTION advocacy.account_link_records(text, timestamptz) IS
	'Decides which customer account each changed record belongs to: by Salesforce id, else by an unambiguous domain, else its own; independent of the order of arrival.';
