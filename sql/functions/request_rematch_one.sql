-- request_rematch_one(request, at, actor, reason) -> void
--
-- Purpose:    a request goes back to matching since its advocate became unavailable; the rep is told, without the reason.
-- Parameters: request  request_id, locked by the caller with its clocks; at  now; actor  who, NULL for session_user; reason.
-- Returns:    nothing.
-- Writes:     as request_move; outbox (advocate_unavailable).
CREATE OR REPLACE FUNCTION advocacy.request_rematch_one(request bigint, at timestamptz, actor text DEFAULT NULL,
	reason text DEFAULT 'the advocate became unavailable')
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	event advocacy.request_event;
BEGIN
	event := advocacy.request_move(request, 'rematch', actor, reason, at);
	PERFORM advocacy.request_tell_unavailable(event, at);
END
$$;

COMMENT ON FUNCTION advocacy.request_rematch_one(bigint, timestamptz, text, text) IS
	'Sends a request whose advocate became unavailable back to matching and tells the rep, without the reason.';
