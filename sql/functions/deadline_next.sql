-- deadline_next() -> timestamptz
--
-- Purpose:    when the daemon must call deadlines_fire next.
-- Returns:    the earliest deadline of clocks, risks, consents and digests; NULL when there is none.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.deadline_next()
RETURNS timestamptz
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT least(advocacy.clock_next_at(), advocacy.risk_next_deadline(), advocacy.digest_next_at(),
	             (SELECT min(c.next_at) FROM advocacy.consent AS c WHERE c.next_at IS NOT NULL),
	             (SELECT min(r.needed_by) + interval '1 microsecond' FROM advocacy.request AS r
	              WHERE r.state IN ('submitted', 'triaged', 'matching', 'proposed', 'awaiting_csm', 'awaiting_advocate')),
	             (SELECT advocacy.request_feedback_due_at(min(r.updated_at)) FROM advocacy.request AS r WHERE r.state = 'held'),
	             (SELECT min(r.decide_by) FROM advocacy.request AS r WHERE r.decide_by IS NOT NULL))
$$;

COMMENT ON FUNCTION advocacy.deadline_next() IS 'The earliest deadline of any clock, risk or consent.';
