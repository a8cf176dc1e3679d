-- consent_record: a person allows to be asked, for all activities or for one, until a date.
-- Who had withdrawn their consent can be asked again by this, unless something else stands against it.
-- Parameters: contact, a contact_id; scope, 'all' or an activity type; until, its end (NULL: the policy's term from
-- given_at on); given_at (NULL: at); source, where it was given, as "form of 3 May"; actor (NULL: the session's user); at.
-- Returns: the consent_id.
-- Refuses: an unknown or deleted contact, an unknown scope, an end that has passed, a giving in the future.
-- Writes: consent, suspension, outbox (advocate_reinstated_by_person), audit_log. Notifies advocacy_deadline.
CREATE OR REPLACE FUNCTION advocacy.consent_record(contact bigint, scope text DEFAULT 'all',
	until timestamptz DEFAULT NULL, given_at timestamptz DEFAULT NULL, source text DEFAULT 'a person',
	actor text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	by_whom text := coalesce(nullif(btrim(consent_record.actor), ''), session_user);
	since timestamptz := coalesce(consent_record.given_at, consent_record.at);
	ends timestamptz := consent_record.until;
	made bigint;
	people bigint[] := advocacy.contact_advocates(consent_record.contact);
	lifted record;
BEGIN
	PERFORM advocacy.consent_refuse(consent_record.contact, consent_record.scope);
	IF (SELECT c.deleted FROM advocacy.contact AS c WHERE c.contact_id = consent_record.contact) THEN
		RAISE EXCEPTION 'contact % is deleted', consent_record.contact USING ERRCODE = '55000',
			HINT = 'Record the consent of the contact that took its place.';
	END IF;
	PERFORM advocacy.time_refuse(consent_record.at);
	IF since > consent_record.at OR NOT isfinite(since) THEN
		RAISE EXCEPTION 'consent can''t be given at %: that is not a time that has come', since
			USING ERRCODE = '22023', COLUMN = 'given_at', HINT = 'Leave given_at out for now, or tell when it was given.';
	END IF;
	IF ends IS NULL THEN
		ends := since + make_interval(secs => (advocacy.policy_setting('consent_term_s', '31536000') #>> '{}')::bigint);
	END IF;
	IF ends <= consent_record.at OR NOT isfinite(ends) THEN
		RAISE EXCEPTION 'consent until % would be over already, or never', ends USING ERRCODE = '22023', COLUMN = 'until',
			HINT = 'Consent has a term: an end after ' || advocacy.sync_time_text(consent_record.at) || '.';
	END IF;
	IF btrim(coalesce(consent_record.source, '')) = '' THEN
		RAISE EXCEPTION 'recording consent needs its source' USING ERRCODE = '22023', COLUMN = 'source',
			HINT = 'Say where it was given, as in "form of 3 May".';
	END IF;

	PERFORM advocacy.sync_lock();
	PERFORM FROM advocacy.advocate AS a
	 WHERE a.advocate_id = ANY (people) ORDER BY a.advocate_id FOR NO KEY UPDATE;
	-- What it replaces needs no warning any more.
	UPDATE advocacy.consent AS o SET next_at = NULL
	 WHERE o.contact_id = consent_record.contact AND o.next_at IS NOT NULL AND o.until <= ends
	   AND consent_record.scope IN ('all', o.scope);
	INSERT INTO advocacy.consent AS n (contact_id, scope, given_at, until, source, recorded_at, recorded_by, next_at)
	SELECT consent_record.contact, consent_record.scope, since, ends, consent_record.source, consent_record.at, by_whom,
	       min(w.at) FILTER (WHERE w.at > consent_record.at)
	  FROM (VALUES (ends - interval '30 days'), (ends - interval '7 days'), (ends)) AS w (at)
	RETURNING n.consent_id INTO made;
	INSERT INTO advocacy.audit_log (at, actor, action, subject, details)
	VALUES (consent_record.at, by_whom, 'consent_record', 'contact ' || consent_record.contact, jsonb_build_object(
		'consent_id', made, 'scope', consent_record.scope, 'given_at', advocacy.sync_time_text(since),
		'until', advocacy.sync_time_text(ends), 'source', consent_record.source));

	PERFORM advocacy.asset_restore(p, consent_record.at) FROM unnest(people) AS p;
	-- A consent that is older than the withdrawal doesn't lift it.
	FOR lifted IN
		UPDATE advocacy.suspension AS s
		   SET closed_at = consent_record.at, closed_by = by_whom, close_reason = 'consent was given anew'
		 WHERE s.advocate_id = ANY (people) AND s.cause = 'consent' AND s.closed_at IS NULL AND s.opened_at < since
		RETURNING s.suspension_id, s.advocate_id
	LOOP
		CONTINUE WHEN EXISTS (SELECT FROM advocacy.suspension AS o
		                       WHERE o.advocate_id = lifted.advocate_id AND o.closed_at IS NULL);
		PERFORM advocacy.outbox_put('advocate_reinstated_by_person', 'reinstated:consent:' || lifted.suspension_id,
			advocacy.suspension_facts(lifted.suspension_id) || jsonb_build_object('reason', 'consent was given anew',
				'actor', by_whom, 'at', advocacy.sync_time_text(consent_record.at)), 5, consent_record.at);
	END LOOP;
	PERFORM pg_notify('advocacy_deadline', '');
	RETURN made;
END $$;
COMMENT ON FUNCTION advocacy.consent_record(bigint, text, timestamptz, timestamptz, text, text, timestamptz) IS
	'Records that a person allows to be asked, for all activities or one, until a date (audited); returns the consent_id.';
