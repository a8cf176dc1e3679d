-- request_held(request, note, actor, at) -> void
--
-- Purpose:    the activity took place; the rep owes feedback from now on.
-- Parameters: request  request_id; note  anything worth keeping, and how it came about where it was to take place later;
--             actor  the person, NULL for session_user; at  when.
-- Returns:    nothing. Raises P0002, 55000, 22023 as request_move; 22023 for an appointment that is still to come, without a note.
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
	this  constant advocacy.request := advocacy.request_lock(request_held.request);
	event advocacy.request_event;
BEGIN
	-- Mostly that is another request's number; its clocks would end, and the rep be asked how it was.
	IF this.state IN ('scheduled', 'suspended_hold') AND this.scheduled_for > request_held.at
	   AND nullif(btrim(request_held.note), '') IS NULL THEN
		RAISE EXCEPTION 'request REQ-% has an appointment at %, which is still to come', this.request_id,
				advocacy.sync_time_text(this.scheduled_for)
			USING ERRCODE = '22023', COLUMN = 'note',
			      HINT = 'If it took place sooner say so in the note, such as: they spoke on Monday.';
	END IF;
	event := advocacy.request_move(request, 'hold', actor, note, at);
	PERFORM advocacy.outbox_put('feedback_due', format('request:%s:feedback:%s', event.request_id, event.event_id),
		advocacy.request_facts(event.request_id) || jsonb_build_object(
			'due_at', advocacy.sync_time_text(advocacy.request_feedback_due_at(event.occurred_at)),
			'at', advocacy.sync_time_text(event.occurred_at)), 5, at);
END
$$;

COMMENT ON FUNCTION advocacy.request_held(bigint, text, text, timestamptz) IS
	'Records that the scheduled activity took place; the rep owes feedback.';
