-- sync_judge_contacts: judges the advocates behind the contacts that changed (work_child) by the rules over contacts' own signals.
-- It locks all of them, also those whom request_follow_contacts stops later: what is judged after this goes on to requests, and
-- after the first of those no more advocates may be locked, or a match, which takes both in this order, and the sync would wait
-- for each other. Nobody else sees those who are enrolled just now.
-- Parameters: at.
-- Returns: the suspensions that opened, for request_follow_causes; NULL: none. Writes: what risk_evaluate_contacts writes.
CREATE OR REPLACE FUNCTION advocacy.sync_judge_contacts(at timestamptz) RETURNS bigint[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
	met constant bigint[] := ARRAY(SELECT a.advocate_id FROM pg_temp.work_child AS w JOIN advocacy.advocate AS a ON a.contact_id = w.id
	                                WHERE w.entity = 'contact');
BEGIN
	PERFORM FROM advocacy.advocate AS a
	  WHERE a.advocate_id = ANY (met) AND a.enrolled_at <> sync_judge_contacts.at
	  ORDER BY a.advocate_id FOR NO KEY UPDATE;
	RETURN advocacy.risk_evaluate_contacts(met, sync_judge_contacts.at);
END $$;
COMMENT ON FUNCTION advocacy.sync_judge_contacts(timestamptz) IS
	'Locks the advocates behind the contacts that changed and judges them by their contacts'' own signals; returns the suspensions that opened.';
