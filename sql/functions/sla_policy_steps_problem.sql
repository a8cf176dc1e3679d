-- sla_policy_steps_problem(thresholds, ladder) -> text
--
-- Purpose:    what is wrong with a promise's thresholds or its ladder.
-- Parameters: as in sla_policy.
-- Returns:    it in words; NULL when nothing is. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.sla_policy_steps_problem(thresholds jsonb, ladder jsonb)
RETURNS text
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	step  jsonb;
	above numeric := 0;
BEGIN
	IF jsonb_typeof(thresholds) <> 'array' OR jsonb_typeof(ladder) <> 'array' THEN
		RETURN format('thresholds and ladder must be lists, not %s and %s', thresholds, ladder);
	END IF;
	FOR step IN SELECT e.value FROM jsonb_array_elements(thresholds) WITH ORDINALITY AS e ORDER BY e.ordinality LOOP
		IF jsonb_typeof(step) <> 'array' OR coalesce(step ->> 0, '') !~ '^[1-9][0-9]{0,2}$'
		   OR coalesce(step ->> 1, '') NOT IN ('silent', 'owner', 'manager') OR step ->> 0 = '100' THEN
			RETURN format('threshold %s; a percentage from 1 to 999 and silent, owner or manager is right, and 100 is the breach itself',
			              step);
		END IF;
		IF (step ->> 0)::numeric <= above THEN
			RETURN format('threshold %s comes after %s; they rise', step ->> 0, above);
		END IF;
		above := (step ->> 0)::numeric;
	END LOOP;
	above := 0;
	FOR step IN SELECT e.value FROM jsonb_array_elements(ladder) WITH ORDINALITY AS e ORDER BY e.ordinality LOOP
		IF jsonb_typeof(step) <> 'object' OR coalesce(step ->> 'role', '') NOT IN ('owner', 'manager', 'csm', 'rep', 'program')
		   OR coalesce(step ->> 'after_s', '') !~ '^[0-9]{1,9}$' THEN
			RETURN format('ladder level %s; a role (owner, manager, csm, rep, program) and whole seconds after_s are right', step);
		END IF;
		IF (step ->> 'after_s')::numeric < above THEN
			RETURN format('ladder level %s comes after %s seconds; they rise', step, above);
		END IF;
		above := (step ->> 'after_s')::numeric;
	END LOOP;
	RETURN NULL;
END
$$;

COMMENT ON FUNCTION advocacy.sla_policy_steps_problem(jsonb, jsonb) IS
	'What is wrong with a promise''s thresholds or ladder, in words; NULL when nothing is.';
