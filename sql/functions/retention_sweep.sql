-- retention_sweep: looks at the next rows of one table, in the order of its key, and removes those that are history and that
-- nothing needs. A whole pass reads each row once, in steps of one size.
-- Of signal_history a step is some accounts. What an account's sources had last said when the kept time begins stays, since it
-- held then; so does all that was said since the oldest of its open risks opened, and what rules over a fall look back at.
-- Parameters: relation, as in retention_rules; before, what is older goes; reached, after which key it begins; most, how many keys.
-- Returns: removed; reached, where the next step begins (NULL: the pass is over). Writes: the table.
CREATE OR REPLACE FUNCTION advocacy.retention_sweep(relation text, before timestamptz, reached bigint, most integer,
	OUT removed bigint, OUT next_reached bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
	rule record;
	looked_at bigint;
BEGIN
	SELECT r.* INTO STRICT rule FROM advocacy.retention_rules() AS r WHERE r.relation = retention_sweep.relation;
	IF rule.relation = 'signal_history' THEN
		WITH seen AS MATERIALIZED (
			SELECT a.account_id FROM advocacy.account AS a
			 WHERE a.account_id > retention_sweep.reached ORDER BY a.account_id LIMIT retention_sweep.most
		), kept AS MATERIALIZED (
			SELECT s.account_id, least(retention_sweep.before - coalesce((SELECT max(u.drop_within) FROM advocacy.risk_rule AS u
			                            WHERE u.active), '0'), min(r.opened_at)) AS since
			  FROM seen AS s LEFT JOIN advocacy.risk AS r ON r.account_id = s.account_id AND r.cleared_at IS NULL
			 GROUP BY s.account_id
		), gone AS (
			DELETE FROM advocacy.signal_history AS h USING kept AS k
			 WHERE h.account_id = k.account_id AND h.observed_at < k.since
			   AND EXISTS (SELECT FROM advocacy.signal_history AS n
			                WHERE n.account_id = h.account_id AND n.name = h.name AND n.source = h.source
			                  AND n.observed_at >= h.observed_at AND n.observed_at <= k.since
			                  AND n.recorded_at >= h.recorded_at AND n.recorded_at <= k.since
			                  AND (n.observed_at, n.recorded_at) <> (h.observed_at, h.recorded_at)
			                  AND (h.repeated OR NOT n.repeated))
			RETURNING 1)
		SELECT (SELECT count(*) FROM gone), max(s.account_id), count(*) INTO removed, next_reached, looked_at FROM seen AS s;
	ELSE
		EXECUTE format('WITH seen AS MATERIALIZED (
				SELECT t.%1$I AS key FROM advocacy.%2$I AS t WHERE t.%1$I > $1 AND %3$s < $2 ORDER BY t.%1$I LIMIT $3
			), gone AS (
				DELETE FROM advocacy.%2$I AS t USING seen AS s WHERE t.%1$I = s.key AND %3$s < $2 AND NOT (%4$s) RETURNING 1)
			SELECT (SELECT count(*) FROM gone), max(s.key), count(*) FROM seen AS s',
			rule.key, rule.relation, rule.past, rule.needed)
		   INTO removed, next_reached, looked_at
		  USING retention_sweep.reached, retention_sweep.before, retention_sweep.most;
	END IF;
	IF looked_at < retention_sweep.most THEN
		next_reached := NULL;
	END IF;
END $$;
COMMENT ON FUNCTION advocacy.retention_sweep(text, timestamptz, bigint, integer) IS
	'Removes history from the next rows of one table, unless something needs them.';
