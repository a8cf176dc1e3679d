-- risk_rule_define: makes or changes a risk rule. What is open under it stays open and is judged by the new version.
-- Parameters: rule, its name; signal; enter_operator, enter_value: when an account becomes risky; clear_operator,
-- clear_value: when it is well again; clear_hold: for how long it has to be well; action: watch or suspend; severity:
-- soft, hard, caution, hold or ineligible; enter_observations, enter_apart, clear_observations, clear_apart: how many observations in
-- a row it takes, and how far apart (risk_count); dwell: how long a risk lasts at least; flaps: after so many changes in
-- 30 days it stays open until a person looks, 0: never (risk_pin); drop_points, drop_within: to become risky the value
-- must also have fallen so far within so long (risk_dropped); date_side: the signal is a date and the values are seconds (risk_dates),
-- until: enter <= and clear > the same (negative: so long after the date), since: enter < and clear >= the same; lapse: for how long what a contact's own signal (contact.NAME) says counts; confirm: when
-- it is over, its advocates stay suspended until a person says yes (advocate_reinstate); at.
-- Returns: whether anything changed (then the version went up). Call risk_evaluate(NULL) after a change.
-- Refuses: operators it doesn't know, conditions that one value could meet at once, a negative hold.
-- Writes: risk_rule, risk_rule_version; risk_observation and risk_due, which begin anew.
CREATE OR REPLACE FUNCTION advocacy.risk_rule_define(rule text, signal text, enter_operator text, enter_value numeric,
	clear_operator text, clear_value numeric, clear_hold interval DEFAULT '0', action text DEFAULT 'suspend',
	severity text DEFAULT 'soft', enter_observations integer DEFAULT 1, enter_apart interval DEFAULT '0',
	clear_observations integer DEFAULT 1, clear_apart interval DEFAULT '0', dwell interval DEFAULT '0',
	flaps integer DEFAULT 0, drop_points numeric DEFAULT NULL, drop_within interval DEFAULT NULL,
	date_side text DEFAULT NULL, lapse interval DEFAULT NULL, confirm boolean DEFAULT false, at timestamptz DEFAULT now()) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	enter_range numrange;
	clear_range numrange;
	wanted advocacy.risk_rule;
	personal constant boolean := coalesce(risk_rule_define.signal LIKE 'contact.%', false);
	known advocacy.risk_rule;
BEGIN
	IF coalesce(risk_rule_define.rule, '') = '' OR coalesce(risk_rule_define.signal, '') = '' THEN
		RAISE EXCEPTION 'a risk rule needs a name and a signal' USING ERRCODE = '22023';
	END IF;
	-- The causes by which a brake holds people have such names (retirement_judge, opt_out_judge).
	IF risk_rule_define.rule LIKE '% held' THEN
		RAISE EXCEPTION 'risk rule "%": a name that ends in "held" is the program''s own', risk_rule_define.rule
			USING ERRCODE = '22023', HINT = 'Give the rule another name.';
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
	IF risk_rule_define.severity IS NULL
		OR risk_rule_define.severity NOT IN ('soft', 'hard', 'caution', 'hold', 'ineligible')
		   AND NOT (personal AND risk_rule_define.severity IN ('withdrawn', 'left')) THEN
		RAISE EXCEPTION 'risk rule "%": unknown severity "%"', risk_rule_define.rule, risk_rule_define.severity
			USING ERRCODE = '22023', HINT = 'Use soft, hard, caution, hold or ineligible'
			|| CASE WHEN personal THEN '; withdrawn or left.' ELSE '.' END;
	END IF;
	IF personal AND (risk_rule_define.date_side IS NOT NULL OR risk_rule_define.drop_points IS NOT NULL
	             OR risk_rule_define.enter_observations > 1 OR risk_rule_define.clear_observations > 1
	             OR risk_rule_define.clear_hold > '0' OR risk_rule_define.dwell > '0' OR risk_rule_define.flaps > 0
	             OR risk_rule_define.confirm OR risk_rule_define.lapse <= '0')
	   OR NOT personal AND risk_rule_define.lapse IS NOT NULL THEN
		RAISE EXCEPTION 'risk rule "%": % has no use for one of its conditions', risk_rule_define.rule, risk_rule_define.signal
			USING ERRCODE = '22023',
			HINT = 'A contact''s own signal (contact.NAME) takes two thresholds and a lapse; lapse is for those alone.';
	END IF;
	IF coalesce(risk_rule_define.enter_observations, 0) < 1 OR coalesce(risk_rule_define.clear_observations, 0) < 1
		OR risk_rule_define.enter_apart IS NULL OR risk_rule_define.enter_apart < '0'
		OR risk_rule_define.clear_apart IS NULL OR risk_rule_define.clear_apart < '0'
		OR risk_rule_define.dwell IS NULL OR risk_rule_define.dwell < '0' OR coalesce(risk_rule_define.flaps, -1) < 0 THEN
		RAISE EXCEPTION 'risk rule "%": a number of observations is less than 1, or a time is negative', risk_rule_define.rule
			USING ERRCODE = '22023', HINT = 'Leave out what the rule doesn''t want.';
	END IF;
	IF (risk_rule_define.drop_points IS NULL) <> (risk_rule_define.drop_within IS NULL)
		OR risk_rule_define.drop_points <= 0 OR risk_rule_define.drop_points = 'NaN'
		OR risk_rule_define.drop_within <= '0' THEN
		RAISE EXCEPTION 'risk rule "%": a drop needs points and a time, both above 0', risk_rule_define.rule
			USING ERRCODE = '22023', HINT = 'Say how far the value must fall, and within what time.';
	END IF;
	IF risk_rule_define.date_side IS NOT NULL
		AND ((risk_rule_define.date_side, risk_rule_define.enter_operator, risk_rule_define.clear_operator)
		         NOT IN (('until', '<=', '>'), ('since', '<', '>='))
		     OR risk_rule_define.enter_value <> risk_rule_define.clear_value
		     OR abs(risk_rule_define.enter_value) NOT BETWEEN 1 AND 1e10
		     OR risk_rule_define.date_side = 'since' AND risk_rule_define.enter_value < 0 OR risk_rule_define.drop_points IS NOT NULL
		     OR risk_rule_define.enter_observations > 1 OR risk_rule_define.clear_observations > 1) THEN
		RAISE EXCEPTION 'risk rule "%": a date has one span of seconds, and nothing else', risk_rule_define.rule
			USING ERRCODE = '22023', HINT = 'until: enter <= and clear > the same value; since: enter < and clear >= it.';
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

	wanted.rule := risk_rule_define.rule;
	wanted.signal := risk_rule_define.signal;
	wanted.enter_operator := risk_rule_define.enter_operator;
	wanted.enter_value := risk_rule_define.enter_value;
	wanted.clear_operator := risk_rule_define.clear_operator;
	wanted.clear_value := risk_rule_define.clear_value;
	wanted.clear_hold := risk_rule_define.clear_hold;
	wanted.action := risk_rule_define.action;
	wanted.severity := risk_rule_define.severity;
	wanted.enter_observations := risk_rule_define.enter_observations;
	wanted.enter_apart := risk_rule_define.enter_apart;
	wanted.clear_observations := risk_rule_define.clear_observations;
	wanted.clear_apart := risk_rule_define.clear_apart;
	wanted.dwell := risk_rule_define.dwell;
	wanted.flaps := risk_rule_define.flaps;
	wanted.drop_points := risk_rule_define.drop_points;
	wanted.drop_within := risk_rule_define.drop_within;
	wanted.date_side := risk_rule_define.date_side;
	wanted.lapse := risk_rule_define.lapse;
	wanted.confirm := coalesce(risk_rule_define.confirm, false);
	SELECT r.* INTO known FROM advocacy.risk_rule AS r WHERE r.rule = risk_rule_define.rule AND r.active;
	wanted.version := coalesce(known.version, 1);
	wanted.active := true;
	wanted.changed_at := coalesce(known.changed_at, risk_rule_define.at);
	IF wanted = known THEN
		RETURN false;
	END IF;
	-- What was counted was counted against other conditions.
	DELETE FROM advocacy.risk_observation AS o WHERE o.rule = risk_rule_define.rule;
	DELETE FROM advocacy.risk_due AS d WHERE d.rule = risk_rule_define.rule;
	INSERT INTO advocacy.risk_rule AS r SELECT wanted.*
	ON CONFLICT (rule) DO UPDATE SET version = r.version + 1, active = true, changed_at = risk_rule_define.at,
		signal = excluded.signal, enter_operator = excluded.enter_operator, enter_value = excluded.enter_value,
		clear_operator = excluded.clear_operator, clear_value = excluded.clear_value, clear_hold =
		excluded.clear_hold, action = excluded.action, severity = excluded.severity, enter_observations =
		excluded.enter_observations, enter_apart = excluded.enter_apart, clear_observations =
		excluded.clear_observations, clear_apart = excluded.clear_apart, dwell = excluded.dwell, flaps =
		excluded.flaps, drop_points = excluded.drop_points, drop_within = excluded.drop_within, date_side = excluded.date_side,
		lapse = excluded.lapse, confirm = excluded.confirm;
	INSERT INTO advocacy.risk_rule_version (rule, version, since, definition)
	SELECT r.rule, r.version, risk_rule_define.at, to_jsonb(r) - '{rule,version,active,changed_at}'::text[]
	  FROM advocacy.risk_rule AS r WHERE r.rule = risk_rule_define.rule
	ON CONFLICT DO NOTHING;
	RETURN true;
END $$;
COMMENT ON FUNCTION advocacy.risk_rule_define(text, text, text, numeric, text, numeric, interval, text, text, integer, interval,
	integer, interval, interval, integer, numeric, interval, text, interval, boolean, timestamptz) IS
	'Makes or changes a risk rule; true (and a new version) if anything changed. Call risk_evaluate(NULL) after a change.';
