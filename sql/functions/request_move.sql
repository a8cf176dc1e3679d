-- request_move(request_id, move, actor, reason, at, advocate, waiting_on, scheduled_for, decide_by)
-- -> request_event
--
-- Purpose:    makes one move of a request: checks it against request_edges, writes the event, and lets the clocks follow
--             (clock_follow_move). The functions for people (request_acknowledge, ...) are this plus their own checks.
-- Parameters: request_id; move  as in request_edges; actor  who, NULL for session_user; reason; at  when it happened;
--             advocate       for match; waiting_on  for wait; scheduled_for  for schedule and move;
--             decide_by  for suspend: until when the CSM may decide.
-- Returns:    the event. Raises P0002 for an unknown request, 55000 for a move that its state forbids, naming the
--             moves that are allowed, or the approval that is missing, 22023 for a time before its last move, and without a
--             reason where request_edges wants one.
-- Writes:     request, request_event, activity, approval, sla_clock, clock_event, outbox, audit_log, crm_flag. Locks the request, then its clocks
--             in id order; a caller that needs an advocate's row locks that first. The request is updated once: a row
--             updated twice in a transaction has its foreign keys checked again, which would lock the advocate last.
CREATE OR REPLACE FUNCTION advocacy.request_move(
	request_id bigint, move text, actor text, reason text, at timestamptz,
	advocate bigint DEFAULT NULL, waiting_on text DEFAULT NULL, scheduled_for timestamptz DEFAULT NULL,
	decide_by timestamptz DEFAULT NULL)
RETURNS advocacy.request_event
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	this     constant bigint := request_move.request_id;
	what     constant text := request_move.move;
	who      constant text := coalesce(nullif(btrim(request_move.actor), ''), session_user);
	why      constant text := nullif(btrim(request_move.reason), '');
	request  advocacy.request;
	edge     record;
	allowed  text;
	last_at  timestamptz;
	moved_at timestamptz := at;
	event    advocacy.request_event;
BEGIN
	IF at IS NULL OR NOT isfinite(at) THEN
		RAISE EXCEPTION 'a move needs its time, not %', coalesce(at::text, 'null') USING ERRCODE = '22023', COLUMN = 'at';
	END IF;
	request := advocacy.request_lock(this);

	SELECT e.* INTO edge FROM advocacy.request_edges() AS e
	WHERE e.move = what AND e.from_state = request.state
	  AND coalesce(e.while_waiting = (request.waiting_on IS NOT NULL), true);
	IF NOT FOUND THEN
		SELECT string_agg(e.move, ', ' ORDER BY e.move) INTO allowed FROM advocacy.request_edges() AS e
		WHERE e.from_state = request.state AND coalesce(e.while_waiting = (request.waiting_on IS NOT NULL), true)
		  AND e.move NOT IN ('rematch', 'overdue', 'expire', 'suspend');
		RAISE EXCEPTION 'request REQ-% is %: it can''t move by %', this,
				concat_ws(', waiting for the ', request.state, request.waiting_on), what
			USING ERRCODE = '55000', HINT = CASE WHEN allowed IS NULL THEN 'It has ended; nothing moves it any more.'
			                                     ELSE 'Allowed now: ' || allowed || '.' END;
	END IF;

	IF edge.needs_reason AND why IS NULL THEN
		RAISE EXCEPTION 'request REQ-% doesn''t move by % without a reason', this, what
			USING ERRCODE = '22023', COLUMN = 'reason';
	END IF;

	-- Two sessions' transactions may begin in another order than they get the lock: within a minute that is one moment.
	-- A suspension never fails for this.
	SELECT max(e.occurred_at) INTO last_at FROM advocacy.request_event AS e WHERE e.request_id = this;
	IF last_at > moved_at THEN
		IF last_at - moved_at > interval '1 minute' AND what <> 'rematch' THEN
			RAISE EXCEPTION 'request REQ-% can''t move at %: its last move was at %', this,
					advocacy.sync_time_text(moved_at), advocacy.sync_time_text(last_at)
				USING ERRCODE = '22023', HINT = 'A move comes after the one before.';
		END IF;
		moved_at := last_at;
	END IF;

	IF what = 'match' AND request.advocate_id = request_move.advocate THEN
		RAISE EXCEPTION 'request REQ-% has been matched with advocate % already', this, request_move.advocate
			USING ERRCODE = '55000', HINT = 'Choose another advocate, or schedule.';
	END IF;

	PERFORM advocacy.approval_refuse(this, what, request_move.advocate);

	UPDATE advocacy.request AS r
	SET state = edge.to_state, updated_at = moved_at,
	    waiting_on = request_move.waiting_on, -- every move but wait ends the waiting
	    advocate_id = CASE WHEN what IN ('return', 'rematch', 'csm_no', 'advocate_no', 'reopen') THEN NULL
	                       ELSE coalesce(request_move.advocate, r.advocate_id) END,
	    scheduled_for = CASE WHEN what IN ('return', 'rematch', 'csm_no', 'advocate_no', 'reopen') THEN NULL
	                         ELSE coalesce(request_move.scheduled_for, r.scheduled_for) END,
	    decide_by = CASE WHEN edge.to_state = 'suspended_hold' THEN request_move.decide_by END
	WHERE r.request_id = this;
	INSERT INTO advocacy.request_event AS e (request_id, move, from_state, to_state, actor, reason, occurred_at)
	VALUES (this, what, request.state, edge.to_state, who, why, moved_at)
	RETURNING e.* INTO event;
	INSERT INTO advocacy.audit_log (at, actor, action, subject, reason, details)
	VALUES (moved_at, who, 'request_' || what, 'REQ-' || this, why,
	        jsonb_build_object('from', request.state, 'to', edge.to_state, 'role', session_user));

	PERFORM advocacy.activity_follow_move(event);
	PERFORM advocacy.clock_follow_move(event);
	PERFORM advocacy.approval_follow(this, who, moved_at);
	IF what IN ('cancel', 'expire', 'decline', 'give_up') THEN
		PERFORM advocacy.request_tell_end(event, request.advocate_id);
	END IF;
	PERFORM advocacy.writeback_follow_requests(
		ARRAY(SELECT t FROM advocacy.request_record AS t WHERE t.request_id = this), moved_at);
	RETURN event;
END
$$;

COMMENT ON FUNCTION advocacy.request_move(
	bigint, text, text, text, timestamptz, bigint, text, timestamptz, timestamptz) IS
	'Makes one move of a request, checked, with its event and its clocks; for the functions that people call.';
