-- risk_came_back: whether the advocates of an account became available within the last 24 hours, by the values of their risks,
-- and still are by them. What is lower than it should be then may be the end of the same wave.
-- Parameters: account_id; at. Returns: boolean. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.risk_came_back(account_id bigint, at timestamptz) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(bool_or(r.cleared_at > risk_came_back.at - interval '24 hours' AND r.clear_evidence ? 'observations'), false)
	       AND NOT coalesce(bool_or(r.cleared_at IS NULL AND r.held_at IS NULL), false)
	  FROM advocacy.risk AS r
	  JOIN advocacy.risk_rule AS u ON u.rule = r.rule AND u.active AND u.action = 'suspend' AND u.flaps > 0
	 WHERE r.account_id = risk_came_back.account_id
	   AND EXISTS (SELECT FROM advocacy.advocate AS a WHERE a.account_id = r.account_id AND a.retired_at IS NULL)
$$;
COMMENT ON FUNCTION advocacy.risk_came_back(bigint, timestamptz) IS
	'Whether the advocates of an account became available within the last 24 hours, and no rule suspends them now.';
