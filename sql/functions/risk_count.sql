-- risk_count: counts observations in a row for the rules that want several (enter_observations, clear_observations).
-- Counted is a fresh (see risk_leaving), known value that meets the condition, once per time that the source itself gives: reading the same
-- score twice is one observation. The next one counts if it is *_apart later. A known value that doesn't meet the
-- condition starts the count again, and so does "not scored" towards the end of a risk.
-- Parameters: accounts; at; source, stream: what is being applied right now and so is fresh (NULL: nothing).
-- Returns: nothing. Writes: risk_observation, signal_history.
CREATE OR REPLACE FUNCTION advocacy.risk_count(accounts bigint[], at timestamptz, source text, stream text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
BEGIN
	-- (What is to be forgotten is found by grouping: joined with what was seen, of which the planner expects one row, each was compared
	-- with each.)
	WITH wanted AS MATERIALIZED (
		SELECT DISTINCT n.account_id FROM unnest(risk_count.accounts) AS n (account_id)
	), seen AS MATERIALIZED (
		SELECT s.account_id, u.rule, s.source, c.clearing, s.observed_at, c.apart,
		       CASE WHEN c.clearing THEN coalesce(advocacy.risk_meets(s.value, u.clear_operator, u.clear_value), false)
		            WHEN s.value IS NULL THEN NULL
		            ELSE advocacy.risk_meets(s.value, u.enter_operator, u.enter_value)
		                 AND (u.drop_points IS NULL OR advocacy.risk_dropped(s.account_id, s.name, s.source, s.value,
		                      u.drop_points, u.drop_within, risk_count.at) IS NOT NULL) END AS meets
		  FROM wanted AS w
		  JOIN advocacy.signal AS s ON s.account_id = w.account_id
		  JOIN advocacy.risk_rule AS u ON u.signal = s.name AND u.active AND u.date_side IS NULL
		   AND (u.enter_observations > 1 OR u.clear_observations > 1)
		  LEFT JOIN advocacy.risk AS r ON r.account_id = s.account_id AND r.rule = u.rule AND r.cleared_at IS NULL
		 CROSS JOIN LATERAL (SELECT r.risk_id IS NOT NULL AS clearing) AS o
		 CROSS JOIN LATERAL (SELECT o.clearing, CASE WHEN o.clearing THEN u.clear_observations ELSE u.enter_observations END AS wanted,
		                            CASE WHEN o.clearing THEN u.clear_apart ELSE u.enter_apart END AS apart) AS c
		  JOIN advocacy.source_status AS t ON t.source = s.source
		  LEFT JOIN advocacy.sync_stream AS y ON y.source = s.source AND y.stream = s.stream
		 WHERE c.wanted > 1
		   AND (s.observed_at < (r.merged ->> s.source)::timestamptz - interval '1 minute') IS NOT TRUE
		   AND ((s.source = risk_count.source AND s.stream = risk_count.stream)
		        OR y.last_success_at >= risk_count.at - t.stale_after)
	), reset AS (
		DELETE FROM advocacy.risk_observation AS o
		 USING (SELECT k.account_id, k.rule, k.source
		          FROM (SELECT c.account_id, c.rule, c.source, c.clearing <> (r.risk_id IS NOT NULL) AS over, NULL::boolean AS meets
		                  FROM wanted AS w JOIN advocacy.risk_observation AS c ON c.account_id = w.account_id
		                  LEFT JOIN advocacy.risk AS r ON r.account_id = c.account_id AND r.rule = c.rule AND r.cleared_at IS NULL
		                UNION ALL
		                SELECT s.account_id, s.rule, s.source, NOT s.meets, s.meets FROM seen AS s) AS k
		         GROUP BY k.account_id, k.rule, k.source HAVING bool_or(k.over) AND bool_or(k.meets) IS NOT TRUE) AS g
		 WHERE o.account_id = g.account_id AND o.rule = g.rule AND o.source = g.source
	), counted AS (
		INSERT INTO advocacy.risk_observation AS o (account_id, rule, source, clearing, counted, first_at, last_at)
		SELECT s.account_id, s.rule, s.source, s.clearing, 1, s.observed_at, s.observed_at
		  FROM seen AS s
		  LEFT JOIN advocacy.risk_observation AS b
		    ON b.account_id = s.account_id AND b.rule = s.rule AND b.source = s.source AND b.clearing = s.clearing
		 WHERE s.meets
		   AND (b.account_id IS NULL OR (s.observed_at > b.last_at AND s.observed_at >= b.last_at + s.apart))
		 ORDER BY s.account_id, s.rule, s.source
		ON CONFLICT (account_id, rule, source) DO UPDATE
		   SET clearing = excluded.clearing, last_at = excluded.last_at,
		       counted = CASE WHEN o.clearing = excluded.clearing THEN o.counted + 1 ELSE 1 END,
		       first_at = CASE WHEN o.clearing = excluded.clearing THEN o.first_at ELSE excluded.first_at END
		RETURNING o.account_id, o.rule, o.source, o.last_at
	)
	-- What counted is history, also when it says the same again: so that all of it can be judged once more.
	INSERT INTO advocacy.signal_history (account_id, name, source, value, observed_at, recorded_at, repeated)
	SELECT DISTINCT g.account_id, g.name, g.source, g.value, c.last_at, risk_count.at, true
	  FROM counted AS c
	  JOIN advocacy.risk_rule AS u ON u.rule = c.rule
	  JOIN advocacy.signal AS g ON g.account_id = c.account_id AND g.name = u.signal AND g.source = c.source
	 WHERE NOT EXISTS (SELECT FROM advocacy.signal_history AS h
	                    WHERE h.account_id = g.account_id AND h.name = g.name AND h.source = g.source AND h.observed_at = c.last_at);
END $$;
COMMENT ON FUNCTION advocacy.risk_count(bigint[], timestamptz, text, text) IS
	'Counts observations in a row for the rules that want several before an account becomes risky or well.';
