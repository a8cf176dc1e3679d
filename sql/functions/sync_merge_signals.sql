-- sync_merge_signals: what the staged accounts say in numbers.
-- A member with a number is an observation, also when the number is written as text, as the daemon does (JSON knows no
-- "+5" and no ".5"); one with null (or anything but a number) is "not scored" and stored as NULL; an absent member says
-- nothing. A record older than the one that is stored says nothing either, nor does one that was merged into another: its
-- survivor speaks for the customer.
-- Parameters: source; stream; listed_only: only the records in pg_temp.work_known and work_change, the others are done; at, the time of an observation whose
-- record has none.
-- Returns: how many signals changed their value. Writes: signal, signal_history; pg_temp.work_evaluate.
CREATE OR REPLACE FUNCTION advocacy.sync_merge_signals(source text, stream text, listed_only boolean,
	at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
#variable_conflict use_column
BEGIN
	INSERT INTO pg_temp.work_signal (account_id, name, source, stream, value, observed_at)
	SELECT v.account_id, v.key, sync_merge_signals.source, sync_merge_signals.stream,
	       advocacy.signal_value(v.value), v.modified_at
	  -- (Keys rather than jsonb_each, which makes a table of each record. OFFSET 0: each value is got once, each record looked up.)
	  FROM (SELECT k.account_id, k.key, k.signals ->> k.key AS value, k.modified_at
	          FROM (SELECT t.account_id, s.signals, s.modified_at,
	                       jsonb_object_keys(CASE WHEN jsonb_typeof(s.signals) = 'object' THEN s.signals ELSE '{}' END) AS key
	                  FROM pg_temp.stage_account AS s
	                 CROSS JOIN LATERAL (SELECT a.account_id, a.link_reason, a.modified_at FROM advocacy.account_source AS a
	                                      WHERE a.source = sync_merge_signals.source AND a.remote_id = s.remote_id OFFSET 0) AS t
	                 WHERE s.signals IS NOT NULL AND t.link_reason <> 'merged'
	                   AND NOT (listed_only AND s.remote_id NOT IN (SELECT c.remote_id FROM pg_temp.work_change AS c
	                                                                UNION ALL SELECT k.remote_id FROM pg_temp.work_known AS k))
	                   AND (s.modified_at >= t.modified_at OR s.modified_at IS NULL OR t.modified_at IS NULL)) AS k
	        OFFSET 0) AS v;
	RETURN advocacy.signal_store(sync_merge_signals.at);
END $$;
COMMENT ON FUNCTION advocacy.sync_merge_signals(text, text, boolean, timestamptz) IS
	'Stores what the staged accounts of a source say in numbers; returns how many signals changed their value.';
