-- risk_leaving: what the sources say now about accounts with an open risk, as far as it decides whether it clears.
-- A source counts while its record of the account lives. It is fresh while the stream that delivered the signal
-- succeeded within the source's stale_after; the stream that is being applied right now is fresh. What the survivor of a
-- merge had said before isn't, for a risk that came by the merge (both are stamped in one act, though not in one instant).
-- Parameters: accounts (NULL: all); at; source, stream: what is being applied right now (NULL: nothing).
-- Returns: per open risk of an active rule over a number: known, how many fresh sources know the signal; unwell, how many of those
-- don't meet the condition to clear; unscored, how many fresh sources say "not scored"; stale, how many sources are
-- stale; awaited, how many sources have to observe it well again first (clear_observations); observations, all of it as evidence.
-- Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.risk_leaving(accounts bigint[], at timestamptz DEFAULT now(),
	source text DEFAULT NULL, stream text DEFAULT NULL)
RETURNS TABLE (risk_id bigint, known bigint, unwell bigint, unscored bigint, stale bigint, awaited bigint, observations jsonb)
LANGUAGE sql STABLE ROWS 20 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT r.risk_id,
	       count(*) FILTER (WHERE f.fresh AND s.value IS NOT NULL),
	       count(*) FILTER (WHERE f.fresh AND NOT advocacy.risk_meets(s.value, u.clear_operator, u.clear_value)),
	       count(*) FILTER (WHERE f.fresh AND s.account_id IS NOT NULL AND s.value IS NULL),
	       count(*) FILTER (WHERE NOT f.fresh),
	       count(*) FILTER (WHERE u.clear_observations > 1 AND s.value IS NOT NULL
	                          AND NOT EXISTS (SELECT FROM advocacy.risk_observation AS c
	                                           WHERE c.account_id = s.account_id AND c.rule = r.rule AND c.source = s.source
	                                             AND c.clearing AND c.counted >= u.clear_observations)),
	       coalesce(jsonb_agg(jsonb_build_object('source', s.source, 'value', s.value, 'fresh', f.fresh,
	           'observed_at', advocacy.sync_time_text(s.observed_at)) ORDER BY s.source)
	           FILTER (WHERE s.account_id IS NOT NULL), '[]')
	  FROM (SELECT o.* FROM advocacy.risk AS o
	         WHERE risk_leaving.accounts IS NULL AND o.cleared_at IS NULL
	        UNION ALL
	        SELECT o.* FROM (SELECT DISTINCT u.id FROM unnest(risk_leaving.accounts) AS u (id)) AS w
	          JOIN advocacy.risk AS o ON o.account_id = w.id AND o.cleared_at IS NULL) AS r
	  JOIN advocacy.risk_rule AS u ON u.rule = r.rule AND u.active AND u.date_side IS NULL
	  LEFT JOIN advocacy.signal AS s ON s.account_id = r.account_id AND s.name = u.signal
	       AND EXISTS (SELECT FROM advocacy.account_source AS a
	                    WHERE a.account_id = s.account_id AND a.source = s.source AND NOT a.deleted)
	  LEFT JOIN advocacy.source_status AS o ON o.source = s.source
	  LEFT JOIN advocacy.sync_stream AS y ON y.source = s.source AND y.stream = s.stream
	 CROSS JOIN LATERAL (SELECT CASE WHEN s.account_id IS NOT NULL THEN
	       coalesce((s.source = risk_leaving.source AND s.stream = risk_leaving.stream)
	                OR y.last_success_at >= risk_leaving.at - o.stale_after, false)
	       AND (s.observed_at < (r.merged ->> s.source)::timestamptz - interval '1 minute') IS NOT TRUE END AS fresh) AS f
	 GROUP BY r.risk_id
$$;
COMMENT ON FUNCTION advocacy.risk_leaving(bigint[], timestamptz, text, text) IS
	'What the sources say now about accounts with an open risk, as far as it decides whether the risk clears.';
