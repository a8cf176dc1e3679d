-- drift_open: remembers that a field doesn't come any more as it came, and tells people, once.
-- Where a person has accepted just that, or it is known already, only last_seen_at moves on.
-- Parameters: source; stream; field, as the mapping or the signal names it; kind: null_for_all, vanished, type_changed,
-- unreadable, incomplete or reordered; detail, for people; records, how many show it (NULL: not counted); at.
-- Returns: whether it is new. Writes: field_drift; outbox (field_drift, key drift:ID).
CREATE OR REPLACE FUNCTION advocacy.drift_open(source text, stream text, field text, kind text, detail text, records bigint,
	at timestamptz DEFAULT now()) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	made bigint;
BEGIN
	UPDATE advocacy.field_drift AS d
	   SET last_seen_at = drift_open.at, recovered = 0, kind = CASE WHEN d.resolved_at IS NULL THEN drift_open.kind ELSE d.kind END,
	       detail = CASE WHEN d.resolved_at IS NULL THEN drift_open.detail ELSE d.detail END
	 WHERE d.source = drift_open.source AND d.stream = drift_open.stream AND d.field = drift_open.field
	   AND (d.resolved_at IS NULL OR (d.accepted_by IS NOT NULL AND d.lapsed_at IS NULL AND d.kind = drift_open.kind));
	IF FOUND THEN
		RETURN false;
	END IF;
	INSERT INTO advocacy.field_drift AS d (source, stream, field, kind, detail, first_seen_at, last_seen_at)
	VALUES (drift_open.source, drift_open.stream, drift_open.field, drift_open.kind, drift_open.detail, drift_open.at,
		drift_open.at)
	RETURNING d.drift_id INTO made;
	PERFORM advocacy.outbox_put('field_drift', 'drift:' || made,
		jsonb_strip_nulls(jsonb_build_object('source', drift_open.source, 'stream', drift_open.stream,
			'field', drift_open.field, 'kind', drift_open.kind, 'detail', drift_open.detail,
			'count', drift_open.records::text,
			'rules', (SELECT jsonb_agg(jsonb_build_object('rule', u.rule) ORDER BY u.rule) FROM advocacy.risk_rule AS u
			           WHERE u.active AND (u.signal = drift_open.field
			             OR (u.signal = 'open_escalations' AND drift_open.field IN ('priority', 'escalated', 'closed')))),
			'accept', format('SELECT advocacy.drift_accept(%L, %L, %L, ''why'')', drift_open.source, drift_open.stream,
				drift_open.field),
			'event', 'drift-' || made, 'at', advocacy.sync_time_text(drift_open.at))), 3::smallint, drift_open.at);
	RETURN true;
END $$;
COMMENT ON FUNCTION advocacy.drift_open(text, text, text, text, text, bigint, timestamptz) IS
	'Remembers that a field doesn''t come any more as it came, and tells people, once; returns whether it is new.';
