-- identity_review_follow: opens, updates and ends the reviews of the records that account_link_records has just looked at
-- (the work tables hold all that share anything with a changed record).
--   Salesforce id   two living records of one source name it, or two Salesforce organisations have it
--   domain          two living records of one source have it, and another source has it too; or those who share it would
--                   bring two records of one source, or different Salesforce ids, into one customer
-- A review is opened once, follows the facts, and ends by itself when they leave no doubt.
-- Parameters: at; actor, resolution: whose decision ends them (NULL: the facts).
-- Returns: nothing. Writes: identity_review; pg_temp.work_review.
CREATE OR REPLACE FUNCTION advocacy.identity_review_follow(at timestamptz DEFAULT now(), actor text DEFAULT NULL,
	resolution text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
#variable_conflict use_column
BEGIN
	IF EXISTS (SELECT FROM pg_temp.work_shared) THEN
		WITH member AS MATERIALIZED (
			SELECT s.shared_by, s.shared, w.source, w.remote_id, w.salesforce
			  FROM pg_temp.work_shared AS s JOIN pg_temp.work_link AS w ON w.key = s.shared
			 WHERE s.shared_by = 'salesforce_id' AND NOT w.deleted
			UNION ALL
			SELECT s.shared_by, s.shared, w.source, w.remote_id, w.salesforce
			  FROM pg_temp.work_shared AS s JOIN pg_temp.work_link AS w ON w.domain = s.shared
			 WHERE s.shared_by = 'domain' AND NOT w.deleted
		), doubtful AS (
			SELECT c.shared_by, c.shared,
			       coalesce(string_agg(format('%s has %s records with it', c.source, c.records), ', ' ORDER BY c.source)
			                    FILTER (WHERE c.records > 1),
			                'the Salesforce organisations ' || string_agg(c.source, ', ' ORDER BY c.source)
			                    FILTER (WHERE c.salesforce) || ' both have it') AS why
			  FROM (SELECT m.shared_by, m.shared, m.source, count(*) AS records, bool_or(m.salesforce) AS salesforce
			          FROM member AS m GROUP BY m.shared_by, m.shared, m.source) AS c
			 GROUP BY c.shared_by, c.shared
			HAVING CASE c.shared_by WHEN 'domain' THEN max(c.records) > 1 AND count(*) > 1
			                        ELSE max(c.records) > 1 OR count(*) FILTER (WHERE c.salesforce) > 1 END
		)
		INSERT INTO pg_temp.work_review (shared_by, shared, why, source, remote_id)
		SELECT d.shared_by, d.shared, d.why, m.source, m.remote_id
		  FROM doubtful AS d JOIN member AS m ON m.shared_by = d.shared_by AND m.shared = d.shared;

		-- Several domains can hold one doubtful customer together: the one that is known already names the review.
		INSERT INTO pg_temp.work_review (shared_by, shared, why, source, remote_id)
		SELECT DISTINCT 'domain', d.domain, d.refused, w.source, w.remote_id
		  FROM (SELECT DISTINCT ON (c.component) c.component, c.refused, e.domain
		          FROM pg_temp.work_component AS c
		          JOIN pg_temp.work_edge AS e ON e.base = c.base
		          LEFT JOIN advocacy.identity_review AS r
		            ON r.shared_by = 'domain' AND r.shared = e.domain AND r.resolved_at IS NULL
		         WHERE c.refused IS NOT NULL
		         ORDER BY c.component, r.review_id IS NULL, e.domain) AS d
		  JOIN pg_temp.work_component AS c ON c.component = d.component
		  JOIN pg_temp.work_link AS w ON coalesce(w.base, w.node) = c.base AND NOT w.deleted;
	END IF;

	UPDATE advocacy.identity_review AS r
	   SET resolved_at = identity_review_follow.at, decided_by = identity_review_follow.actor,
	       resolution = coalesce(identity_review_follow.resolution, 'the records leave no doubt any more')
	 WHERE r.resolved_at IS NULL
	   AND (r.shared_by, r.shared) IN (
		SELECT 'salesforce_id', w.key FROM pg_temp.work_link AS w WHERE w.key IS NOT NULL
		UNION ALL SELECT 'salesforce_id', w.old_key FROM pg_temp.work_link AS w WHERE w.old_key IS NOT NULL
		UNION ALL SELECT 'domain', w.domain FROM pg_temp.work_link AS w WHERE w.domain IS NOT NULL
		UNION ALL SELECT 'domain', w.old_domain FROM pg_temp.work_link AS w WHERE w.old_domain IS NOT NULL)
	   AND NOT EXISTS (SELECT FROM pg_temp.work_review AS v WHERE v.shared_by = r.shared_by AND v.shared = r.shared);

	IF NOT EXISTS (SELECT FROM pg_temp.work_review) THEN
		RETURN;
	END IF;
	ANALYZE pg_temp.work_review;
	WITH record AS MATERIALIZED (
		SELECT v.shared_by, v.shared, v.why, s.source, s.remote_id, s.name, s.account_id,
		       row_number() OVER (PARTITION BY v.shared_by, v.shared ORDER BY s.source, s.remote_id) AS place
		  FROM pg_temp.work_review AS v
		  JOIN advocacy.account_source AS s ON s.source = v.source AND s.remote_id = v.remote_id
	), candidate AS (
		SELECT c.shared_by, c.shared, c.account_id, a.name, c.named,
		       row_number() OVER (PARTITION BY c.shared_by, c.shared ORDER BY c.account_id) AS place
		  FROM (SELECT r.shared_by, r.shared, r.account_id,
		               string_agg(r.source || ' ' || r.remote_id, ', ' ORDER BY r.source, r.remote_id) AS named
		          FROM record AS r GROUP BY r.shared_by, r.shared, r.account_id) AS c
		  JOIN advocacy.account AS a ON a.account_id = c.account_id
	), found AS (
		SELECT r.shared_by, r.shared, min(r.why) AS why,
		       jsonb_agg(jsonb_build_object('source', r.source, 'remote_id', r.remote_id, 'name', r.name,
		                                    'account_id', r.account_id) ORDER BY r.place) AS records
		  FROM record AS r WHERE r.place <= 50 GROUP BY r.shared_by, r.shared
	), chosen AS (
		SELECT c.shared_by, c.shared,
		       jsonb_agg(jsonb_build_object('account_id', c.account_id, 'name', c.name, 'reason',
		           format('%s: the %s %s', c.named, CASE c.shared_by WHEN 'domain' THEN 'domain' ELSE 'Salesforce id' END,
		                  c.shared)) ORDER BY c.place) AS candidates
		  FROM candidate AS c WHERE c.place <= 50 GROUP BY c.shared_by, c.shared
	)
	INSERT INTO advocacy.identity_review AS r (shared_by, shared, reason, records, candidates, opened_at, changed_at)
	SELECT f.shared_by, f.shared, f.why, f.records, c.candidates, identity_review_follow.at, identity_review_follow.at
	  FROM found AS f JOIN chosen AS c ON c.shared_by = f.shared_by AND c.shared = f.shared
	 ORDER BY f.shared_by, f.shared
	ON CONFLICT (shared_by, shared) WHERE resolved_at IS NULL DO UPDATE
	   SET reason = excluded.reason, records = excluded.records, candidates = excluded.candidates,
	       changed_at = excluded.changed_at
	 WHERE (r.reason, r.records, r.candidates) IS DISTINCT FROM (excluded.reason, excluded.records, excluded.candidates);
END $$;
COMMENT ON FUNCTION advocacy.identity_review_follow(timestamptz, text, text) IS
	'Opens, updates and ends the reviews of records that can''t be linked for certain, as account_link_records has found them.';
