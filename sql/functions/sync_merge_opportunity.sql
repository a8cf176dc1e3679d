-- sync_merge_opportunity: merges pg_temp.stage_opportunity and the staged associations of this entity into opportunity.
-- The account is found by the source's own id; while it isn't there yet it stays NULL. A link that came through an
-- association isn't wiped by a record that tells no account, only by an association with no account (NULL: the vendor
-- was asked, and there is none, or more than one).
-- Parameters: source; at.
-- Returns: how many records were new or changed. Writes: opportunity; pg_temp.work_child.
CREATE OR REPLACE FUNCTION advocacy.sync_merge_opportunity(source text, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
#variable_conflict use_column
DECLARE
	changed bigint := 0;
	linked bigint := 0;
BEGIN
	IF EXISTS (SELECT FROM pg_temp.stage_opportunity) THEN
		WITH differing AS MATERIALIZED (
			SELECT s.remote_id, t.account_id AS old_account_id, n.*
			  FROM pg_temp.stage_opportunity AS s
			  LEFT JOIN advocacy.opportunity AS t
			    ON t.source = sync_merge_opportunity.source AND t.remote_id = s.remote_id
			  LEFT JOIN pg_temp.stage_association AS a ON a.entity = 'opportunity' AND a.remote_id = s.remote_id
			 CROSS JOIN LATERAL (SELECT
				coalesce(a.account_remote_id, s.account_remote_id,
					CASE WHEN CASE WHEN t.account_by_association THEN a.remote_id IS NULL ELSE s.deleted END
					     THEN t.account_remote_id END) AS account_remote_id,
				CASE WHEN a.account_remote_id IS NOT NULL THEN true
				     WHEN s.account_remote_id IS NOT NULL OR a.remote_id IS NOT NULL THEN false
				     ELSE coalesce(t.account_by_association, false) END AS account_by_association,
				CASE WHEN s.name IS NULL AND s.deleted THEN t.name ELSE s.name END AS name,
				CASE WHEN s.stage IS NULL AND s.deleted THEN t.stage ELSE s.stage END AS stage,
				CASE WHEN s.type IS NULL AND s.deleted THEN t.type ELSE s.type END AS type,
				CASE WHEN s.amount IS NULL AND s.deleted THEN t.amount ELSE s.amount END AS amount,
				CASE WHEN s.close_on IS NULL AND s.deleted THEN t.close_on ELSE s.close_on END AS close_on,
				CASE WHEN s.closed IS NULL AND s.deleted THEN t.closed ELSE s.closed END AS closed,
				CASE WHEN s.won IS NULL AND s.deleted THEN t.won ELSE s.won END AS won,
				CASE WHEN s.owner_remote_id IS NULL AND s.deleted THEN t.owner_remote_id ELSE s.owner_remote_id END AS owner_remote_id,
				CASE WHEN s.owner_email IS NULL AND s.deleted THEN t.owner_email ELSE s.owner_email END AS owner_email,
				coalesce(s.modified_at, t.modified_at) AS modified_at,
				coalesce(s.deleted, false) AS deleted
				OFFSET 0) AS n
			 WHERE t.remote_id IS NULL
			    OR ((s.modified_at >= t.modified_at OR s.modified_at IS NULL OR t.modified_at IS NULL)
			        AND (t.account_remote_id, t.account_by_association, t.name, t.stage, t.type, t.amount, t.close_on, t.closed,
			             t.won, t.owner_remote_id, t.owner_email, t.modified_at, t.deleted)
			            IS DISTINCT FROM
			            (n.account_remote_id, n.account_by_association, n.name, n.stage, n.type, n.amount, n.close_on, n.closed,
			             n.won, n.owner_remote_id, n.owner_email, n.modified_at, n.deleted))
		), merged AS (
			INSERT INTO advocacy.opportunity AS t (source, remote_id, account_id, account_remote_id, account_by_association, name, stage, type, amount, close_on, closed, won,
				owner_remote_id, owner_email, modified_at, deleted)
			SELECT sync_merge_opportunity.source, d.remote_id, l.account_id, d.account_remote_id, d.account_by_association, d.name, d.stage, d.type, d.amount, d.close_on, d.closed,
			       d.won, d.owner_remote_id, d.owner_email, d.modified_at, d.deleted
			  FROM differing AS d
			  LEFT JOIN advocacy.account_source AS l
			    ON l.source = sync_merge_opportunity.source AND l.remote_id = d.account_remote_id
			 ORDER BY d.remote_id
			ON CONFLICT (source, remote_id) DO UPDATE SET
				account_id = excluded.account_id,
				account_remote_id = excluded.account_remote_id,
				account_by_association = excluded.account_by_association, name = excluded.name, stage = excluded.stage,
				type = excluded.type, amount = excluded.amount, close_on = excluded.close_on, closed = excluded.closed,
				won = excluded.won, owner_remote_id = excluded.owner_remote_id, owner_email = excluded.owner_email,
				modified_at = excluded.modified_at, deleted = excluded.deleted
			RETURNING t.opportunity_id, t.remote_id, t.account_id
		)
		INSERT INTO pg_temp.work_child (entity, id, old_account_id, account_id)
		SELECT 'opportunity', m.opportunity_id, d.old_account_id, m.account_id
		  FROM merged AS m JOIN differing AS d ON d.remote_id = m.remote_id;
		GET DIAGNOSTICS changed = ROW_COUNT;
	END IF;

	-- Associations of records that are stored already.
	IF EXISTS (SELECT FROM pg_temp.stage_association AS a WHERE a.entity = 'opportunity') THEN
		WITH differing AS MATERIALIZED (
			SELECT t.opportunity_id, t.account_id AS old_account_id, a.account_remote_id, l.account_id
			  FROM pg_temp.stage_association AS a
			  JOIN advocacy.opportunity AS t
			    ON t.source = sync_merge_opportunity.source AND t.remote_id = a.remote_id
			  LEFT JOIN advocacy.account_source AS l
			    ON l.source = sync_merge_opportunity.source AND l.remote_id = a.account_remote_id
			 WHERE a.entity = 'opportunity'
			   AND CASE WHEN a.account_remote_id IS NULL THEN t.account_by_association
			            ELSE (t.account_remote_id, t.account_by_association) IS DISTINCT FROM (a.account_remote_id, true) END
			 ORDER BY t.opportunity_id
		), linked AS (
			UPDATE advocacy.opportunity AS t
			   SET account_remote_id = d.account_remote_id, account_by_association = d.account_remote_id IS NOT NULL,
			       account_id = d.account_id
			  FROM differing AS d WHERE d.opportunity_id = t.opportunity_id
			RETURNING t.opportunity_id, d.old_account_id, t.account_id
		)
		INSERT INTO pg_temp.work_child (entity, id, old_account_id, account_id)
		SELECT 'opportunity', l.opportunity_id, l.old_account_id, l.account_id FROM linked AS l;
		GET DIAGNOSTICS linked = ROW_COUNT;
	END IF;
	RETURN changed + linked;
END $$;
COMMENT ON FUNCTION advocacy.sync_merge_opportunity(text, timestamptz) IS
	'Merges the staged rows and associations of opportunity of a source; returns the number of changed records.';
