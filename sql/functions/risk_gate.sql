-- risk_gate: the circuit breaker in the other direction. A scale turned round makes everybody well at once; so where the end
-- of risks would make too many advocates available together, or within 24 hours, a person decides (risk_gate_limit).
-- Counted are advocates whom nothing else suspends, but not those who wait for a person's yes anyway (risk_rule.confirm).
-- While a batch of reinstatements waits, what else would end joins it.
-- Parameters: risks, which are about to be cleared; source, the one that is being applied (NULL: time alone); observed, whether
-- what it says is only observed: then all have to stay; at.
-- Returns: those that have to stay for now; risk_hold_clear puts them into a batch. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.risk_gate(risks bigint[], source text, observed boolean, at timestamptz) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
	freed integer;
BEGIN
	IF risk_gate.risks IS NULL THEN
		RETURN;
	END IF;
	SELECT count(DISTINCT s.advocate_id) INTO freed
	  FROM advocacy.suspension AS s
	  JOIN advocacy.advocate AS a ON a.advocate_id = s.advocate_id AND a.retired_at IS NULL
	  JOIN advocacy.risk_rule AS u ON u.rule = s.rule AND NOT u.confirm
	 WHERE s.risk_id = ANY (risk_gate.risks) AND s.closed_at IS NULL AND s.severity IN ('soft', 'hard', 'ineligible')
	   -- (What this decision has ended before, by dates, holds nobody any more, though its suspensions follow later.)
	   AND NOT EXISTS (SELECT FROM advocacy.suspension AS o
	                     LEFT JOIN advocacy.risk AS r ON r.risk_id = o.risk_id
	                     LEFT JOIN advocacy.risk_rule AS c ON c.rule = r.rule
	                    WHERE o.advocate_id = s.advocate_id AND o.closed_at IS NULL
	                      AND (o.risk_id IS NULL OR (o.risk_id <> ALL (risk_gate.risks) AND (r.cleared_at IS NULL OR c.confirm))));
	IF freed = 0 THEN
		RETURN;
	END IF;
	IF NOT risk_gate.observed AND NOT EXISTS (SELECT FROM advocacy.decision_batch AS b
	                WHERE b.decision IS NULL AND b.direction = 'reinstate' AND b.source IS NOT DISTINCT FROM risk_gate.source
	                  AND EXISTS (SELECT FROM advocacy.risk AS r WHERE r.clear_batch = b.batch_id AND r.cleared_at IS NULL))
		AND (SELECT freed <= l.once AND freed + l.recent <= 2 * l.once FROM advocacy.risk_gate_limit(risk_gate.at) AS l) THEN
		RETURN;
	END IF;
	RETURN QUERY SELECT DISTINCT s.risk_id FROM advocacy.suspension AS s
	  JOIN advocacy.risk_rule AS u ON u.rule = s.rule AND NOT u.confirm
	 WHERE s.risk_id = ANY (risk_gate.risks) AND s.closed_at IS NULL AND s.severity IN ('soft', 'hard', 'ineligible');
END $$;
COMMENT ON FUNCTION advocacy.risk_gate(bigint[], text, boolean, timestamptz) IS
	'The circuit breaker for reinstatements: the risks that have to stay because too many advocates would be available at once.';
