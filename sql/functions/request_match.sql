-- request_match(request, advocate, actor, at) -> void
--
-- Purpose:    proposes an advocate for a request, or another one than before.
-- Parameters: request  request_id; advocate  advocate_id; actor  the person, NULL for session_user; at  when.
-- Returns:    nothing. Raises P0002 for an unknown request or advocate, 55000 for an advocate who isn't available, hasn't
--             consented to the activity or has reached a cap, and for a move that the state forbids, 22023 as request_move.
-- Writes:     as request_move; outbox (request_matched).
--
-- The match is the reservation (activity): of any number of people who want an advocate's last slot at once, one gets it.
-- The advocate's row is locked before anything is asked of it, and suspending locks the same row: whichever comes
-- second sees what the other did. Why someone isn't available is not said here: explain_advocate tells those who may
-- know.
CREATE OR REPLACE FUNCTION advocacy.request_match(
	request bigint, advocate bigint, actor text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	this   constant bigint := request_match.request;
	chosen constant bigint := request_match.advocate;
	event  advocacy.request_event;
	wanted text;
	account bigint;
	cap    record;
BEGIN
	SELECT a.account_id INTO account FROM advocacy.advocate AS a WHERE a.advocate_id = chosen FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no advocate %', coalesce(chosen::text, 'null')
			USING ERRCODE = 'P0002', HINT = 'advocacy.advocate_availability lists the advocates.';
	END IF;
	-- The account's cap counts all its advocates: one after the other. (Not the account's row: the sync locks accounts before
	-- advocates.)
	PERFORM pg_advisory_xact_lock(hashtextextended('advocacy.account', account));
	event := advocacy.request_move(this, 'match', actor, NULL, at, advocate => chosen);
	IF NOT EXISTS (SELECT FROM advocacy.advocate_availability AS v
	               WHERE v.advocate_id = chosen AND v.others = '{}') THEN
		RAISE EXCEPTION 'advocate % is not available', chosen
			USING ERRCODE = '55000',
			      HINT = 'advocacy.advocate_availability lists those who are; explain_advocate says why this one is not.';
	END IF;
	SELECT r.activity_type INTO wanted FROM advocacy.request AS r WHERE r.request_id = this;
	IF NOT advocacy.consent_allows((SELECT a.former_contacts || a.contact_id FROM advocacy.advocate AS a
	                                WHERE a.advocate_id = chosen), wanted, at) THEN
		RAISE EXCEPTION 'advocate % has not consented to a %', chosen, replace(wanted, '_', ' ')
			USING ERRCODE = '55000',
			      HINT = 'Consent is recorded by advocacy.consent_record; match_advocates proposes who has given it.';
	END IF;
	SELECT c.* INTO cap FROM advocacy.advocate_caps(chosen, wanted, at, this) AS c
	ORDER BY c.free_at DESC NULLS FIRST LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'advocate % can''t be asked for a % now: %', chosen, replace(wanted, '_', ' '), cap.reason
			USING ERRCODE = '55000', HINT = 'match_advocates proposes who can; [caps] of the policy sets the caps.';
	END IF;
	PERFORM advocacy.outbox_put('request_matched', format('request:%s:matched:%s', this, event.event_id),
		advocacy.request_facts(this) || jsonb_build_object(
			'advocate', 'ADV-' || chosen, 'approvers', (
				SELECT jsonb_agg(p.approver ORDER BY p.approver) FROM advocacy.approval AS p
				WHERE p.request_id = this AND p.state = 'asked'), 'at', advocacy.sync_time_text(event.occurred_at)), 5, at);
END
$$;

COMMENT ON FUNCTION advocacy.request_match(bigint, bigint, text, timestamptz) IS
	'Proposes an available advocate for a request.';
