-- sla_policy_read(entry, at) -> sla_policy
--
-- Purpose:    a promise as its entry in the policy has it, with what its metric ships with, and checked.
-- Parameters: as in sla_policy_define.
-- Returns:    it, without a number and a version. Raises 22023 naming the entry and the value.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.sla_policy_read(entry jsonb, at timestamptz)
RETURNS advocacy.sla_policy
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	this    constant text := entry ->> 'name';
	shipped record;
	policy  advocacy.sla_policy;
	known   text[];
	wrong   text;
	keys    constant text[] := '{name, metric, calendar, target_s, business_day_s, priority, activity_types, segments, regions, order,
		start, fulfil, cancel, pause, reopen_s, pause_cap_s, thresholds, ladder, repeat_s, passes, owners, owed_by, owed_to}';
	day_s   bigint := coalesce((entry ->> 'business_day_s')::bigint, 28800);
	list    text;
BEGIN
	SELECT m.* INTO shipped FROM advocacy.clock_metrics() AS m WHERE m.metric = entry ->> 'metric';
	IF NOT FOUND THEN
		RAISE EXCEPTION 'sla %: unknown metric "%"', this, coalesce(entry ->> 'metric', 'null')
			USING ERRCODE = '22023', HINT = (SELECT 'One of ' || string_agg(m.metric, ', ') || '.' FROM advocacy.clock_metrics() AS m);
	END IF;
	SELECT string_agg(format('"%s"', k), ', ' ORDER BY k) INTO wrong FROM jsonb_object_keys(entry) AS k WHERE k <> ALL (keys);
	IF wrong IS NOT NULL THEN
		RAISE EXCEPTION 'sla %: unknown key %', this, wrong
			USING ERRCODE = '22023', HINT = format('One of %s.', array_to_string(keys, ', '));
	END IF;
	FOREACH list IN ARRAY ARRAY['start', 'fulfil', 'cancel', 'pause', 'activity_types', 'segments', 'regions'] LOOP
		IF jsonb_typeof(coalesce(entry -> list, '[]')) NOT IN ('array', 'null') THEN
			RAISE EXCEPTION 'sla %: % must be a list, not %', this, list, entry -> list
				USING ERRCODE = '22023', HINT = 'For example ["submit"].';
		END IF;
	END LOOP;

	policy.name := this;
	policy.metric := shipped.metric;
	policy.subject_kind := shipped.subject_kind;
	policy.match_order := coalesce((entry ->> 'order')::integer, 100);
	policy.priority := entry ->> 'priority';
	policy.activity_types := advocacy.json_texts(entry -> 'activity_types', '{}');
	policy.segments := advocacy.json_texts(entry -> 'segments', '{}');
	policy.regions := advocacy.json_texts(entry -> 'regions', '{}');
	policy.calendar := entry ->> 'calendar';
	policy.business_day_s := day_s;
	policy.target_s := coalesce((entry ->> 'target_s')::bigint, (shipped.target_days * day_s)::bigint);
	policy.breaches := shipped.breaches;
	policy.starts := advocacy.json_texts(entry -> 'start', shipped.starts);
	policy.fulfils := advocacy.json_texts(entry -> 'fulfil', shipped.fulfils);
	policy.cancels := advocacy.json_texts(entry -> 'cancel', shipped.cancels);
	policy.pauses := advocacy.json_texts(entry -> 'pause', shipped.pauses);
	policy.supersedes := shipped.supersedes;
	policy.reopen_s := coalesce((entry ->> 'reopen_s')::bigint, shipped.reopen_days * day_s);
	policy.pause_cap_s := coalesce((entry ->> 'pause_cap_s')::bigint, 10 * day_s);
	policy.thresholds := coalesce(nullif(entry -> 'thresholds', 'null'), CASE WHEN shipped.breaches
		THEN '[[50, "silent"], [75, "owner"], [90, "manager"], [150, "manager"], [200, "manager"]]'::jsonb
		ELSE '[[50, "owner"]]' END);
	policy.ladder := coalesce(nullif(entry -> 'ladder', 'null'), CASE WHEN shipped.breaches
		THEN jsonb_build_array(jsonb_build_object('role', 'manager', 'after_s', day_s / 2),
		                       jsonb_build_object('role', 'program', 'after_s', day_s)) ELSE '[]' END);
	policy.ladder_repeat_s := coalesce((entry ->> 'repeat_s')::bigint, day_s);
	policy.ladder_passes := coalesce((entry ->> 'passes')::smallint, 9);
	policy.owners := coalesce(nullif(entry -> 'owners', 'null'), shipped.owners);
	policy.owed_by := coalesce(entry ->> 'owed_by', shipped.owed_by);
	policy.owed_to := coalesce(entry ->> 'owed_to', shipped.owed_to);
	policy.active := true;
	policy.created_at := at;

	IF policy.target_s < 1 OR day_s < 1 OR policy.pause_cap_s < 1 OR policy.ladder_repeat_s < 1 THEN
		RAISE EXCEPTION 'sla %: a target of % seconds, a day of %, a pause of at most % and a repeat after % must all be above 0',
				this, policy.target_s, day_s, policy.pause_cap_s, policy.ladder_repeat_s
			USING ERRCODE = '22023', HINT = 'For example target_s 14400: four hours of business time.';
	END IF;
	SELECT w INTO wrong FROM unnest(policy.starts) AS w WHERE w = ANY (policy.fulfils || policy.cancels) ORDER BY w LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'sla %: "%" both starts and ends the clock', this, wrong
			USING ERRCODE = '22023', HINT = 'A clock that one move both starts and ends would never measure anything.';
	END IF;
	IF cardinality(policy.starts) = 0 OR cardinality(policy.fulfils) = 0 THEN
		RAISE EXCEPTION 'sla %: nothing % the clock', this, CASE WHEN cardinality(policy.starts) = 0 THEN 'starts' ELSE 'fulfils' END
			USING ERRCODE = '22023', HINT = 'Leave the key out for what the metric ships with.';
	END IF;
	SELECT array_agg(DISTINCT w ORDER BY w) INTO known FROM (
		SELECT unnest(m.starts || m.fulfils || m.cancels || m.pauses) AS w FROM advocacy.clock_metrics() AS m
		WHERE m.subject_kind = shipped.subject_kind
		UNION ALL
		SELECT unnest(ARRAY[e.move, e.from_state, e.to_state]) FROM advocacy.request_edges() AS e
		WHERE shipped.subject_kind = 'request') AS w;
	SELECT w INTO wrong FROM unnest(policy.starts || policy.fulfils || policy.cancels || policy.pauses) AS w
	WHERE w <> ALL (known) ORDER BY w LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'sla %: "%" is no move or state of a %', this, wrong, shipped.subject_kind
			USING ERRCODE = '22023', HINT = 'One of ' || array_to_string(known, ', ') || '.';
	END IF;
	wrong := advocacy.sla_policy_steps_problem(policy.thresholds, policy.ladder);
	IF wrong IS NOT NULL THEN
		RAISE EXCEPTION 'sla %: %', this, wrong
			USING ERRCODE = '22023',
			      HINT = 'Thresholds such as [[75, "owner"], [90, "manager"], [150, "manager"]]; a ladder such as [{"role": "manager", "after_s": 14400}].';
	END IF;
	RETURN policy;
END
$$;

COMMENT ON FUNCTION advocacy.sla_policy_read(jsonb, timestamptz) IS
	'A promise as its entry in the policy has it, with what its metric ships with, and checked.';
