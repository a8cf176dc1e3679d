-- approval_define(rules, at) -> line
--
-- Purpose:    makes the policy's approvals hold, for what is matched already too: what they ask for now is asked, what they ask
--             for no more is withdrawn. What was decided stays decided.
-- Parameters: rules  [{"name", "approver", "exposures"} and, where it isn't for all, "industries", "activity_types", "people"],
--             checked by policy_problem; at  now.
-- Returns:    one line of text per change, in the order of their names.
-- Writes:     approval_rule; as approval_follow, when one changed. Locks the matched requests in id order.
CREATE OR REPLACE FUNCTION advocacy.approval_define(rules jsonb, at timestamptz DEFAULT now())
RETURNS TABLE (line text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	changes text[] := '{}';
	one     record;
BEGIN
	WITH gone AS (
		DELETE FROM advocacy.approval_rule AS u
		WHERE u.rule NOT IN (SELECT e.value ->> 'name' FROM jsonb_array_elements(rules) AS e)
		RETURNING u.rule
	), defined AS (
		INSERT INTO advocacy.approval_rule AS u (rule, approver, exposures, industries, activity_types, people)
		SELECT p.name, lower(btrim(p.approver)), p.exposures, (SELECT array_agg(DISTINCT lower(btrim(i)) ORDER BY lower(btrim(i))) FROM unnest(p.industries) AS i),
		       p.activity_types, (SELECT array_agg(lower(btrim(w.person)) ORDER BY w.place) FROM unnest(p.people) WITH ORDINALITY AS w (person, place))
		FROM jsonb_to_recordset(rules)
		     AS p (name text, approver text, exposures text[], industries text[], activity_types text[], people text[])
		ON CONFLICT (rule) DO UPDATE SET approver = excluded.approver, exposures = excluded.exposures,
			industries = excluded.industries, activity_types = excluded.activity_types, people = excluded.people
		WHERE (u.approver, u.exposures, u.industries, u.activity_types, u.people)
			IS DISTINCT FROM (excluded.approver, excluded.exposures, excluded.industries, excluded.activity_types, excluded.people)
		RETURNING u.rule, u.approver, u.exposures
	)
	SELECT coalesce(array_agg(c.line ORDER BY c.line), '{}') INTO changes
	FROM (SELECT format('approval %s: retired', g.rule) FROM gone AS g
	      UNION ALL
	      SELECT format('approval %s: %s for %s', d.rule, d.approver, array_to_string(d.exposures, ', ')) FROM defined AS d) AS c (line);

	IF changes <> '{}' THEN
		FOR one IN
			SELECT r.request_id, r.updated_at FROM advocacy.request AS r
			WHERE r.state IN ('proposed', 'awaiting_csm', 'awaiting_advocate', 'scheduled', 'suspended_hold')
			ORDER BY r.request_id FOR UPDATE
		LOOP
			PERFORM advocacy.approval_follow(one.request_id, 'policy', greatest(approval_define.at, one.updated_at));
		END LOOP;
	END IF;
	RETURN QUERY SELECT c FROM unnest(changes) AS c;
END
$$;

COMMENT ON FUNCTION advocacy.approval_define(jsonb, timestamptz) IS
	'Makes the policy''s approvals hold, for what is matched already too; answers one line per change.';
