-- drift_describe: what the vendor's metadata says against a stream's mapping, whole: what is not named is well (again).
-- Parameters: source; stream; notes, [{"field", "kind": "vanished"|"type_changed", "detail"}]; at.
-- Returns: nothing. Writes: field_drift, outbox, through drift_report and drift_clear.
CREATE OR REPLACE FUNCTION advocacy.drift_describe(source text, stream text, notes jsonb, at timestamptz DEFAULT now())
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
	PERFORM advocacy.drift_report(drift_describe.source, drift_describe.stream, n.note ->> 'field', n.note ->> 'kind',
	                              n.note ->> 'detail', drift_describe.at)
	   FROM jsonb_array_elements(notes) AS n (note);
	PERFORM advocacy.drift_clear(d.source, d.stream, d.field, drift_describe.at)
	   FROM advocacy.field_drift AS d
	  WHERE d.source = drift_describe.source AND d.stream = drift_describe.stream
	    AND d.kind IN ('vanished', 'type_changed')
	    AND NOT EXISTS (SELECT FROM jsonb_array_elements(notes) AS n (note) WHERE n.note ->> 'field' = d.field);
END $$;
COMMENT ON FUNCTION advocacy.drift_describe(text, text, jsonb, timestamptz) IS
	'Takes over what the vendor''s metadata says against a stream''s mapping; what is not named is well.';
