-- request_submit(opportunity, activity_type, justification, audience, outcome, needed_by, requested_by, priority, at,
--   exposure) -> bigint
--
-- Purpose:    files a request for a reference; its clocks (acknowledge, connect) start.
-- Parameters: opportunity    opportunity_id of the deal;
--             activity_type  reference_call, case_study, ...; justification  why; audience  who will hear or read it;
--             outcome        what it is to achieve; needed_by  until when; requested_by  the rep (e-mail);
--             priority       'normal' or 'expedite'; at  now;
--             exposure       how widely the customer is shown: internal, logo, named or public; NULL: as the activity
--                            usually does (exposure_usual). Who must approve that is the policy's [approval NAME].
-- Returns:    request_id. Raises 22023 naming the missing field or the wrong value, P0002 for an unknown opportunity, 55000 for
--             one that is closed.
-- Writes:     request, request_event, sla_clock, clock_event, outbox (request_received), audit_log.
--             Notifies advocacy_deadline, advocacy_outbox.
CREATE OR REPLACE FUNCTION advocacy.request_submit(
	opportunity bigint DEFAULT NULL, activity_type text DEFAULT NULL, justification text DEFAULT NULL,
	audience text DEFAULT NULL, outcome text DEFAULT NULL, needed_by timestamptz DEFAULT NULL,
	requested_by text DEFAULT NULL, priority text DEFAULT 'normal', at timestamptz DEFAULT now(),
	exposure text DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	types   constant text[] := ARRAY['reference_call', 'case_study', 'video_testimonial', 'quote', 'event_talk',
	                                 'site_visit', 'advisory_board', 'rfp_support', 'referral', 'review', 'beta_test'];
	missing text;
	owed    integer;
	deal    text;
	request advocacy.request;
	event   advocacy.request_event;
BEGIN
	SELECT string_agg(f.name, ', ' ORDER BY f.position) INTO missing
	FROM (VALUES (1, 'opportunity', request_submit.opportunity::text), (2, 'activity_type', request_submit.activity_type),
	             (3, 'justification', request_submit.justification), (4, 'audience', request_submit.audience),
	             (5, 'outcome', request_submit.outcome), (6, 'needed_by', request_submit.needed_by::text),
	             (7, 'requested_by', request_submit.requested_by), (8, 'priority', request_submit.priority),
	             (9, 'at', at::text)) AS f (position, name, value)
	WHERE f.value IS NULL OR btrim(f.value, E' \t\r\n') = '';
	IF missing IS NOT NULL THEN
		RAISE EXCEPTION 'the request is incomplete: % missing', missing
			USING ERRCODE = '22023', COLUMN = split_part(missing, ', ', 1),
			      HINT = 'A request says opportunity, activity_type, justification, audience, outcome, needed_by and requested_by.';
	END IF;
	IF request_submit.activity_type <> ALL (types) THEN
		RAISE EXCEPTION 'unknown activity_type "%"', request_submit.activity_type
			USING ERRCODE = '22023', COLUMN = 'activity_type', HINT = 'One of ' || array_to_string(types, ', ') || '.';
	END IF;
	IF request_submit.priority NOT IN ('normal', 'expedite') THEN
		RAISE EXCEPTION 'unknown priority "%"', request_submit.priority
			USING ERRCODE = '22023', COLUMN = 'priority', HINT = 'normal or expedite.';
	END IF;
	IF request_submit.exposure <> ALL (advocacy.exposures()) THEN
		RAISE EXCEPTION 'unknown exposure "%"', request_submit.exposure
			USING ERRCODE = '22023', COLUMN = 'exposure',
			      HINT = 'One of ' || array_to_string(advocacy.exposures(), ', ') || '; none for as the activity usually is.';
	END IF;
	IF NOT isfinite(at) THEN
		RAISE EXCEPTION 'at must be a time, not %', at USING ERRCODE = '22023', COLUMN = 'at';
	END IF;
	IF NOT isfinite(request_submit.needed_by) THEN
		RAISE EXCEPTION 'needed_by must be a time, not %', request_submit.needed_by
			USING ERRCODE = '22023', COLUMN = 'needed_by';
	END IF;
	IF NOT EXISTS (SELECT FROM advocacy.opportunity AS o
	               WHERE o.opportunity_id = request_submit.opportunity AND NOT o.deleted) THEN
		RAISE EXCEPTION 'there is no opportunity %', request_submit.opportunity
			USING ERRCODE = 'P0002', COLUMN = 'opportunity',
			      HINT = 'opportunity_id of advocacy.opportunity is meant, not the CRM''s own id.';
	END IF;
	SELECT o.name INTO deal FROM advocacy.opportunity AS o WHERE o.opportunity_id = request_submit.opportunity AND o.closed;
	IF FOUND THEN
		RAISE EXCEPTION 'opportunity % ("%") is closed', request_submit.opportunity, coalesce(deal, 'without a name')
			USING ERRCODE = '55000', COLUMN = 'opportunity', HINT = 'A reference is asked for while the deal is open.';
	END IF;

	SELECT count(*) INTO owed FROM advocacy.request AS f
	WHERE f.state = 'feedback_due' AND f.requested_by = request_submit.requested_by;
	INSERT INTO advocacy.request AS r (opportunity_id, activity_type, justification, audience, outcome, needed_by,
	                                   requested_by, priority, exposure, state, submitted_at, updated_at,
	                                   owes_feedback)
	VALUES (request_submit.opportunity, request_submit.activity_type, request_submit.justification,
	        request_submit.audience, request_submit.outcome, request_submit.needed_by, request_submit.requested_by,
	        request_submit.priority,
	        coalesce(request_submit.exposure, advocacy.exposure_usual(request_submit.activity_type)), 'submitted', at, at,
	        owed >= 2)
	RETURNING r.* INTO request;
	INSERT INTO advocacy.request_event AS e (request_id, move, to_state, actor, occurred_at)
	VALUES (request.request_id, 'submit', 'submitted', request.requested_by, at)
	RETURNING e.* INTO event;
	INSERT INTO advocacy.audit_log (at, actor, action, subject, details)
	VALUES (at, request.requested_by, 'request_submit', 'REQ-' || request.request_id,
	        jsonb_build_object('to', 'submitted', 'role', session_user));
	PERFORM advocacy.clock_follow_move(event);

	PERFORM advocacy.outbox_put('request_received', format('request:%s:received', request.request_id),
		advocacy.request_facts(request.request_id) || jsonb_build_object(
			'justification', request.justification, 'audience', request.audience, 'outcome', request.outcome,
			'priority', request.priority, 'exposure', request.exposure, 'needed_by', advocacy.sync_time_text(request.needed_by),
			'acknowledge_due_at', (SELECT advocacy.sync_time_text(k.due_at) FROM advocacy.sla_clock AS k
			                       WHERE k.request_id = request.request_id AND k.metric = 'acknowledge'),
			'connect_due_at', (SELECT advocacy.sync_time_text(k.due_at) FROM advocacy.sla_clock AS k
			                   WHERE k.request_id = request.request_id AND k.metric = 'connect'),
			'at', advocacy.sync_time_text(at))
		|| CASE WHEN request.owes_feedback THEN jsonb_build_object('feedback_owed', owed) ELSE '{}' END,
		CASE request.priority WHEN 'expedite' THEN 4 ELSE 5 END, at);
	RETURN request.request_id;
END
$$;

COMMENT ON FUNCTION advocacy.request_submit(bigint, text, text, text, text, timestamptz, text, text, timestamptz, text) IS
	'Files a request for a reference and starts its clocks; an incomplete one is refused with the field named.';
