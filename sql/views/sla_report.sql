-- sla_report: every SLA clock with its promise and how it stands. No contact details.
CREATE OR REPLACE VIEW advocacy.sla_report AS
SELECT k.clock_id,
       k.request_id,
       'REQ-' || k.request_id AS request,
       k.metric,
       k.cycle,
       r.activity_type,
       r.priority,
       r.state AS request_state,
       r.waiting_on,
       r.opportunity_id,
       o.account_id,
       p.name AS policy,
       p.version AS policy_version,
       p.owed_by,
       p.owed_to,
       k.state,
       CASE WHEN k.state IN ('met', 'met_late') THEN k.state
            WHEN k.state = 'cancelled' THEN CASE WHEN k.breached_at IS NULL THEN 'cancelled' ELSE 'breached' END
            WHEN k.breached_at IS NOT NULL OR k.breach_at < now() THEN 'breached'
            ELSE 'open' END AS verdict,
       k.started_at,
       k.due_at,
       k.breach_at,
       k.target_s,
       e.elapsed_s,
       k.target_s - e.elapsed_s AS remaining_s,
       k.warned_at,
       coalesce(k.breached_at, CASE WHEN k.breach_at < now() THEN k.breach_at END) AS breached_at,
       k.detected_at,
       k.ended_at
FROM advocacy.sla_clock AS k
JOIN advocacy.sla_policy AS p USING (policy_id)
JOIN advocacy.request AS r USING (request_id)
LEFT JOIN advocacy.opportunity AS o ON o.opportunity_id = r.opportunity_id
CROSS JOIN LATERAL (
	SELECT k.spent_s + CASE WHEN k.state = 'running'
		THEN advocacy.calendar_seconds(k.calendar_id, k.running_since, greatest(k.running_since, now()))
		ELSE 0 END AS elapsed_s
) AS e;

COMMENT ON VIEW advocacy.sla_report IS
	'Every SLA clock: what was promised, by whom to whom, how much business time is used and remains, and the verdict.';
COMMENT ON COLUMN advocacy.sla_report.request IS 'The request as messages name it.';
COMMENT ON COLUMN advocacy.sla_report.cycle IS 'Counts anew when a scheduled request goes back to matching.';
COMMENT ON COLUMN advocacy.sla_report.state IS 'running, paused, met, met_late or cancelled.';
COMMENT ON COLUMN advocacy.sla_report.verdict IS
	'open, met, met_late, cancelled, or breached (running past its promise, or cancelled after it).';
COMMENT ON COLUMN advocacy.sla_report.due_at IS
	'The first instant at which the target is used; NULL unless the clock runs towards it.';
COMMENT ON COLUMN advocacy.sla_report.breach_at IS 'The last instant that is in time; later is a breach.';
COMMENT ON COLUMN advocacy.sla_report.elapsed_s IS 'Business seconds used, without pauses; frozen when the clock ends.';
COMMENT ON COLUMN advocacy.sla_report.remaining_s IS 'Business seconds left; negative is overrun.';
COMMENT ON COLUMN advocacy.sla_report.breached_at IS 'When the promise was broken, as computed.';
COMMENT ON COLUMN advocacy.sla_report.detected_at IS 'When the breach was noticed and announced.';
