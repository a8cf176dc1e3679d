-- writeback_start: a person says that a source may be written to from now on. Until then the flags are only kept (table
-- crm_flag), so that somebody can look at what a first load decided before reps read it in the CRM.
-- Parameters: source; reason; actor (NULL: the session's user); at.
-- Returns: how many flags are to be written. Writes: crm_target, audit_log. Notifies advocacy_writeback.
-- Refuses: a source whose mapping names no field to write, one that is written to already, a missing reason.
CREATE OR REPLACE FUNCTION advocacy.writeback_start(source text, reason text, actor text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	by_whom text := coalesce(nullif(writeback_start.actor, ''), session_user);
	waiting bigint;
BEGIN
	PERFORM advocacy.time_refuse(writeback_start.at);
	IF coalesce(btrim(writeback_start.reason), '') = '' THEN
		RAISE EXCEPTION 'starting to write into a CRM needs a reason' USING ERRCODE = '22023',
			HINT = 'Say what you have looked at, such as: the flags of the first load are right.';
	END IF;
	IF NOT EXISTS (SELECT FROM advocacy.crm_target AS t WHERE t.source = writeback_start.source) THEN
		RAISE EXCEPTION 'nothing is mapped to be written into the source "%"', writeback_start.source
			USING ERRCODE = 'P0002', HINT = 'Its mapping needs [write contact], [write account] or [write request], and the daemon must have run with it.';
	END IF;
	UPDATE advocacy.crm_target AS t SET started_at = writeback_start.at, started_by = by_whom
	 WHERE t.source = writeback_start.source AND t.started_at IS NULL;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'the source "%" is written to already', writeback_start.source USING ERRCODE = '55000',
			HINT = 'advocacy.writeback_stop() ends it.';
	END IF;
	SELECT count(*) INTO waiting FROM advocacy.crm_flag AS f
	 WHERE f.source = writeback_start.source AND f.delivery <> 'current';
	INSERT INTO advocacy.audit_log (at, actor, action, subject, reason, details)
	VALUES (writeback_start.at, by_whom, 'writeback_start', 'source ' || writeback_start.source, writeback_start.reason,
		jsonb_build_object('waiting', waiting));
	PERFORM pg_notify('advocacy_writeback', '');
	RETURN waiting;
END $$;
COMMENT ON FUNCTION advocacy.writeback_start(text, text, text, timestamptz) IS
	'A person says that a source may be written to from now on (audited); returns how many flags wait.';
