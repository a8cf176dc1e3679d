-- approval_facts(approval) -> jsonb
--
-- Purpose:    the facts that messages about an approval begin with: nothing about a person, nobody's health.
-- Parameters: approval  approval_id.
-- Returns:    what request_facts says; and {"approval", "approver", "approver_email" (the first who may decide), "people", "exposure",
--             "customer" (who would be shown), "due_at"}.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.approval_facts(approval bigint)
RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT advocacy.request_facts(p.request_id) || jsonb_build_object('approval', p.approval_id, 'approver', p.approver,
		'exposure', p.exposure, 'customer', a.name)
	|| jsonb_strip_nulls(jsonb_build_object('approver_email', p.people[1], 'people', to_jsonb(nullif(p.people, '{}')),
		'due_at', (SELECT advocacy.sync_time_text(k.due_at) FROM advocacy.sla_clock AS k
		           WHERE (k.subject_kind, k.subject_id) = ('approval', p.approval_id) ORDER BY k.cycle DESC LIMIT 1)))
	FROM advocacy.approval AS p
	JOIN advocacy.advocate AS v ON v.advocate_id = p.advocate_id
	LEFT JOIN advocacy.account AS a ON a.account_id = v.account_id
	WHERE p.approval_id = approval_facts.approval
$$;

COMMENT ON FUNCTION advocacy.approval_facts(bigint) IS 'The facts that messages about an approval begin with.';
