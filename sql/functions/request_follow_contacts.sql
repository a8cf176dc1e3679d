-- request_follow_contacts: open requests go with the contacts that a sync changed: who was retired is taken off them, who opted
-- out in the CRM too (opt_out_judge). Who no longer opts out is held no longer, and what a person said about it is over.
-- Parameters: contacts, those that a sync changed; source; at.
-- Returns: of how many advocates requests were stopped.
-- Writes: advocate, suspension; and what request_rematch and opt_out_judge write. Locks the advocates, so that none of them is
-- being matched meanwhile.
CREATE OR REPLACE FUNCTION advocacy.request_follow_contacts(contacts bigint[], source text, at timestamptz) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
	back bigint[];
	gone bigint[];
	opted bigint[];
	one bigint;
BEGIN
	SELECT array_agg(l.advocate_id) FILTER (WHERE l.opted_out IS NOT TRUE),
	       array_agg(l.advocate_id ORDER BY l.advocate_id) FILTER (WHERE l.opted_out),
	       array_agg(l.advocate_id ORDER BY l.advocate_id) FILTER (WHERE l.retired)
	  INTO back, opted, gone
	  FROM (SELECT a.advocate_id, c.opted_out,
	               a.retired_at IS NOT NULL
	               AND EXISTS (SELECT FROM advocacy.request AS q WHERE q.advocate_id = a.advocate_id
	                            AND q.state IN ('proposed', 'awaiting_csm', 'awaiting_advocate', 'scheduled', 'suspended_hold')) AS retired
	          FROM advocacy.contact AS c JOIN advocacy.advocate AS a ON a.contact_id = c.contact_id
	         WHERE c.contact_id = ANY (request_follow_contacts.contacts)
	           AND (c.opted_out OR a.retired_at IS NOT NULL OR a.opt_out IS NOT NULL
	                OR EXISTS (SELECT FROM advocacy.suspension AS s
	                            WHERE s.advocate_id = a.advocate_id AND s.cause = 'own' AND s.rule = 'opt-out held'
	                              AND s.closed_at IS NULL))
	         ORDER BY a.advocate_id FOR NO KEY UPDATE OF a) AS l;
	IF back IS NOT NULL THEN
		UPDATE advocacy.advocate AS a SET opt_out = NULL, opt_out_at = NULL
		 WHERE a.advocate_id = ANY (back) AND a.opt_out IS NOT NULL;
		UPDATE advocacy.suspension AS s
		   SET closed_at = request_follow_contacts.at, closed_by = 'rule', close_reason = 'the contact no longer opts out'
		 WHERE s.advocate_id = ANY (back) AND s.cause = 'own' AND s.rule = 'opt-out held' AND s.closed_at IS NULL;
	END IF;
	FOREACH one IN ARRAY coalesce(gone, '{}') LOOP
		PERFORM advocacy.request_rematch(one, request_follow_contacts.at, NULL, true);
	END LOOP;
	RETURN coalesce(cardinality(gone), 0)
	       + CASE WHEN opted IS NULL THEN 0 ELSE advocacy.opt_out_judge(opted, request_follow_contacts.source, request_follow_contacts.at) END;
END $$;
COMMENT ON FUNCTION advocacy.request_follow_contacts(bigint[], text, timestamptz) IS
	'Sends the open requests of people who left or opted out in the CRM back to matching; returns of how many.';
