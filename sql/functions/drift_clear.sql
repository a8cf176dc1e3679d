-- drift_clear: the daemon says that the vendor's description of its data shows a field again as it was.
-- Parameters: source; stream; field; at.
-- Returns: whether anything was open. Writes: field_drift; sync_stream (all records are due to be read again).
CREATE OR REPLACE FUNCTION advocacy.drift_clear(source text, stream text, field text, at timestamptz DEFAULT now())
RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	ended boolean;
BEGIN
	UPDATE advocacy.field_drift AS d
	   SET resolved_at = coalesce(d.resolved_at, drift_clear.at),
	       resolution = coalesce(d.resolution, 'the field is there again as it was'),
	       lapsed_at = CASE WHEN d.accepted_by IS NOT NULL THEN drift_clear.at END
	 WHERE d.source = drift_clear.source AND d.stream = drift_clear.stream AND d.field = drift_clear.field
	   AND d.kind IN ('vanished', 'type_changed')
	   AND (d.resolved_at IS NULL OR (d.accepted_by IS NOT NULL AND d.lapsed_at IS NULL));
	ended := FOUND;
	-- Also what a full read under way has read already.
	IF ended THEN
		PERFORM advocacy.sync_list_forget(drift_clear.source, drift_clear.stream);
	END IF;
	UPDATE advocacy.sync_stream AS y SET full_read_at = NULL
	 WHERE ended AND y.source = drift_clear.source AND y.stream = drift_clear.stream;
	RETURN ended;
END $$;
COMMENT ON FUNCTION advocacy.drift_clear(text, text, text, timestamptz) IS
	'Ends what drift_report said of a field; returns whether anything was open.';
