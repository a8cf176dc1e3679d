-- suspension_open: opens a cause of an advocate's own, by name: one that isn't their account's risk, such as a consent that
-- was withdrawn, a cap that is reached, a low score of their own. Opened again it is the same one, with what is new of it.
-- Parameters: advocate, an advocate_id; rule, the cause's name; severity, as suspension.severity; reason, in words that go on
-- after "caution: rule NAME since …"; evidence, an object; until, when it ends by itself (NULL: by suspension_close); actor
-- (NULL: rule); at; cycle, the decision_cycle that decides (NULL: none); follow, whether open requests follow at once, or the caller
-- has them follow when no more advocates are to be locked (request_follow_causes).
-- Returns: the suspension_id. What that means for open requests goes by the severity: request_follow_suspension.
-- Refuses: an unknown advocate, an unknown severity, a missing name or reason.
-- Writes: suspension, outbox (advocate_suspended where it is soft or hard), request (rematch).
CREATE OR REPLACE FUNCTION advocacy.suspension_open(advocate bigint, rule text, severity text, reason text,
	evidence jsonb DEFAULT '{}', until timestamptz DEFAULT NULL, actor text DEFAULT NULL, at timestamptz DEFAULT now(),
	cycle bigint DEFAULT NULL, follow boolean DEFAULT true) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	known advocacy.suspension;
	made bigint;
BEGIN
	IF coalesce(suspension_open.rule, '') = '' OR coalesce(btrim(suspension_open.reason), '') = '' THEN
		RAISE EXCEPTION 'a cause needs a name and a reason' USING ERRCODE = '22023';
	END IF;
	IF suspension_open.severity IS NULL OR suspension_open.severity
		NOT IN ('soft', 'hard', 'caution', 'hold', 'ineligible', 'withdrawn', 'left') THEN
		RAISE EXCEPTION 'cause "%": unknown severity "%"', suspension_open.rule, suspension_open.severity
			USING ERRCODE = '22023', HINT = 'Use soft, hard, caution, hold, ineligible, withdrawn or left.';
	END IF;
	PERFORM FROM advocacy.advocate AS a WHERE a.advocate_id = suspension_open.advocate FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no advocate %', coalesce(suspension_open.advocate::text, 'null')
			USING ERRCODE = 'P0002', HINT = 'Look the advocate up in advocacy.advocate_availability.';
	END IF;
	SELECT s.* INTO known FROM advocacy.suspension AS s
	 WHERE s.advocate_id = suspension_open.advocate AND s.cause = 'own' AND s.rule = suspension_open.rule
	   AND s.closed_at IS NULL;
	IF known.severity = suspension_open.severity THEN
		UPDATE advocacy.suspension AS s
		   SET reason = suspension_open.reason, evidence = suspension_open.evidence, until = suspension_open.until
		 WHERE s.suspension_id = known.suspension_id
		   AND (s.reason, s.evidence, s.until)
		       IS DISTINCT FROM (suspension_open.reason, suspension_open.evidence, suspension_open.until);
		RETURN known.suspension_id;
	END IF;
	-- A cause that has become another one: the earlier one stays in the history as it was.
	UPDATE advocacy.suspension AS s
	   SET closed_at = suspension_open.at, closed_by = coalesce(nullif(suspension_open.actor, ''), 'rule'),
	       close_reason = 'it is ' || suspension_open.severity || ' now', closed_in = suspension_open.cycle
	 WHERE s.suspension_id = known.suspension_id;
	INSERT INTO advocacy.suspension AS s (advocate_id, cause, rule, severity, reason, evidence, opened_at, opened_by, opened_in,
		until, answer_due_at)
	VALUES (suspension_open.advocate, 'own', suspension_open.rule, suspension_open.severity, suspension_open.reason,
		coalesce(suspension_open.evidence, '{}'), suspension_open.at, coalesce(nullif(suspension_open.actor, ''), 'rule'),
		suspension_open.cycle, suspension_open.until,
		CASE suspension_open.severity WHEN 'soft' THEN advocacy.suspension_answer_due(suspension_open.advocate, suspension_open.at) END)
	RETURNING s.suspension_id INTO made;
	IF suspension_open.severity IN ('soft', 'hard') THEN
		PERFORM advocacy.outbox_put('advocate_suspended', 'suspended:own:' || made,
			advocacy.suspension_facts(made) || jsonb_build_object('rule', suspension_open.rule,
				'severity', suspension_open.severity, 'at', advocacy.sync_time_text(suspension_open.at)),
			CASE suspension_open.severity WHEN 'hard' THEN 3 ELSE 5 END, suspension_open.at);
	END IF;
	IF suspension_open.follow THEN
		PERFORM advocacy.request_follow_suspension(suspension_open.advocate, suspension_open.severity, suspension_open.at);
	END IF;
	PERFORM pg_notify('advocacy_deadline', '');
	RETURN made;
END $$;
COMMENT ON FUNCTION advocacy.suspension_open(bigint, text, text, text, jsonb, timestamptz, text, timestamptz, bigint, boolean) IS
	'Opens a cause of an advocate''s own by name (consent, caps, their own score), once; returns the suspension_id.';
