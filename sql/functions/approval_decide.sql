-- approval_decide(approval, yes, reason, actor, at) -> void
--
-- Purpose:    legal, PR, security or whoever must approve says yes or no to showing a customer. After a no the request looks for
--             another advocate, its clock running on, and the rep is told, without the reason. A yes can be taken back until
--             it has taken place.
-- Parameters: approval  approval_id; yes; reason  a no needs one;
--             actor  who decided, NULL for session_user; at  when.
-- Returns:    nothing. Raises P0002 for an unknown approval, 55000 for one that is decided so already or needed no more,
--             22023 for no answer, a no without a reason, a time before it was asked, 42501 for somebody who isn't named for it.
-- Writes:     approval, sla_clock, clock_event, audit_log, outbox (approval_granted, approval_refused, advocate_unavailable);
--             after a no as request_move. Locks the advocate, the request, then its clocks.
CREATE OR REPLACE FUNCTION advocacy.approval_decide(
	approval bigint, yes boolean, reason text DEFAULT NULL, actor text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	who     constant text := coalesce(nullif(btrim(approval_decide.actor), ''), session_user);
	why     constant text := nullif(btrim(approval_decide.reason), '');
	verdict constant text := CASE WHEN yes THEN 'granted' ELSE 'refused' END;
	this    advocacy.approval;
	request advocacy.request;
	facts   jsonb;
	event   advocacy.request_event;
BEGIN
	IF yes IS NULL OR NOT yes AND why IS NULL THEN
		RAISE EXCEPTION 'an approval is given or refused with a reason' USING ERRCODE = '22023',
			COLUMN = CASE WHEN yes IS NULL THEN 'yes' ELSE 'reason' END, HINT = 'true, or false and why.';
	END IF;
	IF at IS NULL OR NOT isfinite(at) THEN
		RAISE EXCEPTION 'a decision needs its time, not %', coalesce(at::text, 'null') USING ERRCODE = '22023', COLUMN = 'at';
	END IF;
	SELECT p.* INTO this FROM advocacy.approval AS p WHERE p.approval_id = approval_decide.approval;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no approval %', coalesce(approval_decide.approval::text, 'null')
			USING ERRCODE = 'P0002', HINT = 'advocacy.approval_waiting lists what is waited for.';
	END IF;
	PERFORM FROM advocacy.advocate AS v WHERE v.advocate_id = this.advocate_id FOR NO KEY UPDATE;
	SELECT r.* INTO request FROM advocacy.request AS r WHERE r.request_id = this.request_id FOR UPDATE;
	SELECT p.* INTO this FROM advocacy.approval AS p WHERE p.approval_id = approval_decide.approval FOR UPDATE;

	IF this.people <> '{}' AND lower(who) <> ALL (this.people) THEN
		RAISE EXCEPTION '% doesn''t decide for %', who, this.approver
			USING ERRCODE = '42501', COLUMN = 'actor', HINT = 'It is for ' || array_to_string(this.people, ', ') || ' to decide.';
	END IF;
	IF this.state <> 'asked' AND (this.state <> 'granted' OR yes OR request.advocate_id IS DISTINCT FROM this.advocate_id
	                              OR request.state NOT IN ('proposed', 'awaiting_csm', 'awaiting_advocate', 'scheduled', 'suspended_hold')) THEN
		RAISE EXCEPTION 'approval % is % already', this.approval_id, this.state
			USING ERRCODE = '55000', HINT = 'What was granted can be refused until it has taken place; nothing else changes.';
	END IF;
	IF at < coalesce(this.ended_at, this.asked_at) THEN
		RAISE EXCEPTION 'approval % can''t be decided at %: it was asked for at %', this.approval_id,
				advocacy.sync_time_text(at), advocacy.sync_time_text(coalesce(this.ended_at, this.asked_at))
			USING ERRCODE = '22023', COLUMN = 'at';
	END IF;

	UPDATE advocacy.approval AS p SET state = verdict, ended_at = approval_decide.at, decided_by = who, reason = why
	WHERE p.approval_id = this.approval_id;
	INSERT INTO advocacy.audit_log (at, actor, action, subject, reason, details)
	VALUES (approval_decide.at, who, 'approval_decide', 'REQ-' || this.request_id, why, jsonb_build_object(
		'approval_id', this.approval_id, 'approver', this.approver, 'exposure', this.exposure, 'to', verdict, 'role', session_user));
	PERFORM advocacy.clock_follow('approval', this.approval_id, ARRAY[verdict], '{}', approval_decide.at, verdict);

	facts := advocacy.approval_facts(this.approval_id)
		|| jsonb_build_object('actor', who, 'at', advocacy.sync_time_text(approval_decide.at));
	IF NOT yes THEN
		PERFORM advocacy.outbox_put('approval_refused', format('approval:%s:refused', this.approval_id),
			facts || jsonb_build_object('reason', why), 4, approval_decide.at);
		IF EXISTS (SELECT FROM advocacy.request_edges() AS e WHERE e.move = 'return' AND e.from_state = request.state) THEN
			event := advocacy.request_move(this.request_id, 'return', who, this.approver || ' did not approve', approval_decide.at);
			PERFORM advocacy.request_tell_unavailable(event, approval_decide.at);
		END IF;
	ELSIF NOT EXISTS (SELECT FROM advocacy.approval AS p
	                  WHERE p.request_id = this.request_id AND p.advocate_id = this.advocate_id AND p.state IN ('asked', 'refused')) THEN
		PERFORM advocacy.outbox_put('approval_granted', format('request:%s:approved:%s', this.request_id, this.approval_id),
			facts || jsonb_build_object('approvers', (
				SELECT jsonb_agg(DISTINCT p.approver) FROM advocacy.approval AS p
				WHERE p.request_id = this.request_id AND p.advocate_id = this.advocate_id AND p.state = 'granted')),
			5, approval_decide.at);
	END IF;
END
$$;

COMMENT ON FUNCTION advocacy.approval_decide(bigint, boolean, text, text, timestamptz) IS
	'An approver says yes or no to showing a customer (audited); after a no the request looks for another advocate.';
