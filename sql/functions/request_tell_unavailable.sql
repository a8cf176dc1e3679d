-- request_tell_unavailable(event, at) -> void
--
-- Purpose:    tells the rep that their advocate is no longer available, never why: health, payment and support are not theirs to
--             know. Where there are others who suit, it names their accounts, the best first.
-- Parameters: event  the move that took the advocate off the request; at  now.
-- Returns:    nothing.
-- Writes:     outbox (advocate_unavailable).
CREATE OR REPLACE FUNCTION advocacy.request_tell_unavailable(event advocacy.request_event, at timestamptz)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	PERFORM advocacy.outbox_put('advocate_unavailable', format('request:%s:rematch:%s', event.request_id, event.event_id),
		advocacy.request_facts(event.request_id) || jsonb_strip_nulls(jsonb_build_object(
			'was', CASE event.from_state WHEN 'suspended_hold' THEN 'scheduled' ELSE event.from_state END,
			'candidates', (SELECT jsonb_agg(jsonb_build_object('candidate', 'ADV-' || m.advocate_id, 'customer', m.account) ORDER BY m.rank)
			               FROM advocacy.match_advocates(event.request_id, 3, request_tell_unavailable.at) AS m),
			'at', advocacy.sync_time_text(event.occurred_at))), 3, request_tell_unavailable.at);
END
$$;

COMMENT ON FUNCTION advocacy.request_tell_unavailable(advocacy.request_event, timestamptz) IS
	'Tells the rep that their advocate is no longer available, without the reason, and who else would suit.';
