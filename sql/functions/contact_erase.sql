-- contact_erase: forgets a person, at their request (GDPR Art. 17, CCPA). Every contact that shares the address is the same
-- person. What is left of each is a tombstone with the vendor's id, so that the next sync doesn't bring it back; it is an
-- advocate no more. Name and address are taken out of all that was ever written about them: messages sent and waiting,
-- suspensions, requests, the audit log, raw records that were set aside. A name is looked for only where it has two
-- words or more: one alone would be somebody else's too.
-- Parameters: contact, a contact_id; reason; actor (NULL: the session's user); at.
-- Returns: contacts (tombstones made), redacted (rows that named the person).
-- Refuses: an unknown contact, one that is erased.
-- Writes: contact, advocate, rejected_record, audit_log, and whatever names the person, in any table that isn't synced.
CREATE OR REPLACE FUNCTION advocacy.contact_erase(contact bigint, reason text DEFAULT 'asked for', actor text DEFAULT NULL,
	at timestamptz DEFAULT now(), OUT contacts bigint, OUT redacted bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	by_whom text := coalesce(nullif(btrim(contact_erase.actor), ''), session_user);
	person advocacy.contact;
	ids bigint[];
	advocate_id bigint;
	named text;
	place record;
	rows_changed bigint;
BEGIN
	PERFORM advocacy.time_refuse(contact_erase.at);
	PERFORM advocacy.sync_lock();
	SELECT c.* INTO person FROM advocacy.contact AS c WHERE c.contact_id = contact_erase.contact;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no contact %', coalesce(contact_erase.contact::text, 'null')
			USING ERRCODE = 'P0002', HINT = 'Look the contact up in advocacy.contact.';
	END IF;
	IF person.erased_at IS NOT NULL THEN
		RAISE EXCEPTION 'contact % was erased at %', person.contact_id, advocacy.sync_time_text(person.erased_at)
			USING ERRCODE = '55000', HINT = 'There is nothing left to erase.';
	END IF;
	-- What is no address, such as "none", names nobody: neither other contacts that hold it nor words in what was written.
	ids := ARRAY(SELECT c.contact_id FROM advocacy.contact AS c
	              WHERE c.contact_id = person.contact_id OR lower(c.email) = lower(person.email) AND c.email LIKE '%_@_%' ORDER BY 1);

	-- While the name is still there: what this sets in motion is redacted below with all the rest. All advocates are locked before
	-- anybody's requests.
	FOREACH advocate_id IN ARRAY ARRAY(
		SELECT a.advocate_id FROM advocacy.advocate AS a
		 WHERE (a.contact_id = ANY (ids) OR a.former_contacts && ids) AND a.retired_at IS NULL
		 ORDER BY a.advocate_id FOR NO KEY UPDATE) LOOP
		PERFORM advocacy.advocate_retire(advocate_id, 'erased', by_whom, contact_erase.at);
		PERFORM advocacy.asset_withdraw(advocate_id, 'all', contact_erase.at);
	END LOOP;

	SELECT string_agg(regexp_replace(n.needle, '([^[:alnum:] @_])', '\\\1', 'g'), '|') INTO named
	  FROM (SELECT c.email AS needle FROM advocacy.contact AS c WHERE c.contact_id = ANY (ids) AND c.email LIKE '%_@_%'
	        UNION
	        SELECT w.name FROM advocacy.contact AS c
	         CROSS JOIN LATERAL (SELECT regexp_replace(btrim(concat_ws(' ', c.first_name, c.last_name)), '\s+', ' ', 'g') AS name) AS w
	         WHERE c.contact_id = ANY (ids) AND w.name LIKE '% %') AS n;
	redacted := 0;
	DELETE FROM advocacy.rejected_record AS r USING advocacy.contact AS c
	 WHERE c.contact_id = ANY (ids) AND r.source = c.source AND r.stream = 'contact' AND r.remote_id = c.remote_id;
	UPDATE advocacy.contact AS c
	   SET email = NULL, first_name = NULL, last_name = NULL, title = NULL, opted_out = true, advocate = NULL, signals = NULL,
	       persona = NULL, language = NULL, time_zone = NULL, products = NULL, use_cases = NULL,
	       erased_at = contact_erase.at
	 WHERE c.contact_id = ANY (ids);
	GET DIAGNOSTICS contacts = ROW_COUNT;
	FOR place IN
		SELECT k.relname AS relation, a.attname AS attribute, a.atttypid = 'jsonb'::regtype AS is_json
		  FROM pg_class AS k JOIN pg_attribute AS a ON a.attrelid = k.oid
		 WHERE k.relnamespace = 'advocacy'::regnamespace AND k.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
		   AND a.atttypid IN ('text'::regtype, 'jsonb'::regtype) AND k.relname NOT LIKE 'stage\_%'
		   AND k.relname NOT IN ('account', 'account_source', 'contact', 'staff', 'support_case', 'opportunity', 'signal',
		                         'signal_history', 'sync_listing', 'schema_version')
		   -- Keys and words of our own.
		   AND NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = k.oid AND i.indisunique AND a.attnum = ANY (i.indkey))
		 ORDER BY 1, 2
	LOOP
		CONTINUE WHEN named IS NULL;
		EXECUTE format('UPDATE advocacy.%1$I SET %2$I = regexp_replace(%2$I::text, $1, ''[erased]'', ''gi'')%3$s WHERE %2$I::text ~* $1',
			place.relation, place.attribute, CASE WHEN place.is_json THEN '::jsonb' ELSE '' END)
			USING '(?<!\w)(?:' || named || ')(?!\w)';
		GET DIAGNOSTICS rows_changed = ROW_COUNT;
		redacted := redacted + rows_changed;
	END LOOP;
	INSERT INTO advocacy.audit_log (at, actor, action, subject, reason, details)
	VALUES (contact_erase.at, by_whom, 'contact_erase', 'contact ' || person.contact_id,
	        CASE WHEN named IS NULL THEN contact_erase.reason
	             ELSE regexp_replace(contact_erase.reason, '(?<!\w)(?:' || named || ')(?!\w)', '[erased]', 'gi') END,
	        jsonb_build_object('contacts', to_jsonb(ids), 'redacted', redacted));
END $$;
COMMENT ON FUNCTION advocacy.contact_erase(bigint, text, text, timestamptz) IS
	'Forgets a person: every contact of that address becomes a tombstone, and name and address go out of all that was written (audited).';
