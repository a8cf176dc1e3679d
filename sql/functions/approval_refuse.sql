-- approval_refuse(request_id, move, advocate) -> void
--
-- Purpose:    a request goes nowhere without the approvals that it needs: no date, and nothing held, while one is open or was
--             refused; no match with an advocate for whom one was refused.
-- Parameters: request_id; move  as in request_edges; advocate  of a match, else the request's.
-- Returns:    nothing. Raises 55000 naming the approver.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.approval_refuse(request_id bigint, move text, advocate bigint)
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	missing record;
BEGIN
	IF approval_refuse.move NOT IN ('match', 'schedule', 'hold', 'fulfil') THEN
		RETURN;
	END IF;
	SELECT a.approver, a.state, a.approval_id INTO missing
	FROM advocacy.approval AS a JOIN advocacy.request AS r ON r.request_id = a.request_id
	WHERE a.request_id = approval_refuse.request_id
	  AND a.advocate_id = coalesce(approval_refuse.advocate, r.advocate_id)
	  AND CASE a.state WHEN 'asked' THEN approval_refuse.move <> 'match'
	                   WHEN 'refused' THEN array_position(advocacy.exposures(), a.exposure)
	                                       <= array_position(advocacy.exposures(), r.exposure) ELSE false END
	  AND r.state IN ('submitted', 'triaged', 'matching', 'proposed', 'awaiting_csm', 'awaiting_advocate', 'scheduled', 'suspended_hold')
	ORDER BY a.state DESC, a.approver LIMIT 1;
	IF missing.state = 'asked' THEN
		RAISE EXCEPTION 'request REQ-% waits for the approval of %', approval_refuse.request_id, missing.approver
			USING ERRCODE = '55000', HINT = format('SELECT advocacy.approval_decide(%s, true) records it; advocacy.approval_waiting lists what is waited for.', missing.approval_id);
	ELSIF FOUND THEN
		RAISE EXCEPTION '% did not approve of request REQ-% with this advocate', missing.approver, approval_refuse.request_id
			USING ERRCODE = '55000', HINT = 'Match another advocate, or show them less widely: advocacy.request_expose.';
	END IF;
END
$$;

COMMENT ON FUNCTION advocacy.approval_refuse(bigint, text, bigint) IS
	'Refuses to go on with a request whose approvals are open or refused.';
