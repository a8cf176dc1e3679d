-- request_resume(request, actor, at) -> void
--
-- Purpose:    what a request waited for has come: the connect clock runs on.
-- Parameters: request  request_id; actor  the person, NULL for session_user; at  when.
-- Returns:    nothing. Raises P0002, 55000, 22023 as request_move.
-- Writes:     as request_move.
CREATE OR REPLACE FUNCTION advocacy.request_resume(
	request bigint, actor text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM advocacy.request_move(request, 'resume', actor, NULL, at);
END
$$;

COMMENT ON FUNCTION advocacy.request_resume(bigint, text, timestamptz) IS
	'Ends a request''s waiting for the rep or the prospect: its connect clock runs on.';
