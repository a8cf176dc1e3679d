-- advocate_retire: ends an advocate's part in the program. The sync never brings back whom a person retired.
-- Parameters: advocate, an advocate_id; reason; actor (NULL: the session's user); at.
-- Returns: nothing. Open suspensions by rules end, those by people and consent stay.
-- Refuses: an unknown advocate, one who is retired, a missing reason.
-- Writes: advocate, suspension, outbox, request (rematch), audit_log.
CREATE OR REPLACE FUNCTION advocacy.advocate_retire(advocate bigint, reason text, actor text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	person advocacy.advocate;
	by_whom text := coalesce(nullif(advocate_retire.actor, ''), session_user);
BEGIN
	PERFORM advocacy.time_refuse(advocate_retire.at);
	IF coalesce(btrim(advocate_retire.reason), '') = '' THEN
		RAISE EXCEPTION 'retiring an advocate needs a reason' USING ERRCODE = '22023';
	END IF;
	PERFORM advocacy.sync_lock();
	SELECT a.* INTO person FROM advocacy.advocate AS a WHERE a.advocate_id = advocate_retire.advocate
	   FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no advocate %', advocate_retire.advocate
			USING ERRCODE = 'P0002', HINT = 'Look the advocate up in advocacy.advocate_availability.';
	END IF;
	IF person.retired_at IS NOT NULL THEN
		RAISE EXCEPTION 'advocate % was retired at %: %', person.advocate_id, advocacy.sync_time_text(person.retired_at),
			person.retire_reason USING ERRCODE = '55000';
	END IF;
	UPDATE advocacy.advocate AS a SET retired_at = advocate_retire.at, retire_reason = advocate_retire.reason
	 WHERE a.advocate_id = person.advocate_id;
	INSERT INTO advocacy.audit_log (at, actor, action, subject, reason)
	VALUES (advocate_retire.at, by_whom, 'advocate_retire', 'advocate ' || person.advocate_id, advocate_retire.reason);
	IF person.account_id IS NOT NULL THEN
		PERFORM advocacy.suspension_follow(ARRAY[person.account_id], advocate_retire.at);
	END IF;
	PERFORM advocacy.writeback_follow(ARRAY[person.advocate_id], advocate_retire.at);
	IF EXISTS (SELECT FROM advocacy.request AS q WHERE q.advocate_id = person.advocate_id
	           AND q.state IN ('submitted', 'triaged', 'matching', 'proposed', 'awaiting_csm', 'awaiting_advocate',
	                           'scheduled', 'suspended_hold')) THEN
		PERFORM advocacy.request_rematch(person.advocate_id, advocate_retire.at, NULL, true);
	END IF;
END $$;
COMMENT ON FUNCTION advocacy.advocate_retire(bigint, text, text, timestamptz) IS
	'Ends an advocate''s part in the program (audited); open requests are matched anew.';
