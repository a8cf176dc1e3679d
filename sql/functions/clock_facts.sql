-- clock_facts(clock, at) -> jsonb
--
-- Purpose:    the facts that messages about a clock are made of.
-- Parameters: clock; at  now.
-- Returns:    for a request what request_facts says, for others {"request"}, its name; and {"clock","metric","owed_by","owed_to",
--             "owner","due_at","target_s","remaining_s","at"}, {"holidays"} that moved the due time, where there are any,
--             {"breached_at","unverified","last_seen_at"} of a breach; times as ISO 8601 in UTC.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.clock_facts(clock advocacy.sla_clock, at timestamptz)
RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	-- (plpgsql keeps the plan, which takes far longer to make than to run.)
	RETURN (
		SELECT CASE clock.subject_kind WHEN 'request' THEN advocacy.request_facts(clock.subject_id)
		            WHEN 'approval' THEN advocacy.approval_facts(clock.subject_id)
		            WHEN 'asset' THEN advocacy.asset_facts(clock.subject_id) || jsonb_build_object('request', 'asset ' || clock.subject_id)
	            ELSE jsonb_build_object('request', clock.subject_kind || ' ' || clock.subject_id) END
		|| jsonb_build_object('clock', clock.clock_id, 'metric', clock.metric, 'owed_by', coalesce((
				SELECT o.approver FROM advocacy.approval AS o WHERE clock.subject_kind = 'approval' AND o.approval_id = clock.subject_id), p.owed_by),
			'owed_to', p.owed_to,
			'owner', advocacy.clock_owner(clock), 'target_s', clock.target_s,
			'due_at', advocacy.sync_time_text(clock.due_at),
			'remaining_s', greatest(0, clock.target_s - advocacy.clock_elapsed(clock, at)),
			'at', advocacy.sync_time_text(at))
		|| CASE WHEN clock.breached_at IS NULL THEN '{}' ELSE
			jsonb_build_object('breached_at', advocacy.sync_time_text(clock.breached_at)) END
		|| CASE WHEN clock.unverified IS NULL THEN '{}' ELSE
			jsonb_build_object('unverified', clock.unverified, 'last_seen_at', (SELECT advocacy.sync_time_text(max(y.last_success_at))
				FROM advocacy.sync_stream AS y WHERE y.source = clock.unverified)) END
		|| coalesce((SELECT jsonb_build_object('holidays', jsonb_agg(h.day ORDER BY h.day))
			FROM (SELECT DISTINCT unnest(c.holidays) AS day) AS h
			WHERE h.day BETWEEN (clock.started_at AT TIME ZONE c.time_zone)::date AND (clock.due_at AT TIME ZONE c.time_zone)::date
			  AND EXISTS (SELECT FROM advocacy.calendar_hours(c.weekly_hours) AS o WHERE o.weekday = extract(isodow FROM h.day)::integer)
			HAVING count(*) > 0), '{}')
		FROM advocacy.sla_policy AS p
		JOIN advocacy.calendar AS c ON c.calendar_id = clock.calendar_id
		WHERE p.policy_id = clock.policy_id);
END
$$;

COMMENT ON FUNCTION advocacy.clock_facts(advocacy.sla_clock, timestamptz) IS 'The facts that messages about a clock are made of.';
