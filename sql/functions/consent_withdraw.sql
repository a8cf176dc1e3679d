-- consent_withdraw: a person takes back what they allowed. It holds at once, comes before everything else, and needs no
-- reason. Open requests that need it and weren't held yet go back to matching.
-- Withdrawing all, or what was left, suspends the advocate until consent is given anew. What nobody had recorded can be
-- withdrawn too. Withdrawing what is withdrawn already changes nothing.
-- Parameters: contact, a contact_id; scope, 'all' or an activity type; reason; actor (NULL: the session's user); at.
-- Returns: how many open requests it stopped.
-- Refuses: an unknown contact, an unknown scope.
-- Writes: consent, suspension, request (rematch), asset, outbox (consent_withdrawn), audit_log.
CREATE OR REPLACE FUNCTION advocacy.consent_withdraw(contact bigint, scope text DEFAULT 'all', reason text DEFAULT NULL,
	actor text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	by_whom text := coalesce(nullif(btrim(consent_withdraw.actor), ''), session_user);
	why text := nullif(btrim(consent_withdraw.reason), '');
	people bigint[] := advocacy.contact_advocates(consent_withdraw.contact);
	person record;
	found_one boolean := false;
	stops text[];
	stopped integer := 0;
BEGIN
	IF consent_withdraw.at IS NULL OR NOT isfinite(consent_withdraw.at) THEN
		RAISE EXCEPTION 'consent can''t be withdrawn at %', coalesce(consent_withdraw.at::text, 'null')
			USING ERRCODE = '22023', COLUMN = 'at', HINT = 'Leave it out for now.';
	END IF;
	PERFORM advocacy.consent_refuse(consent_withdraw.contact, consent_withdraw.scope);
	PERFORM advocacy.sync_lock();
	PERFORM FROM advocacy.advocate AS a
	 WHERE a.advocate_id = ANY (people) ORDER BY a.advocate_id FOR NO KEY UPDATE;

	UPDATE advocacy.consent AS c
	   SET withdrawn_at = greatest(consent_withdraw.at, c.given_at), withdrawn_by = by_whom, withdraw_reason = why, next_at = NULL
	 WHERE c.contact_id = consent_withdraw.contact AND c.withdrawn_at IS NULL
	   AND consent_withdraw.scope IN ('all', c.scope);
	-- What was allowed with everything else, or by being enrolled, is taken back by a row of its own. So is all, which
	-- stands against every contact that is this person's.
	INSERT INTO advocacy.consent (contact_id, scope, source, recorded_at, recorded_by, withdrawn_at, withdrawn_by,
	                              withdraw_reason)
	SELECT consent_withdraw.contact, consent_withdraw.scope, 'withdrawal', consent_withdraw.at, by_whom,
	       consent_withdraw.at, by_whom, why
	 WHERE NOT EXISTS (SELECT FROM advocacy.consent AS w
	                    WHERE w.contact_id = consent_withdraw.contact AND w.given_at IS NULL
	                      AND w.scope IN ('all', consent_withdraw.scope)
	                      AND NOT EXISTS (SELECT FROM advocacy.consent AS g
	                                       WHERE g.contact_id = consent_withdraw.contact
	                                         AND g.given_at > w.withdrawn_at));
	found_one := FOUND;
	IF found_one THEN
		INSERT INTO advocacy.audit_log (at, actor, action, subject, reason, details)
		VALUES (consent_withdraw.at, by_whom, 'consent_withdraw', 'contact ' || consent_withdraw.contact, why,
		        jsonb_build_object('scope', consent_withdraw.scope));
	END IF;

	FOR person IN
		SELECT a.advocate_id, a.account_id, a.retired_at, a.former_contacts || a.contact_id AS contacts
		  FROM advocacy.advocate AS a WHERE a.advocate_id = ANY (people) ORDER BY a.advocate_id
	LOOP
		IF NOT advocacy.consent_allows(person.contacts, NULL, consent_withdraw.at) THEN
			INSERT INTO advocacy.suspension (advocate_id, cause, reason, evidence, opened_at, opened_by)
			VALUES (person.advocate_id, 'consent', coalesce(why, 'no reason was given'),
			        jsonb_build_object('contact_id', consent_withdraw.contact, 'scope', consent_withdraw.scope),
			        consent_withdraw.at, by_whom)
			ON CONFLICT (advocate_id, cause, coalesce(rule, '')) WHERE closed_at IS NULL AND cause <> 'risk' DO NOTHING;
		END IF;
		SELECT array_agg('REQ-' || q.request_id ORDER BY q.request_id) INTO stops FROM advocacy.request AS q
		 WHERE q.advocate_id = person.advocate_id AND consent_withdraw.scope IN ('all', q.activity_type)
		   AND q.state IN ('proposed', 'awaiting_csm', 'awaiting_advocate', 'scheduled', 'suspended_hold');
		IF stops IS NOT NULL THEN
			PERFORM advocacy.request_rematch(person.advocate_id, consent_withdraw.at,
				CASE WHEN consent_withdraw.scope <> 'all' THEN ARRAY[consent_withdraw.scope] END, true);
			stopped := stopped + cardinality(stops);
		END IF;
		PERFORM advocacy.asset_withdraw(person.advocate_id, consent_withdraw.scope, consent_withdraw.at);
		IF found_one AND person.retired_at IS NULL THEN
			PERFORM advocacy.outbox_put('consent_withdrawn',
				format('consent:%s:%s:withdrawn:%s', person.advocate_id, consent_withdraw.scope,
				       advocacy.sync_time_text(consent_withdraw.at)),
				advocacy.consent_facts(person.advocate_id) || jsonb_strip_nulls(jsonb_build_object(
					'scope', consent_withdraw.scope, 'reason', why, 'actor', by_whom, 'requests', to_jsonb(stops),
					'at', advocacy.sync_time_text(consent_withdraw.at))), 2, consent_withdraw.at);
		END IF;
	END LOOP;
	RETURN stopped;
END $$;
COMMENT ON FUNCTION advocacy.consent_withdraw(bigint, text, text, text, timestamptz) IS
	'A person takes back what they allowed (audited): at once, whatever else holds; returns how many open requests it stopped.';
