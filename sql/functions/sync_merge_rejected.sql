-- sync_merge_rejected: remembers the records that couldn't be understood, and that others are good again.
-- A rejection that is known already, with the same raw text and reason, writes nothing.
-- Parameters: source; stream; started_at, of the run: people are told once a run; at.
-- Returns: how many rejections are new or differ. Writes: rejected_record, outbox.
CREATE OR REPLACE FUNCTION advocacy.sync_merge_rejected(source text, stream text, started_at timestamptz,
	at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	rejected jsonb;
BEGIN
	UPDATE advocacy.rejected_record AS t SET resolved_at = sync_merge_rejected.at
	 WHERE t.source = sync_merge_rejected.source AND t.stream = sync_merge_rejected.stream AND t.resolved_at IS NULL
	   AND (EXISTS (SELECT FROM pg_temp.stage_account AS s WHERE s.remote_id = t.remote_id)
	        OR EXISTS (SELECT FROM pg_temp.stage_staff AS s WHERE s.remote_id = t.remote_id)
	        OR EXISTS (SELECT FROM pg_temp.stage_contact AS s WHERE s.remote_id = t.remote_id)
	        OR EXISTS (SELECT FROM pg_temp.stage_support_case AS s WHERE s.remote_id = t.remote_id)
	        OR EXISTS (SELECT FROM pg_temp.stage_opportunity AS s WHERE s.remote_id = t.remote_id)
	        OR EXISTS (SELECT FROM pg_temp.stage_request AS s WHERE s.remote_id = t.remote_id)
	        OR EXISTS (SELECT FROM pg_temp.stage_observation AS s WHERE s.remote_id = t.remote_id))
	   AND NOT EXISTS (SELECT FROM pg_temp.stage_rejected AS s WHERE s.remote_id = t.remote_id);

	WITH merged AS (
		INSERT INTO advocacy.rejected_record AS t (source, stream, remote_id, field, reason, raw, first_seen_at, last_seen_at)
		SELECT sync_merge_rejected.source, sync_merge_rejected.stream, s.remote_id, s.field, s.reason, s.raw,
		       sync_merge_rejected.at, sync_merge_rejected.at
		  FROM pg_temp.stage_rejected AS s
		  LEFT JOIN advocacy.rejected_record AS t ON t.source = sync_merge_rejected.source
		   AND t.stream = sync_merge_rejected.stream AND t.remote_id = s.remote_id
		 WHERE t.remote_id IS NULL OR t.resolved_at IS NOT NULL
		    OR (t.field, t.reason, t.raw) IS DISTINCT FROM (s.field, s.reason, s.raw)
		 ORDER BY s.remote_id
		ON CONFLICT (source, stream, remote_id) DO UPDATE SET
			field = excluded.field, reason = excluded.reason, raw = excluded.raw,
			last_seen_at = excluded.last_seen_at, resolved_at = NULL
		RETURNING t.remote_id, t.field, t.reason)
	SELECT jsonb_agg(jsonb_build_object('remote_id', m.remote_id, 'field', m.field, 'reason', m.reason) ORDER BY m.remote_id)
	  INTO rejected FROM merged AS m;
	IF rejected IS NULL THEN
		RETURN 0;
	END IF;
	-- Of a field that is unreadable for nearly everybody people were told once (sync_find_drift).
	IF NOT EXISTS (
		SELECT FROM jsonb_array_elements(rejected) AS r
		 WHERE NOT EXISTS (SELECT FROM advocacy.field_drift AS d
		                    WHERE d.source = sync_merge_rejected.source AND d.stream = sync_merge_rejected.stream
		                      AND d.kind = 'unreadable' AND d.field = r ->> 'field'
		                      AND (d.resolved_at IS NULL OR (d.accepted_by IS NOT NULL AND d.lapsed_at IS NULL)))) THEN
		RETURN jsonb_array_length(rejected);
	END IF;
	PERFORM advocacy.outbox_put('records_rejected',
		format('rejected:%s:%s:%s', sync_merge_rejected.source, sync_merge_rejected.stream,
			extract(epoch FROM sync_merge_rejected.started_at)),
		jsonb_build_object('source', sync_merge_rejected.source, 'stream', sync_merge_rejected.stream,
			'count', jsonb_array_length(rejected)::text,
			'examples', jsonb_path_query_array(rejected, '$[0 to 4]'),
			'at', advocacy.sync_time_text(sync_merge_rejected.at),
			'event', 'source-' || sync_merge_rejected.source), 5::smallint, sync_merge_rejected.at);
	RETURN jsonb_array_length(rejected);
END $$;
COMMENT ON FUNCTION advocacy.sync_merge_rejected(text, text, timestamptz, timestamptz) IS
	'Remembers records that couldn''t be understood and resolves those that are good again; returns how many rejections are new.';
