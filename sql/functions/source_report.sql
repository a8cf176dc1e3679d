-- source_report: how a run of a source (or of one of its streams) ended.
-- A source is failing from its first failure until none of its streams fails any more. People are told once, at the
-- third failure in a row or at once when only a person can help (credentials, permanent), and once more if a source
-- they know as failing comes to need a person; and they are told that it works again only if they were told before.
-- Being throttled, or out of budget, is no failure; but the stream says what it waits for, and the next run knows that this
-- one was broken off (stream_plan).
-- Parameters: source; stream (NULL: the source as a whole); state: current, retrying, throttled or paused;
-- failure_kind (NULL: it went well): transient, throttled, credentials, record, permanent; detail; at.
-- Returns: nothing. Writes: source_status, sync_stream, outbox; only what changes, the count of failures aside.
CREATE OR REPLACE FUNCTION advocacy.source_report(source text, stream text, state text, failure_kind text DEFAULT NULL,
	detail text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	known advocacy.source_status;
	in_a_row integer;
	new_state text := source_report.state;
	new_detail text := source_report.detail;
	others_fail boolean;
	needs_person boolean := coalesce(source_report.failure_kind IN ('credentials', 'permanent'), false);
BEGIN
	IF source_report.state IS NULL OR source_report.state NOT IN ('new', 'current', 'retrying', 'throttled', 'paused') THEN
		RAISE EXCEPTION 'source "%": unknown state "%"', source_report.source, source_report.state
			USING ERRCODE = '22023', HINT = 'Use current, retrying, throttled or paused.';
	END IF;
	IF NOT EXISTS (SELECT FROM advocacy.source_status AS s WHERE s.source = source_report.source) THEN
		RAISE EXCEPTION 'source "%" is not registered', source_report.source
			USING ERRCODE = '23503', HINT = 'The daemon makes it known when it first works on it, with the policy.';
	END IF;
	-- The stream first, as an apply does; and the source so that another stream of it can be begun meanwhile.
	IF source_report.stream IS NOT NULL THEN
		INSERT INTO advocacy.sync_stream (source, stream) VALUES (source_report.source, source_report.stream)
		ON CONFLICT DO NOTHING;
		PERFORM FROM advocacy.sync_stream AS y
		  WHERE y.source = source_report.source AND y.stream = source_report.stream FOR NO KEY UPDATE;
	END IF;
	SELECT s.* INTO known FROM advocacy.source_status AS s WHERE s.source = source_report.source FOR NO KEY UPDATE;

	IF source_report.failure_kind IS NOT NULL AND source_report.failure_kind <> 'throttled' THEN
		IF source_report.stream IS NULL THEN
			in_a_row := known.failures + 1;
		ELSE
			UPDATE advocacy.sync_stream AS y
			   SET failures = y.failures + 1, failure_kind = source_report.failure_kind, failure = source_report.detail,
			       last_failure_at = source_report.at
			 WHERE y.source = source_report.source AND y.stream = source_report.stream
			RETURNING y.failures INTO in_a_row;
		END IF;
		UPDATE advocacy.source_status AS s
		   SET state = new_state, detail = new_detail,
		       failures = s.failures + CASE WHEN source_report.stream IS NULL THEN 1 ELSE 0 END,
		       failing_since = coalesce(s.failing_since, source_report.at),
		       state_since = CASE WHEN s.state = new_state THEN s.state_since ELSE source_report.at END,
		       updated_at = source_report.at
		 WHERE s.source = source_report.source
		   AND (s.state, s.detail, s.failing_since IS NULL, source_report.stream IS NULL)
		       IS DISTINCT FROM (new_state, new_detail, false, false);
		IF (in_a_row >= 3 AND known.told_at IS NULL) OR needs_person THEN
			PERFORM advocacy.outbox_put('source_failing',
				format('failing:%s:%s%s', source_report.source,
					extract(epoch FROM coalesce(known.failing_since, source_report.at))::bigint,
					CASE WHEN needs_person AND known.told_at IS NOT NULL THEN ':person' ELSE '' END),
				jsonb_strip_nulls(jsonb_build_object('source', source_report.source, 'connector', known.connector,
					'stream', source_report.stream, 'failure_kind', source_report.failure_kind,
					'detail', source_report.detail,
					'since', advocacy.sync_time_text(coalesce(known.failing_since, source_report.at)),
					'last_success_at', (SELECT advocacy.sync_time_text(max(y.last_success_at))
						FROM advocacy.sync_stream AS y WHERE y.source = source_report.source),
					'event', 'source-' || source_report.source, 'at', advocacy.sync_time_text(source_report.at))),
				3::smallint, source_report.at)
			 WHERE known.told_at IS NULL OR known.told_kind IS DISTINCT FROM 'person';
			UPDATE advocacy.source_status AS s
			   SET told_at = coalesce(s.told_at, source_report.at),
			       told_kind = CASE WHEN needs_person THEN 'person' ELSE s.told_kind END
			 WHERE s.source = source_report.source
			   AND (s.told_at IS NULL OR (needs_person AND s.told_kind IS DISTINCT FROM 'person'));
		END IF;
		RETURN;
	END IF;

	IF source_report.failure_kind = 'throttled' THEN
		UPDATE advocacy.sync_stream AS y
		   SET failure_kind = source_report.failure_kind, failure = source_report.detail, last_failure_at = source_report.at
		 WHERE y.source = source_report.source AND y.stream = source_report.stream;
	END IF;
	IF source_report.failure_kind IS NULL THEN
		UPDATE advocacy.sync_stream AS y SET failures = 0, failure_kind = NULL, failure = NULL
		 WHERE y.source = source_report.source AND y.stream = source_report.stream
		   AND (y.failures, y.failure_kind, y.failure) IS DISTINCT FROM (0, NULL, NULL);
		-- A stream that fails still keeps the source failing.
		SELECT EXISTS (SELECT FROM advocacy.sync_stream AS y WHERE y.source = source_report.source AND y.failures > 0)
		  INTO others_fail;
		IF others_fail AND known.failing_since IS NOT NULL THEN
			RETURN;
		END IF;
	ELSE
		others_fail := known.failing_since IS NOT NULL;
	END IF;
	UPDATE advocacy.source_status AS s
	   SET state = new_state, detail = new_detail, failures = CASE WHEN others_fail THEN s.failures ELSE 0 END,
	       failing_since = CASE WHEN others_fail THEN s.failing_since END,
	       told_at = CASE WHEN others_fail THEN s.told_at END, told_kind = CASE WHEN others_fail THEN s.told_kind END,
	       state_since = CASE WHEN s.state = new_state THEN s.state_since ELSE source_report.at END,
	       updated_at = source_report.at
	 WHERE s.source = source_report.source
	   AND ((s.state, s.detail) IS DISTINCT FROM (new_state, new_detail)
	        OR (NOT others_fail AND (s.failures > 0 OR s.failing_since IS NOT NULL)));
	IF NOT others_fail AND known.told_at IS NOT NULL THEN
		PERFORM advocacy.outbox_put('source_recovered',
			format('recovered:%s:%s', source_report.source, extract(epoch FROM known.failing_since)::bigint),
			jsonb_build_object('source', source_report.source, 'connector', known.connector,
				'since', advocacy.sync_time_text(known.failing_since),
				'duration_s', extract(epoch FROM source_report.at - known.failing_since)::bigint::text,
				'event', 'source-' || source_report.source, 'at', advocacy.sync_time_text(source_report.at)),
			5::smallint, source_report.at);
	END IF;
END $$;
COMMENT ON FUNCTION advocacy.source_report(text, text, text, text, text, timestamptz) IS
	'Records how a run of a source or stream ended, and tells people when it keeps failing and when it works again.';
