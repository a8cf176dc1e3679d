-- signal_store: stores the observations in pg_temp.work_signal that are new.
-- Written is a signal that is new, whose value differs, or that was observed again later; an older observation is
-- dropped, an equal one costs a comparison. History gets a row when the value differs from the one before.
-- A signal is taken over by another stream of its source only if the stream that delivered it has gone quiet.
-- Parameters: at, the time of observations that have none.
-- Returns: how many signals changed their value. Writes: signal, signal_history; pg_temp.work_evaluate, work_signal.
CREATE OR REPLACE FUNCTION advocacy.signal_store(at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
#variable_conflict use_column
DECLARE
	changed bigint := 0;
BEGIN
	IF NOT EXISTS (SELECT FROM pg_temp.work_signal) THEN
		RETURN 0;
	END IF;
	ANALYZE pg_temp.work_signal (account_id);
	WITH stored AS MATERIALIZED (
		SELECT w.account_id, w.name, w.source,
		       CASE WHEN g.account_id IS NULL OR quiet.yes THEN w.stream ELSE g.stream END AS stream,
		       w.value, coalesce(w.observed_at, signal_store.at) AS observed_at,
		       g.account_id IS NULL OR g.value IS DISTINCT FROM w.value AS changed
		  FROM pg_temp.work_signal AS w
		  LEFT JOIN advocacy.signal AS g
		    ON g.account_id = w.account_id AND g.name = w.name AND g.source = w.source
		 CROSS JOIN LATERAL (SELECT g.stream <> w.stream AND NOT EXISTS (
			SELECT FROM advocacy.sync_stream AS y JOIN advocacy.source_status AS o ON o.source = y.source
			 WHERE y.source = g.source AND y.stream = g.stream
			   AND y.last_success_at >= signal_store.at - o.stale_after) AS yes) AS quiet
		 WHERE g.account_id IS NULL
		    OR (coalesce(w.observed_at, signal_store.at) >= g.observed_at
		        AND (g.value IS DISTINCT FROM w.value OR w.observed_at > g.observed_at OR quiet.yes))
	), chosen AS MATERIALIZED (
		SELECT DISTINCT ON (s.account_id, s.name, s.source)
		       s.account_id, s.name, s.source, s.stream, s.value, s.observed_at,
		       bool_or(s.changed) OVER (PARTITION BY s.account_id, s.name, s.source) AS changed
		  FROM stored AS s ORDER BY s.account_id, s.name, s.source, s.observed_at DESC, s.value
	), merged AS (
		INSERT INTO advocacy.signal AS t (account_id, name, source, stream, value, observed_at)
		SELECT c.account_id, c.name, c.source, c.stream, c.value, c.observed_at FROM chosen AS c
		ON CONFLICT (account_id, name, source) DO UPDATE
		   SET stream = excluded.stream, value = excluded.value, observed_at = excluded.observed_at
	), remembered AS (
		INSERT INTO advocacy.signal_history (account_id, name, source, value, observed_at, recorded_at)
		SELECT c.account_id, c.name, c.source, c.value, c.observed_at, signal_store.at
		  FROM chosen AS c WHERE c.changed
		RETURNING account_id
	), touched AS (
		INSERT INTO pg_temp.work_evaluate
		SELECT c.account_id FROM chosen AS c
		 WHERE c.name IN (SELECT u.signal FROM advocacy.risk_rule AS u WHERE u.active)
	)
	SELECT count(*) INTO changed FROM remembered AS r;
	TRUNCATE pg_temp.work_signal;
	RETURN changed;
END $$;
COMMENT ON FUNCTION advocacy.signal_store(timestamptz) IS
	'Stores the observations in pg_temp.work_signal that are new, with history; returns how many values changed.';
