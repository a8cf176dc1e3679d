-- sync_follow_advocates: enrols, retires and moves the advocates behind the contacts that changed (work_child).
--   advocate true     enrolled, unless the account has an advocate with the same e-mail; one whom the sync retired
--                     comes back, one whom a person retired doesn't
--   advocate false    retired, if the sync enrolled them
--   advocate unknown  nothing
--   contact deleted   retired
--   too many at once  held for a person, see retirement_judge
--   contact merged    see sync_merge_advocates
-- Parameters: source; at.
-- Returns: how many advocates were enrolled, retired or moved. Writes: advocate, decision_batch; suspension, outbox, request (of who was merged); pg_temp.work_evaluate.
CREATE OR REPLACE FUNCTION advocacy.sync_follow_advocates(source text, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
#variable_conflict use_column
DECLARE
	changed bigint := 0;
	counted bigint;
BEGIN
	IF NOT EXISTS (SELECT FROM pg_temp.work_child AS w WHERE w.entity = 'contact') THEN
		RETURN 0;
	END IF;
	changed := advocacy.sync_merge_advocates(sync_follow_advocates.at);
	ANALYZE pg_temp.work_child;

	-- Move.
	WITH moving AS MATERIALIZED (
		SELECT a.advocate_id, a.account_id AS old_account_id, c.account_id
		  FROM pg_temp.work_child AS w
		  JOIN advocacy.advocate AS a ON a.contact_id = w.id
		  JOIN advocacy.contact AS c ON c.contact_id = w.id
		 WHERE w.entity = 'contact' AND a.account_id IS DISTINCT FROM c.account_id
		 ORDER BY a.advocate_id
	), moved AS (
		UPDATE advocacy.advocate AS a SET account_id = m.account_id FROM moving AS m WHERE m.advocate_id = a.advocate_id
		RETURNING m.old_account_id, m.account_id)
	INSERT INTO pg_temp.work_evaluate
	SELECT x.account_id FROM moved AS m CROSS JOIN LATERAL (VALUES (m.old_account_id), (m.account_id)) AS x (account_id)
	 WHERE x.account_id IS NOT NULL;
	GET DIAGNOSTICS counted = ROW_COUNT;
	changed := changed + counted;

	changed := changed + advocacy.retirement_follow(sync_follow_advocates.source, sync_follow_advocates.at);

	-- Two enrolments of one person can meet when accounts are joined: the later one ends, unless it has work in hand.
	-- (The accounts are found first: joined with all the rest at once, work_child was read again for each advocate.)
	WITH touched AS MATERIALIZED (
		SELECT DISTINCT t.account_id FROM pg_temp.work_child AS w JOIN advocacy.advocate AS t ON t.contact_id = w.id
		 WHERE w.entity = 'contact'
	)
	UPDATE advocacy.advocate AS a
	   SET retired_at = sync_follow_advocates.at, retire_reason = 'the same person as advocate ' || d.first_id
	  FROM (SELECT o.advocate_id, min(f.advocate_id) AS first_id
	          FROM touched AS t
	          JOIN advocacy.advocate AS o ON o.account_id = t.account_id AND o.retired_at IS NULL
	          JOIN advocacy.contact AS oc ON oc.contact_id = o.contact_id
	          JOIN advocacy.advocate AS f
	            ON f.account_id = o.account_id AND f.advocate_id < o.advocate_id AND f.retired_at IS NULL
	          JOIN advocacy.contact AS fc ON fc.contact_id = f.contact_id AND lower(fc.email) = lower(oc.email)
	         WHERE o.enrolled_by LIKE 'sync:%'
	           AND NOT EXISTS (SELECT FROM advocacy.request AS r WHERE r.advocate_id = o.advocate_id
	                           AND r.state NOT IN ('completed', 'declined', 'expired', 'cancelled', 'unfulfillable'))
	         GROUP BY o.advocate_id) AS d
	 WHERE d.advocate_id = a.advocate_id;
	GET DIAGNOSTICS counted = ROW_COUNT;
	changed := changed + counted;

	-- Enrol, or bring back. Also contacts that another enrolment of the same account kept out until now. (Whom it may be about is
	-- found first, by two indexes: as two conditions on a contact they read all contacts.)
	WITH met AS MATERIALIZED (
		SELECT w.id FROM pg_temp.work_child AS w WHERE w.entity = 'contact'
		UNION
		SELECT c.contact_id
		  FROM (SELECT DISTINCT e.account_id FROM pg_temp.work_evaluate AS e
		          JOIN advocacy.advocate AS r ON r.account_id = e.account_id
		         WHERE r.retired_at = sync_follow_advocates.at) AS e
		  JOIN advocacy.contact AS c ON c.account_id = e.account_id
	), candidate AS MATERIALIZED (
		SELECT DISTINCT ON (coalesce(c.account_id, -c.contact_id), coalesce(lower(c.email), c.contact_id::text))
		       c.contact_id, c.account_id, c.source
		  FROM met AS m
		  JOIN advocacy.contact AS c ON c.contact_id = m.id
		  LEFT JOIN advocacy.advocate AS own ON own.contact_id = c.contact_id
		 WHERE c.advocate AND NOT c.deleted
		   AND (own.advocate_id IS NULL
		        OR (own.retired_at IS NOT NULL AND own.enrolled_by LIKE 'sync:%'
		            AND (own.retire_reason = 'contact deleted'
		                 OR own.retire_reason LIKE 'no longer marked as an advocate in %'
		                 OR own.retire_reason LIKE 'the same person as advocate %')))
		   AND NOT EXISTS (
			SELECT FROM advocacy.advocate AS o JOIN advocacy.contact AS oc ON oc.contact_id = o.contact_id
			 WHERE o.account_id = c.account_id AND lower(oc.email) = lower(c.email) AND o.contact_id <> c.contact_id
			   AND (o.retired_at IS NULL
			        OR NOT (o.retire_reason = 'contact deleted'
			                OR o.retire_reason LIKE 'no longer marked as an advocate in %'
			                OR o.retire_reason LIKE 'the same person as advocate %')))
		 ORDER BY coalesce(c.account_id, -c.contact_id), coalesce(lower(c.email), c.contact_id::text), c.contact_id
	), enrolled AS (
		INSERT INTO advocacy.advocate AS a (contact_id, account_id, enrolled_at, enrolled_by)
		SELECT c.contact_id, c.account_id, sync_follow_advocates.at, 'sync:' || c.source
		  FROM candidate AS c ORDER BY c.contact_id
		ON CONFLICT (contact_id) DO UPDATE SET retired_at = NULL, retire_reason = NULL
		RETURNING a.advocate_id, a.contact_id, a.account_id
	), carried AS (
		-- A contact whose merge was undone is enrolled anew: what suspends the one it had been merged with stays for it too.
		INSERT INTO advocacy.suspension (advocate_id, cause, rule, severity, reason, evidence, opened_at, opened_by, until)
		SELECT e.advocate_id, s.cause, s.rule, s.severity, s.reason, s.evidence || jsonb_build_object('carried_over_from', s.suspension_id),
		       s.opened_at, s.opened_by, s.until
		  FROM enrolled AS e
		  JOIN advocacy.advocate AS f ON f.former_contacts <> '{}' AND e.contact_id = ANY (f.former_contacts)
		  JOIN advocacy.suspension AS s ON s.advocate_id = f.advocate_id AND s.closed_at IS NULL AND s.cause <> 'risk'
		   AND NOT (s.severity = 'hold' AND s.evidence ? 'batch') IS TRUE
		ON CONFLICT (advocate_id, cause, coalesce(rule, '')) WHERE closed_at IS NULL AND cause <> 'risk' DO NOTHING
	)
	INSERT INTO pg_temp.work_evaluate SELECT e.account_id FROM enrolled AS e WHERE e.account_id IS NOT NULL;
	GET DIAGNOSTICS counted = ROW_COUNT;
	RETURN changed + counted;
END $$;
COMMENT ON FUNCTION advocacy.sync_follow_advocates(text, timestamptz) IS
	'Enrols, retires and moves the advocates behind the contacts that changed; returns how many.';
