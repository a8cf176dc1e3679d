-- risk_override: a person says that a rule doesn't suspend for a while. What it suspends now ends, what would begin waits;
-- when the time is over, what the rules say then holds again. Consent and what people suspended aren't touched.
-- Parameters: advocate or account, one of them: an advocate_id, or an account_id for all its advocates; rule (NULL: all
-- but those that are hard or ineligible, which have to be named); until (NULL: 14 days, at most 90); reason; actor (NULL:
-- the session's user); at.
-- Returns: the override_id, for risk_override_end.
-- Refuses: a hard or ineligible rule to who isn't a member of the role advocacy_manager; an unknown advocate, account or rule, a missing reason, a time that is over or too far.
-- Writes: risk_override, suspension, outbox (advocate_reinstated_by_person), audit_log.
CREATE OR REPLACE FUNCTION advocacy.risk_override(advocate bigint, account bigint, rule text, until timestamptz, reason text,
	actor text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	by_whom text := coalesce(nullif(risk_override.actor, ''), session_user);
	ends timestamptz := coalesce(risk_override.until, risk_override.at + interval '14 days');
	made bigint;
	ended bigint[];
	message record;
BEGIN
	PERFORM advocacy.time_refuse(risk_override.at);
	IF coalesce(btrim(risk_override.reason), '') = '' THEN
		RAISE EXCEPTION 'an override needs a reason' USING ERRCODE = '22023';
	END IF;
	IF num_nonnulls(risk_override.advocate, risk_override.account) <> 1 THEN
		RAISE EXCEPTION 'an override is for an advocate or for an account' USING ERRCODE = '22023',
			HINT = 'Give one of the two, and NULL for the other.';
	END IF;
	IF ends <= risk_override.at OR ends > risk_override.at + interval '90 days' THEN
		RAISE EXCEPTION 'an override can''t end at %', advocacy.sync_time_text(ends) USING ERRCODE = '22023',
			HINT = 'Give a time to come, at most 90 days away.';
	END IF;
	PERFORM advocacy.sync_lock();
	IF risk_override.advocate IS NOT NULL
		AND NOT EXISTS (SELECT FROM advocacy.advocate AS a WHERE a.advocate_id = risk_override.advocate AND a.retired_at IS NULL) THEN
		RAISE EXCEPTION 'there is no advocate %', risk_override.advocate
			USING ERRCODE = 'P0002', HINT = 'Look the advocate up in advocacy.advocate_availability.';
	END IF;
	IF risk_override.account IS NOT NULL
		AND NOT EXISTS (SELECT FROM advocacy.account AS a WHERE a.account_id = risk_override.account AND a.merged_into IS NULL) THEN
		RAISE EXCEPTION 'there is no account %', risk_override.account
			USING ERRCODE = 'P0002', HINT = 'Look the account up in advocacy.advocate_availability.';
	END IF;
	IF risk_override.rule IS NOT NULL
		AND NOT EXISTS (SELECT FROM advocacy.risk_rule AS u WHERE u.rule = risk_override.rule AND u.active) THEN
		RAISE EXCEPTION 'there is no rule "%"', risk_override.rule USING ERRCODE = 'P0002',
			HINT = 'The policy''s [risk NAME] sections are the rules.';
	END IF;
	-- The session's user, whoever `actor` says it is.
	IF NOT pg_has_role(session_user, 'advocacy_manager', 'MEMBER')
		AND EXISTS (SELECT FROM advocacy.risk_rule AS u
		             WHERE u.rule = risk_override.rule AND u.severity IN ('hard', 'ineligible')) THEN
		RAISE EXCEPTION 'rule "%" may be overridden by an advocacy manager only', risk_override.rule
			USING ERRCODE = '42501', HINT = 'Ask a member of the role advocacy_manager.';
	END IF;

	INSERT INTO advocacy.risk_override AS o (advocate_id, account_id, rule, until, reason, made_at, made_by)
	VALUES (risk_override.advocate, risk_override.account, risk_override.rule, ends, risk_override.reason, risk_override.at, by_whom)
	RETURNING o.override_id INTO made;
	WITH closed AS (
		UPDATE advocacy.suspension AS s
		   SET closed_at = risk_override.at, closed_by = by_whom, closed_by_override = made,
		       close_reason = format('overridden until %s: %s', advocacy.sync_time_text(ends), risk_override.reason)
		  FROM advocacy.advocate AS a
		 WHERE s.advocate_id = a.advocate_id AND s.cause = 'risk' AND s.closed_at IS NULL
		   AND (a.advocate_id = risk_override.advocate OR a.account_id = risk_override.account)
		   AND coalesce(s.rule = risk_override.rule, s.severity NOT IN ('hard', 'ineligible'))
		RETURNING s.suspension_id)
	SELECT array_agg(c.suspension_id ORDER BY c.suspension_id) INTO ended FROM closed AS c;
	PERFORM advocacy.clock_follow_suspensions(ended, 'overridden', risk_override.at);
	INSERT INTO advocacy.audit_log (at, actor, action, subject, reason, details)
	VALUES (risk_override.at, by_whom, 'risk_override', coalesce('advocate ' || risk_override.advocate, 'account ' || risk_override.account),
		risk_override.reason, jsonb_build_object('override_id', made, 'rule', risk_override.rule,
			'until', advocacy.sync_time_text(ends), 'suspensions_closed', coalesce(to_jsonb(ended), '[]')));

	-- Whom people had been told of, once each.
	FOR message IN
		SELECT max(s.suspension_id) AS suspension_id FROM advocacy.suspension AS s
		 WHERE s.suspension_id = ANY (ended) AND s.severity IN ('soft', 'hard')
		   AND NOT EXISTS (SELECT FROM advocacy.suspension AS o WHERE o.advocate_id = s.advocate_id AND o.closed_at IS NULL)
		 GROUP BY s.advocate_id ORDER BY 1
	LOOP
		PERFORM advocacy.outbox_put('advocate_reinstated_by_person', format('overridden:%s:%s', made, message.suspension_id),
			advocacy.suspension_facts(message.suspension_id) || jsonb_build_object('reason', risk_override.reason,
				'actor', by_whom, 'at', advocacy.sync_time_text(risk_override.at)), 5, risk_override.at);
	END LOOP;
	PERFORM pg_notify('advocacy_deadline', '');
	RETURN made;
END $$;
COMMENT ON FUNCTION advocacy.risk_override(bigint, bigint, text, timestamptz, text, text, timestamptz) IS
	'A person says that a rule, or all, don''t suspend an advocate or an account''s advocates for a while (audited); returns the override_id.';
