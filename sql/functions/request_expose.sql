-- request_expose(request, exposure, reason, actor, at) -> void
--
-- Purpose:    the customer is to be shown more or less widely than was asked for. What must be approved follows: a narrower
--             exposure may need nobody's yes any more, a wider one that of others.
-- Parameters: request  request_id; exposure  internal, logo, named or public; reason;
--             actor  the person, NULL for session_user; at  when.
-- Returns:    nothing. Raises P0002 for an unknown request, 22023 for an unknown exposure, 55000 for a request that has ended or
--             taken place.
-- Writes:     request, audit_log; as approval_follow. Locks the request.
CREATE OR REPLACE FUNCTION advocacy.request_expose(
	request bigint, exposure text, reason text DEFAULT NULL, actor text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	this constant bigint := request_expose.request;
	who  constant text := coalesce(nullif(btrim(request_expose.actor), ''), session_user);
	was  advocacy.request;
BEGIN
	IF request_expose.exposure IS NULL OR request_expose.exposure <> ALL (advocacy.exposures()) THEN
		RAISE EXCEPTION 'unknown exposure "%"', coalesce(request_expose.exposure, 'null') USING ERRCODE = '22023',
			COLUMN = 'exposure', HINT = 'One of ' || array_to_string(advocacy.exposures(), ', ') || '.';
	END IF;
	IF at IS NULL OR NOT isfinite(at) THEN
		RAISE EXCEPTION 'a change needs its time, not %', coalesce(at::text, 'null') USING ERRCODE = '22023', COLUMN = 'at';
	END IF;
	was := advocacy.request_lock(this);
	IF was.state NOT IN ('submitted', 'triaged', 'matching', 'proposed', 'awaiting_csm', 'awaiting_advocate', 'scheduled', 'suspended_hold') THEN
		RAISE EXCEPTION 'request REQ-% is %: how widely it shows the customer can''t be changed', this, was.state
			USING ERRCODE = '55000', HINT = 'What has taken place has been shown; what has ended can be reopened.';
	END IF;
	IF was.exposure = request_expose.exposure THEN
		RETURN;
	END IF;
	UPDATE advocacy.request AS r SET exposure = request_expose.exposure WHERE r.request_id = this;
	INSERT INTO advocacy.audit_log (at, actor, action, subject, reason, details)
	VALUES (request_expose.at, who, 'request_expose', 'REQ-' || this, nullif(btrim(request_expose.reason), ''),
	        jsonb_build_object('from', was.exposure, 'to', request_expose.exposure, 'role', session_user));
	PERFORM advocacy.approval_follow(this, who, greatest(request_expose.at, was.updated_at));
END
$$;

COMMENT ON FUNCTION advocacy.request_expose(bigint, text, text, text, timestamptz) IS
	'Changes how widely a request shows the customer (audited); the approvals that it needs follow.';
