-- request_cancel(request, reason, actor, at) -> void
--
-- Purpose:    the reference is needed no longer; open clocks are cancelled.
-- Parameters: request  request_id; reason; actor  the person, NULL for session_user; at  when.
-- Returns:    nothing. Raises P0002, 55000, 22023 as request_move.
-- Writes:     as request_move.
CREATE OR REPLACE FUNCTION advocacy.request_cancel(
	request bigint, reason text DEFAULT NULL, actor text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM advocacy.request_move(request, 'cancel', actor, reason, at);
END
$$;

COMMENT ON FUNCTION advocacy.request_cancel(bigint, text, text, timestamptz) IS
	'Cancels a request that is needed no longer.';
