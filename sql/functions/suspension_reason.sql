-- suspension_reason: what stands against asking an advocate while a suspension is open, without its facts.
-- Parameters: cause, severity, rule: of the suspension. Returns: text, as in "caution: rule renewal_window".
-- Writes: nothing. (No SET search_path: the body is bound when it is made, so that it can be inlined.)
CREATE OR REPLACE FUNCTION advocacy.suspension_reason(cause text, severity text, rule text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE cause WHEN 'consent' THEN 'consent withdrawn'
                  WHEN 'person' THEN CASE severity WHEN 'caution' THEN 'caution: by a person' WHEN 'hold' THEN 'on hold by a person'
                       WHEN 'ineligible' THEN 'ineligible by a person' ELSE 'suspended by a person' END
                  ELSE CASE severity WHEN 'caution' THEN 'caution: rule ' WHEN 'hold' THEN CASE WHEN rule LIKE '% held' THEN 'on hold: ' ELSE 'on hold by rule ' END
                       WHEN 'ineligible' THEN 'ineligible by rule ' WHEN 'withdrawn' THEN 'withdrawn: '
                       WHEN 'left' THEN 'left: rule ' ELSE 'suspended by rule ' END || rule END;
COMMENT ON FUNCTION advocacy.suspension_reason(text, text, text) IS
	'What stands against asking an advocate while a suspension is open, without its facts.';
