-- sync_merge_support_case: merges pg_temp.stage_support_case and the staged associations of this entity into support_case.
-- The account is found by the source's own id; while it isn't there yet it stays NULL. A link that came through an
-- association isn't wiped by a record that tells no account, only by an association with no account (NULL: the vendor
-- was asked, and there is none, or more than one).
-- Parameters: source; at.
-- Returns: how many records were new or changed. Writes: support_case; pg_temp.work_child.
CREATE OR REPLACE FUNCTION advocacy.sync_merge_support_case(source text, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
#variable_conflict use_column
DECLARE
	changed bigint := 0;
	linked bigint := 0;
BEGIN
	IF EXISTS (SELECT FROM pg_temp.stage_support_case) THEN
		WITH differing AS MATERIALIZED (
			SELECT s.remote_id, t.account_id AS old_account_id, n.*
			  FROM pg_temp.stage_support_case AS s
			  LEFT JOIN advocacy.support_case AS t
			    ON t.source = sync_merge_support_case.source AND t.remote_id = s.remote_id
			  LEFT JOIN pg_temp.stage_association AS a ON a.entity = 'support_case' AND a.remote_id = s.remote_id
			 CROSS JOIN LATERAL (SELECT
				coalesce(a.account_remote_id, s.account_remote_id,
					CASE WHEN CASE WHEN t.account_by_association THEN a.remote_id IS NULL ELSE s.deleted END
					     THEN t.account_remote_id END) AS account_remote_id,
				CASE WHEN a.account_remote_id IS NOT NULL THEN true
				     WHEN s.account_remote_id IS NOT NULL OR a.remote_id IS NOT NULL THEN false
				     ELSE coalesce(t.account_by_association, false) END AS account_by_association,
				CASE WHEN s.contact_remote_id IS NULL AND s.deleted THEN t.contact_remote_id ELSE s.contact_remote_id END AS contact_remote_id,
				CASE WHEN s.number IS NULL AND s.deleted THEN t.number ELSE s.number END AS number,
				CASE WHEN s.subject IS NULL AND s.deleted THEN t.subject ELSE s.subject END AS subject,
				CASE WHEN s.status IS NULL AND s.deleted THEN t.status ELSE s.status END AS status,
				CASE WHEN s.priority IS NULL AND s.deleted THEN t.priority ELSE s.priority END AS priority,
				CASE WHEN s.escalated IS NULL AND s.deleted THEN t.escalated ELSE s.escalated END AS escalated,
				CASE WHEN s.closed IS NULL AND s.deleted THEN t.closed ELSE s.closed END AS closed,
				CASE WHEN s.opened_at IS NULL AND s.deleted THEN t.opened_at ELSE s.opened_at END AS opened_at,
				CASE WHEN s.closed_at IS NULL AND s.deleted THEN t.closed_at ELSE s.closed_at END AS closed_at,
				coalesce(s.modified_at, t.modified_at) AS modified_at,
				coalesce(s.deleted, false) AS deleted
				OFFSET 0) AS n
			 WHERE t.remote_id IS NULL
			    OR ((s.modified_at >= t.modified_at OR s.modified_at IS NULL OR t.modified_at IS NULL)
			        AND (t.account_remote_id, t.account_by_association, t.contact_remote_id, t.number, t.subject, t.status,
			             t.priority, t.escalated, t.closed, t.opened_at, t.closed_at, t.modified_at, t.deleted)
			            IS DISTINCT FROM
			            (n.account_remote_id, n.account_by_association, n.contact_remote_id, n.number, n.subject, n.status,
			             n.priority, n.escalated, n.closed, n.opened_at, n.closed_at, n.modified_at, n.deleted))
		), merged AS (
			INSERT INTO advocacy.support_case AS t (source, remote_id, account_id, account_remote_id, account_by_association, contact_remote_id, number, subject, status, priority,
				escalated, closed, opened_at, closed_at, modified_at, deleted)
			SELECT sync_merge_support_case.source, d.remote_id, l.account_id, d.account_remote_id, d.account_by_association, d.contact_remote_id, d.number, d.subject, d.status,
			       d.priority, d.escalated, d.closed, d.opened_at, d.closed_at, d.modified_at, d.deleted
			  FROM differing AS d
			  LEFT JOIN advocacy.account_source AS l
			    ON l.source = sync_merge_support_case.source AND l.remote_id = d.account_remote_id
			 ORDER BY d.remote_id
			ON CONFLICT (source, remote_id) DO UPDATE SET
				account_id = excluded.account_id,
				account_remote_id = excluded.account_remote_id,
				account_by_association = excluded.account_by_association,
				contact_remote_id = excluded.contact_remote_id, number = excluded.number, subject = excluded.subject,
				status = excluded.status, priority = excluded.priority, escalated = excluded.escalated,
				closed = excluded.closed, opened_at = excluded.opened_at, closed_at = excluded.closed_at,
				modified_at = excluded.modified_at, deleted = excluded.deleted
			RETURNING t.case_id, t.remote_id, t.account_id
		)
		INSERT INTO pg_temp.work_child (entity, id, old_account_id, account_id)
		SELECT 'support_case', m.case_id, d.old_account_id, m.account_id
		  FROM merged AS m JOIN differing AS d ON d.remote_id = m.remote_id;
		GET DIAGNOSTICS changed = ROW_COUNT;
	END IF;

	-- Associations of records that are stored already.
	IF EXISTS (SELECT FROM pg_temp.stage_association AS a WHERE a.entity = 'support_case') THEN
		WITH differing AS MATERIALIZED (
			SELECT t.case_id, t.account_id AS old_account_id, a.account_remote_id, l.account_id
			  FROM pg_temp.stage_association AS a
			  JOIN advocacy.support_case AS t
			    ON t.source = sync_merge_support_case.source AND t.remote_id = a.remote_id
			  LEFT JOIN advocacy.account_source AS l
			    ON l.source = sync_merge_support_case.source AND l.remote_id = a.account_remote_id
			 WHERE a.entity = 'support_case'
			   AND CASE WHEN a.account_remote_id IS NULL THEN t.account_by_association
			            ELSE (t.account_remote_id, t.account_by_association) IS DISTINCT FROM (a.account_remote_id, true) END
			 ORDER BY t.case_id
		), linked AS (
			UPDATE advocacy.support_case AS t
			   SET account_remote_id = d.account_remote_id, account_by_association = d.account_remote_id IS NOT NULL,
			       account_id = d.account_id
			  FROM differing AS d WHERE d.case_id = t.case_id
			RETURNING t.case_id, d.old_account_id, t.account_id
		)
		INSERT INTO pg_temp.work_child (entity, id, old_account_id, account_id)
		SELECT 'support_case', l.case_id, l.old_account_id, l.account_id FROM linked AS l;
		GET DIAGNOSTICS linked = ROW_COUNT;
	END IF;
	RETURN changed + linked;
END $$;
COMMENT ON FUNCTION advocacy.sync_merge_support_case(text, timestamptz) IS
	'Merges the staged rows and associations of support_case of a source; returns the number of changed records.';
