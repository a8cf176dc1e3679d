-- request_fulfil(request, note, actor, at) -> void
--
-- Purpose:    the activity took place: the request is complete.
-- Parameters: request  request_id; note  anything worth keeping; actor  the person, NULL for session_user; at  when.
-- Returns:    nothing. Raises P0002, 55000, 22023 as request_move.
-- Writes:     as request_move.
CREATE OR REPLACE FUNCTION advocacy.request_fulfil(
	request bigint, note text DEFAULT NULL, actor text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM advocacy.request_move(request, 'fulfil', actor, note, at);
END
$$;

COMMENT ON FUNCTION advocacy.request_fulfil(bigint, text, text, timestamptz) IS
	'Records that the scheduled activity took place.';
