-- sla_report: every SLA clock with its promise and how it stands. No contact details.
CREATE OR REPLACE VIEW advocacy.sla_report AS
SELECT k.clock_id,
       k.subject_kind,
       k.subject_id,
       k.request_id,
       CASE k.subject_kind WHEN 'request' THEN 'REQ-' || k.request_id ELSE k.subject_kind || ' ' || k.subject_id END AS request,
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
       k.owner,
       k.state,
       CASE WHEN k.unverified IS NOT NULL THEN 'unverified'
            WHEN k.state IN ('met', 'met_late') THEN k.state
            WHEN k.ended_at IS NOT NULL THEN CASE WHEN k.breached_at IS NULL THEN k.state ELSE 'breached' END
            WHEN k.breached_at IS NOT NULL OR p.breaches AND k.breach_at < now() THEN 'breached'
            ELSE 'open' END AS verdict,
       coalesce(k.ended_at < k.final_at AND now() <= k.final_at, false) AS provisional,
       k.excluded,
       k.started_at,
       k.due_at,
       k.breach_at,
       k.target_s,
       e.elapsed_s,
       k.target_s - e.elapsed_s AS remaining_s,
       k.paused_at,
       k.pause_reason,
       k.warned_at,
       coalesce(k.breached_at, CASE WHEN p.breaches AND k.breach_at < now() THEN k.breach_at END) AS breached_at,
       k.detected_at,
       k.acknowledged_at,
       k.ended_at
FROM advocacy.sla_clock AS k
JOIN advocacy.sla_policy AS p USING (policy_id)
LEFT JOIN advocacy.request AS r ON r.request_id = k.request_id
LEFT JOIN advocacy.opportunity AS o ON o.opportunity_id = r.opportunity_id
CROSS JOIN LATERAL (
	SELECT k.spent_s + CASE WHEN k.state = 'running'
		THEN advocacy.calendar_seconds(k.calendar_id, k.running_since, greatest(k.running_since, now()))
		ELSE 0 END AS elapsed_s
) AS e;

COMMENT ON VIEW advocacy.sla_report IS
	'Every SLA clock: what was promised, by whom to whom, how much business time is used and remains, and the verdict.';
COMMENT ON COLUMN advocacy.sla_report.subject_kind IS 'What it is about: request, suspension, nomination, approval, asset.';
COMMENT ON COLUMN advocacy.sla_report.subject_id IS 'Its key.';
COMMENT ON COLUMN advocacy.sla_report.request IS 'The request (or other subject) as messages name it.';
COMMENT ON COLUMN advocacy.sla_report.cycle IS 'Counts anew when it is asked again after its end is final.';
COMMENT ON COLUMN advocacy.sla_report.owner IS 'The team whose time it is now.';
COMMENT ON COLUMN advocacy.sla_report.state IS 'running, paused, met, met_late, cancelled or superseded.';
COMMENT ON COLUMN advocacy.sla_report.verdict IS
	'open, met, met_late, cancelled, superseded, breached (running past its promise, or ended otherwise after it), or unverified (a breach at a time when its source could not be read).';
COMMENT ON COLUMN advocacy.sla_report.provisional IS 'Whether reopening would still continue this cycle.';
COMMENT ON COLUMN advocacy.sla_report.excluded IS 'Whether the breach came of a change by the party it is owed to: not counted.';
COMMENT ON COLUMN advocacy.sla_report.due_at IS
	'The first instant at which the target is used; NULL unless the clock runs towards it.';
COMMENT ON COLUMN advocacy.sla_report.breach_at IS 'The last instant that is in time; later is a breach.';
COMMENT ON COLUMN advocacy.sla_report.elapsed_s IS 'Business seconds used, without pauses; frozen when the clock ends.';
COMMENT ON COLUMN advocacy.sla_report.remaining_s IS 'Business seconds left; negative is overrun.';
COMMENT ON COLUMN advocacy.sla_report.paused_at IS 'Since when it is paused.';
COMMENT ON COLUMN advocacy.sla_report.pause_reason IS 'Why it is paused.';
COMMENT ON COLUMN advocacy.sla_report.breached_at IS 'When the promise was broken, as computed.';
COMMENT ON COLUMN advocacy.sla_report.detected_at IS 'When the breach was noticed and announced.';
COMMENT ON COLUMN advocacy.sla_report.acknowledged_at IS 'When somebody said that they are at it.';
