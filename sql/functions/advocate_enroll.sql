-- advocate_enroll: takes a contact into the program; one who was retired comes back.
-- Parameters: contact, a contact_id; reason; actor (NULL: the session's user); at.
-- Returns: the advocate_id. Where the account is at risk, the advocate is suspended at once.
-- Refuses: an unknown or deleted contact, one who is enrolled, a second enrolment of the same e-mail at an account.
-- Writes: advocate, suspension, outbox, audit_log.
CREATE OR REPLACE FUNCTION advocacy.advocate_enroll(contact bigint, reason text DEFAULT NULL, actor text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	person advocacy.contact;
	existing advocacy.advocate;
	enrolled bigint;
	by_whom text := coalesce(nullif(advocate_enroll.actor, ''), session_user);
BEGIN
	PERFORM advocacy.time_refuse(advocate_enroll.at);
	PERFORM advocacy.sync_lock();
	SELECT c.* INTO person FROM advocacy.contact AS c WHERE c.contact_id = advocate_enroll.contact FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no contact %', advocate_enroll.contact
			USING ERRCODE = 'P0002', HINT = 'Use the contact_id of advocacy.contact.';
	END IF;
	IF person.deleted THEN
		RAISE EXCEPTION 'contact % is deleted in %', person.contact_id, person.source USING ERRCODE = '55000';
	END IF;
	SELECT a.* INTO existing FROM advocacy.advocate AS a WHERE a.contact_id = person.contact_id;
	IF existing.advocate_id IS NOT NULL AND existing.retired_at IS NULL THEN
		RAISE EXCEPTION 'contact % is advocate % already', person.contact_id, existing.advocate_id USING ERRCODE = '23505';
	END IF;
	SELECT a.advocate_id INTO enrolled
	  FROM advocacy.advocate AS a JOIN advocacy.contact AS c ON c.contact_id = a.contact_id
	 WHERE a.account_id = person.account_id AND a.retired_at IS NULL AND lower(c.email) = lower(person.email)
	   AND c.contact_id <> person.contact_id
	 ORDER BY a.advocate_id LIMIT 1;
	IF enrolled IS NOT NULL THEN
		RAISE EXCEPTION 'the same person is advocate % already, by another contact of the account', enrolled
			USING ERRCODE = '23505';
	END IF;
	INSERT INTO advocacy.advocate AS a (contact_id, account_id, enrolled_at, enrolled_by)
	VALUES (person.contact_id, person.account_id, advocate_enroll.at, by_whom)
	ON CONFLICT (contact_id) DO UPDATE SET account_id = excluded.account_id, enrolled_by = excluded.enrolled_by,
		retired_at = NULL, retire_reason = NULL
	RETURNING a.advocate_id INTO enrolled;
	INSERT INTO advocacy.audit_log (at, actor, action, subject, reason, details)
	VALUES (advocate_enroll.at, by_whom, 'advocate_enroll', 'advocate ' || enrolled, advocate_enroll.reason,
		jsonb_build_object('contact_id', person.contact_id, 'again', existing.advocate_id IS NOT NULL));
	IF person.account_id IS NOT NULL THEN
		PERFORM advocacy.suspension_follow(ARRAY[person.account_id], advocate_enroll.at);
	END IF;
	PERFORM advocacy.writeback_follow(ARRAY[enrolled], advocate_enroll.at);
	PERFORM advocacy.request_follow_causes(
		advocacy.risk_evaluate_contacts(ARRAY[enrolled], advocate_enroll.at), advocate_enroll.at);
	RETURN enrolled;
END $$;
COMMENT ON FUNCTION advocacy.advocate_enroll(bigint, text, text, timestamptz) IS
	'Takes a contact into the program (audited); returns the advocate_id. Suspended at once where the account is at risk.';
