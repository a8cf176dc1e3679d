-- risk_facts: what a message tells of a risk; numbers as text, times in UTC.
-- Parameters: risk_id.
-- Returns: {"account", "account_id", "rule", "severity", "signal", "value", "previous", "source", "threshold",
-- "observed_at", "clears_when", "csm_email", "cases", "event"}; what isn't known is left out.
-- Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.risk_facts(risk_id bigint) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT jsonb_strip_nulls(jsonb_build_object(
		'account', coalesce(a.name, a.source || ' ' || a.remote_id), 'account_id', a.account_id::text, 'rule', r.rule,
		'severity', u.severity, 'signal', r.evidence ->> 'signal', 'threshold', r.evidence ->> 'threshold',
		'value', trim_scale(coalesce(well.value, r.evidence ->> 'value')::numeric)::text,
		'previous', trim_scale((r.evidence ->> CASE WHEN well.value IS NULL THEN 'previous' ELSE 'value' END)::numeric)::text,
		'source', coalesce(well.source, r.evidence ->> 'source'),
		'observed_at', coalesce(well.observed_at, r.evidence ->> 'observed_at'),
		'clears_when', advocacy.risk_clears_when(u),
		'csm_email', a.csm_email, 'event', 'risk-' || r.risk_id))
		|| jsonb_build_object('cases', CASE WHEN r.cleared_at IS NULL THEN coalesce(r.evidence -> 'cases', '[]') ELSE '[]' END)
	  FROM advocacy.risk AS r
	  JOIN advocacy.risk_rule AS u ON u.rule = r.rule
	  JOIN advocacy.account AS a ON a.account_id = r.account_id
	  -- Of a risk that is over, what ended it: as the source that had opened it says, else the first that knows.
	  LEFT JOIN LATERAL (
		SELECT o.item ->> 'value' AS value, o.item ->> 'source' AS source, o.item ->> 'observed_at' AS observed_at
		  FROM jsonb_array_elements(r.clear_evidence -> 'observations') WITH ORDINALITY AS o (item, place)
		 WHERE o.item ->> 'value' IS NOT NULL
		 ORDER BY o.item ->> 'source' IS DISTINCT FROM r.evidence ->> 'source', o.place LIMIT 1) AS well ON true
	 WHERE r.risk_id = risk_facts.risk_id
$$;
COMMENT ON FUNCTION advocacy.risk_facts(bigint) IS 'What a message tells of a risk; numbers as text, times in UTC.';
