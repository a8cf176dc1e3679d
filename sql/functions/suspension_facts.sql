-- suspension_facts: what a message tells of a suspension by a person: whose, at which account.
-- Parameters: suspension_id.
-- Returns: {"account", "account_id", "advocates": [name], "csm_email", "event"}; what isn't known is left out.
-- Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.suspension_facts(suspension_id bigint) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT jsonb_strip_nulls(jsonb_build_object(
		'account', coalesce(c.name, c.source || ' ' || c.remote_id, 'no account'), 'account_id', c.account_id::text,
		'advocates', jsonb_build_array(advocacy.advocate_name(s.advocate_id)), 'csm_email', c.csm_email,
		'event', 'suspension-' || s.suspension_id))
	  FROM advocacy.suspension AS s
	  JOIN advocacy.advocate AS a ON a.advocate_id = s.advocate_id
	  LEFT JOIN advocacy.account AS c ON c.account_id = a.account_id
	 WHERE s.suspension_id = suspension_facts.suspension_id
$$;
COMMENT ON FUNCTION advocacy.suspension_facts(bigint) IS
	'What a message tells of a suspension by a person: whose, at which account.';
