-- policy_setting_define: sets or, with NULL, drops a small setting of the policy.
-- Where the top priorities of support cases change, the escalations are counted anew; call risk_evaluate(NULL) after.
-- Parameters: name; value (NULL: back to the default); at.
-- Returns: whether anything changed. Writes: policy_setting; signal, signal_history.
CREATE OR REPLACE FUNCTION advocacy.policy_setting_define(name text, value jsonb, at timestamptz DEFAULT now())
RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	changed boolean;
	wrong text;
BEGIN
	IF coalesce(policy_setting_define.name, '') = '' THEN
		RAISE EXCEPTION 'a policy setting needs a name' USING ERRCODE = '22023';
	END IF;
	IF policy_setting_define.name = 'top_priorities' AND policy_setting_define.value IS NOT NULL
		AND jsonb_typeof(policy_setting_define.value) <> 'array' THEN
		RAISE EXCEPTION 'top_priorities is not a list: %', policy_setting_define.value
			USING ERRCODE = '22023', HINT = 'Give a JSON array of texts, such as ["P1", "Critical"].';
	END IF;
	IF policy_setting_define.name IN ('breaker_percent', 'breaker_least', 'reinstate_percent', 'reinstate_least')
		AND policy_setting_define.value IS NOT NULL
		AND coalesce(policy_setting_define.value #>> '{}', '') !~ '^[0-9]{1,9}([.][0-9]{1,9})?$' THEN
		RAISE EXCEPTION '% is not a number: %', policy_setting_define.name, policy_setting_define.value
			USING ERRCODE = '22023',
			HINT = 'breaker_percent is a share of the available advocates such as 10, breaker_least a number of them such as 3.';
	END IF;
	IF policy_setting_define.name = 'consent' AND policy_setting_define.value NOT IN ('"required"', '"enrolment"') THEN
		RAISE EXCEPTION 'consent is not known: %', policy_setting_define.value
			USING ERRCODE = '22023', HINT = '"required" or "enrolment".';
	END IF;
	IF policy_setting_define.name = 'observe' AND jsonb_typeof(policy_setting_define.value) <> 'boolean' THEN
		RAISE EXCEPTION 'observe is neither true nor false: %', policy_setting_define.value USING ERRCODE = '22023',
			HINT = 'false: what a source says in its first reading counts at once.';
	END IF;
	IF policy_setting_define.name = 'consent_term_s'
		AND coalesce(policy_setting_define.value #>> '{}', '1') !~ '^[1-9][0-9]{0,9}$' THEN
		RAISE EXCEPTION 'consent_term_s is not a number of seconds: %', policy_setting_define.value
			USING ERRCODE = '22023', HINT = 'Whole seconds, 1 or more, such as 31536000 for 365 days.';
	END IF;
	IF policy_setting_define.name = 'caps' AND policy_setting_define.value IS NOT NULL THEN
		SELECT format('%s is %s', e.key, e.value) INTO wrong
		  FROM jsonb_each(CASE jsonb_typeof(policy_setting_define.value) WHEN 'object' THEN policy_setting_define.value
		                  ELSE jsonb_build_object('caps', policy_setting_define.value) END) AS e
		 WHERE CASE e.key WHEN 'weights' THEN EXISTS (
				SELECT FROM jsonb_each(CASE jsonb_typeof(e.value) WHEN 'object' THEN e.value ELSE '{"?": 0}' END) AS w
				 WHERE w.key <> ALL (advocacy.activity_types()) OR w.value::text !~ '^[1-9][0-9]{0,3}$')
			ELSE e.key <> ALL ('{per_30_days,per_quarter,per_365_days,account_per_30_days,rest_s,long_rest_s,share_percent,share_from,reinstated_rest_s,reinstated_watch_s}')
			     OR e.value::text !~ '^[0-9]{1,9}$' END LIMIT 1;
		IF wrong IS NOT NULL THEN
			RAISE EXCEPTION 'caps can''t be set: %', wrong USING ERRCODE = '22023',
				HINT = 'Whole numbers, as in {"per_30_days": 2, "rest_s": 1209600, "weights": {"case_study": 2}}.';
		END IF;
	END IF;
	IF policy_setting_define.name = 'retention' AND policy_setting_define.value IS NOT NULL THEN
		SELECT format('%s is %s', e.key, e.value) INTO wrong
		  FROM jsonb_each(CASE jsonb_typeof(policy_setting_define.value) WHEN 'object' THEN policy_setting_define.value
		                  ELSE jsonb_build_object('retention', policy_setting_define.value) END) AS e
		  LEFT JOIN advocacy.retention_policy() AS p ON p.history || '_s' = e.key
		 WHERE CASE WHEN p.history IS NULL OR e.value::text !~ '^[0-9]{1,10}$' THEN true
		            ELSE e.value::bigint <> 0 AND make_interval(secs => e.value::bigint) < p.at_least END LIMIT 1;
		IF wrong IS NOT NULL THEN
			RAISE EXCEPTION 'retention can''t be set: %', wrong USING ERRCODE = '22023',
				HINT = 'Whole seconds not below at_least of advocacy.retention_policy(), or 0 for ever, as in {"signals_s": 34560000}.';
		END IF;
	END IF;
	IF policy_setting_define.name = 'answer_seconds' AND policy_setting_define.value IS NOT NULL
		AND policy_setting_define.value #>> '{}' !~ '^[1-9][0-9]{0,8}$' THEN
		RAISE EXCEPTION 'answer_seconds is not a number of seconds: %', policy_setting_define.value
			USING ERRCODE = '22023', HINT = 'Give whole seconds of working time, such as 28800.';
	END IF;
	PERFORM advocacy.sync_lock();
	IF policy_setting_define.value IS NULL THEN
		DELETE FROM advocacy.policy_setting AS s WHERE s.name = policy_setting_define.name;
	ELSE
		INSERT INTO advocacy.policy_setting AS s (name, value, changed_at)
		SELECT policy_setting_define.name, policy_setting_define.value, policy_setting_define.at
		 WHERE NOT EXISTS (SELECT FROM advocacy.policy_setting AS o
			WHERE o.name = policy_setting_define.name AND o.value = policy_setting_define.value)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at;
	END IF;
	changed := FOUND;
	IF changed AND policy_setting_define.name = 'top_priorities' THEN
		PERFORM advocacy.signal_refresh_escalations(
			(SELECT array_agg(DISTINCT c.account_id) FROM advocacy.support_case AS c WHERE c.account_id IS NOT NULL),
			policy_setting_define.at);
		TRUNCATE pg_temp.work_evaluate;
	END IF;
	RETURN changed;
END $$;
COMMENT ON FUNCTION advocacy.policy_setting_define(text, jsonb, timestamptz) IS
	'Sets (NULL: drops) a small setting of the policy; true if it changed. Call risk_evaluate(NULL) after a change.';
