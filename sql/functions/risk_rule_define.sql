-- risk_rule_define: makes or changes a risk rule. What is open under it stays open and is judged by the new version.
-- Parameters: rule, its name; signal; enter_operator, enter_value: when an account becomes risky; clear_operator,
-- clear_value: when it is well again; clear_hold: for how long it has to be well; action: watch or suspend; severity:
-- soft or hard.
-- Returns: whether anything changed (then the version went up). Call risk_evaluate(NULL) after a change.
-- Refuses: operators it doesn't know, conditions that one value could meet at once, a negative hold.
-- Writes: risk_rule.
CREATE OR REPLACE FUNCTION advocacy.risk_rule_define(rule text, signal text, enter_operator text, enter_value numeric,
	clear_operator text, clear_value numeric, clear_hold interval DEFAULT '0', action text DEFAULT 'suspend',
	severity text DEFAULT 'soft') RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	enter_range numrange;
	clear_range numrange;
BEGIN
	IF coalesce(risk_rule_define.rule, '') = '' OR coalesce(risk_rule_define.signal, '') = '' THEN
		RAISE EXCEPTION 'a risk rule needs a name and a signal' USING ERRCODE = '22023';
	END IF;
	IF risk_rule_define.enter_operator IS NULL OR risk_rule_define.clear_operator IS NULL
		OR risk_rule_define.enter_operator NOT IN ('<', '<=', '>', '>=', '=')
		OR risk_rule_define.clear_operator NOT IN ('<', '<=', '>', '>=', '=') THEN
		RAISE EXCEPTION 'risk rule "%": unknown operator in enter "%" or clear "%"', risk_rule_define.rule,
			risk_rule_define.enter_operator, risk_rule_define.clear_operator
			USING ERRCODE = '22023', HINT = 'Use one of <, <=, >, >=, =.';
	END IF;
	IF risk_rule_define.enter_value IS NULL OR risk_rule_define.clear_value IS NULL
		OR risk_rule_define.enter_value = 'NaN' OR risk_rule_define.clear_value = 'NaN' THEN
		RAISE EXCEPTION 'risk rule "%": a threshold is missing', risk_rule_define.rule USING ERRCODE = '22023',
			HINT = 'Say both when an account becomes risky and when it is well again.';
	END IF;
	IF risk_rule_define.clear_hold IS NULL OR risk_rule_define.clear_hold < '0' THEN
		RAISE EXCEPTION 'risk rule "%": the hold is negative or missing', risk_rule_define.rule
			USING ERRCODE = '22023', HINT = 'Use 0 to clear at once.';
	END IF;
	IF risk_rule_define.action IS NULL OR risk_rule_define.action NOT IN ('watch', 'suspend') THEN
		RAISE EXCEPTION 'risk rule "%": unknown action "%"', risk_rule_define.rule, risk_rule_define.action
			USING ERRCODE = '22023', HINT = 'Use watch or suspend.';
	END IF;
	IF risk_rule_define.severity IS NULL OR risk_rule_define.severity NOT IN ('soft', 'hard') THEN
		RAISE EXCEPTION 'risk rule "%": unknown severity "%"', risk_rule_define.rule, risk_rule_define.severity
			USING ERRCODE = '22023', HINT = 'Use soft or hard.';
	END IF;
	SELECT CASE left(o.operator, 1)
	       WHEN '<' THEN numrange(NULL, o.threshold, CASE o.operator WHEN '<' THEN '()' ELSE '(]' END)
	       WHEN '>' THEN numrange(o.threshold, NULL, CASE o.operator WHEN '>' THEN '()' ELSE '[)' END)
	       ELSE numrange(o.threshold, o.threshold, '[]') END
	  INTO enter_range FROM (VALUES (risk_rule_define.enter_operator, risk_rule_define.enter_value)) AS o (operator, threshold);
	SELECT CASE left(o.operator, 1)
	       WHEN '<' THEN numrange(NULL, o.threshold, CASE o.operator WHEN '<' THEN '()' ELSE '(]' END)
	       WHEN '>' THEN numrange(o.threshold, NULL, CASE o.operator WHEN '>' THEN '()' ELSE '[)' END)
	       ELSE numrange(o.threshold, o.threshold, '[]') END
	  INTO clear_range FROM (VALUES (risk_rule_define.clear_operator, risk_rule_define.clear_value)) AS o (operator, threshold);
	IF enter_range && clear_range THEN
		RAISE EXCEPTION 'risk rule "%": a % can be % % and % % at once', risk_rule_define.rule, risk_rule_define.signal,
			risk_rule_define.enter_operator, risk_rule_define.enter_value,
			risk_rule_define.clear_operator, risk_rule_define.clear_value
			USING ERRCODE = '22023',
			HINT = 'The condition to clear must exclude the condition to enter, such as enter < 60, clear > 75.';
	END IF;

	INSERT INTO advocacy.risk_rule AS r (rule, signal, enter_operator, enter_value, clear_operator, clear_value,
		clear_hold, action, severity)
	SELECT risk_rule_define.rule, risk_rule_define.signal, risk_rule_define.enter_operator, risk_rule_define.enter_value,
	       risk_rule_define.clear_operator, risk_rule_define.clear_value, risk_rule_define.clear_hold,
	       risk_rule_define.action, risk_rule_define.severity
	 WHERE NOT EXISTS (SELECT FROM advocacy.risk_rule AS o
		WHERE o.rule = risk_rule_define.rule AND o.active
		  AND (o.signal, o.enter_operator, o.enter_value, o.clear_operator, o.clear_value, o.clear_hold, o.action, o.severity)
		      IS NOT DISTINCT FROM
		      (risk_rule_define.signal, risk_rule_define.enter_operator, risk_rule_define.enter_value,
		       risk_rule_define.clear_operator, risk_rule_define.clear_value, risk_rule_define.clear_hold,
		       risk_rule_define.action, risk_rule_define.severity))
	ON CONFLICT (rule) DO UPDATE SET
		version = r.version + 1, signal = excluded.signal, enter_operator = excluded.enter_operator,
		enter_value = excluded.enter_value, clear_operator = excluded.clear_operator,
		clear_value = excluded.clear_value, clear_hold = excluded.clear_hold, action = excluded.action,
		severity = excluded.severity, active = true, changed_at = now();
	RETURN FOUND;
END $$;
COMMENT ON FUNCTION advocacy.risk_rule_define(text, text, text, numeric, text, numeric, interval, text, text) IS
	'Makes or changes a risk rule; true (and a new version) if anything changed. Call risk_evaluate(NULL) after a change.';
