-- consent_fire: warns 30 and 7 days before a consent ends, and stops what needs it when it has ended.
-- Late (the daemon was down), only the nearest of the warnings is said. Who left the program isn't warned about, nor one
-- who has given the same for longer.
-- Parameters: at. Returns: how many consents were looked at. Writes: consent, request (rematch), outbox (consent_expiring).
CREATE OR REPLACE FUNCTION advocacy.consent_fire(at timestamptz DEFAULT now()) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	due record;
	person record;
	fired integer := 0;
	lost text[];
BEGIN
	IF NOT EXISTS (SELECT FROM advocacy.consent AS c WHERE c.next_at <= consent_fire.at) THEN
		RETURN 0;
	END IF;
	PERFORM advocacy.sync_lock(); -- before advocates, as everywhere: what fires after this takes it
	-- Advocates before what belongs to them, in id order, as everywhere.
	PERFORM FROM advocacy.advocate AS a
	 WHERE a.advocate_id IN (SELECT unnest(advocacy.contact_advocates(c.contact_id)) FROM advocacy.consent AS c
	                          WHERE c.next_at <= consent_fire.at)
	 ORDER BY a.advocate_id FOR NO KEY UPDATE;
	FOR due IN
		SELECT c.* FROM advocacy.consent AS c WHERE c.next_at <= consent_fire.at ORDER BY c.consent_id FOR UPDATE
	LOOP
		fired := fired + 1;
		UPDATE advocacy.consent AS c
		   SET next_at = (SELECT min(w.at) FROM (VALUES (due.until - interval '7 days'), (due.until)) AS w (at)
		                   WHERE w.at > consent_fire.at)
		 WHERE c.consent_id = due.consent_id;
		SELECT a.advocate_id, a.former_contacts || a.contact_id AS contacts INTO person FROM advocacy.advocate AS a
		 WHERE a.advocate_id = ANY (advocacy.contact_advocates(due.contact_id)) AND a.retired_at IS NULL
		 ORDER BY a.advocate_id LIMIT 1;
		CONTINUE WHEN NOT FOUND
			OR EXISTS (SELECT FROM advocacy.consent AS n
			            WHERE n.contact_id = ANY (person.contacts) AND n.consent_id <> due.consent_id
			              AND n.scope IN ('all', due.scope) AND n.withdrawn_at IS NULL AND n.until > due.until);
		lost := NULL;
		IF due.until <= consent_fire.at THEN
			SELECT array_agg(t.name) INTO lost FROM unnest(advocacy.activity_types()) AS t (name)
			 WHERE due.scope IN ('all', t.name) AND NOT advocacy.consent_allows(person.contacts, t.name, consent_fire.at);
			IF lost IS NOT NULL THEN
				PERFORM advocacy.request_rematch(person.advocate_id, consent_fire.at, lost, true);
			END IF;
		END IF;
		PERFORM advocacy.outbox_put('consent_expiring',
			format('consent:%s:%s', due.consent_id, CASE WHEN due.until <= consent_fire.at THEN 'ended'
				WHEN due.until - interval '7 days' <= consent_fire.at THEN '7' ELSE '30' END),
			advocacy.consent_facts(person.advocate_id) || jsonb_build_object('scope', due.scope,
				CASE WHEN due.until <= consent_fire.at THEN 'ended_at' ELSE 'until' END,
				advocacy.sync_time_text(due.until), 'at', advocacy.sync_time_text(consent_fire.at)),
			CASE WHEN due.until <= consent_fire.at THEN 4 ELSE 6 END, consent_fire.at);
	END LOOP;
	RETURN fired;
END $$;
COMMENT ON FUNCTION advocacy.consent_fire(timestamptz) IS
	'Warns 30 and 7 days before a consent ends, and stops what needs it when it has ended; returns how many were due.';
