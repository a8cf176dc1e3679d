-- approval_follow(request_id, actor, at) -> void
--
-- Purpose:    lets the approvals of a request follow it: what the policy asks for is asked of each approver once, for this
--             advocate and as widely as the customer is to be shown; what is needed no more is withdrawn.
-- Parameters: request_id, whose row the caller has locked; actor  for the log; at  now.
-- Returns:    nothing.
-- Writes:     approval, sla_clock, clock_event, outbox (approval_wanted), audit_log.
--
-- One team is asked once, however many rules name it: by the first of them in the order of their names. What was granted for a
-- wider exposure holds for a narrower one. The industry is the advocate's: it is they who are shown.
CREATE OR REPLACE FUNCTION advocacy.approval_follow(request_id bigint, actor text, at timestamptz)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	this    constant bigint := approval_follow.request_id;
	levels  constant text[] := advocacy.exposures();
	request advocacy.request;
	company record;
	one     record;
	made    bigint;
BEGIN
	-- Most programs ask for none.
	IF NOT EXISTS (SELECT FROM advocacy.approval_rule)
	   AND NOT EXISTS (SELECT FROM advocacy.approval AS a WHERE a.request_id = this AND a.state = 'asked') THEN
		RETURN;
	END IF;
	SELECT r.* INTO STRICT request FROM advocacy.request AS r WHERE r.request_id = this;
	IF request.state NOT IN ('proposed', 'awaiting_csm', 'awaiting_advocate', 'scheduled', 'suspended_hold') THEN
		request.advocate_id := NULL; -- nobody is shown any more, or has been already
	END IF;
	SELECT a.name, lower(btrim(a.industry)) AS industry INTO company
	FROM advocacy.advocate AS v JOIN advocacy.account AS a ON a.account_id = v.account_id
	WHERE v.advocate_id = request.advocate_id;

	FOR one IN
		UPDATE advocacy.approval AS a SET state = 'withdrawn', ended_at = approval_follow.at
		WHERE a.request_id = this AND a.state = 'asked'
		  AND (a.advocate_id IS DISTINCT FROM request.advocate_id OR a.exposure <> request.exposure
		       OR NOT EXISTS (SELECT FROM advocacy.approval_rule AS u
		                      WHERE u.approver = a.approver AND request.exposure = ANY (u.exposures)
		                        AND (u.industries IS NULL OR company.industry = ANY (u.industries))
		                        AND (u.activity_types IS NULL OR request.activity_type = ANY (u.activity_types))))
		RETURNING a.approval_id
	LOOP
		PERFORM advocacy.clock_follow('approval', one.approval_id, '{withdrawn}', '{}', approval_follow.at, 'needed no more');
	END LOOP;

	-- Who may decide is who the policy names now, so that nothing waits for somebody who has left.
	UPDATE advocacy.approval AS a SET people = coalesce(u.people, '{}')
	FROM advocacy.approval_rule AS u
	WHERE a.request_id = this AND a.state = 'asked' AND u.rule = a.rule AND a.people <> coalesce(u.people, '{}');

	FOR one IN
		SELECT DISTINCT ON (u.approver) u.rule, u.approver, coalesce(u.people, '{}') AS people
		FROM advocacy.approval_rule AS u
		WHERE request.advocate_id IS NOT NULL AND request.exposure = ANY (u.exposures)
		  AND (u.industries IS NULL OR company.industry = ANY (u.industries))
		  AND (u.activity_types IS NULL OR request.activity_type = ANY (u.activity_types))
		  AND NOT EXISTS (SELECT FROM advocacy.approval AS a
		                  WHERE a.request_id = this AND a.advocate_id = request.advocate_id AND a.approver = u.approver
		                    AND (a.state = 'granted' AND array_position(levels, a.exposure) >= array_position(levels, request.exposure)
		                         OR a.state IN ('asked', 'refused') AND a.exposure = request.exposure))
		ORDER BY u.approver, u.rule
	LOOP
		INSERT INTO advocacy.approval AS a (request_id, advocate_id, approver, exposure, rule, people, state, asked_at)
		VALUES (this, request.advocate_id, one.approver, request.exposure, one.rule, one.people, 'asked', approval_follow.at)
		RETURNING a.approval_id INTO made;
		INSERT INTO advocacy.audit_log (at, actor, action, subject, details)
		VALUES (approval_follow.at, approval_follow.actor, 'approval_ask', 'REQ-' || this, jsonb_build_object(
			'approval_id', made, 'approver', one.approver, 'exposure', request.exposure, 'rule', one.rule));
		PERFORM advocacy.clock_start('approval', made, 'approval', approval_follow.at, one.approver);
		PERFORM advocacy.outbox_put('approval_wanted', format('approval:%s:wanted', made),
			advocacy.approval_facts(made) || jsonb_build_object('at', advocacy.sync_time_text(approval_follow.at)),
			4, approval_follow.at);
	END LOOP;
END
$$;

COMMENT ON FUNCTION advocacy.approval_follow(bigint, text, timestamptz) IS
	'Lets the approvals of a request follow it: asks for what the policy wants, withdraws what is needed no more.';
