-- sync_list_forget: a full read under way is given up, or is through.
-- Parameters: source; stream. Returns: nothing. Writes: sync_stream, sync_listing.
CREATE OR REPLACE FUNCTION advocacy.sync_list_forget(source text, stream text) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	DELETE FROM advocacy.sync_listing AS l
	 WHERE l.source = sync_list_forget.source AND l.stream = sync_list_forget.stream;
	UPDATE advocacy.sync_stream AS y SET full_cursor = NULL, full_began_at = NULL, full_lists = false
	 WHERE y.source = sync_list_forget.source AND y.stream = sync_list_forget.stream
$$;
COMMENT ON FUNCTION advocacy.sync_list_forget(text, text) IS 'Gives up, or closes, the full read of a stream.';
