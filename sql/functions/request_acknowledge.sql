-- request_acknowledge(request, actor, at) -> void
--
-- Purpose:    the program has seen the request and takes it on.
-- Parameters: request  request_id; actor  the person, NULL for session_user; at  when.
-- Returns:    nothing. Raises P0002, 55000, 22023 as request_move.
-- Writes:     as request_move.
CREATE OR REPLACE FUNCTION advocacy.request_acknowledge(
	request bigint, actor text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM advocacy.request_move(request, 'acknowledge', actor, NULL, at);
END
$$;

COMMENT ON FUNCTION advocacy.request_acknowledge(bigint, text, timestamptz) IS
	'Acknowledges a submitted request: its acknowledge clock ends.';
