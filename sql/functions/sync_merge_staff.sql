-- sync_merge_staff: merges pg_temp.stage_staff into staff; accounts that name a person whose address changed get refreshed.
-- Parameters: source; at.
-- Returns: how many records were new or changed. Writes: staff; pg_temp.work_refresh.
CREATE OR REPLACE FUNCTION advocacy.sync_merge_staff(source text, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
#variable_conflict use_column
DECLARE
	changed bigint;
	moved text[];
BEGIN
	WITH differing AS MATERIALIZED (
		SELECT s.remote_id, t.email AS old_email, n.*
		  FROM pg_temp.stage_staff AS s
		  LEFT JOIN advocacy.staff AS t ON t.source = sync_merge_staff.source AND t.remote_id = s.remote_id
		 CROSS JOIN LATERAL (SELECT
			CASE WHEN s.email IS NULL AND s.deleted THEN t.email ELSE s.email END AS email,
			CASE WHEN s.name IS NULL AND s.deleted THEN t.name ELSE s.name END AS name,
			coalesce(s.active, NOT coalesce(s.deleted, false)) AS active,
			CASE WHEN s.manager_remote_id IS NULL AND s.deleted THEN t.manager_remote_id ELSE s.manager_remote_id END
				AS manager_remote_id,
			CASE WHEN s.time_zone IS NULL AND s.deleted THEN t.time_zone ELSE s.time_zone END AS time_zone,
			coalesce(s.modified_at, t.modified_at) AS modified_at,
			coalesce(s.deleted, false) AS deleted
			OFFSET 0) AS n
		 WHERE t.remote_id IS NULL
		    OR ((s.modified_at >= t.modified_at OR s.modified_at IS NULL OR t.modified_at IS NULL)
		        AND (t.email, t.name, t.active, t.manager_remote_id, t.time_zone, t.modified_at, t.deleted)
		            IS DISTINCT FROM
		            (n.email, n.name, n.active, n.manager_remote_id, n.time_zone, n.modified_at, n.deleted))
	), merged AS (
		INSERT INTO advocacy.staff AS t (source, remote_id, email, name, active, manager_remote_id, time_zone, modified_at, deleted)
		SELECT sync_merge_staff.source, d.remote_id, d.email, d.name, d.active, d.manager_remote_id, d.time_zone, d.modified_at,
		       d.deleted
		  FROM differing AS d ORDER BY d.remote_id
		ON CONFLICT (source, remote_id) DO UPDATE SET
			email = excluded.email, name = excluded.name, active = excluded.active,
			manager_remote_id = excluded.manager_remote_id, time_zone = excluded.time_zone,
			modified_at = excluded.modified_at, deleted = excluded.deleted)
	SELECT count(*), array_agg(d.remote_id) FILTER (WHERE d.email IS DISTINCT FROM d.old_email) INTO changed, moved
	  FROM differing AS d;

	-- Their address is all that accounts have of them, and records of people change with each login: only then all are looked at.
	IF moved IS NOT NULL THEN
		INSERT INTO pg_temp.work_refresh
		SELECT a.account_id FROM advocacy.account_source AS a
		 WHERE a.source = sync_merge_staff.source
		   AND (a.owner_remote_id = ANY (moved) OR a.csm_remote_id = ANY (moved));
	END IF;
	RETURN changed;
END $$;
COMMENT ON FUNCTION advocacy.sync_merge_staff(text, timestamptz) IS
	'Merges the staged staff of a source; returns the number of changed records.';
