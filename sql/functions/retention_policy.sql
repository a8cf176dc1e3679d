-- retention_policy: how long each history is kept, by the policy's [retention], with what holds where it says nothing.
-- Parameters: none. Returns: history; keep (NULL: for ever). Writes: nothing.
-- No history can be kept for less than at_least, whoever wrote the setting: what rules, caps and reports look back at is within
-- it, and nobody who takes over the daemon wipes the traces of it.
CREATE OR REPLACE FUNCTION advocacy.retention_policy() RETURNS TABLE (history text, keep interval, at_least interval)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT d.history, CASE s.seconds WHEN 0 THEN NULL ELSE greatest(make_interval(secs => s.seconds), d.at_least) END, d.at_least
	  FROM (VALUES ('signals', 400, interval '30 days'), ('runs', 30, '1 day'), ('records', 90, '7 days'),
	               ('messages', 180, '30 days'), ('decisions', 1095, '100 days'), ('clocks', 1095, '100 days'),
	               ('audit', 1095, '100 days')) AS d (history, days, at_least)
	 CROSS JOIN LATERAL (SELECT coalesce((advocacy.policy_setting('retention', '{}') ->> (d.history || '_s'))::bigint,
	                                     d.days * 86400) AS seconds) AS s
$$;
COMMENT ON FUNCTION advocacy.retention_policy() IS
	'How long each history is kept, by the policy''s [retention]; NULL: for ever. Never for less than at_least.';
