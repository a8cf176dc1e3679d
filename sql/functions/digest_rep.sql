-- digest_rep(since, at) -> owner, facts
--
-- Purpose:    what those who asked for references are told of their week: how each open request stands, what came of the
--             others. Nothing of an advocate, of nobody's health.
-- Parameters: since, at  the time that is told.
-- Returns:    one row per person with something to tell; facts: {"requests" (open ones), "completed", "closed" (ended otherwise),
--             "feedback_wanted": [REQ-…], "items": open requests as entries of a list, the oldest first}, what is empty left out.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.digest_rep(since timestamptz, at timestamptz)
RETURNS TABLE (owner text, facts jsonb)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH mine AS MATERIALIZED (
		SELECT r.request_id, btrim(lower(r.requested_by)) AS owner, r.state, r.waiting_on, 'REQ-' || r.request_id AS name,
		       CASE WHEN r.state = 'completed' THEN 'completed'
		            WHEN r.state IN ('declined', 'expired', 'cancelled', 'unfulfillable') THEN 'closed' ELSE 'requests' END AS what
		  FROM advocacy.request AS r
		 WHERE r.state NOT IN ('draft') AND length(btrim(r.requested_by)) BETWEEN 1 AND 320 AND r.submitted_at <= digest_rep.at
		   AND (r.state NOT IN ('completed', 'declined', 'expired', 'cancelled', 'unfulfillable') OR r.updated_at > digest_rep.since)
	), named AS (
		SELECT g.owner, jsonb_object_agg(g.what, g.names) AS facts
		  FROM (SELECT m.owner, m.what, to_jsonb((array_agg(m.name ORDER BY m.request_id))[:100]) AS names
		          FROM mine AS m GROUP BY m.owner, m.what
		        UNION ALL
		        SELECT m.owner, 'feedback_wanted', to_jsonb((array_agg(m.name ORDER BY m.request_id))[:100])
		          FROM mine AS m WHERE m.state IN ('held', 'feedback_due') GROUP BY m.owner) AS g
		 GROUP BY g.owner
	)
	SELECT n.owner, n.facts || jsonb_strip_nulls(jsonb_build_object('items', (
		SELECT jsonb_agg(jsonb_build_object('kind', 'request_standing', 'facts', jsonb_strip_nulls(
		           advocacy.request_facts(l.request_id) || jsonb_build_object('standing', coalesce('waiting_on_' || l.waiting_on, l.state),
		               'due_at', (SELECT advocacy.sync_time_text(min(k.due_at)) FROM advocacy.sla_clock AS k
		                           WHERE k.request_id = l.request_id AND k.metric = 'connect' AND k.state = 'running')))) ORDER BY l.request_id)
		  FROM (SELECT m.* FROM mine AS m WHERE m.owner = n.owner AND m.what = 'requests' ORDER BY m.request_id LIMIT 50) AS l)))
	  FROM named AS n
$$;

COMMENT ON FUNCTION advocacy.digest_rep(timestamptz, timestamptz) IS 'What each person with requests is told of the week.';
