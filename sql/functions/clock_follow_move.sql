-- clock_follow_move(event) -> void
--
-- Purpose:    lets a request's clocks follow a move: what starts, ends, pauses or runs on. Whoever moves a request writes
--             its row and its event first, then calls this; nothing else of a request touches a clock.
-- Parameters: event  the row of request_event just written; the request's row is as the move left it.
-- Returns:    nothing.
-- Writes:     sla_clock, clock_event, outbox. Locks the request's clocks in id order; the caller has locked the request.
CREATE OR REPLACE FUNCTION advocacy.clock_follow_move(event advocacy.request_event)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	clock advocacy.sla_clock;
BEGIN
	FOR clock IN
		SELECT k.* FROM advocacy.sla_clock AS k
		WHERE k.request_id = event.request_id AND k.state IN ('running', 'paused') ORDER BY k.clock_id FOR UPDATE
	LOOP
		IF clock.metric = 'acknowledge' THEN
			PERFORM advocacy.clock_move(clock.clock_id, CASE event.move WHEN 'cancel' THEN 'cancel' ELSE 'fulfil' END,
			                            event.occurred_at, event.move);
		ELSIF event.move = 'schedule' THEN
			PERFORM advocacy.clock_move(clock.clock_id, 'fulfil', event.occurred_at, event.move);
		ELSIF event.move IN ('decline', 'cancel') THEN
			PERFORM advocacy.clock_move(clock.clock_id, 'cancel', event.occurred_at, event.move);
		ELSIF event.move = 'wait' THEN
			PERFORM advocacy.clock_move(clock.clock_id, 'pause', event.occurred_at, event.reason);
		ELSIF event.move IN ('resume', 'return', 'rematch') AND clock.state = 'paused' THEN
			PERFORM advocacy.clock_move(clock.clock_id, 'resume', event.occurred_at, event.move);
		END IF;
	END LOOP;
	IF event.move = 'submit' THEN
		PERFORM advocacy.clock_start(event.request_id, 'acknowledge', event.occurred_at);
	END IF;
	IF event.move = 'submit' OR event.move IN ('return', 'rematch') AND event.from_state = 'scheduled' THEN
		PERFORM advocacy.clock_start(event.request_id, 'connect', event.occurred_at);
	END IF;
END
$$;

COMMENT ON FUNCTION advocacy.clock_follow_move(advocacy.request_event) IS
	'Lets a request''s clocks follow a move of it.';
