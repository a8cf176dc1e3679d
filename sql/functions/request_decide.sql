-- request_decide(request, decision, scheduled_for, reason, actor, at) -> void
--
-- Purpose:    the CSM decides what becomes of a call whose advocate was suspended (suspended_hold): it takes place, at another
--             time, or with somebody else. Consent isn't the CSM's to decide: who withdrew it is off the request already.
-- Parameters: request  request_id; decision  keep, move or replace; scheduled_for  for move: the new date; reason;
--             actor  the person, NULL for session_user; at  when.
-- Returns:    nothing. Raises P0002 for an unknown request, 55000 where nothing is to be decided, 22023 for another decision,
--             and for a date that is missing, has passed, or isn't asked for.
-- Writes:     as request_move and request_rematch_one; outbox (request_scheduled).
CREATE OR REPLACE FUNCTION advocacy.request_decide(
	request bigint, decision text, scheduled_for timestamptz DEFAULT NULL, reason text DEFAULT NULL, actor text DEFAULT NULL,
	at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	now_in text;
BEGIN
	IF decision IS NULL OR decision NOT IN ('keep', 'move', 'replace') THEN
		RAISE EXCEPTION '"%" is no decision about a call', coalesce(decision, 'null')
			USING ERRCODE = '22023', COLUMN = 'decision', HINT = 'keep, move (to a new date) or replace (with somebody else).';
	END IF;
	IF decision = 'move' AND (scheduled_for IS NULL OR NOT isfinite(scheduled_for) OR scheduled_for <= at) THEN
		RAISE EXCEPTION 'a call can''t be moved to %', coalesce(advocacy.sync_time_text(scheduled_for), 'no date')
			USING ERRCODE = '22023', COLUMN = 'scheduled_for', HINT = 'Give a date and time to come.';
	ELSIF decision <> 'move' AND scheduled_for IS NOT NULL THEN
		RAISE EXCEPTION '% takes no date', decision
			USING ERRCODE = '22023', COLUMN = 'scheduled_for', HINT = 'move changes the date.';
	END IF;
	now_in := (advocacy.request_lock(request)).state;
	IF now_in <> 'suspended_hold' THEN
		RAISE EXCEPTION 'request REQ-% is %: nothing is to be decided about a call', request, now_in
			USING ERRCODE = '55000', HINT = 'Only in suspended_hold, when an advocate was suspended shortly before a call.';
	END IF;
	IF decision = 'replace' THEN
		PERFORM advocacy.request_rematch_one(request, at, actor, coalesce(nullif(btrim(reason), ''), 'the CSM wants somebody else'));
	ELSE
		PERFORM advocacy.request_call_keep(request, decision, actor, reason, at, scheduled_for);
	END IF;
END
$$;

COMMENT ON FUNCTION advocacy.request_decide(bigint, text, timestamptz, text, text, timestamptz) IS
	'The CSM decides about the call of a suspended advocate: keep, move or replace (audited).';
