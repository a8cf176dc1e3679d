-- preview_decisions: what an apply has decided, against the copies made before (pg_temp.preview_link, preview_mark).
-- Parameters: none.
-- Returns: {"links": {"made", "moved", "examples"}, "risks": {"opened", "cleared": [{"account", "rule"}]}, "advocates":
-- {"suspended", "reinstated", "held", "enrolled", "retired": [{"name", "account", "reason"}]}, "reviews", "drift", "messages"}.
-- Lists have at most 200 entries; "counts" has the whole numbers. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.preview_decisions() RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
#variable_conflict use_column
DECLARE
	mark record;
	links jsonb;
	risks jsonb;
	people jsonb;
	counts jsonb;
BEGIN
	SELECT * INTO mark FROM pg_temp.preview_mark;

	WITH link AS MATERIALIZED (
		SELECT s.source, s.remote_id, s.name, b.account_id AS before, s.account_id AS after, s.link_reason,
		       b.account_id IS NULL AS made
		  FROM advocacy.account_source AS s
		  LEFT JOIN pg_temp.preview_link AS b ON b.source = s.source AND b.remote_id = s.remote_id
		 WHERE EXISTS (SELECT FROM pg_temp.preview_link)
		   AND CASE WHEN b.account_id IS NULL THEN s.link_reason <> 'own' ELSE b.account_id <> s.account_id END
	)
	SELECT jsonb_build_object('made', count(*) FILTER (WHERE l.made), 'moved', count(*) FILTER (WHERE NOT l.made),
		'examples', coalesce((SELECT jsonb_agg(to_jsonb(e) - 'made') FROM
			(SELECT o.* FROM link AS o ORDER BY o.made, o.source, o.remote_id LIMIT 20) AS e), '[]'))
	  INTO links FROM link AS l;

	WITH decided AS MATERIALIZED (
		SELECT r.risk_id, r.rule, coalesce(a.name, a.source || ' ' || a.remote_id) AS account, r.risk_id > mark.risk_id AS opened
		  FROM advocacy.risk AS r JOIN advocacy.account AS a ON a.account_id = r.account_id
		 WHERE r.risk_id > mark.risk_id
		    OR (r.cleared_at IS NOT NULL AND r.risk_id IN (SELECT b.risk_id FROM pg_temp.preview_risk AS b))
	), listed AS (
		SELECT d.*, row_number() OVER (PARTITION BY d.opened ORDER BY d.risk_id) AS place FROM decided AS d
	)
	SELECT jsonb_build_object(
		'opened', coalesce(jsonb_agg(jsonb_build_object('account', l.account, 'rule', l.rule) ORDER BY l.place)
		              FILTER (WHERE l.opened AND l.place <= 200), '[]'),
		'cleared', coalesce(jsonb_agg(jsonb_build_object('account', l.account, 'rule', l.rule) ORDER BY l.place)
		              FILTER (WHERE NOT l.opened AND l.place <= 200), '[]')),
	       jsonb_build_object('risks_opened', count(*) FILTER (WHERE l.opened),
	                          'risks_cleared', count(*) FILTER (WHERE NOT l.opened))
	  INTO risks, counts FROM listed AS l;

	WITH concerned AS MATERIALIZED (
		SELECT 'suspended' AS what, s.advocate_id,
		       CASE WHEN s.severity IN ('caution', 'hold', 'ineligible') THEN s.severity || ': ' ELSE '' END || s.reason AS reason
		  FROM advocacy.suspension AS s
		 WHERE s.suspension_id > mark.suspension_id AND s.closed_at IS NULL
		   AND NOT (s.severity = 'hold' AND s.evidence ? 'batch') IS TRUE
		UNION ALL
		-- By a brake on what contacts say: a retirement, an opt-out, a cause of their own.
		SELECT 'held', s.advocate_id, s.reason FROM advocacy.suspension AS s
		 WHERE s.suspension_id > mark.suspension_id AND s.closed_at IS NULL AND s.severity = 'hold' AND s.evidence ? 'batch'
		UNION ALL
		SELECT 'reinstated', s.advocate_id, s.close_reason FROM advocacy.suspension AS s
		  JOIN pg_temp.preview_suspension AS b ON b.suspension_id = s.suspension_id
		 WHERE s.closed_at IS NOT NULL
		   AND NOT EXISTS (SELECT FROM advocacy.suspension AS o WHERE o.advocate_id = s.advocate_id AND o.closed_at IS NULL)
		   AND EXISTS (SELECT FROM advocacy.advocate AS a WHERE a.advocate_id = s.advocate_id AND a.retired_at IS NULL)
		UNION ALL
		SELECT 'held', a.advocate_id, 'held by rule ' || r.rule FROM advocacy.risk AS r
		  JOIN advocacy.advocate AS a ON a.account_id = r.account_id AND a.retired_at IS NULL
		 WHERE r.held_at IS NOT NULL AND r.cleared_at IS NULL AND (r.risk_id > mark.risk_id OR r.held_batch > mark.batch_id)
		UNION ALL
		SELECT 'enrolled', a.advocate_id, a.enrolled_by FROM advocacy.advocate AS a
		 WHERE a.retired_at IS NULL
		   AND (a.advocate_id > mark.advocate_id OR a.advocate_id IN (SELECT b.advocate_id FROM pg_temp.preview_retired AS b))
		UNION ALL
		SELECT 'retired', a.advocate_id, a.retire_reason FROM advocacy.advocate AS a
		 WHERE a.retired_at IS NOT NULL AND a.advocate_id <= mark.advocate_id
		   AND NOT EXISTS (SELECT FROM pg_temp.preview_retired AS b WHERE b.advocate_id = a.advocate_id)
	), listed AS (
		SELECT c.what, advocacy.advocate_name(c.advocate_id) AS name, coalesce(t.name, t.source || ' ' || t.remote_id) AS account,
		       c.reason, c.place
		  FROM (SELECT o.what, o.advocate_id, string_agg(DISTINCT o.reason, '; ') AS reason,
		               row_number() OVER (PARTITION BY o.what ORDER BY o.advocate_id) AS place
		          FROM concerned AS o GROUP BY o.what, o.advocate_id) AS c
		  JOIN advocacy.advocate AS a ON a.advocate_id = c.advocate_id
		  LEFT JOIN advocacy.account AS t ON t.account_id = a.account_id
		 WHERE c.place <= 200
	)
	SELECT coalesce((SELECT jsonb_object_agg(g.what, g.people) FROM (
			SELECT l.what, jsonb_agg(jsonb_build_object('name', l.name, 'account', l.account, 'reason', l.reason)
			                         ORDER BY l.place) AS people FROM listed AS l GROUP BY l.what) AS g), '{}'),
	       counts || coalesce((SELECT jsonb_object_agg(g.what, g.advocates) FROM (
			SELECT c.what, count(DISTINCT c.advocate_id) AS advocates FROM concerned AS c GROUP BY c.what) AS g), '{}')
	  INTO people, counts;

	RETURN jsonb_build_object('links', links, 'risks', risks, 'counts', counts,
		'advocates', '{"suspended": [], "reinstated": [], "held": [], "enrolled": [], "retired": []}'::jsonb || people,
		'reviews', (SELECT coalesce(jsonb_agg(jsonb_build_object('shared', r.shared, 'reason', r.reason) ORDER BY r.review_id), '[]')
		              FROM (SELECT v.* FROM advocacy.identity_review AS v WHERE v.review_id > mark.review_id
		                     ORDER BY v.review_id LIMIT 20) AS r),
		'drift', (SELECT coalesce(jsonb_agg(jsonb_build_object('field', d.field, 'kind', d.kind, 'detail', d.detail)
		                                    ORDER BY d.drift_id), '[]')
		            FROM advocacy.field_drift AS d WHERE d.drift_id > mark.drift_id),
		'messages', (SELECT coalesce(jsonb_object_agg(o.kind, o.messages), '{}')
		               FROM (SELECT m.kind, count(DISTINCT m.dedup_key) AS messages FROM advocacy.outbox AS m
		                      WHERE m.outbox_id > mark.outbox_id GROUP BY m.kind) AS o));
END $$;
COMMENT ON FUNCTION advocacy.preview_decisions() IS
	'What an apply has decided, against the copies made before: links, risks, advocates by name and reason, messages by kind.';
