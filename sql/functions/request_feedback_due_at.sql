-- request_feedback_due_at(held_at) -> timestamptz
--
-- Purpose:    until when the rep owes feedback: 5 business days of the calendar by which connecting is promised; a week
--             where nothing is promised.
-- Parameters: held_at  when the activity took place.
-- Returns:    the instant.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.request_feedback_due_at(held_at timestamptz)
RETURNS timestamptz
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce((SELECT advocacy.calendar_due_at(advocacy.calendar_newest(p.calendar), held_at, 5::bigint * p.business_day_s)
	                 FROM advocacy.sla_policy AS p WHERE p.active AND p.metric IN ('feedback', 'connect')
	                 ORDER BY p.metric = 'feedback' DESC, p.match_order, p.name LIMIT 1), held_at + interval '7 days')
$$;

COMMENT ON FUNCTION advocacy.request_feedback_due_at(timestamptz) IS 'Until when a rep owes feedback on what took place.';
