-- consent_facts: what a message about a person's consent begins with.
-- Parameters: advocate_id. Returns: {"account", "account_id", "advocates": [name], "csm_email"}; what isn't known is left
-- out. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.consent_facts(advocate_id bigint) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT jsonb_strip_nulls(jsonb_build_object(
		'account', coalesce(c.name, c.source || ' ' || c.remote_id, 'no account'), 'account_id', c.account_id::text,
		'advocates', jsonb_build_array(advocacy.advocate_name(a.advocate_id)), 'csm_email', c.csm_email))
	  FROM advocacy.advocate AS a
	  LEFT JOIN advocacy.account AS c ON c.account_id = a.account_id
	 WHERE a.advocate_id = consent_facts.advocate_id
$$;
COMMENT ON FUNCTION advocacy.consent_facts(bigint) IS 'What a message about a person''s consent begins with.';
