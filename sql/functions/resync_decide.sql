-- resync_decide: a person has seen what a resync would change, and says whether it shall.
-- Parameters: resync_id; commit; actor (NULL: the session's user); at.
-- Returns: nothing. Refuses: an unknown number, one that is over. Writes: resync, audit_log. Notifies: advocacy_resync.
CREATE OR REPLACE FUNCTION advocacy.resync_decide(resync_id bigint, commit boolean, actor text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	by_whom text := coalesce(nullif(resync_decide.actor, ''), session_user);
	of_source text;
BEGIN
	PERFORM advocacy.time_refuse(resync_decide.at);
	IF resync_decide.commit IS NULL THEN
		RAISE EXCEPTION 'resync % needs a decision', resync_decide.resync_id
			USING ERRCODE = '22004', HINT = 'true applies the difference, false leaves everything as it is.';
	END IF;
	UPDATE advocacy.resync AS r SET commit = resync_decide.commit
	 WHERE r.resync_id = resync_decide.resync_id AND r.ended_at IS NULL
	RETURNING r.source INTO of_source;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'resync % is over, or there is none of that number', resync_decide.resync_id
			USING ERRCODE = '22023', HINT = 'The table advocacy.resync has them all.';
	END IF;
	INSERT INTO advocacy.audit_log (at, actor, action, subject, details)
	VALUES (resync_decide.at, by_whom, 'resync_decide', 'resync ' || resync_decide.resync_id,
		jsonb_build_object('commit', resync_decide.commit));
	PERFORM pg_notify('advocacy_resync', of_source);
END $$;
COMMENT ON FUNCTION advocacy.resync_decide(bigint, boolean, text, timestamptz) IS
	'Says whether the difference that a resync has found is applied.';
