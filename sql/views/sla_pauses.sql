-- sla_pauses: for how long each clock stood, and for what: nobody keeps a promise by pausing it unseen.
CREATE OR REPLACE VIEW advocacy.sla_pauses AS
SELECT k.clock_id, k.metric, e.reason,
       sum(advocacy.calendar_seconds(k.calendar_id, e.occurred_at, coalesce(e.until, greatest(e.occurred_at, now()))))::bigint AS seconds
FROM advocacy.sla_clock AS k
CROSS JOIN LATERAL (
	SELECT v.event, v.reason, v.occurred_at, lead(v.occurred_at) OVER (ORDER BY v.occurred_at, v.event_id) AS until
	FROM advocacy.clock_event AS v
	WHERE v.clock_id = k.clock_id AND v.event IN ('pause', 'resume', 'fulfil', 'cancel', 'supersede')
) AS e
WHERE e.event = 'pause'
GROUP BY k.clock_id, k.metric, e.reason;

COMMENT ON VIEW advocacy.sla_pauses IS 'For how long each clock stood, and for what: its share is seconds of these and of sla_report.elapsed_s.';
COMMENT ON COLUMN advocacy.sla_pauses.clock_id IS 'The clock.';
COMMENT ON COLUMN advocacy.sla_pauses.metric IS 'What is measured.';
COMMENT ON COLUMN advocacy.sla_pauses.reason IS 'What was waited for.';
COMMENT ON COLUMN advocacy.sla_pauses.seconds IS 'Business seconds that didn''t count for it.';
