-- risk_dropped: from where a value has fallen, if it has fallen far enough within a time.
-- Looked at is what the same source said during that time, and what held when it began.
-- Parameters: account_id, name, source: of the signal; value, what it is now; points, how far; within; at.
-- Returns: the highest of those values, where it is at least `points` above the value; else NULL. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.risk_dropped(account_id bigint, name text, source text, value numeric, points numeric,
	within interval, at timestamptz) RETURNS numeric
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT max(h.value) FROM advocacy.signal_history AS h
	 WHERE h.account_id = risk_dropped.account_id AND h.name = risk_dropped.name AND h.source = risk_dropped.source
	   AND h.observed_at <= risk_dropped.at
	   AND h.observed_at >= coalesce((SELECT max(b.observed_at) FROM advocacy.signal_history AS b
	            WHERE b.account_id = risk_dropped.account_id AND b.name = risk_dropped.name AND b.source = risk_dropped.source
	              AND b.observed_at <= risk_dropped.at - risk_dropped.within), '-infinity')
	HAVING max(h.value) >= risk_dropped.value + risk_dropped.points
$$;
COMMENT ON FUNCTION advocacy.risk_dropped(bigint, text, text, numeric, numeric, interval, timestamptz) IS
	'From where a value has fallen, if it has fallen by so many points within a time; else NULL.';
