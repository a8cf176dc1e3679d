-- policy_setting: a small setting of the policy, or what holds where the policy says nothing.
-- Parameters: name; default_value, returned when the policy doesn't set it.
-- Returns: the value as jsonb. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.policy_setting(name text, default_value jsonb DEFAULT NULL) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce((SELECT s.value FROM advocacy.policy_setting AS s WHERE s.name = policy_setting.name), default_value)
$$;
COMMENT ON FUNCTION advocacy.policy_setting(text, jsonb) IS
	'A setting of the policy by name, or the given default where the policy doesn''t set it.';
