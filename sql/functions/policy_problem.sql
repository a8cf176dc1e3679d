-- policy_problem(policy) -> text
--
-- Purpose:    the first thing that is wrong with a policy, in words: so that it is known before a daemon comes with it.
-- Parameters: policy  as in policy_apply.
-- Returns:    what is wrong and what would be right; NULL when nothing is.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.policy_problem(policy jsonb)
RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	sections constant text[] := ARRAY['risks', 'calendars', 'slas', 'approvals', 'kinds', 'routes'];
	section  text;
	label    text;
	entry    jsonb;
	key      text;
	edge     text;
	clash    record;
	problem  text;
	hint     text;
BEGIN
	IF policy IS NULL OR jsonb_typeof(policy) <> 'object' THEN
		RETURN 'it must be a JSON object';
	END IF;
	FOR key IN SELECT k FROM jsonb_object_keys(policy) AS k ORDER BY k LOOP
		IF key <> ALL (sections || 'settings'::text) THEN
			RETURN format('unknown section "%s" (risks, calendars, slas, approvals, kinds, routes, settings)', key);
		END IF;
	END LOOP;
	IF jsonb_typeof(policy -> 'settings') <> 'object' THEN
		RETURN 'settings must be an object';
	END IF;

	FOREACH section IN ARRAY sections LOOP
		CONTINUE WHEN NOT policy ? section;
		IF jsonb_typeof(policy -> section) <> 'array' THEN
			RETURN format('%s must be a list', section);
		END IF;
		FOR entry IN SELECT e.value FROM jsonb_array_elements(policy -> section) AS e LOOP
			IF jsonb_typeof(entry -> 'name') IS DISTINCT FROM 'string' OR btrim(entry ->> 'name') = '' THEN
				RETURN format('an entry of %s has no name: %s', section, entry);
			END IF;
			label := format('%s %s', CASE section WHEN 'risks' THEN 'risk' WHEN 'calendars' THEN 'calendar'
			                                      WHEN 'slas' THEN 'sla' WHEN 'approvals' THEN 'approval' WHEN 'kinds' THEN 'message'
			                                      ELSE 'route' END, entry ->> 'name');
			CASE section
			WHEN 'risks' THEN
				IF coalesce(entry ->> 'signal', '') = '' THEN
					RETURN format('%s: signal is missing', label);
				END IF;
				FOREACH edge IN ARRAY ARRAY['enter', 'clear'] LOOP
					IF coalesce(entry -> edge ->> 'operator', '') NOT IN ('<', '<=', '>', '>=', '=') THEN
						RETURN format('%s: %s.operator is "%s"; <, <=, >, >= or = is right', label, edge,
						              entry -> edge ->> 'operator');
					END IF;
					-- As a string it keeps the digits that were written.
					IF coalesce(entry -> edge ->> 'value', '') !~ '^[-+]?([0-9]+([.][0-9]*)?|[.][0-9]+)$' THEN
						RETURN format('%s: %s.value must be a number, not %s', label, edge,
						              coalesce((entry -> edge -> 'value')::text, 'missing'));
					END IF;
				END LOOP;
				FOREACH key IN ARRAY ARRAY['hold_s', 'enter_apart_s', 'clear_apart_s', 'dwell_s'] LOOP
					IF coalesce(entry ->> key, '0') !~ '^[0-9]{1,10}$' THEN
						RETURN format('%s: %s must be whole seconds, not %s', label, key, entry -> key);
					END IF;
				END LOOP;
				FOREACH key IN ARRAY ARRAY['enter_observations', 'clear_observations'] LOOP
					IF coalesce(entry ->> key, '1') !~ '^[1-9][0-9]{0,2}$' THEN
						RETURN format('%s: %s must be 1 to 999, not %s', label, key, entry -> key);
					END IF;
				END LOOP;
				IF coalesce(entry ->> 'date', 'until') NOT IN ('until', 'since') THEN
					RETURN format('%s: date "%s"; until or since is right', label, entry ->> 'date');
				END IF;
				IF coalesce(entry ->> 'flaps', '0') !~ '^[0-9]{1,3}$' THEN
					RETURN format('%s: flaps must be 0 to 999, not %s', label, entry -> 'flaps');
				END IF;
				IF jsonb_typeof(coalesce(entry -> 'drop', 'null')) <> 'null'
				   AND (coalesce(entry -> 'drop' ->> 'points', '') !~ '^[0-9]*[1-9][0-9]*([.][0-9]*)?$|^[0-9]+[.][0-9]*[1-9][0-9]*$'
				        OR coalesce(entry -> 'drop' ->> 'within_s', '') !~ '^[1-9][0-9]{0,9}$') THEN
					RETURN format('%s: drop must have points above 0 and whole seconds within_s, not %s', label, entry -> 'drop');
				END IF;
				IF coalesce(entry ->> 'action', 'suspend') NOT IN ('watch', 'suspend') THEN
					RETURN format('%s: action "%s"; watch or suspend is right', label, entry ->> 'action');
				END IF;
				IF coalesce(entry ->> 'lapse_s', '1') !~ '^[1-9][0-9]{0,9}$' THEN
					RETURN format('%s: lapse_s must be whole seconds, not %s', label, entry -> 'lapse_s');
				END IF;
				IF coalesce(jsonb_typeof(entry -> 'confirm'), 'boolean') NOT IN ('boolean', 'null') THEN
					RETURN format('%s: confirm must be true or false, not %s', label, entry -> 'confirm');
				END IF;
				IF coalesce(entry ->> 'severity', 'soft') NOT IN ('soft', 'hard', 'caution', 'hold', 'ineligible', 'withdrawn', 'left') THEN
					RETURN format('%s: severity "%s"; soft, hard, caution, hold or ineligible is right', label, entry ->> 'severity');
				END IF;
			WHEN 'calendars' THEN
				IF jsonb_typeof(entry -> 'weekly_hours') IS DISTINCT FROM 'object' THEN
					RETURN format('%s: weekly_hours must be an object such as {"mon": [["09:00","17:00"]]}', label);
				END IF;
				IF coalesce(jsonb_typeof(entry -> 'holidays'), 'null') NOT IN ('array', 'null') THEN
					RETURN format('%s: holidays must be a list of dates', label);
				END IF;
				FOR key IN SELECT h FROM jsonb_array_elements_text(
				           CASE jsonb_typeof(entry -> 'holidays') WHEN 'array' THEN entry -> 'holidays' ELSE '[]' END) AS h LOOP
					IF coalesce(key, '') !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN
						RETURN format('%s: holiday "%s"; a date such as 2026-12-25 is right', label, key);
					END IF;
				END LOOP;
				IF coalesce(entry ->> 'time_zone', '') = '' OR NOT advocacy.time_zone_is_known(entry ->> 'time_zone') THEN
					RETURN format('%s: unknown time zone "%s"; an IANA name such as America/New_York, Europe/Paris or UTC is right',
					              label, entry ->> 'time_zone');
				END IF;
				PERFORM FROM advocacy.calendar_hours(entry -> 'weekly_hours');
			WHEN 'slas' THEN
				IF NOT EXISTS (SELECT FROM advocacy.clock_metrics() AS m WHERE m.metric = entry ->> 'metric') THEN
					RETURN format('%s: metric "%s"; %s is right', label, entry ->> 'metric',
					              (SELECT string_agg(m.metric, ', ') FROM advocacy.clock_metrics() AS m));
				END IF;
				IF coalesce(entry ->> 'priority', 'normal') NOT IN ('normal', 'expedite', 'soft', 'hard')
				   AND entry ->> 'metric' <> 'approval' THEN
					RETURN format('%s: priority "%s"; normal or expedite is right (of a suspension soft or hard), or none for all',
					              label, entry ->> 'priority');
				END IF;
				IF coalesce(entry ->> 'calendar', '') = '' THEN
					RETURN format('%s: calendar is missing', label);
				END IF;
				FOREACH key IN ARRAY ARRAY['target_s', 'business_day_s', 'pause_cap_s', 'repeat_s'] LOOP
					IF coalesce(entry ->> key, '1') !~ '^[1-9][0-9]{0,9}$' THEN
						RETURN format('%s: %s must be whole seconds of business time, 1 or more, not %s', label, key, entry -> key);
					END IF;
				END LOOP;
				FOREACH key IN ARRAY ARRAY['order', 'reopen_s'] LOOP
					IF coalesce(entry ->> key, '0') !~ '^[0-9]{1,8}$' THEN
						RETURN format('%s: %s must be a whole number, not %s', label, key, entry -> key);
					END IF;
				END LOOP;
				IF coalesce(entry ->> 'passes', '1') !~ '^[1-9]$' THEN
					RETURN format('%s: passes must be 1 to 9, not %s', label, entry -> 'passes');
				END IF;
				PERFORM FROM advocacy.sla_policy_read(entry, now());
			WHEN 'approvals' THEN
				IF coalesce(btrim(entry ->> 'approver'), '') = '' THEN
					RETURN format('%s: approver is missing; a team such as legal is right', label);
				END IF;
				FOREACH key IN ARRAY ARRAY['exposures', 'industries', 'activity_types', 'people'] LOOP
					IF coalesce(jsonb_typeof(entry -> key), 'null') NOT IN ('array', 'null') OR entry -> key = '[]'
					   OR EXISTS (SELECT FROM jsonb_array_elements(CASE jsonb_typeof(entry -> key) WHEN 'array' THEN entry -> key ELSE '[]' END) AS k
					              WHERE jsonb_typeof(k.value) <> 'string' OR btrim(k.value #>> '{}') = '') THEN
						RETURN format('%s: %s must be a list of names, not %s', label, key, entry -> key);
					END IF;
				END LOOP;
				SELECT k INTO key FROM jsonb_array_elements_text(coalesce(nullif(entry -> 'exposures', 'null'), '[]')) AS k
				WHERE k <> ALL (advocacy.exposures()) LIMIT 1;
				IF FOUND OR coalesce(entry -> 'exposures', 'null') = 'null' THEN
					RETURN format('%s: exposures "%s"; of %s is right', label, key, array_to_string(advocacy.exposures(), ', '));
				END IF;
				SELECT k INTO key FROM jsonb_array_elements_text(coalesce(nullif(entry -> 'activity_types', 'null'), '[]')) AS k
				WHERE k <> ALL (advocacy.activity_types()) LIMIT 1;
				IF FOUND THEN
					RETURN format('%s: activity_types "%s"; of %s is right', label, key, array_to_string(advocacy.activity_types(), ', '));
				END IF;
			WHEN 'kinds' THEN
				IF coalesce(entry ->> 'audience', '') NOT IN ('rep', 'csm', 'program', 'ops') THEN
					RETURN format('%s: audience "%s"; rep, csm, program or ops is right', label, entry ->> 'audience');
				END IF;
				IF coalesce(entry ->> 'severity', '') NOT IN ('info', 'good', 'warning', 'danger') THEN
					RETURN format('%s: severity "%s"; info, good, warning or danger is right', label, entry ->> 'severity');
				END IF;
			WHEN 'routes' THEN
				IF coalesce(entry ->> 'to', 'channel') NOT IN ('channel', 'owner') THEN
					RETURN format('%s: to "%s"; channel or owner is right', label, entry ->> 'to');
				END IF;
				IF coalesce(entry ->> 'channel', '') = '' THEN
					RETURN format('%s: channel is missing', label);
				END IF;
				IF jsonb_typeof(entry -> 'kinds') IS DISTINCT FROM 'array'
				   OR jsonb_array_length(CASE jsonb_typeof(entry -> 'kinds') WHEN 'array' THEN entry -> 'kinds' ELSE '[]' END) = 0 THEN
					RETURN format('%s: kinds must be a list such as ["sla_breach"] or ["*"]', label);
				END IF;
				IF EXISTS (SELECT FROM jsonb_array_elements(entry -> 'kinds') AS k
				           WHERE jsonb_typeof(k.value) <> 'string' OR k.value = '""') THEN
					RETURN format('%s: kinds must be names, not %s', label, entry -> 'kinds');
				END IF;
			END CASE;
		END LOOP;
		SELECT e.value ->> 'name' AS name INTO clash FROM jsonb_array_elements(policy -> section) AS e
		GROUP BY 1 HAVING count(*) > 1 ORDER BY 1 LIMIT 1;
		IF FOUND THEN
			RETURN format('%s names "%s" twice', section, clash.name);
		END IF;
	END LOOP;

	IF policy ? 'slas' THEN
		SELECT e.value ->> 'metric' AS metric, coalesce(e.value ->> 'priority', 'every') AS priority,
		       string_agg(e.value ->> 'name', ' and ' ORDER BY e.value ->> 'name') AS names
		INTO clash FROM jsonb_array_elements(policy -> 'slas') AS e
		GROUP BY 1, 2, e.value ->> 'order', e.value -> 'activity_types', e.value -> 'segments', e.value -> 'regions'
		HAVING count(*) > 1 ORDER BY 1, 2 LIMIT 1;
		IF FOUND THEN
			RETURN format('slas %s are both for %s at %s priority; one of them is right', clash.names, clash.metric,
			              clash.priority);
		END IF;
	END IF;
	RETURN NULL;
EXCEPTION WHEN invalid_parameter_value THEN
	GET STACKED DIAGNOSTICS problem = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
	RETURN CASE WHEN starts_with(problem, label) THEN '' ELSE label || ': ' END || problem
	       || CASE WHEN hint = '' THEN '' ELSE format(' (%s)', hint) END;
END
$$;

COMMENT ON FUNCTION advocacy.policy_problem(jsonb) IS 'The first thing wrong with a policy; NULL when nothing is.';
