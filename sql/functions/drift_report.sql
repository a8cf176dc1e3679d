-- drift_report: the daemon says that the vendor's description of its data shows a field no more, or with another type.
-- Parameters: source; stream; field; kind: vanished or type_changed; detail, for people; at.
-- Returns: whether it is new (then people are told). Writes: field_drift, outbox.
CREATE OR REPLACE FUNCTION advocacy.drift_report(source text, stream text, field text, kind text, detail text,
	at timestamptz DEFAULT now()) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
	IF kind IS NULL OR kind NOT IN ('vanished', 'type_changed') THEN
		RAISE EXCEPTION 'unknown kind of drift "%"', drift_report.kind
			USING ERRCODE = '22023', HINT = 'Use vanished or type_changed; the others are found in what is read.';
	END IF;
	PERFORM advocacy.sync_lock();
	RETURN advocacy.drift_open(drift_report.source, drift_report.stream, drift_report.field, drift_report.kind,
		drift_report.detail, NULL, drift_report.at);
END $$;
COMMENT ON FUNCTION advocacy.drift_report(text, text, text, text, text, timestamptz) IS
	'Remembers that a vendor shows a field no more, or with another type, and tells people, once; returns whether it is new.';
