-- sla_ownership: whose time each clock has used, so that a late one shows whose hours were spent.
CREATE OR REPLACE VIEW advocacy.sla_ownership AS
SELECT k.clock_id, k.metric, s.team, sum(advocacy.calendar_seconds(k.calendar_id, s.from_at, s.to_at))::bigint AS seconds
FROM advocacy.sla_clock AS k
CROSS JOIN LATERAL (
	SELECT * FROM unnest(k.span_from, k.span_to, k.span_owner)
	UNION ALL
	SELECT k.running_since, greatest(k.running_since, now()), k.owner WHERE k.running_since IS NOT NULL
) AS s (from_at, to_at, team)
GROUP BY k.clock_id, k.metric, s.team;

COMMENT ON VIEW advocacy.sla_ownership IS 'Whose time each clock has used; the shares of a clock are all of its elapsed time.';
COMMENT ON COLUMN advocacy.sla_ownership.clock_id IS 'The clock.';
COMMENT ON COLUMN advocacy.sla_ownership.metric IS 'What is measured.';
COMMENT ON COLUMN advocacy.sla_ownership.team IS 'The team.';
COMMENT ON COLUMN advocacy.sla_ownership.seconds IS 'Business seconds that were its time.';
