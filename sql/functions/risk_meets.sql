-- risk_meets: whether a value meets one side of a rule.
-- Parameters: value; operator, one of < <= > >= =; threshold.
-- Returns: boolean, NULL for an unknown value. Writes: nothing.
-- (No SET search_path: the body is bound when it is made, so that it can be inlined.)
CREATE OR REPLACE FUNCTION advocacy.risk_meets(value numeric, operator text, threshold numeric) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE operator WHEN '<' THEN value < threshold WHEN '<=' THEN value <= threshold WHEN '>' THEN value > threshold
                     WHEN '>=' THEN value >= threshold WHEN '=' THEN value = threshold END;
COMMENT ON FUNCTION advocacy.risk_meets(numeric, text, numeric) IS
	'Whether a value meets one side of a risk rule; NULL for an unknown value.';
