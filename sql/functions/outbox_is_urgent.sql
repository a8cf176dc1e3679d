-- outbox_is_urgent(kind, facts, at) -> boolean
--
-- Purpose:    whether a message may break a person's quiet hours: a hard suspension that touches a call within two business
--             days, with the question what becomes of the call; nothing else.
-- Parameters: kind, facts  of the message; at  now.
-- Returns:    yes or no.
-- Writes:     nothing.
--
-- The days are those of the person's own calendar, after today: until the second of them has closed.
CREATE OR REPLACE FUNCTION advocacy.outbox_is_urgent(kind text, facts jsonb, at timestamptz)
RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT facts ->> 'severity' = 'hard' AND (kind = 'call_review' OR kind = 'advocate_suspended' AND EXISTS (
		SELECT FROM advocacy.request AS q
		 WHERE jsonb_typeof(facts -> 'requests') = 'array' AND facts -> 'requests' ? ('REQ-' || q.request_id)
		   AND q.scheduled_for >= outbox_is_urgent.at
		   AND q.scheduled_for <= (
			SELECT max(d.closes_at) FROM (
				SELECT max(s.closes_at) AS closes_at
				  FROM advocacy.calendar AS c JOIN advocacy.calendar_span AS s ON s.calendar_id = c.calendar_id
				 WHERE c.calendar_id = advocacy.outbox_calendar(advocacy.outbox_owner('csm', facts))
				   AND s.opens_at > outbox_is_urgent.at AND s.opens_at < outbox_is_urgent.at + interval '30 days'
				   AND (s.opens_at AT TIME ZONE c.time_zone)::date > (outbox_is_urgent.at AT TIME ZONE c.time_zone)::date
				 GROUP BY (s.opens_at AT TIME ZONE c.time_zone)::date ORDER BY 1 LIMIT 2) AS d))) IS TRUE
$$;

COMMENT ON FUNCTION advocacy.outbox_is_urgent(text, jsonb, timestamptz) IS
	'Whether a message may break quiet hours: a hard suspension that touches a call within two business days.';
