-- health_score: the current score per account, the worst that a fresh source gives. A score that only stale sources
-- know, or that is answered with "not scored", is NULL: unknown is neither good nor bad.
CREATE OR REPLACE VIEW advocacy.health_score AS
SELECT DISTINCT ON (s.account_id)
       s.account_id, coalesce(a.name, a.source || ' ' || a.remote_id) AS account,
       CASE WHEN f.fresh THEN s.value END AS score, s.source, s.observed_at, now() - s.observed_at AS age, f.fresh,
       count(*) FILTER (WHERE f.fresh AND s.value IS NOT NULL) OVER (PARTITION BY s.account_id) AS fresh_sources,
       s.value AS last_value
  FROM advocacy.signal AS s
  JOIN advocacy.account AS a ON a.account_id = s.account_id
  JOIN advocacy.source_status AS o ON o.source = s.source
  LEFT JOIN advocacy.sync_stream AS y ON y.source = s.source AND y.stream = s.stream
 CROSS JOIN LATERAL (SELECT coalesce(y.last_success_at >= now() - o.stale_after, false) AS fresh) AS f
 WHERE s.name = 'health_score'
   AND EXISTS (SELECT FROM advocacy.account_source AS x
                WHERE x.account_id = s.account_id AND x.source = s.source AND NOT x.deleted)
 ORDER BY s.account_id, (f.fresh AND s.value IS NOT NULL) DESC, CASE WHEN f.fresh THEN s.value END,
       s.observed_at DESC, s.source;

COMMENT ON VIEW advocacy.health_score IS
	'The current health score per account: the worst that a fresh source gives; NULL while no fresh source knows one.';
COMMENT ON COLUMN advocacy.health_score.account_id IS 'The customer account.';
COMMENT ON COLUMN advocacy.health_score.account IS 'Its name.';
COMMENT ON COLUMN advocacy.health_score.score IS 'The worst fresh score; NULL: unknown (not scored, or only stale).';
COMMENT ON COLUMN advocacy.health_score.source IS 'The source that gives it.';
COMMENT ON COLUMN advocacy.health_score.observed_at IS 'When the source last changed or confirmed it.';
COMMENT ON COLUMN advocacy.health_score.age IS 'Time since observed_at.';
COMMENT ON COLUMN advocacy.health_score.fresh IS 'Whether that source is fresh: its stream succeeded within stale_after.';
COMMENT ON COLUMN advocacy.health_score.fresh_sources IS 'How many fresh sources know a score for the account.';
COMMENT ON COLUMN advocacy.health_score.last_value IS 'What that source said last, stale or not.';
