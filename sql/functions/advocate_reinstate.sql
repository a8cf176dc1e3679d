-- advocate_reinstate: a person lifts what a person suspended, and says yes to what is over by the rules but waits for a yes
-- (risk_rule.confirm). What a rule or a withdrawn consent suspends otherwise stays.
-- Parameters: advocate, an advocate_id; reason; actor (NULL: the session's user); at.
-- Returns: the suspension_id that was closed. A notice names what keeps the advocate suspended all the same.
-- Refuses: an unknown advocate, one whom no person suspended, a missing reason.
-- Writes: suspension, outbox (advocate_reinstated_by_person; suspension_lifted_by_person when something else still
-- suspends), audit_log.
CREATE OR REPLACE FUNCTION advocacy.advocate_reinstate(advocate bigint, reason text, actor text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	person advocacy.advocate;
	closed bigint;
	remaining text;
	by_whom text := coalesce(nullif(advocate_reinstate.actor, ''), session_user);
BEGIN
	PERFORM advocacy.time_refuse(advocate_reinstate.at);
	IF coalesce(btrim(advocate_reinstate.reason), '') = '' THEN
		RAISE EXCEPTION 'reinstating an advocate needs a reason' USING ERRCODE = '22023';
	END IF;
	PERFORM advocacy.sync_lock();
	SELECT a.* INTO person FROM advocacy.advocate AS a WHERE a.advocate_id = advocate_reinstate.advocate
	   FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no advocate %', advocate_reinstate.advocate
			USING ERRCODE = 'P0002', HINT = 'Look the advocate up in advocacy.advocate_availability.';
	END IF;
	SELECT string_agg(CASE WHEN s.cause = 'consent' THEN 'consent' ELSE format('rule %s (%s)', s.rule, s.reason) END,
	                  ', ' ORDER BY s.suspension_id)
	  INTO remaining FROM advocacy.suspension AS s
	 WHERE s.advocate_id = person.advocate_id AND s.closed_at IS NULL
	   AND NOT (s.cause = 'person' OR s.review_since IS NOT NULL);
	WITH done AS (
		UPDATE advocacy.suspension AS s
		   SET closed_at = advocate_reinstate.at, closed_by = by_whom, close_reason = advocate_reinstate.reason
		 WHERE s.advocate_id = person.advocate_id AND (s.cause = 'person' OR s.review_since IS NOT NULL)
		   AND s.closed_at IS NULL
		RETURNING s.suspension_id)
	SELECT max(d.suspension_id) INTO closed FROM done AS d;
	IF closed IS NULL AND remaining IS NULL THEN
		RAISE EXCEPTION 'advocate % is not suspended', person.advocate_id USING ERRCODE = '55000';
	ELSIF closed IS NULL THEN
		RAISE EXCEPTION 'no person suspended advocate %; what suspends them: %', person.advocate_id, remaining
			USING ERRCODE = '55000',
			HINT = 'A rule''s suspension ends when its signal is well again; see advocacy.explain_advocate.';
	END IF;
	IF remaining IS NOT NULL THEN
		RAISE NOTICE 'advocate % stays suspended: %', person.advocate_id, remaining;
	END IF;
	INSERT INTO advocacy.audit_log (at, actor, action, subject, reason, details)
	VALUES (advocate_reinstate.at, by_whom, 'advocate_reinstate', 'advocate ' || person.advocate_id,
		advocate_reinstate.reason, jsonb_build_object('suspension_id', closed, 'remaining', remaining));
	-- Who stays suspended for another reason must not be called reinstated.
	PERFORM advocacy.outbox_put(
		CASE WHEN remaining IS NULL THEN 'advocate_reinstated_by_person' ELSE 'suspension_lifted_by_person' END,
		'reinstated:person:' || closed,
		advocacy.suspension_facts(closed) || jsonb_build_object('reason', advocate_reinstate.reason, 'actor', by_whom,
			'at', advocacy.sync_time_text(advocate_reinstate.at))
		|| CASE WHEN remaining IS NULL THEN '{}' ELSE jsonb_build_object('remaining', remaining) END,
		5::smallint, advocate_reinstate.at);
	RETURN closed;
END $$;
COMMENT ON FUNCTION advocacy.advocate_reinstate(bigint, text, text, timestamptz) IS
	'A person lifts what a person suspended (audited); returns the suspension_id. Suspensions by rules and consent stay.';
