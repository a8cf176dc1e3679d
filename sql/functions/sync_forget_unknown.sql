-- sync_forget_unknown: the end of a record that we never knew is no news. A first load brings the living alone; what was
-- deleted shortly before it would come, or not, with how far back the next runs reach, and the tables must not depend on
-- that. The loser of a merge stays: what still names it has to find the survivor.
-- Parameters: source; entity: account, staff, contact, support_case or opportunity. Returns: how many are left out.
-- Writes: the entity's stage table.
CREATE OR REPLACE FUNCTION advocacy.sync_forget_unknown(source text, entity text) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
DECLARE
	forgotten bigint;
BEGIN
	EXECUTE format('DELETE FROM pg_temp.%I AS s WHERE s.deleted %s
		AND NOT EXISTS (SELECT FROM advocacy.%I AS t WHERE t.source = $1 AND t.remote_id = s.remote_id)',
		'stage_' || entity, CASE WHEN entity IN ('account', 'contact') THEN 'AND s.merged_into_remote_id IS NULL' END,
		CASE entity WHEN 'account' THEN 'account_source' ELSE entity END)
	USING source;
	GET DIAGNOSTICS forgotten = ROW_COUNT;
	RETURN forgotten;
END $$;
COMMENT ON FUNCTION advocacy.sync_forget_unknown(text, text) IS
	'Leaves staged tombstones of records out that were never known; returns how many.';
