-- data_quality: what is doubtful in the data now, for people who look after them. Nobody is told of it.
CREATE OR REPLACE VIEW advocacy.data_quality AS
SELECT 'sources disagree' AS kind, d.account_id, coalesce(a.name, a.source || ' ' || a.remote_id) AS account,
       format('health_score is %s in %s and %s in %s', trim_scale(d.low), d.low_source, trim_scale(d.high), d.high_source) AS detail,
       d.since
  FROM advocacy.source_disagreement AS d
  JOIN advocacy.account AS a ON a.account_id = d.account_id AND NOT a.deleted
 WHERE d.ended_at IS NULL AND d.since <= now() - interval '3 days'
   -- What a source said before it fell silent is no opinion any more.
   AND (SELECT count(*) FROM advocacy.signal AS s
          JOIN advocacy.source_status AS o ON o.source = s.source
          JOIN advocacy.sync_stream AS y ON y.source = s.source AND y.stream = s.stream
         WHERE s.account_id = d.account_id AND s.name = 'health_score' AND s.source IN (d.low_source, d.high_source)
           AND y.last_success_at >= now() - o.stale_after) = 2
UNION ALL
SELECT 'identity in doubt', (c.one ->> 'account_id')::bigint, c.one ->> 'name',
       format('%s %s: %s', replace(i.shared_by, '_', ' '), i.shared, i.reason), i.opened_at
  FROM advocacy.identity_review AS i
 CROSS JOIN LATERAL jsonb_array_elements(i.candidates) AS c (one)
 WHERE i.resolved_at IS NULL
UNION ALL
SELECT 'field drift', NULL, NULL, format('%s of %s (%s): %s', f.field, f.source, f.stream, f.detail), f.first_seen_at
  FROM advocacy.field_drift AS f WHERE f.resolved_at IS NULL;

COMMENT ON VIEW advocacy.data_quality IS
	'What is doubtful in the data now: sources that have disagreed for three days, customers who may be several, fields that don''t come as they came.';
COMMENT ON COLUMN advocacy.data_quality.kind IS 'sources disagree, identity in doubt, or field drift.';
COMMENT ON COLUMN advocacy.data_quality.account_id IS 'The customer account; NULL: it is about no single one.';
COMMENT ON COLUMN advocacy.data_quality.account IS 'Its name.';
COMMENT ON COLUMN advocacy.data_quality.detail IS 'What is doubtful, in words.';
COMMENT ON COLUMN advocacy.data_quality.since IS 'Since when.';
