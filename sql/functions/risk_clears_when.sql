-- risk_clears_when: when a rule lets go, as a clause that completes "It ends by itself when …".
-- Parameters: signal, clear_operator, clear_value, clear_hold: of the rule.
-- Returns: text, such as "health score is above 75 and stays so for 7 days". Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.risk_clears_when(signal text, clear_operator text, clear_value numeric, clear_hold interval)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('%s is %s%s', replace(signal, '_', ' '),
		CASE clear_operator WHEN '>' THEN 'above ' WHEN '>=' THEN 'at least ' WHEN '<' THEN 'below ' WHEN '<=' THEN 'at most '
		     ELSE '' END, trim_scale(clear_value))
		|| CASE WHEN clear_hold > '0' THEN ' and stays so for ' || advocacy.sync_duration_text(clear_hold) ELSE '' END
$$;
COMMENT ON FUNCTION advocacy.risk_clears_when(text, text, numeric, interval) IS
	'When a rule lets go, as a clause: "health score is above 75 and stays so for 7 days".';
