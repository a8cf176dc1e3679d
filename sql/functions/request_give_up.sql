-- request_give_up(request, reason, actor, at) -> void
--
-- Purpose:    nobody suits: the request ends without a reference.
-- Parameters: request  request_id; reason;
--             actor  the person, NULL for session_user; at  when.
-- Returns:    nothing. Raises P0002, 55000, 22023 as request_move.
-- Writes:     as request_move.
CREATE OR REPLACE FUNCTION advocacy.request_give_up(
	request bigint, reason text, actor text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	PERFORM advocacy.request_move(request, 'give_up', actor, reason, at);
END
$$;

COMMENT ON FUNCTION advocacy.request_give_up(bigint, text, text, timestamptz) IS
	'Ends a request for which nobody suits.';
