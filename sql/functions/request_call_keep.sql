-- request_call_keep(request, move, actor, reason, at, scheduled_for) -> void
--
-- Purpose:    the call of a suspended advocate takes place, and the rep, who was told that it is in doubt, is told so.
-- Parameters: request  request_id, in suspended_hold; move  keep, or move to scheduled_for; actor, reason; at  now.
-- Returns:    nothing. Raises as request_move.
-- Writes:     as request_move; outbox (request_scheduled).
CREATE OR REPLACE FUNCTION advocacy.request_call_keep(request bigint, move text, actor text, reason text, at timestamptz,
	scheduled_for timestamptz DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	event advocacy.request_event;
BEGIN
	event := advocacy.request_move(request, move, actor, reason, at, scheduled_for => scheduled_for);
	PERFORM advocacy.outbox_put('request_scheduled', format('request:%s:scheduled:%s', request, event.event_id),
		advocacy.request_facts(request) || jsonb_build_object(
			'scheduled_for', (SELECT advocacy.sync_time_text(r.scheduled_for) FROM advocacy.request AS r
			                  WHERE r.request_id = request_call_keep.request),
			'at', advocacy.sync_time_text(event.occurred_at)), 3, at);
END
$$;

COMMENT ON FUNCTION advocacy.request_call_keep(bigint, text, text, text, timestamptz, timestamptz) IS
	'Lets the call of a suspended advocate take place, and tells the rep.';
