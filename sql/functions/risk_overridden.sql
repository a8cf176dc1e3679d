-- risk_overridden: whether an override by a person keeps a cause from suspending an advocate.
-- One for all rules doesn't cover hard and ineligible ones: those have to be named.
-- Parameters: advocate, account: ids, the account of the advocate; rule; severity, the rule's; at.
-- Returns: boolean. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.risk_overridden(advocate bigint, account bigint, rule text, severity text, at timestamptz)
RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT EXISTS (SELECT FROM advocacy.risk_override AS o
	                WHERE (o.advocate_id = risk_overridden.advocate OR o.account_id = risk_overridden.account)
	                  AND o.ended_at IS NULL AND o.until > risk_overridden.at
	                  AND coalesce(o.rule = risk_overridden.rule, risk_overridden.severity NOT IN ('hard', 'ineligible')))
$$;
COMMENT ON FUNCTION advocacy.risk_overridden(bigint, bigint, text, text, timestamptz) IS
	'Whether an override by a person keeps a cause from suspending an advocate.';
