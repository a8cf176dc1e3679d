-- digest_untold(audience, owner) -> told, over, count, items
--
-- Purpose:    what a person wasn't told for a silence, a doubtful source or the week's share, and is told now.
-- Parameters: audience  of the messages; owner  the person; NULL: all that was for nobody in particular, or for one
--             of the program team.
-- Returns:    one row: told  the outbox_ids that the digest tells; over  those that are over by now, and no news; count  of
--             what is told; items  up to 50 of them as entries of a list, the most urgent first.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.digest_untold(audience text, owner text, 
	OUT told bigint[], OUT over bigint[], OUT count bigint, OUT items jsonb)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH muted AS MATERIALIZED (
		SELECT o.outbox_id, o.dedup_key, o.kind, o.facts, o.priority, o.subject, k.follows
		  FROM advocacy.outbox AS o LEFT JOIN advocacy.message_kind AS k ON k.kind = o.kind
		 WHERE o.untold
		   AND CASE WHEN digest_untold.owner IS NULL THEN o.owner IS NULL OR o.audience NOT IN ('csm', 'rep')
		            ELSE o.owner = digest_untold.owner AND o.audience = digest_untold.audience END
	), left_over AS (
		SELECT DISTINCT ON (m.dedup_key) m.* FROM muted AS m
		 WHERE NOT EXISTS (SELECT FROM advocacy.outbox AS e JOIN advocacy.message_kind AS f ON f.kind = e.kind
		                    WHERE e.subject = m.subject AND m.kind = ANY (f.follows) AND e.outbox_id > m.outbox_id)
		   -- The end of what nobody was told of either.
		   AND NOT EXISTS (SELECT FROM muted AS p WHERE p.subject = m.subject AND p.kind = ANY (m.follows)
		                      AND p.outbox_id < m.outbox_id)
		 ORDER BY m.dedup_key, m.outbox_id
	)
	SELECT (SELECT array_agg(m.outbox_id) FROM muted AS m WHERE m.dedup_key IN (SELECT l.dedup_key FROM left_over AS l)),
	       (SELECT array_agg(m.outbox_id) FROM muted AS m WHERE m.dedup_key NOT IN (SELECT l.dedup_key FROM left_over AS l)),
	       nullif((SELECT count(*) FROM left_over AS l), 0),
	       (SELECT jsonb_agg(jsonb_build_object('kind', l.kind, 'facts', l.facts) ORDER BY l.priority, l.outbox_id)
	          FROM (SELECT o.* FROM left_over AS o ORDER BY o.priority, o.outbox_id LIMIT 50) AS l)
$$;

COMMENT ON FUNCTION advocacy.digest_untold(text, text) IS 'The messages that a person wasn''t told and that the digest tells.';
