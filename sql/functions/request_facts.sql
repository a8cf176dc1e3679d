-- request_facts(request_id) -> jsonb
--
-- Purpose:    the facts that messages about a request begin with. A rep may see all of them: nothing about an
--             advocate, nobody's health.
-- Parameters: request_id.
-- Returns:    {"request","opportunity","account","activity_type","requested_by","state"}.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.request_facts(request_id bigint)
RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	-- (plpgsql keeps the plan, which takes far longer to make than to run.)
	RETURN (
		SELECT jsonb_build_object('request', 'REQ-' || r.request_id, 'opportunity', o.name, 'account', a.name,
		                          'activity_type', r.activity_type, 'requested_by', r.requested_by, 'state', r.state)
		FROM advocacy.request AS r
		LEFT JOIN advocacy.opportunity AS o ON o.opportunity_id = r.opportunity_id
		LEFT JOIN advocacy.account AS a ON a.account_id = o.account_id
		WHERE r.request_id = request_facts.request_id);
END
$$;

COMMENT ON FUNCTION advocacy.request_facts(bigint) IS 'The facts that messages about a request begin with.';
