-- activity_follow_move(event) -> void
--
-- Purpose:    lets the reservation of an advocate follow a request's move: made by the match, released when the request
--             goes elsewhere, completed when the activity took place. Caps count these rows, so that what the move makes
--             true of a cap is true in the same transaction.
-- Parameters: event  the row of request_event just written; the request's row is as the move left it.
-- Returns:    nothing.
-- Writes:     activity. The caller has locked the request, and, for match, the advocate.
CREATE OR REPLACE FUNCTION advocacy.activity_follow_move(event advocacy.request_event)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	request advocacy.request;
BEGIN
	SELECT r.* INTO STRICT request FROM advocacy.request AS r WHERE r.request_id = event.request_id;
	UPDATE advocacy.activity AS v
	SET status = CASE WHEN request.advocate_id IS DISTINCT FROM v.advocate_id
	                       OR request.state IN ('declined', 'expired', 'cancelled', 'unfulfillable') THEN 'released'
	                  WHEN request.state IN ('held', 'feedback_due', 'completed') THEN 'completed'
	                  WHEN request.state = 'scheduled' THEN 'scheduled' ELSE v.status END,
	    occurred_at = CASE WHEN request.advocate_id IS DISTINCT FROM v.advocate_id THEN v.occurred_at
	                       WHEN request.state = 'scheduled' THEN coalesce(request.scheduled_for, event.occurred_at)
	                       WHEN request.state IN ('held', 'completed')
	                       THEN least(coalesce(request.scheduled_for, event.occurred_at), event.occurred_at)
	                       ELSE v.occurred_at END
	WHERE v.request_id = request.request_id AND v.status IN ('asked', 'scheduled');
	IF event.move = 'match' THEN
		INSERT INTO advocacy.activity (advocate_id, activity_type, status, occurred_at, weight, account_id, cell, request_id,
		                               recorded_at, recorded_by)
		SELECT request.advocate_id, request.activity_type, 'asked', event.occurred_at,
		       advocacy.activity_weight(request.activity_type), p.account_id, p.cell, request.request_id,
		       event.occurred_at, event.actor
		FROM (SELECT) AS one
		LEFT JOIN advocacy.advocate_profile AS p ON p.advocate_id = request.advocate_id;
		PERFORM advocacy.activity_tell_cap(request.advocate_id, event.occurred_at);
	END IF;
END
$$;

COMMENT ON FUNCTION advocacy.activity_follow_move(advocacy.request_event) IS
	'Lets the reservation of an advocate follow a request''s move.';
