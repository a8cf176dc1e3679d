-- clock_people(clock, role) -> text[]
--
-- Purpose:    who a role is for a clock, at this moment: ladders name roles, so that nobody who has left is asked.
-- Parameters: clock; role  owner (who owes it), manager (of the owner), rep, csm, program.
-- Returns:    e-mail addresses; none when there is nobody. The program is a team: its channel is told.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.clock_people(clock advocacy.sla_clock, role text)
RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	owed_by text;
	people  text[];
BEGIN
	SELECT p.owed_by INTO owed_by FROM advocacy.sla_policy AS p WHERE p.policy_id = clock.policy_id;
	IF role IN ('owner', 'manager') THEN
		people := CASE WHEN clock.subject_kind = 'approval' THEN
		                    (SELECT p.people FROM advocacy.approval AS p WHERE p.approval_id = clock.subject_id)
		               WHEN owed_by = 'sales' THEN advocacy.clock_people(clock, 'rep')
		               WHEN owed_by = 'cs' THEN advocacy.clock_people(clock, 'csm') ELSE '{}' END;
		IF role = 'owner' THEN
			RETURN people;
		END IF;
		RETURN ARRAY(SELECT DISTINCT lower(m.email) FROM advocacy.staff AS s
			JOIN advocacy.staff AS m ON m.source = s.source AND m.remote_id = s.manager_remote_id AND m.active AND NOT m.deleted
			WHERE lower(s.email) = ANY (people) AND NOT s.deleted AND m.email IS NOT NULL ORDER BY 1);
	ELSIF role = 'rep' AND clock.subject_kind = 'request' THEN
		RETURN ARRAY(SELECT lower(r.requested_by) FROM advocacy.request AS r WHERE r.request_id = clock.subject_id);
	ELSIF role = 'rep' AND clock.subject_kind = 'approval' THEN
		RETURN ARRAY(SELECT lower(r.requested_by) FROM advocacy.approval AS p JOIN advocacy.request AS r USING (request_id)
			WHERE p.approval_id = clock.subject_id);
	ELSIF role = 'csm' AND clock.subject_kind IN ('request', 'suspension') THEN
		RETURN ARRAY(SELECT lower(a.csm_email) FROM advocacy.account AS a
			JOIN advocacy.advocate AS v ON v.account_id = a.account_id
			WHERE a.csm_email IS NOT NULL AND v.advocate_id = CASE clock.subject_kind
				WHEN 'request' THEN (SELECT r.advocate_id FROM advocacy.request AS r WHERE r.request_id = clock.subject_id)
				ELSE (SELECT s.advocate_id FROM advocacy.suspension AS s WHERE s.suspension_id = clock.subject_id) END);
	END IF;
	RETURN '{}';
END
$$;

COMMENT ON FUNCTION advocacy.clock_people(advocacy.sla_clock, text) IS 'Who a role is for a clock, at this moment, by e-mail.';
