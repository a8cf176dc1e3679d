-- risk_facts: what a message tells of a risk; numbers as text, times in UTC.
-- Parameters: risk_id.
-- Returns: {"account", "account_id", "rule", "severity", "signal", "value", "previous", "source", "threshold",
-- "observed_at", "clears_when", "csm_email", "cases", "event"}; what isn't known is left out.
-- Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.risk_facts(risk_id bigint) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT jsonb_strip_nulls(jsonb_build_object(
		'account', coalesce(a.name, a.source || ' ' || a.remote_id), 'account_id', a.account_id::text, 'rule', r.rule,
		'severity', u.severity, 'signal', r.evidence ->> 'signal',
		'value', trim_scale((r.evidence ->> 'value')::numeric)::text,
		'previous', trim_scale((r.evidence ->> 'previous')::numeric)::text,
		'source', r.evidence ->> 'source', 'threshold', r.evidence ->> 'threshold',
		'observed_at', r.evidence ->> 'observed_at',
		'clears_when', advocacy.risk_clears_when(u.signal, u.clear_operator, u.clear_value, u.clear_hold),
		'csm_email', a.csm_email, 'event', 'risk-' || r.risk_id))
		|| jsonb_build_object('cases', coalesce(r.evidence -> 'cases', '[]'))
	  FROM advocacy.risk AS r
	  JOIN advocacy.risk_rule AS u ON u.rule = r.rule
	  JOIN advocacy.account AS a ON a.account_id = r.account_id
	 WHERE r.risk_id = risk_facts.risk_id
$$;
COMMENT ON FUNCTION advocacy.risk_facts(bigint) IS 'What a message tells of a risk; numbers as text, times in UTC.';
