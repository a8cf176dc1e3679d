-- resync_next: the resync that a source's daemon works on next. One that another daemon died over begins anew.
-- Parameters: source; at. Returns: at most one row. Writes: resync.
CREATE OR REPLACE FUNCTION advocacy.resync_next(source text, at timestamptz DEFAULT now())
RETURNS TABLE (resync_id bigint, stream text)
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	UPDATE advocacy.resync AS r SET state = 'reading', started_at = resync_next.at, difference = NULL
	 WHERE r.resync_id = (SELECT min(o.resync_id) FROM advocacy.resync AS o
	                       WHERE o.source = resync_next.source AND o.ended_at IS NULL)
	RETURNING r.resync_id, r.stream
$$;
COMMENT ON FUNCTION advocacy.resync_next(text, timestamptz) IS 'The resync that a source''s daemon works on next.';
