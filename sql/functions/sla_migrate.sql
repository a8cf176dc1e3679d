-- sla_migrate(policy, dry_run, party, actor, at) -> clock, request, state, old_due_at, new_due_at, old_target_s, new_target_s
--
-- Purpose:    puts the open clocks of a promise onto its newest version and the newest version of its calendar; by themselves
--             they stay on theirs. What has ended is never touched.
-- Parameters: policy  its name; dry_run  only say what would be; party  the team that wants it: where that is whom it is owed
--             to, what is late by it doesn't count; actor  the person, NULL for session_user; at  now.
-- Returns:    each open clock that is on an older version, with its due dates; paused ones have none. Raises P0002 for a
--             promise that there is none of.
-- Writes:     as clock_retarget, audit_log; with dry_run nothing.
CREATE OR REPLACE FUNCTION advocacy.sla_migrate(
	policy text, dry_run boolean DEFAULT true, party text DEFAULT NULL, actor text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS TABLE (clock bigint, subject_kind text, subject_id bigint, state text, old_due_at timestamptz, new_due_at timestamptz,
	old_target_s bigint, new_target_s bigint)
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	target      advocacy.sla_policy;
	to_calendar bigint;
	one         advocacy.sla_clock;
	moved       advocacy.sla_clock;
	event       advocacy.clock_event;
	total       integer := 0;
BEGIN
	SELECT p.* INTO target FROM advocacy.sla_policy AS p WHERE p.name = sla_migrate.policy AND p.active;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no promise "%"', coalesce(sla_migrate.policy, 'null')
			USING ERRCODE = 'P0002', HINT = 'SELECT DISTINCT policy FROM advocacy.sla_report lists those that clocks run on.';
	END IF;
	FOR one IN
		SELECT k.* FROM advocacy.sla_clock AS k
		JOIN advocacy.sla_policy AS p ON p.policy_id = k.policy_id AND p.name = target.name
		WHERE k.ended_at IS NULL
		  AND (k.policy_id <> target.policy_id OR k.calendar_id <> advocacy.clock_calendar(target, k.subject_kind, k.subject_id))
		ORDER BY k.clock_id FOR UPDATE OF k
	LOOP
		to_calendar := advocacy.clock_calendar(target, one.subject_kind, one.subject_id);
		IF dry_run THEN
			event.event := 'retarget';
			event.occurred_at := at;
			event.target_version := one.target_version + 1;
			event.details := jsonb_build_object('policy_id', target.policy_id, 'calendar_id', to_calendar, 'target_s', target.target_s);
			moved := advocacy.clock_apply(one, event);
		ELSE
			moved := advocacy.clock_retarget(one, target.policy_id, to_calendar, 'policy', party, at);
		END IF;
		total := total + 1;
		RETURN QUERY SELECT one.clock_id, one.subject_kind, one.subject_id, moved.state, one.due_at, moved.due_at, one.target_s,
		                    moved.target_s;
	END LOOP;
	IF NOT dry_run THEN
		INSERT INTO advocacy.audit_log (at, actor, action, subject, details)
		VALUES (at, coalesce(nullif(btrim(sla_migrate.actor), ''), session_user), 'sla_migrate', target.name,
		        jsonb_build_object('version', target.version, 'clocks', total, 'party', party, 'role', session_user));
	END IF;
END
$$;

COMMENT ON FUNCTION advocacy.sla_migrate(text, boolean, text, text, timestamptz) IS
	'Puts the open clocks of a promise onto its newest version, or only says what would come of it (dry_run, the default).';
