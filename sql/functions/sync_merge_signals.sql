-- sync_merge_signals: what the staged accounts say in numbers.
-- A member with a number is an observation, also when the number is written as text, as the daemon does (JSON knows no
-- "+5" and no ".5"); one with null (or anything but a number) is "not scored" and stored as NULL; an absent member says
-- nothing. A record older than the one that is stored says nothing either.
-- Parameters: source; stream; at, the time of an observation whose record has none.
-- Returns: how many signals changed their value. Writes: signal, signal_history; pg_temp.work_evaluate.
CREATE OR REPLACE FUNCTION advocacy.sync_merge_signals(source text, stream text, at timestamptz DEFAULT now())
RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
#variable_conflict use_column
BEGIN
	INSERT INTO pg_temp.work_signal (account_id, name, source, stream, value, observed_at)
	SELECT t.account_id, j.key, sync_merge_signals.source, sync_merge_signals.stream,
	       CASE WHEN jsonb_typeof(j.value) = 'number'
	              OR j.value #>> '{}' ~ '^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$'
	            THEN (j.value #>> '{}')::numeric END, s.modified_at
	  FROM pg_temp.stage_account AS s
	  JOIN advocacy.account_source AS t ON t.source = sync_merge_signals.source AND t.remote_id = s.remote_id
	 CROSS JOIN LATERAL jsonb_each(CASE WHEN jsonb_typeof(s.signals) = 'object' THEN s.signals ELSE '{}' END) AS j
	 WHERE s.signals IS NOT NULL
	   AND (s.modified_at >= t.modified_at OR s.modified_at IS NULL OR t.modified_at IS NULL);
	RETURN advocacy.signal_store(sync_merge_signals.at);
END $$;
COMMENT ON FUNCTION advocacy.sync_merge_signals(text, text, timestamptz) IS
	'Stores what the staged accounts of a source say in numbers; returns how many signals changed their value.';
