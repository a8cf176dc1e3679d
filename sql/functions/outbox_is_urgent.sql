-- outbox_is_urgent(kind, facts, at) -> boolean
--
-- Purpose:    whether a message may break a person's quiet hours: a hard suspension that touches a call within two business
--             days, and nothing else.
-- Parameters: kind, facts  of the message; at  now.
-- Returns:    yes or no.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.outbox_is_urgent(kind text, facts jsonb, at timestamptz)
RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT kind = 'advocate_suspended' AND facts ->> 'severity' = 'hard' AND EXISTS (
		SELECT FROM advocacy.request AS q
		 WHERE jsonb_typeof(facts -> 'requests') = 'array' AND facts -> 'requests' ? ('REQ-' || q.request_id)
		   AND q.scheduled_for >= outbox_is_urgent.at
		   -- Two business days, a weekend between them.
		   AND q.scheduled_for <= outbox_is_urgent.at + CASE WHEN extract(isodow FROM outbox_is_urgent.at) >= 4
		                                                     THEN interval '4 days' ELSE interval '2 days' END)
$$;

COMMENT ON FUNCTION advocacy.outbox_is_urgent(text, jsonb, timestamptz) IS
	'Whether a message may break quiet hours: a hard suspension that touches a call within two business days.';
