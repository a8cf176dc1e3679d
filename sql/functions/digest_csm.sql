-- digest_csm(since, at) -> owner, facts, cautions
--
-- Purpose:    what CSMs are told of their week: who of theirs was suspended, who is back, whose consent ends, what waits for
--             their answer, and whom to ask only with their yes (a caution opens in silence, and is told once). That
--             somebody is suspended as before is said along, but is no reason to write.
-- Parameters: since, at  the time that is told.
-- Returns:    one row per CSM with something to tell; owner NULL: of the accounts without one. facts: {"advocate_count",
--             "newly_suspended", "reinstated", "still_suspended", "consents_ending": [name], "requests": [REQ-…], "items":
--             cautions as entries of a list}, what is empty left out; cautions: their suspension_ids.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.digest_csm(since timestamptz, at timestamptz)
RETURNS TABLE (owner text, facts jsonb, cautions bigint[])
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH member AS MATERIALIZED (
		SELECT a.advocate_id, a.contact_id, a.former_contacts, CASE WHEN length(btrim(c.csm_email)) BETWEEN 1 AND 320 THEN btrim(lower(c.csm_email)) END AS owner,
		       coalesce(c.name, c.source || ' ' || c.remote_id, 'no account') AS account, c.account_id
		  FROM advocacy.advocate AS a
		  LEFT JOIN advocacy.account AS c ON c.account_id = a.account_id
		 WHERE a.retired_at IS NULL
	), kept AS MATERIALIZED ( -- away for a while, not for good
		SELECT s.advocate_id, min(s.opened_at) FILTER (WHERE s.closed_at IS NULL) AS opened_at,
		       max(s.closed_at) AS closed_at
		  FROM advocacy.suspension AS s
		 WHERE (s.closed_at IS NULL OR s.closed_at > digest_csm.since)
		   AND (s.cause = 'person' AND s.severity IS NULL OR s.severity IN ('soft', 'hard'))
		 GROUP BY s.advocate_id
	), news AS (
		SELECT m.owner, m.advocate_id,
		       CASE WHEN k.opened_at > digest_csm.since THEN 'newly_suspended'
		            WHEN k.opened_at IS NOT NULL THEN 'still_suspended' ELSE 'reinstated' END AS what,
		       advocacy.advocate_name(m.advocate_id) AS name
		  FROM kept AS k JOIN member AS m ON m.advocate_id = k.advocate_id
		 WHERE k.opened_at IS NOT NULL
		    OR NOT EXISTS (SELECT FROM advocacy.suspension AS o WHERE o.advocate_id = m.advocate_id AND o.closed_at IS NULL)
		UNION ALL
		SELECT m.owner, m.advocate_id, 'consents_ending', advocacy.advocate_name(m.advocate_id)
		  FROM member AS m CROSS JOIN LATERAL unnest(m.former_contacts || m.contact_id) AS p (contact_id)
		  JOIN advocacy.consent AS c ON c.contact_id = p.contact_id
		 WHERE c.next_at IS NOT NULL AND c.until > digest_csm.at AND c.until <= digest_csm.at + interval '30 days'
		   AND NOT EXISTS (SELECT FROM advocacy.consent AS n
		                    WHERE n.contact_id = ANY (m.former_contacts || m.contact_id) AND n.consent_id <> c.consent_id
		                      AND n.scope IN ('all', c.scope) AND n.withdrawn_at IS NULL AND n.until > c.until)
		UNION ALL
		SELECT m.owner, m.advocate_id, 'requests', 'REQ-' || q.request_id
		  FROM advocacy.request AS q JOIN member AS m ON m.advocate_id = q.advocate_id WHERE q.state = 'awaiting_csm'
	), named AS (
		SELECT n.owner, jsonb_object_agg(n.what, n.names) AS facts, bool_or(n.what <> 'still_suspended') AS is_new
		  FROM (SELECT d.owner, d.what, to_jsonb((array_agg(DISTINCT d.name ORDER BY d.name))[:100]) AS names
		          FROM news AS d GROUP BY d.owner, d.what) AS n
		 GROUP BY n.owner
	), caution AS (
		SELECT m.owner, m.account, m.account_id, s.rule, min(s.opened_at) AS opened_at, array_agg(s.suspension_id) AS ids,
		       to_jsonb((array_agg(DISTINCT advocacy.advocate_name(m.advocate_id)))[:100]) AS names
		  FROM advocacy.suspension AS s JOIN member AS m ON m.advocate_id = s.advocate_id
		 WHERE s.closed_at IS NULL AND s.severity = 'caution' AND s.digested_at IS NULL
		   AND NOT EXISTS (SELECT FROM advocacy.suspension AS o WHERE o.advocate_id = s.advocate_id
		                      AND o.closed_at IS NULL AND o.severity IS DISTINCT FROM 'caution')
		 GROUP BY m.owner, m.account, m.account_id, s.rule
	), listed AS (
		SELECT c.owner, jsonb_agg(jsonb_build_object('kind', 'advocate_caution', 'facts', jsonb_strip_nulls(jsonb_build_object(
		           'account', c.account, 'account_id', c.account_id::text, 'rule', c.rule, 'advocates', c.names,
		           'suspended_at', advocacy.sync_time_text(c.opened_at), 'csm_email', c.owner))) ORDER BY c.account, c.rule) AS items
		  FROM caution AS c GROUP BY c.owner
	), known AS (
		SELECT c.owner, array_agg(i.id) AS ids FROM caution AS c CROSS JOIN LATERAL unnest(c.ids) AS i (id) GROUP BY c.owner
	), counted AS (
		SELECT m.owner, count(*) AS advocates FROM member AS m GROUP BY m.owner
	)
	SELECT c.owner, jsonb_strip_nulls(jsonb_build_object('items', l.items, 'advocate_count', c.advocates)) || coalesce(n.facts, '{}'), k.ids
	  FROM counted AS c
	  -- An owner who isn't known is one like any other.
	  LEFT JOIN named AS n ON coalesce(n.owner, '') = coalesce(c.owner, '')
	  LEFT JOIN listed AS l ON coalesce(l.owner, '') = coalesce(c.owner, '')
	  LEFT JOIN known AS k ON coalesce(k.owner, '') = coalesce(c.owner, '')
	 WHERE n.is_new OR l.items IS NOT NULL
$$;

COMMENT ON FUNCTION advocacy.digest_csm(timestamptz, timestamptz) IS 'What each CSM with something to tell is told of the week.';
