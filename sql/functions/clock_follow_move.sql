-- clock_follow_move(event) -> void
--
-- Purpose:    lets a request's clocks follow a move: what starts, ends, pauses or runs on. Whoever moves a request writes
--             its row and its event first, then calls this; nothing else of a request touches a clock.
-- Parameters: event  the row of request_event just written; the request's row is as the move left it.
-- Returns:    nothing.
-- Writes:     as clock_follow and clock_reclass. The caller has locked the request.
CREATE OR REPLACE FUNCTION advocacy.clock_follow_move(event advocacy.request_event)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	request advocacy.request;
BEGIN
	SELECT r.* INTO STRICT request FROM advocacy.request AS r WHERE r.request_id = event.request_id;
	PERFORM advocacy.clock_follow('request', event.request_id,
		ARRAY[event.move, CASE WHEN event.to_state IS DISTINCT FROM event.from_state THEN event.to_state END],
		ARRAY[request.state, 'waiting_on_' || request.waiting_on], event.occurred_at, event.move);
END
$$;

COMMENT ON FUNCTION advocacy.clock_follow_move(advocacy.request_event) IS
	'Lets a request''s clocks follow a move of it.';
