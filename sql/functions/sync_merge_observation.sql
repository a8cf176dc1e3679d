-- sync_merge_observation: what the staged observations say about their accounts in numbers: a scorecard's rows, say.
-- Members are read as sync_merge_signals reads them. Of several records about one account the newest counts; a record
-- that is deleted, doesn't count, or is about an account that the source hasn't brought says nothing.
-- Parameters: source; stream; at, the time of an observation whose record has none.
-- Returns: how many signals changed their value. Writes: signal, signal_history; pg_temp.work_evaluate.
CREATE OR REPLACE FUNCTION advocacy.sync_merge_observation(source text, stream text, at timestamptz DEFAULT now())
RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
#variable_conflict use_column
BEGIN
	INSERT INTO pg_temp.work_signal (account_id, name, source, stream, value, observed_at)
	SELECT t.account_id, j.key, sync_merge_observation.source, sync_merge_observation.stream,
	       advocacy.signal_value(j.value), s.modified_at
	  FROM pg_temp.stage_observation AS s
	  JOIN advocacy.account_source AS t
	    ON t.source = sync_merge_observation.source AND t.remote_id = s.account_remote_id
	 CROSS JOIN LATERAL jsonb_each_text(CASE WHEN jsonb_typeof(s.signals) = 'object' THEN s.signals ELSE '{}' END) AS j
	 WHERE s.deleted IS NOT TRUE AND s.included IS NOT FALSE
	   AND t.account_id IS NOT NULL AND t.link_reason <> 'merged';
	RETURN advocacy.signal_store(sync_merge_observation.at);
END $$;
COMMENT ON FUNCTION advocacy.sync_merge_observation(text, text, timestamptz) IS
	'Stores what the staged observations of a source say about their accounts in numbers; returns how many signals changed their value.';
