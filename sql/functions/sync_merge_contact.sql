-- sync_merge_contact: merges pg_temp.stage_contact and the staged associations of this entity into contact.
-- The account is found by the source's own id; while it isn't there yet it stays NULL. A link that came through an
-- association isn't wiped by a record that tells no account, only by an association with no account (NULL: the vendor
-- was asked, and there is none, or more than one).
-- Parameters: source; at.
-- Returns: how many records were new or changed. Writes: contact; pg_temp.work_child.
CREATE OR REPLACE FUNCTION advocacy.sync_merge_contact(source text, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
#variable_conflict use_column
DECLARE
	changed bigint := 0;
	linked bigint := 0;
BEGIN
	IF EXISTS (SELECT FROM pg_temp.stage_contact) THEN
		WITH differing AS MATERIALIZED (
			SELECT s.remote_id, t.account_id AS old_account_id, n.*
			  FROM pg_temp.stage_contact AS s
			  LEFT JOIN advocacy.contact AS t
			    ON t.source = sync_merge_contact.source AND t.remote_id = s.remote_id
			  LEFT JOIN pg_temp.stage_association AS a ON a.entity = 'contact' AND a.remote_id = s.remote_id
			 CROSS JOIN LATERAL (SELECT
				coalesce(a.account_remote_id, s.account_remote_id,
					CASE WHEN CASE WHEN t.account_by_association THEN a.remote_id IS NULL ELSE s.deleted END
					     THEN t.account_remote_id END) AS account_remote_id,
				CASE WHEN a.account_remote_id IS NOT NULL THEN true
				     WHEN s.account_remote_id IS NOT NULL OR a.remote_id IS NOT NULL THEN false
				     ELSE coalesce(t.account_by_association, false) END AS account_by_association,
				CASE WHEN s.email IS NULL AND s.deleted THEN t.email ELSE s.email END AS email,
				CASE WHEN s.first_name IS NULL AND s.deleted THEN t.first_name ELSE s.first_name END AS first_name,
				CASE WHEN s.last_name IS NULL AND s.deleted THEN t.last_name ELSE s.last_name END AS last_name,
				CASE WHEN s.title IS NULL AND s.deleted THEN t.title ELSE s.title END AS title,
				CASE WHEN s.opted_out IS NULL AND s.deleted THEN t.opted_out ELSE s.opted_out END AS opted_out,
				CASE WHEN s.advocate IS NULL AND s.deleted THEN t.advocate ELSE s.advocate END AS advocate,
				coalesce(s.modified_at, t.modified_at) AS modified_at,
				coalesce(s.deleted, false) AS deleted
				OFFSET 0) AS n
			 WHERE t.remote_id IS NULL
			    OR ((s.modified_at >= t.modified_at OR s.modified_at IS NULL OR t.modified_at IS NULL)
			        AND (t.account_remote_id, t.account_by_association, t.email, t.first_name, t.last_name, t.title,
			             t.opted_out, t.advocate, t.modified_at, t.deleted)
			            IS DISTINCT FROM
			            (n.account_remote_id, n.account_by_association, n.email, n.first_name, n.last_name, n.title,
			             n.opted_out, n.advocate, n.modified_at, n.deleted))
		), merged AS (
			INSERT INTO advocacy.contact AS t (source, remote_id, account_id, account_remote_id, account_by_association, email, first_name, last_name, title, opted_out, advocate,
				modified_at, deleted)
			SELECT sync_merge_contact.source, d.remote_id, l.account_id, d.account_remote_id, d.account_by_association, d.email, d.first_name, d.last_name, d.title,
			       d.opted_out, d.advocate, d.modified_at, d.deleted
			  FROM differing AS d
			  LEFT JOIN advocacy.account_source AS l
			    ON l.source = sync_merge_contact.source AND l.remote_id = d.account_remote_id
			 ORDER BY d.remote_id
			ON CONFLICT (source, remote_id) DO UPDATE SET
				account_id = excluded.account_id,
				account_remote_id = excluded.account_remote_id,
				account_by_association = excluded.account_by_association, email = excluded.email,
				first_name = excluded.first_name, last_name = excluded.last_name, title = excluded.title,
				opted_out = excluded.opted_out, advocate = excluded.advocate, modified_at = excluded.modified_at,
				deleted = excluded.deleted
			RETURNING t.contact_id, t.remote_id, t.account_id
		)
		INSERT INTO pg_temp.work_child (entity, id, old_account_id, account_id)
		SELECT 'contact', m.contact_id, d.old_account_id, m.account_id
		  FROM merged AS m JOIN differing AS d ON d.remote_id = m.remote_id;
		GET DIAGNOSTICS changed = ROW_COUNT;
	END IF;

	-- Associations of records that are stored already.
	IF EXISTS (SELECT FROM pg_temp.stage_association AS a WHERE a.entity = 'contact') THEN
		WITH differing AS MATERIALIZED (
			SELECT t.contact_id, t.account_id AS old_account_id, a.account_remote_id, l.account_id
			  FROM pg_temp.stage_association AS a
			  JOIN advocacy.contact AS t
			    ON t.source = sync_merge_contact.source AND t.remote_id = a.remote_id
			  LEFT JOIN advocacy.account_source AS l
			    ON l.source = sync_merge_contact.source AND l.remote_id = a.account_remote_id
			 WHERE a.entity = 'contact'
			   AND CASE WHEN a.account_remote_id IS NULL THEN t.account_by_association
			            ELSE (t.account_remote_id, t.account_by_association) IS DISTINCT FROM (a.account_remote_id, true) END
			 ORDER BY t.contact_id
		), linked AS (
			UPDATE advocacy.contact AS t
			   SET account_remote_id = d.account_remote_id, account_by_association = d.account_remote_id IS NOT NULL,
			       account_id = d.account_id
			  FROM differing AS d WHERE d.contact_id = t.contact_id
			RETURNING t.contact_id, d.old_account_id, t.account_id
		)
		INSERT INTO pg_temp.work_child (entity, id, old_account_id, account_id)
		SELECT 'contact', l.contact_id, l.old_account_id, l.account_id FROM linked AS l;
		GET DIAGNOSTICS linked = ROW_COUNT;
	END IF;
	RETURN changed + linked;
END $$;
COMMENT ON FUNCTION advocacy.sync_merge_contact(text, timestamptz) IS
	'Merges the staged rows and associations of contact of a source; returns the number of changed records.';
