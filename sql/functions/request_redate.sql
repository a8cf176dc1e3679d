-- request_redate(request, needed_by, reason, actor, at) -> void
--
-- Purpose:    the reference is needed earlier or later than was asked for. What nobody has connected by then expires, so that
--             moves with it; promises don't: they run from when it was asked for. A call that is agreed stays as it is, and is
--             told of where it comes after that.
-- Parameters: request  request_id; needed_by  until when; reason;
--             actor  the person, NULL for session_user; at  when.
-- Returns:    nothing. Raises P0002 for an unknown request, 22023 for a time that is none, or is over, 55000 for a request that
--             has ended or taken place.
-- Writes:     request, audit_log, outbox (request_redated). Notifies advocacy_deadline. Locks the request.
CREATE OR REPLACE FUNCTION advocacy.request_redate(
	request bigint, needed_by timestamptz, reason text DEFAULT NULL, actor text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	this  constant bigint := request_redate.request;
	who   constant text := coalesce(nullif(btrim(request_redate.actor), ''), session_user);
	was   advocacy.request;
	event bigint;
BEGIN
	IF at IS NULL OR NOT isfinite(at) THEN
		RAISE EXCEPTION 'a change needs its time, not %', coalesce(at::text, 'null') USING ERRCODE = '22023', COLUMN = 'at';
	END IF;
	IF request_redate.needed_by IS NULL OR NOT isfinite(request_redate.needed_by) THEN
		RAISE EXCEPTION 'needed_by must be a time, not %', coalesce(request_redate.needed_by::text, 'null')
			USING ERRCODE = '22023', COLUMN = 'needed_by';
	END IF;
	was := advocacy.request_lock(this);
	IF was.state NOT IN ('submitted', 'triaged', 'matching', 'proposed', 'awaiting_csm', 'awaiting_advocate', 'scheduled', 'suspended_hold') THEN
		RAISE EXCEPTION 'request REQ-% is %: until when it is needed changes nothing any more', this, was.state
			USING ERRCODE = '55000', HINT = 'What has taken place is done; what has ended can be reopened: advocacy.request_reopen.';
	END IF;
	IF was.needed_by = request_redate.needed_by THEN
		RETURN;
	END IF;
	IF request_redate.needed_by <= at THEN
		RAISE EXCEPTION 'request REQ-% can''t be needed by %: that is over', this, advocacy.sync_time_text(request_redate.needed_by)
			USING ERRCODE = '22023', COLUMN = 'needed_by', HINT = 'A time to come; what isn''t needed any more: advocacy.request_cancel.';
	END IF;

	UPDATE advocacy.request AS r SET needed_by = request_redate.needed_by WHERE r.request_id = this;
	INSERT INTO advocacy.audit_log AS l (at, actor, action, subject, reason, details)
	VALUES (request_redate.at, who, 'request_redate', 'REQ-' || this, nullif(btrim(request_redate.reason), ''),
	        jsonb_build_object('from', was.needed_by, 'to', request_redate.needed_by, 'role', session_user))
	RETURNING l.audit_id INTO event;
	PERFORM advocacy.outbox_put('request_redated', format('request:%s:redated:%s', this, event),
		advocacy.request_facts(this) || jsonb_strip_nulls(jsonb_build_object(
			'needed_by', advocacy.sync_time_text(request_redate.needed_by), 'actor', who,
			'scheduled_for', CASE WHEN was.scheduled_for > request_redate.needed_by THEN advocacy.sync_time_text(was.scheduled_for) END,
			'at', advocacy.sync_time_text(request_redate.at))), 5, request_redate.at);
	PERFORM pg_notify('advocacy_deadline', '');
END
$$;

COMMENT ON FUNCTION advocacy.request_redate(bigint, timestamptz, text, text, timestamptz) IS
	'Changes until when a reference is needed (audited); it expires by then.';
