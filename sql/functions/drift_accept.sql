-- drift_accept: a person says that a field is right as it comes now: its nulls are taken, until values come back. All records
-- of the stream are due to be read again, since what they said meanwhile was not taken.
-- Parameters: source; stream; field; reason; actor (NULL: the session's user); at.
-- Returns: the drift_id. Refuses: a field that doesn't drift, a missing reason.
-- Writes: field_drift, sync_stream, audit_log.
CREATE OR REPLACE FUNCTION advocacy.drift_accept(source text, stream text, field text, reason text, actor text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	by_whom text := coalesce(nullif(drift_accept.actor, ''), session_user);
	accepted bigint;
BEGIN
	PERFORM advocacy.time_refuse(drift_accept.at);
	IF coalesce(btrim(drift_accept.reason), '') = '' THEN
		RAISE EXCEPTION 'accepting that a field changed needs a reason' USING ERRCODE = '22023';
	END IF;
	PERFORM advocacy.sync_lock();
	UPDATE advocacy.field_drift AS d
	   SET resolved_at = drift_accept.at, resolution = 'accepted: ' || drift_accept.reason, accepted_by = by_whom, recovered = 0
	 WHERE d.source = drift_accept.source AND d.stream = drift_accept.stream AND d.field = drift_accept.field
	   AND d.resolved_at IS NULL
	RETURNING d.drift_id INTO accepted;
	IF accepted IS NULL THEN
		RAISE EXCEPTION 'field "%" of % % does not drift', drift_accept.field, drift_accept.source, drift_accept.stream
			USING ERRCODE = 'P0002', HINT = 'Look it up in advocacy.field_drift, where resolved_at is null.';
	END IF;
	UPDATE advocacy.sync_stream AS y SET full_read_at = NULL
	 WHERE y.source = drift_accept.source AND y.stream = drift_accept.stream;
	INSERT INTO advocacy.audit_log (at, actor, action, subject, reason, details)
	VALUES (drift_accept.at, by_whom, 'drift_accept',
		format('%s %s %s', drift_accept.source, drift_accept.stream, drift_accept.field), drift_accept.reason,
		jsonb_build_object('drift_id', accepted));
	RETURN accepted;
END $$;
COMMENT ON FUNCTION advocacy.drift_accept(text, text, text, text, text, timestamptz) IS
	'A person accepts that a field is as it comes now (audited): its nulls are taken from now on; returns the drift_id.';
