-- signal_at: what the sources had said about an account by a time.
-- A source that hasn't been read since then still says it; of one that has, the history tells.
-- Parameters: account_id; at. Returns: one row per signal and source that had said anything. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.signal_at(account_id bigint, at timestamptz)
RETURNS TABLE (name text, source text, stream text, value numeric, observed_at timestamptz)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT s.name, s.source, s.stream, CASE WHEN k.later THEN h.value ELSE s.value END,
	       CASE WHEN k.later THEN h.observed_at ELSE s.observed_at END
	  FROM advocacy.signal AS s
	  LEFT JOIN advocacy.sync_stream AS y ON y.source = s.source AND y.stream = s.stream
	 CROSS JOIN LATERAL (SELECT coalesce(y.last_success_at > signal_at.at, false) AS later) AS k
	  LEFT JOIN LATERAL (
		SELECT o.value, o.observed_at FROM advocacy.signal_history AS o
		 WHERE k.later AND o.account_id = s.account_id AND o.name = s.name AND o.source = s.source
		   AND o.recorded_at <= signal_at.at
		 ORDER BY o.recorded_at DESC, o.observed_at DESC LIMIT 1) AS h ON true
	 WHERE s.account_id = signal_at.account_id AND (NOT k.later OR h.observed_at IS NOT NULL)
$$;
COMMENT ON FUNCTION advocacy.signal_at(bigint, timestamptz) IS 'What the sources had said about an account by a time.';
