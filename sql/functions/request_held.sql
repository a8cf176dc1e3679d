-- request_held(request, note, actor, at) -> void
--
-- Purpose:    the activity took place; the rep owes feedback from now on.
-- Parameters: request  request_id; note  anything worth keeping;
--             actor  the person, NULL for session_user; at  when.
-- Returns:    nothing. Raises P0002, 55000, 22023 as request_move.
-- Writes:     as request_move.
CREATE OR REPLACE FUNCTION advocacy.request_held(
	request bigint, note text DEFAULT NULL, actor text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	PERFORM advocacy.request_move(request, 'hold', actor, note, at);
END
$$;

COMMENT ON FUNCTION advocacy.request_held(bigint, text, text, timestamptz) IS
	'Records that the scheduled activity took place; the rep owes feedback.';
