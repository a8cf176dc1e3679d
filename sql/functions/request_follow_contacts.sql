-- request_follow_contacts: who opted out in the CRM is taken off what they were asked for, at once, as by a withdrawn consent.
-- Parameters: contacts, those that a sync changed; at.
-- Returns: of how many advocates requests were stopped.
-- Writes: what request_rematch writes. Locks the advocates, so that none of them is being matched meanwhile.
CREATE OR REPLACE FUNCTION advocacy.request_follow_contacts(contacts bigint[], at timestamptz) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	gone bigint[];
	one bigint;
	stopped integer := 0;
BEGIN
	SELECT array_agg(l.advocate_id ORDER BY l.advocate_id) INTO gone
	  FROM (SELECT a.advocate_id FROM advocacy.contact AS c JOIN advocacy.advocate AS a ON a.contact_id = c.contact_id
	         WHERE c.contact_id = ANY (contacts) AND c.opted_out ORDER BY a.advocate_id FOR NO KEY UPDATE OF a) AS l;
	FOREACH one IN ARRAY coalesce(gone, '{}') LOOP
		CONTINUE WHEN NOT EXISTS (SELECT FROM advocacy.request AS r WHERE r.advocate_id = one
		                           AND r.state IN ('proposed', 'awaiting_csm', 'awaiting_advocate', 'scheduled'));
		PERFORM advocacy.request_rematch(one, request_follow_contacts.at, NULL, true);
		stopped := stopped + 1;
	END LOOP;
	RETURN stopped;
END $$;
COMMENT ON FUNCTION advocacy.request_follow_contacts(bigint[], timestamptz) IS
	'Sends the open requests of people who opted out in the CRM back to matching; returns of how many.';
