-- risk_cases: the open cases of an account that are escalated or of a top priority, as evidence.
-- Parameters: account_id; source. Returns: [{"number", "subject", "priority", "escalated"}], at most 20, oldest first.
-- Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.risk_cases(account_id bigint, source text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(jsonb_agg(jsonb_build_object('number', f.number, 'subject', f.subject, 'priority', f.priority,
	                                             'escalated', coalesce(f.escalated, false)) ORDER BY f.place), '[]')
	  FROM (SELECT coalesce(c.number, c.remote_id) AS number, c.subject, c.priority, c.escalated,
	               row_number() OVER (ORDER BY c.opened_at, c.case_id) AS place
	          FROM advocacy.support_case AS c
	         WHERE c.account_id = risk_cases.account_id AND c.source = risk_cases.source
	           AND NOT c.deleted AND c.closed IS NOT TRUE
	           AND (c.escalated OR lower(c.priority) IN (SELECT lower(p.value) FROM jsonb_array_elements_text(
	                advocacy.policy_setting('top_priorities', '["P1", "Critical", "Urgent", "Highest"]')) AS p (value)))
	         ORDER BY c.opened_at, c.case_id LIMIT 20) AS f
$$;
COMMENT ON FUNCTION advocacy.risk_cases(bigint, text) IS
	'The open cases of an account that are escalated or of a top priority, as evidence.';
