-- stream_plan: where a stream stands, and what is due on it.
-- A full read whose list of seen records is not whole any more (the server crashed, and the list isn't logged) begins
-- anew: a record must never count as gone because our own memory of it is.
-- Parameters: source; stream; full_every, how often all records are read (0: only when there is no other way);
-- prove_every, how often a run reaches back behind all that the vendor may show late; at.
-- Returns: one row: cursor of the changes (NULL: none); full_cursor of the full read under way (NULL: none); full_due_s,
-- seconds until a full read is due (0: now, or under way; NULL: never); prove, whether the next run over changes should;
-- calls_today, made for the whole source since midnight UTC; full_rows, read so far by the full read under way;
-- broken_off, full_broken_off, whether a run was since changes, or all records, were last read to the end; unjudged, whether
-- no brake judges what is read now by how much comes at once: a first load (see sync_apply), and no contact of the source is
-- an advocate, as some are where one was broken off: it may begin anew, by another mapping (see brake_exceeded); untouched,
-- whether nothing of the stream was ever applied, not even a look that brought nothing: where a vendor takes but a few calls
-- at a time, looking again would keep the load from ever coming about.
-- Writes: sync_stream, sync_listing, in that case alone.
CREATE OR REPLACE FUNCTION advocacy.stream_plan(source text, stream text, full_every interval, prove_every interval,
	at timestamptz DEFAULT now())
RETURNS TABLE (cursor text, full_cursor text, full_due_s bigint, prove boolean, calls_today bigint,
	full_rows bigint, broken_off boolean, full_broken_off boolean, unjudged boolean, untouched boolean)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	known advocacy.sync_stream;
BEGIN
	SELECT y.* INTO known FROM advocacy.sync_stream AS y
	 WHERE y.source = stream_plan.source AND y.stream = stream_plan.stream;
	IF known.full_lists AND known.full_rows > 0
	   AND NOT EXISTS (SELECT FROM advocacy.sync_listing AS l
	                    WHERE l.source = stream_plan.source AND l.stream = stream_plan.stream) THEN
		PERFORM advocacy.sync_list_forget(stream_plan.source, stream_plan.stream);
		known.full_cursor := NULL;
	END IF;
	cursor := known.cursor;
	full_cursor := known.full_cursor;
	full_rows := CASE WHEN known.full_cursor IS NOT NULL THEN known.full_rows ELSE 0 END;
	full_due_s := CASE WHEN known.full_cursor IS NOT NULL THEN 0
	                   WHEN full_every <= '0' THEN NULL
	                   ELSE greatest(0, ceil(extract(epoch FROM
	                        coalesce(known.full_read_at + full_every, stream_plan.at) - stream_plan.at)))::bigint END;
	SELECT coalesce(sum(y.calls_today), 0) + advocacy.writeback_calls(stream_plan.source, stream_plan.at) INTO calls_today FROM advocacy.sync_stream AS y
	 WHERE y.source = stream_plan.source AND y.calls_day = (stream_plan.at AT TIME ZONE 'UTC')::date;
	prove := coalesce(known.proved_at + prove_every <= stream_plan.at, true);
	broken_off := coalesce(known.last_failure_at > coalesce(known.last_success_at, '-infinity'), false);
	full_broken_off := coalesce(known.last_failure_at > coalesce(known.full_read_at, '-infinity'), false);
	unjudged := known.last_success_at IS NULL
		AND NOT EXISTS (SELECT FROM advocacy.advocate AS a JOIN advocacy.contact AS c ON c.contact_id = a.contact_id
		                 WHERE a.retired_at IS NULL AND c.source = stream_plan.source);
	untouched := known.last_started_at IS NULL;
	RETURN NEXT;
END $$;
COMMENT ON FUNCTION advocacy.stream_plan(text, text, interval, interval, timestamptz) IS
	'Where a stream stands, and whether a full read or a proving run is due on it.';
