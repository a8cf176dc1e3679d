-- risk_gate_limit: how many advocates may be available again together, before a person is asked, and how many are already.
--   at once            reinstate_percent (5) of the program's advocates, rounded up, but not less than reinstate_least (2)
--   within 24 hours    twice that, by whatever source: a feed that says of everybody that they are well may come in small pieces
-- Counted are those whom the end of a risk has made available as risk_gate let it, and who still are; what a person let happen, by
-- a batch, a change of the policy or otherwise, is not.
-- Parameters: at. Returns: one row: once, the limit at once; recent, how many in the last 24 hours. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.risk_gate_limit(at timestamptz, OUT once integer, OUT recent integer)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT greatest((advocacy.policy_setting('reinstate_least', '2') #>> '{}')::numeric,
	                ceil((SELECT count(*) FROM advocacy.advocate AS a WHERE a.retired_at IS NULL)
	                     * (advocacy.policy_setting('reinstate_percent', '5') #>> '{}')::numeric / 100))::integer,
	       (SELECT count(DISTINCT s.advocate_id)::integer
	          FROM advocacy.decision_cycle AS c
	          JOIN advocacy.suspension AS s ON s.closed_in = c.cycle_id AND s.severity IN ('soft', 'hard', 'ineligible')
	          JOIN advocacy.risk AS r ON r.risk_id = s.risk_id AND r.clear_evidence ? 'gated'
	          JOIN advocacy.advocate AS a ON a.advocate_id = s.advocate_id AND a.retired_at IS NULL
	         WHERE c.decided_at > risk_gate_limit.at - interval '24 hours' AND c.decided_at <= risk_gate_limit.at
	           AND NOT EXISTS (SELECT FROM advocacy.suspension AS o WHERE o.advocate_id = s.advocate_id AND o.closed_at IS NULL))
$$;
COMMENT ON FUNCTION advocacy.risk_gate_limit(timestamptz) IS
	'How many advocates may be available again at once (twice as many in 24 hours), and how many became so in the last 24 hours.';
