-- writeback_stop: a person says that a source is not to be written to until writeback_start. The flags are kept up to date
-- meanwhile; what is under way at this moment may still arrive.
-- Parameters: source; reason; actor (NULL: the session's user); at.
-- Returns: nothing. Writes: crm_target, audit_log.
-- Refuses: a source that is not written to, a missing reason.
CREATE OR REPLACE FUNCTION advocacy.writeback_stop(source text, reason text, actor text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	by_whom text := coalesce(nullif(writeback_stop.actor, ''), session_user);
BEGIN
	PERFORM advocacy.time_refuse(writeback_stop.at);
	IF coalesce(btrim(writeback_stop.reason), '') = '' THEN
		RAISE EXCEPTION 'stopping to write into a CRM needs a reason' USING ERRCODE = '22023';
	END IF;
	UPDATE advocacy.crm_target AS t SET started_at = NULL, started_by = NULL
	 WHERE t.source = writeback_stop.source AND t.started_at IS NOT NULL;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'the source "%" is not written to', writeback_stop.source USING ERRCODE = '55000',
			HINT = 'advocacy.crm_target names those that are.';
	END IF;
	INSERT INTO advocacy.audit_log (at, actor, action, subject, reason)
	VALUES (writeback_stop.at, by_whom, 'writeback_stop', 'source ' || writeback_stop.source, writeback_stop.reason);
END $$;
COMMENT ON FUNCTION advocacy.writeback_stop(text, text, text, timestamptz) IS
	'A person says that a source is not to be written to for now (audited).';
