-- clock_policy(subject_kind, subject_id, metric) -> sla_policy
--
-- Purpose:    the promise that holds for a subject: of the active ones that match, the one with the lowest order, then
--             with the most conditions, then by name.
-- Parameters: subject_kind, subject_id; metric.
-- Returns:    the policy; NULL when none asks for this metric of it.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.clock_policy(subject_kind text, subject_id bigint, metric text)
RETURNS advocacy.sla_policy
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	policy advocacy.sla_policy;
BEGIN
	-- (plpgsql keeps the plan, which takes far longer to make than to run.)
	SELECT p.* INTO policy FROM advocacy.sla_policy AS p
	CROSS JOIN LATERAL advocacy.clock_subject(clock_policy.subject_kind, clock_policy.subject_id) AS s (facts)
	WHERE p.active AND p.metric = clock_policy.metric AND p.subject_kind = clock_policy.subject_kind
	  AND coalesce(p.priority = coalesce(s.facts ->> 'priority', ''), true)
	  AND (p.activity_types = '{}' OR s.facts ->> 'activity_type' = ANY (p.activity_types))
	  AND (p.segments = '{}' OR s.facts ->> 'segment' = ANY (p.segments))
	  AND (p.regions = '{}' OR s.facts ->> 'region' = ANY (p.regions))
	ORDER BY p.match_order,
	         (p.priority IS NULL)::integer + (p.activity_types = '{}')::integer + (p.segments = '{}')::integer
	         + (p.regions = '{}')::integer, p.name
	LIMIT 1;
	RETURN policy;
END
$$;

COMMENT ON FUNCTION advocacy.clock_policy(text, bigint, text) IS 'The promise that holds for a subject and a metric; NULL when none does.';
