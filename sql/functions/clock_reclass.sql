-- clock_reclass(subject_kind, subject_id, party, at) -> integer
--
-- Purpose:    after a change of what policies match a subject by (its priority, type, segment, region): its open clocks go
--             onto the promise that holds for it now. A clock whose promise is only a newer version stays where it is.
-- Parameters: subject_kind, subject_id; party  the team that changed it, NULL: nobody's choice; at  now.
-- Returns:    how many clocks have another target.
-- Writes:     as clock_retarget. Locks the subject's clocks in id order; the caller has locked the subject.
CREATE OR REPLACE FUNCTION advocacy.clock_reclass(
	subject_kind text, subject_id bigint, party text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	clock  advocacy.sla_clock;
	policy advocacy.sla_policy;
	moved  integer := 0;
BEGIN
	FOR clock IN
		SELECT k.* FROM advocacy.sla_clock AS k
		WHERE (k.subject_kind, k.subject_id) = (subject_kind, subject_id) AND k.ended_at IS NULL
		ORDER BY k.clock_id FOR UPDATE
	LOOP
		policy := advocacy.clock_policy(subject_kind, subject_id, clock.metric);
		CONTINUE WHEN policy.policy_id IS NULL
			OR EXISTS (SELECT FROM advocacy.sla_policy AS p WHERE p.policy_id = clock.policy_id AND p.name = policy.name);
		PERFORM advocacy.clock_retarget(clock, policy.policy_id, advocacy.clock_calendar(policy, subject_kind, subject_id),
		                                'priority', party, at);
		moved := moved + 1;
	END LOOP;
	RETURN moved;
END
$$;

COMMENT ON FUNCTION advocacy.clock_reclass(text, bigint, text, timestamptz) IS
	'Puts a subject''s open clocks onto the promises that hold for it now, after its priority or class changed.';
