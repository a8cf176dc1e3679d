-- writeback_report: how the flags in the CRMs stand, for status_report.
-- Parameters: none.
-- Returns: [{"source", "started" (false: a person must say writeback_start), "current", "waiting", "refused", "failing" (tried
-- in vain), "error" (of one of these), "sent_at" (the newest)}]. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.writeback_report() RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(jsonb_agg(to_jsonb(r) ORDER BY r.source), '[]') FROM (
		SELECT t.source, bool_and(t.started_at IS NOT NULL) AS started,
		       coalesce(sum(f.current), 0) AS current, coalesce(sum(f.waiting), 0) AS waiting,
		       coalesce(sum(f.refused), 0) AS refused, coalesce(sum(f.failing), 0) AS failing,
		       max(f.error) AS error, max(f.sent_at) AS sent_at
		  FROM advocacy.crm_target AS t
		  LEFT JOIN LATERAL (
			SELECT count(*) FILTER (WHERE x.delivery = 'current') AS current,
			       count(*) FILTER (WHERE x.delivery IN ('pending', 'sending')) AS waiting,
			       count(*) FILTER (WHERE x.delivery = 'refused') AS refused,
			       count(*) FILTER (WHERE x.delivery = 'pending' AND x.attempts > 0) AS failing,
			       max(format('%s %s: %s', x.entity, x.remote_id, x.last_error))
			           FILTER (WHERE x.last_error IS NOT NULL AND x.delivery <> 'current') AS error,
			       max(x.sent_at) AS sent_at
			  FROM advocacy.crm_flag AS x WHERE x.source = t.source AND x.entity = t.entity) AS f ON true
		 GROUP BY t.source) AS r
$$;
COMMENT ON FUNCTION advocacy.writeback_report() IS 'How the flags in the CRMs stand, for status_report.';
