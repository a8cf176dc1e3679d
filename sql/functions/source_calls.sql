-- source_calls: how much of the vendor's API budget is used.
-- Parameters: source; used, allowed: calls in the vendor's current window (NULL: not known).
-- Returns: nothing. Writes: source_status, if it differs.
CREATE OR REPLACE FUNCTION advocacy.source_calls(source text, used bigint, allowed bigint) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	UPDATE advocacy.source_status AS s SET calls_used = source_calls.used, calls_allowed = source_calls.allowed, updated_at = now()
	 WHERE s.source = source_calls.source
	   AND (s.calls_used, s.calls_allowed) IS DISTINCT FROM (source_calls.used, source_calls.allowed)
$$;
COMMENT ON FUNCTION advocacy.source_calls(text, bigint, bigint) IS
	'Records how many API calls the vendor has counted and allows in its current window.';
