-- advocate_suspend: a person takes an advocate out until a person puts them back, or until a time; no rule lifts this.
-- Parameters: advocate, an advocate_id; reason; actor (NULL: the session's user); at; severity: hard, soft (a call that is
-- agreed stays for a working day), caution (only with the CSM's yes), hold or ineligible; until (NULL: until a person lifts it).
-- Returns: the suspension_id.
-- Refuses: an unknown or retired advocate, one whom a person suspended already, a missing reason, an unknown severity, a
-- time that is over.
-- Writes: suspension, outbox (advocate_suspended_by_person), request (rematch), audit_log.
CREATE OR REPLACE FUNCTION advocacy.advocate_suspend(advocate bigint, reason text, actor text DEFAULT NULL,
	at timestamptz DEFAULT now(), severity text DEFAULT 'hard', until timestamptz DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	person advocacy.advocate;
	already advocacy.suspension;
	made bigint;
	by_whom text := coalesce(nullif(advocate_suspend.actor, ''), session_user);
BEGIN
	IF coalesce(btrim(advocate_suspend.reason), '') = '' THEN
		RAISE EXCEPTION 'suspending an advocate needs a reason' USING ERRCODE = '22023',
			HINT = 'Say why, in a few words; those who look after the account will read it.';
	END IF;
	IF advocate_suspend.severity IS NULL
		OR advocate_suspend.severity NOT IN ('hard', 'soft', 'caution', 'hold', 'ineligible') THEN
		RAISE EXCEPTION 'unknown severity "%"', advocate_suspend.severity
			USING ERRCODE = '22023', HINT = 'Use hard, soft, caution, hold or ineligible.';
	END IF;
	IF advocate_suspend.at IS NULL OR NOT isfinite(advocate_suspend.at) OR NOT isfinite(advocate_suspend.until) THEN
		RAISE EXCEPTION 'a suspension can''t last from % to %', coalesce(advocate_suspend.at::text, 'null'),
			coalesce(advocate_suspend.until::text, 'whenever it is lifted') USING ERRCODE = '22023',
			COLUMN = CASE WHEN isfinite(advocate_suspend.at) THEN 'until' ELSE 'at' END,
			HINT = 'Leave until out for as long as nobody lifts it.';
	END IF;
	IF advocate_suspend.until <= advocate_suspend.at THEN
		RAISE EXCEPTION 'a suspension can''t end at %: that is over', advocacy.sync_time_text(advocate_suspend.until)
			USING ERRCODE = '22023', HINT = 'Give a time to come, or none.';
	END IF;
	PERFORM advocacy.sync_lock();
	SELECT a.* INTO person FROM advocacy.advocate AS a WHERE a.advocate_id = advocate_suspend.advocate
	   FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no advocate %', advocate_suspend.advocate
			USING ERRCODE = 'P0002', HINT = 'Look the advocate up in advocacy.advocate_availability.';
	END IF;
	IF person.retired_at IS NOT NULL THEN
		RAISE EXCEPTION 'advocate % is retired: %', person.advocate_id, person.retire_reason USING ERRCODE = '55000';
	END IF;
	SELECT s.* INTO already FROM advocacy.suspension AS s
	 WHERE s.advocate_id = person.advocate_id AND s.cause = 'person' AND s.closed_at IS NULL;
	IF FOUND THEN
		RAISE EXCEPTION 'advocate % is suspended by % since % already: %', person.advocate_id, already.opened_by,
			advocacy.sync_time_text(already.opened_at), already.reason USING ERRCODE = '23505';
	END IF;
	INSERT INTO advocacy.suspension AS s (advocate_id, cause, severity, reason, opened_at, opened_by, until, answer_due_at)
	VALUES (person.advocate_id, 'person', advocate_suspend.severity, advocate_suspend.reason, advocate_suspend.at, by_whom,
		advocate_suspend.until,
		CASE advocate_suspend.severity WHEN 'soft' THEN advocacy.suspension_answer_due(person.advocate_id, advocate_suspend.at) END)
	RETURNING s.suspension_id INTO made;
	INSERT INTO advocacy.audit_log (at, actor, action, subject, reason, details)
	VALUES (advocate_suspend.at, by_whom, 'advocate_suspend', 'advocate ' || person.advocate_id, advocate_suspend.reason,
		jsonb_strip_nulls(jsonb_build_object('suspension_id', made, 'severity', advocate_suspend.severity,
			'until', advocacy.sync_time_text(advocate_suspend.until))));
	IF advocate_suspend.severity IN ('hard', 'soft') THEN
		PERFORM advocacy.outbox_put('advocate_suspended_by_person', 'suspended:person:' || made,
			advocacy.suspension_facts(made) || jsonb_strip_nulls(jsonb_build_object('reason', advocate_suspend.reason,
				'actor', by_whom, 'at', advocacy.sync_time_text(advocate_suspend.at),
				'until', advocacy.sync_time_text(advocate_suspend.until))), 5::smallint, advocate_suspend.at);
	END IF;
	PERFORM pg_notify('advocacy_deadline', '');
	PERFORM advocacy.request_follow_suspension(person.advocate_id, advocate_suspend.severity, advocate_suspend.at);
	RETURN made;
END $$;
COMMENT ON FUNCTION advocacy.advocate_suspend(bigint, text, text, timestamptz, text, timestamptz) IS
	'A person takes an advocate out until a person puts them back, or until a time (audited); returns the suspension_id.';
