-- request_reopen(request, reason, actor, at) -> void
--
-- Purpose:    what has ended goes on after all: the request is matched anew. Within the grace of its promise the same clock goes
--             on, later a new one begins. A time it was needed by that has passed holds no more.
-- Parameters: request  request_id; reason;
--             actor  the person, NULL for session_user; at  when.
-- Returns:    nothing. Raises P0002, 55000, 22023 as request_move.
-- Writes:     as request_move.
CREATE OR REPLACE FUNCTION advocacy.request_reopen(
	request bigint, reason text, actor text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	PERFORM advocacy.request_move(request, 'reopen', actor, reason, at);
	-- What it was needed by and is past would end it again at once.
	UPDATE advocacy.request AS r SET needed_by = NULL
	WHERE r.request_id = request_reopen.request AND r.needed_by <= r.updated_at;
END
$$;

COMMENT ON FUNCTION advocacy.request_reopen(bigint, text, text, timestamptz) IS
	'A request that has ended is matched anew.';
