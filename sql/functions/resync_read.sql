-- resync_read: everything is read; what it would change is known.
-- Parameters: resync_id; difference, as sync_preview tells it. Returns: whether it is to be applied; NULL: not decided.
-- Writes: resync.
CREATE OR REPLACE FUNCTION advocacy.resync_read(resync_id bigint, difference jsonb) RETURNS boolean
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	UPDATE advocacy.resync AS r SET state = 'read', difference = resync_read.difference
	 WHERE r.resync_id = resync_read.resync_id AND r.ended_at IS NULL
	RETURNING r.commit
$$;
COMMENT ON FUNCTION advocacy.resync_read(bigint, jsonb) IS
	'Stores what a resync would change; returns whether it is to be applied, NULL when nobody has decided.';
