-- risk_clears_when: when a rule lets go, as a clause that completes "It ends by itself when …".
-- Parameters: rule.
-- Returns: text, such as "health score is above 75 and stays so for 7 days". Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.risk_clears_when(rule advocacy.risk_rule)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE rule.date_side
		WHEN 'until' THEN CASE WHEN rule.enter_value < 0
			THEN format('%s is less than %s ago, or there is none', replace(rule.signal, '_', ' '),
				advocacy.sync_duration_text(make_interval(secs => -rule.enter_value::double precision)))
			ELSE format('%s is put off to more than %s from then', replace(rule.signal, '_', ' '),
			advocacy.sync_duration_text(make_interval(secs => rule.enter_value::double precision))) END
		WHEN 'since' THEN format('%s is %s ago', replace(rule.signal, '_', ' '),
			advocacy.sync_duration_text(make_interval(secs => rule.enter_value::double precision)))
		ELSE format('%s is %s%s', replace(rule.signal, '_', ' '),
		CASE rule.clear_operator WHEN '>' THEN 'above ' WHEN '>=' THEN 'at least ' WHEN '<' THEN 'below '
		     WHEN '<=' THEN 'at most ' ELSE '' END, trim_scale(rule.clear_value)) END
		|| CASE WHEN rule.clear_observations > 1 THEN format(' in %s observations%s', rule.clear_observations,
			CASE WHEN rule.clear_apart > '0' THEN ', ' || advocacy.sync_duration_text(rule.clear_apart) || ' apart,' ELSE '' END)
			ELSE '' END
		|| CASE WHEN rule.clear_hold > '0' THEN ' and stays so for ' || advocacy.sync_duration_text(rule.clear_hold) ELSE '' END
		|| CASE WHEN least.long > '0' THEN ', after ' || advocacy.sync_duration_text(least.long) || ' at the least' ELSE '' END
	  -- With three changes the third one is a fall, so the second has to wait for the first to be forgotten (risk_flapping).
	  FROM (SELECT CASE WHEN rule.flaps = 3 AND rule.action = 'suspend' AND NOT rule.confirm AND rule.date_side IS NULL
	                    THEN greatest(rule.dwell, interval '30 days') ELSE rule.dwell END AS long) AS least
$$;
COMMENT ON FUNCTION advocacy.risk_clears_when(advocacy.risk_rule) IS
	'When a rule lets go, as a clause: "health score is above 75 and stays so for 7 days".';
