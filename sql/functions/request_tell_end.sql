-- request_tell_end(event, advocate) -> void
--
-- Purpose:    tells people that a request has ended without a reference: the rep, unless they ended it themselves, and the CSM of
--             the advocate who was matched with it, who need think of it no more.
-- Parameters: event  the move that ended it (cancel, expire, decline, give_up); advocate  who was on it, NULL: nobody.
-- Returns:    nothing.
-- Writes:     outbox (request_ended, advocate_released).
--
-- The rep reads why only where the program found it out by itself: what a person wrote may tell of a customer's health.
CREATE OR REPLACE FUNCTION advocacy.request_tell_end(event advocacy.request_event, advocate bigint)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	facts constant jsonb := advocacy.request_facts(event.request_id) || jsonb_strip_nulls(jsonb_build_object(
		'actor', CASE WHEN event.actor NOT IN ('time', 'sync') THEN event.actor END,
		CASE WHEN event.actor IN ('time', 'sync') THEN 'ended_because' ELSE 'reason' END, event.reason,
		'at', advocacy.sync_time_text(event.occurred_at)));
BEGIN
	IF lower(event.actor) IS DISTINCT FROM lower(facts ->> 'requested_by') THEN
		PERFORM advocacy.outbox_put('request_ended', format('request:%s:ended:%s', event.request_id, event.event_id), facts, 4,
		                            event.occurred_at);
	END IF;
	IF advocate IS NOT NULL THEN
		PERFORM advocacy.outbox_put('advocate_released', format('request:%s:released:%s', event.request_id, event.event_id),
			facts || advocacy.consent_facts(advocate), 4, event.occurred_at);
	END IF;
END
$$;

COMMENT ON FUNCTION advocacy.request_tell_end(advocacy.request_event, bigint) IS
	'Tells the rep, and the CSM of the advocate who was matched with it, that a request has ended without a reference.';
