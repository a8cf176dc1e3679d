-- request_prioritize(request, priority, reason, actor, at) -> integer
--
-- Purpose:    a request becomes more or less urgent while it runs: its open clocks go onto the promises for that priority,
--             recomputed from their start with all they have run and paused. A breach that this makes is told once, and doesn't
--             count where the party it is owed to made it: a rep's own wish is Sales'.
-- Parameters: request  request_id; priority  normal or expedite; reason;
--             actor  the person, NULL for session_user; at  when.
-- Returns:    how many clocks have another promise. Raises P0002 for an unknown request, 22023 for an unknown priority or a
--             time before the request's last move, 55000 for a request that has ended.
-- Writes:     request, audit_log, as clock_reclass, outbox (request_prioritized). Locks the request, then its clocks.
CREATE OR REPLACE FUNCTION advocacy.request_prioritize(
	request bigint, priority text, reason text DEFAULT NULL, actor text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS integer
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	this    constant bigint := request_prioritize.request;
	who     constant text := coalesce(nullif(btrim(request_prioritize.actor), ''), session_user);
	was     advocacy.request;
	event   bigint;
	changed integer;
BEGIN
	IF request_prioritize.priority IS NULL OR request_prioritize.priority NOT IN ('normal', 'expedite') THEN
		RAISE EXCEPTION 'unknown priority "%"', coalesce(request_prioritize.priority, 'null')
			USING ERRCODE = '22023', COLUMN = 'priority', HINT = 'normal or expedite.';
	END IF;
	was := advocacy.request_lock(this);
	IF at IS NULL OR NOT isfinite(at) OR at < was.updated_at THEN
		RAISE EXCEPTION 'request REQ-% can''t change its priority at %: its last move was at %', this, coalesce(at::text, 'null'),
				advocacy.sync_time_text(was.updated_at)
			USING ERRCODE = '22023', COLUMN = 'at', HINT = 'A change comes after what came before.';
	END IF;
	IF was.state IN ('completed', 'declined', 'expired', 'cancelled', 'unfulfillable') THEN
		RAISE EXCEPTION 'request REQ-% is %: its priority changes nothing any more', this, was.state
			USING ERRCODE = '55000', HINT = 'request_reopen first, if it goes on after all.';
	END IF;
	IF was.priority = request_prioritize.priority THEN
		RETURN 0;
	END IF;

	UPDATE advocacy.request AS r SET priority = request_prioritize.priority WHERE r.request_id = this;
	INSERT INTO advocacy.audit_log AS l (at, actor, action, subject, reason, details)
	VALUES (request_prioritize.at, who, 'request_prioritize', 'REQ-' || this, nullif(btrim(request_prioritize.reason), ''),
	        jsonb_build_object('from', was.priority, 'to', request_prioritize.priority, 'role', session_user))
	RETURNING l.audit_id INTO event;
	changed := advocacy.clock_reclass('request', this,
		CASE WHEN lower(who) = lower(was.requested_by) THEN 'sales' ELSE 'program' END, request_prioritize.at);
	PERFORM advocacy.outbox_put('request_prioritized', format('request:%s:prioritized:%s', this, event),
		advocacy.request_facts(this) || jsonb_strip_nulls(jsonb_build_object('urgency', request_prioritize.priority, 'actor', who,
			'connect_due_at', (SELECT advocacy.sync_time_text(k.due_at) FROM advocacy.sla_clock AS k
			                   WHERE k.request_id = this AND k.metric = 'connect' AND k.ended_at IS NULL),
			'at', advocacy.sync_time_text(request_prioritize.at))), 5, request_prioritize.at);
	RETURN changed;
END
$$;

COMMENT ON FUNCTION advocacy.request_prioritize(bigint, text, text, text, timestamptz) IS
	'Makes a request more or less urgent while it runs (audited): its open clocks go onto the promises for that.';
