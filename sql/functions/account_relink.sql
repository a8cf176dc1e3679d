-- account_relink: stores which account each record belongs to now, as account_link_records has found (pg_temp.work_link).
-- Parameters: none.
-- Returns: how many records were changed. Writes: account_source.
CREATE OR REPLACE FUNCTION advocacy.account_relink() RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
#variable_conflict use_column
DECLARE
	changed bigint;
BEGIN
	UPDATE advocacy.account_source AS t
	   SET account_id = g.account_id, link_reason = CASE WHEN l.pinned THEN 'person' ELSE coalesce(l.reason, 'own') END
	  FROM pg_temp.work_link AS l
	  JOIN pg_temp.work_target AS g ON g.component = coalesce(l.component, l.base, l.node)
	 WHERE t.source = l.source AND t.remote_id = l.remote_id AND l.old_account_id IS NOT NULL
	   AND (t.account_id, t.link_reason) IS DISTINCT FROM
	       (g.account_id, CASE WHEN l.pinned THEN 'person' ELSE coalesce(l.reason, 'own') END);
	GET DIAGNOSTICS changed = ROW_COUNT;
	RETURN changed;
END $$;
COMMENT ON FUNCTION advocacy.account_relink() IS
	'Stores which account each record belongs to now, as account_link_records has found; returns how many records changed.';
