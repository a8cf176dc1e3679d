-- resync_end: a resync is over.
-- Parameters: resync_id; state: applied, refused or failed; detail, why (NULL: nothing to say); at.
-- Returns: nothing. Writes: resync.
CREATE OR REPLACE FUNCTION advocacy.resync_end(resync_id bigint, state text, detail text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	UPDATE advocacy.resync AS r SET state = resync_end.state, detail = resync_end.detail, ended_at = resync_end.at
	 WHERE r.resync_id = resync_end.resync_id AND r.ended_at IS NULL
$$;
COMMENT ON FUNCTION advocacy.resync_end(bigint, text, text, timestamptz) IS 'Records how a resync ended.';
