-- match_check: what stands against asking these advocates for a request: availability, consent to its activity, caps, and who
-- has said no to it already. The same that request_match refuses.
-- Parameters: request, a request_id; at; advocates, ids.
-- Returns: a row each: advocate_id; name; account; reasons, empty when they may be asked. Writes: nothing.
-- (One plan for all questions: to make one takes longer than to answer.)
CREATE OR REPLACE FUNCTION advocacy.match_check(request bigint, at timestamptz, advocates bigint[])
RETURNS TABLE (advocate_id bigint, name text, account text, reasons text[])
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
	wanted text := (SELECT r.activity_type FROM advocacy.request AS r WHERE r.request_id = match_check.request);
BEGIN
	RETURN QUERY
	SELECT v.advocate_id, v.name, v.account,
	       v.others
	       || CASE WHEN advocacy.consent_allows(a.former_contacts || a.contact_id, wanted, match_check.at) THEN '{}'
	               ELSE ARRAY['no consent to a ' || replace(wanted, '_', ' ')] END
	       || CASE WHEN NOT EXISTS (SELECT FROM advocacy.activity AS b
	                                 WHERE b.advocate_id = v.advocate_id AND b.request_id = match_check.request AND b.status = 'released')
	               THEN '{}' ELSE ARRAY['was asked for this request already'] END
	       || ARRAY(SELECT 'resting: ' || c.reason
	                  FROM advocacy.advocate_caps(v.advocate_id, wanted, match_check.at, match_check.request) AS c)
	  FROM advocacy.advocate_availability AS v
	  JOIN advocacy.advocate AS a ON a.advocate_id = v.advocate_id
	 WHERE v.advocate_id = ANY (advocates);
END $$;
COMMENT ON FUNCTION advocacy.match_check(bigint, timestamptz, bigint[]) IS
	'What stands against asking these advocates for a request; nothing when they may be asked.';
