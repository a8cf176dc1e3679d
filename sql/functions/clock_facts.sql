-- clock_facts(clock_id, at) -> jsonb
--
-- Purpose:    the facts that messages about a clock are made of.
-- Parameters: clock_id; at  now.
-- Returns:    {"request","opportunity","account","activity_type","requested_by","state","metric","owed_by","owed_to",
--             "due_at","percent","target_s","remaining_s","at"}; times as ISO 8601 in UTC.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.clock_facts(clock_id bigint, at timestamptz)
RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT advocacy.request_facts(k.request_id) || jsonb_build_object(
		'metric', k.metric, 'owed_by', p.owed_by, 'owed_to', p.owed_to,
		'due_at', advocacy.sync_time_text(k.due_at), 'percent', p.warn_percent, 'target_s', k.target_s,
		'remaining_s', greatest(0, k.target_s - k.spent_s - CASE WHEN k.state = 'running'
			THEN greatest(0, advocacy.calendar_seconds(k.calendar_id, k.running_since, at)) ELSE 0 END),
		'at', advocacy.sync_time_text(at))
	FROM advocacy.sla_clock AS k
	JOIN advocacy.sla_policy AS p USING (policy_id)
	WHERE k.clock_id = clock_facts.clock_id
$$;

COMMENT ON FUNCTION advocacy.clock_facts(bigint, timestamptz) IS 'The facts that messages about a clock are made of.';
