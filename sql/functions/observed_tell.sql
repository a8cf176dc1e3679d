-- observed_tell: tells the administrators, once for each batch, what a source that is only observed would do, and how to
-- approve or reject it.
-- Parameters: source; at. Returns: nothing. Writes: outbox (decisions_observed, key held:BATCH).
CREATE OR REPLACE FUNCTION advocacy.observed_tell(source text, at timestamptz) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT advocacy.outbox_put('decisions_observed', 'held:' || b.batch_id, jsonb_strip_nulls(jsonb_build_object(
		'source', b.source, 'stream', b.stream, 'count', b.advocates::text,
		'what', CASE b.direction WHEN 'suspend' THEN 'suspended' ELSE 'available again' END,
		'why', CASE b.observed WHEN 'first' THEN 'is read for the first time' WHEN 'mapping' THEN 'is mapped otherwise than before'
		                       ELSE 'was rejected the last time' END,
		'rules', (SELECT jsonb_agg(jsonb_build_object('rule', c.rule, 'count', c.advocates::text) ORDER BY c.advocates DESC, c.rule)
		            FROM (SELECT r.rule, count(DISTINCT a.advocate_id) AS advocates
		                    FROM advocacy.risk AS r JOIN advocacy.advocate AS a ON a.account_id = r.account_id AND a.retired_at IS NULL
		                   WHERE b.batch_id IN (r.held_batch, r.clear_batch) AND r.cleared_at IS NULL GROUP BY r.rule) AS c),
		'accounts', (SELECT jsonb_agg(n.name ORDER BY n.name)
		               FROM (SELECT DISTINCT coalesce(t.name, t.source || ' ' || t.remote_id) AS name
		                       FROM advocacy.risk AS r JOIN advocacy.account AS t ON t.account_id = r.account_id
		                      WHERE b.batch_id IN (r.held_batch, r.clear_batch) AND r.cleared_at IS NULL ORDER BY 1 LIMIT 10) AS n),
		'approve', 'advocated decisions approve ' || b.batch_id, 'release', format('SELECT advocacy.risk_release(''%s'')', b.batch_id),
		'refuse', 'advocated decisions reject ' || b.batch_id, 'reject', format('SELECT advocacy.risk_reject(''%s'')', b.batch_id),
		'event', 'held-' || b.batch_id, 'at', advocacy.sync_time_text(observed_tell.at))), 3, observed_tell.at)
	  FROM advocacy.decision_batch AS b
	 WHERE b.decision IS NULL AND b.observed IS NOT NULL AND b.source = observed_tell.source
$$;
COMMENT ON FUNCTION advocacy.observed_tell(text, timestamptz) IS
	'Tells once for each batch what a source that is only observed would do, and how to approve or reject it.';
