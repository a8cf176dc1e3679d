-- request_schedule(request, scheduled_for, actor, at) -> void
--
-- Purpose:    the activity with the proposed advocate is agreed and, where it has a time, has one: connect is
--             fulfilled.
-- Parameters: request  request_id; scheduled_for  when it will be, NULL for what needs no appointment (a quote);
--             actor  the person, NULL for session_user; at  when it was agreed.
-- Returns:    nothing. Raises P0002, 55000, 22023 as request_move; 55000 when the advocate may not be asked any more.
-- Writes:     as request_move; outbox (request_scheduled).
CREATE OR REPLACE FUNCTION advocacy.request_schedule(
	request bigint, scheduled_for timestamptz DEFAULT NULL, actor text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	this  constant bigint := request_schedule.request;
	event advocacy.request_event;
BEGIN
	IF NOT isfinite(request_schedule.scheduled_for) THEN
		RAISE EXCEPTION 'request REQ-% can''t take place at %', this, request_schedule.scheduled_for
			USING ERRCODE = '22023', COLUMN = 'scheduled_for', HINT = 'A date and time, or NULL for what needs no appointment.';
	END IF;
	PERFORM advocacy.request_refuse_advocate(this, at);
	-- Who agrees to a date has said yes.
	IF (SELECT r.state FROM advocacy.request AS r WHERE r.request_id = this) = 'awaiting_advocate'
	   AND (SELECT e.move FROM advocacy.request_event AS e WHERE e.request_id = this ORDER BY e.event_id DESC LIMIT 1)
	       <> 'advocate_yes' THEN
		PERFORM advocacy.request_move(this, 'advocate_yes', actor, NULL, at);
	END IF;
	event := advocacy.request_move(this, 'schedule', actor, NULL, at, scheduled_for => request_schedule.scheduled_for);
	PERFORM advocacy.outbox_put('request_scheduled', format('request:%s:scheduled:%s', this, event.event_id),
		advocacy.request_facts(this) || jsonb_build_object(
			'scheduled_for', advocacy.sync_time_text(request_schedule.scheduled_for),
			'at', advocacy.sync_time_text(event.occurred_at)), 5, at);
END
$$;

COMMENT ON FUNCTION advocacy.request_schedule(bigint, timestamptz, text, timestamptz) IS
	'Records that the activity with the proposed advocate is agreed: the connect clock is fulfilled.';
