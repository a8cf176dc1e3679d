-- request_held(request, note, actor, at) -> void
--
-- Purpose:    the activity took place; the rep owes feedback from now on.
-- Parameters: request  request_id; note  anything worth keeping;
--             actor  the person, NULL for session_user; at  when.
-- Returns:    nothing. Raises P0002, 55000, 22023 as request_move.
-- Writes:     as request_move; outbox.
CREATE OR REPLACE FUNCTION advocacy.request_held(
	request bigint, note text DEFAULT NULL, actor text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	event advocacy.request_event;
BEGIN
	event := advocacy.request_move(request, 'hold', actor, note, at);
	PERFORM advocacy.outbox_put('feedback_due', format('request:%s:feedback:%s', event.request_id, event.event_id),
		advocacy.request_facts(event.request_id) || jsonb_build_object(
			'due_at', advocacy.sync_time_text(advocacy.request_feedback_due_at(event.occurred_at)),
			'at', advocacy.sync_time_text(event.occurred_at)), 5, at);
END
$$;

COMMENT ON FUNCTION advocacy.request_held(bigint, text, text, timestamptz) IS
	'Records that the scheduled activity took place; the rep owes feedback.';
