-- suspension_effect: how a rule's suspension of a severity is called where people read why an advocate isn't available.
-- Parameters: severity. Returns: text that the rule's name completes, as in "caution: rule ". Writes: nothing.
-- (No SET search_path: the body is bound when it is made, so that it can be inlined.)
CREATE OR REPLACE FUNCTION advocacy.suspension_effect(severity text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE severity WHEN 'caution' THEN 'caution: rule ' WHEN 'hold' THEN 'on hold by rule '
                     WHEN 'ineligible' THEN 'ineligible by rule ' ELSE 'suspended by rule ' END;
COMMENT ON FUNCTION advocacy.suspension_effect(text) IS
	'How a suspension of a severity is called where people read it, completed by the rule''s name.';
