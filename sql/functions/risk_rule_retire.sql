-- risk_rule_retire: a rule that the policy no longer holds. Its open risks are cleared with that reason.
-- Parameters: rule; at. Returns: whether it was active. Writes: risk_rule, risk_rule_version, risk,
-- risk_observation, risk_due, suspension, outbox.
CREATE OR REPLACE FUNCTION advocacy.risk_rule_retire(rule text, at timestamptz DEFAULT now()) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	cleared bigint[];
BEGIN
	PERFORM advocacy.sync_lock();
	UPDATE advocacy.risk_rule AS r SET active = false, changed_at = risk_rule_retire.at
	 WHERE r.rule = risk_rule_retire.rule AND r.active;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	INSERT INTO advocacy.risk_rule_version (rule, version, since)
	SELECT r.rule, r.version, risk_rule_retire.at FROM advocacy.risk_rule AS r WHERE r.rule = risk_rule_retire.rule
	ON CONFLICT DO NOTHING;
	PERFORM advocacy.suspension_close(s.advocate_id, s.rule, 'the rule was retired', NULL, risk_rule_retire.at)
	   FROM (SELECT o.advocate_id, o.rule FROM advocacy.suspension AS o
	          WHERE o.cause = 'own' AND o.rule = risk_rule_retire.rule AND o.closed_at IS NULL ORDER BY 1) AS s;
	DELETE FROM advocacy.risk_observation AS o WHERE o.rule = risk_rule_retire.rule;
	DELETE FROM advocacy.risk_due AS d WHERE d.rule = risk_rule_retire.rule;
	WITH done AS (
		UPDATE advocacy.risk AS r
		   SET cleared_at = risk_rule_retire.at,
		       clear_evidence = jsonb_build_object('reason', 'the rule was retired', 'rule', r.rule)
		 WHERE r.rule = risk_rule_retire.rule AND r.cleared_at IS NULL
		RETURNING r.account_id)
	SELECT array_agg(d.account_id) INTO cleared FROM done AS d;
	IF cleared IS NOT NULL THEN
		PERFORM advocacy.suspension_follow(cleared, risk_rule_retire.at);
	END IF;
	RETURN true;
END $$;
COMMENT ON FUNCTION advocacy.risk_rule_retire(text, timestamptz) IS
	'Retires a risk rule and clears its open risks; true if it was active.';
