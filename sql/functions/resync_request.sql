-- resync_request: a person wants streams of a source read anew, beside the live tables. The daemon that works on the
-- source hears of it at once, reads everything, and stores what it would change; that is applied as one commit, or not.
-- Parameters: source; stream (NULL: every stream the source has); commit: true applies it when it is read, false only shows
-- the difference, NULL waits five minutes for resync_decide; actor (NULL: the session's user); at.
-- Returns: the numbers, one a stream; a stream that is waiting or being read already keeps its number.
-- Refuses: an unknown source or stream. Writes: resync, audit_log. Notifies: advocacy_resync.
CREATE OR REPLACE FUNCTION advocacy.resync_request(source text, stream text DEFAULT NULL, commit boolean DEFAULT NULL,
	actor text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS SETOF bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	by_whom text := coalesce(nullif(resync_request.actor, ''), session_user);
	known text[];
BEGIN
	PERFORM advocacy.time_refuse(resync_request.at);
	PERFORM FROM advocacy.source_status AS s WHERE s.source = resync_request.source;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no source "%"', resync_request.source
			USING ERRCODE = '22023', HINT = format('The sources are %s.',
				coalesce((SELECT string_agg(s.source, ', ' ORDER BY s.source) FROM advocacy.source_status AS s), 'none yet'));
	END IF;
	SELECT array_agg(y.stream ORDER BY y.stream) INTO known
	  FROM advocacy.sync_stream AS y WHERE y.source = resync_request.source AND y.taken_out_at IS NULL;
	IF resync_request.stream IS NOT NULL AND NOT coalesce(resync_request.stream = ANY (known), false) THEN
		RAISE EXCEPTION 'source "%" has no stream "%"', resync_request.source, resync_request.stream
			USING ERRCODE = '22023', HINT = format('Its streams are %s.', coalesce(array_to_string(known, ', '), 'none yet'));
	END IF;
	IF resync_request.stream IS NOT NULL THEN
		known := ARRAY[resync_request.stream];
	END IF;
	INSERT INTO advocacy.resync (source, stream, requested_by, requested_at, commit)
	SELECT resync_request.source, k.stream, by_whom, resync_request.at, resync_request.commit
	  FROM unnest(known) AS k (stream)
	ON CONFLICT (source, stream) WHERE ended_at IS NULL DO NOTHING;
	INSERT INTO advocacy.audit_log (at, actor, action, subject, details)
	VALUES (resync_request.at, by_whom, 'resync_request', 'source ' || resync_request.source,
		jsonb_build_object('streams', to_jsonb(known), 'commit', resync_request.commit));
	PERFORM pg_notify('advocacy_resync', resync_request.source);
	RETURN QUERY SELECT r.resync_id FROM advocacy.resync AS r
	 WHERE r.source = resync_request.source AND r.stream = ANY (known) AND r.ended_at IS NULL ORDER BY r.resync_id;
END $$;
COMMENT ON FUNCTION advocacy.resync_request(text, text, boolean, text, timestamptz) IS
	'Asks the daemon to read streams of a source anew beside the live tables and to show, or apply, the difference; returns their numbers.';
