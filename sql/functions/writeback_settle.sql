-- writeback_settle: what came of flags that this connection has claimed.
--   sent     it stands in the CRM now; where something else is wanted meanwhile, that is sent next
--   again    not written, and may be the next time (a locked row, a lost answer): later and later, up to an hour
--   later    not written, for a reason that is not its own (the vendor is out of order or has enough of us)
--   refused  not written, and won't be before somebody mends something: once a day
-- From the sixth failure on people are told, once a day for a source.
-- Parameters: source; entity; remote_ids, verdicts, codes, errors: of the same length, a code and an error where it wasn't
-- sent; calls, made to the vendor for them; echo_from, echo_until: when, by the vendor's clock, the records were changed by
-- us (NULL: not known); wait, before anything is tried again (NULL: as above); at.
-- Returns: how many of them failed. Writes: crm_flag, crm_target (calls); outbox (writeback_failing).
CREATE OR REPLACE FUNCTION advocacy.writeback_settle(source text, entity text, remote_ids text[], verdicts text[],
	codes text[], errors text[], calls bigint DEFAULT 0, echo_from timestamptz DEFAULT NULL,
	echo_until timestamptz DEFAULT NULL, wait interval DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	told_from constant integer := 6;
	failed integer;
	shown jsonb;
	failing bigint;
BEGIN
	PERFORM advocacy.writeback_lock(false);
	UPDATE advocacy.crm_target AS t
	   SET calls_today = CASE WHEN t.calls_day = (writeback_settle.at AT TIME ZONE 'UTC')::date THEN t.calls_today ELSE 0 END
	                     + writeback_settle.calls,
	       calls_day = (writeback_settle.at AT TIME ZONE 'UTC')::date
	 WHERE writeback_settle.calls > 0 AND t.source = writeback_settle.source AND t.entity = writeback_settle.entity;
	WITH verdict AS MATERIALIZED (
		SELECT v.remote_id, v.verdict, nullif(v.code, '') AS code, v.error
		  FROM unnest(writeback_settle.remote_ids, writeback_settle.verdicts, writeback_settle.codes, writeback_settle.errors)
		       AS v (remote_id, verdict, code, error)
	), settled AS (
		UPDATE advocacy.crm_flag AS f
		   SET sent = CASE WHEN v.verdict = 'sent' THEN f.sending ELSE f.sent END,
		       sent_reason = CASE WHEN v.verdict = 'sent' THEN f.sending_reason ELSE f.sent_reason END,
		       sent_since = CASE WHEN v.verdict = 'sent' THEN f.sending_since ELSE f.sent_since END,
		       sent_at = CASE WHEN v.verdict = 'sent' THEN writeback_settle.at ELSE f.sent_at END,
		       checked_at = CASE WHEN v.verdict = 'sent' THEN writeback_settle.at ELSE f.checked_at END,
		       echo_from = CASE WHEN v.verdict = 'sent' AND writeback_settle.echo_until IS NOT NULL
		                        THEN writeback_settle.echo_from WHEN v.verdict = 'sent' THEN NULL ELSE f.echo_from END,
		       echo_until = CASE WHEN v.verdict = 'sent' AND writeback_settle.echo_from IS NOT NULL
		                         THEN writeback_settle.echo_until WHEN v.verdict = 'sent' THEN NULL ELSE f.echo_until END,
		       doubtful = f.doubtful AND v.verdict <> 'sent',
		       delivery = CASE WHEN v.verdict = 'sent' AND (f.wanted, f.wanted_reason) IS NOT DISTINCT FROM (f.sending, f.sending_reason) THEN 'current'
		                       WHEN v.verdict = 'refused' AND (f.wanted, f.wanted_reason) IS NOT DISTINCT FROM (f.sending, f.sending_reason) THEN 'refused'
		                       ELSE 'pending' END,
		       -- Back at what stands there: that has stood since then.
		       wanted_since = CASE WHEN v.verdict = 'sent' AND (f.wanted, f.wanted_reason) IS NOT DISTINCT FROM (f.sending, f.sending_reason) THEN f.sending_since
		                           ELSE f.wanted_since END,
		       attempts = CASE WHEN v.verdict = 'sent' OR (f.wanted, f.wanted_reason) IS DISTINCT FROM (f.sending, f.sending_reason) THEN 0
		                       WHEN v.verdict = 'later' THEN f.attempts ELSE f.attempts + 1 END,
		       not_before = CASE WHEN v.verdict = 'sent' OR (v.verdict = 'refused' AND (f.wanted, f.wanted_reason) IS DISTINCT FROM (f.sending, f.sending_reason))
		                         THEN writeback_settle.at
		                         WHEN v.verdict = 'refused' THEN writeback_settle.at + interval '1 day'
		                         ELSE writeback_settle.at + coalesce(writeback_settle.wait, least(interval '1 hour',
		                              interval '2 seconds' * 2 ^ least(f.attempts, 12) * (0.75 + random() / 2))) END,
		       last_code = CASE WHEN v.verdict <> 'sent' THEN v.code END,
		       last_error = CASE WHEN v.verdict <> 'sent' THEN v.error END,
		       claimed_by = NULL, claimed_until = NULL, sending = NULL, sending_reason = NULL, sending_since = NULL
		  FROM verdict AS v
		 WHERE f.source = writeback_settle.source AND f.entity = writeback_settle.entity AND f.remote_id = v.remote_id
		   AND f.delivery = 'sending' AND f.claimed_by = 'backend ' || pg_backend_pid()
		RETURNING f.remote_id, f.delivery, f.attempts, f.last_error, f.state, v.verdict
	)
	SELECT count(*) FILTER (WHERE s.verdict <> 'sent') INTO failed FROM settled AS s;
	-- What was cleared is done with.
	DELETE FROM advocacy.crm_flag AS f
	 WHERE f.source = writeback_settle.source AND f.entity = writeback_settle.entity
	   AND f.remote_id = ANY (writeback_settle.remote_ids) AND f.state IS NULL AND f.delivery = 'current';
	IF failed > 0 THEN
		SELECT count(*), jsonb_agg(b.example ORDER BY b.place) FILTER (WHERE b.place <= 5) INTO failing, shown
		  FROM (SELECT jsonb_build_object('stream', f.entity, 'remote_id', f.remote_id,
		               'detail', coalesce(f.last_error, 'no reason given')) AS example,
		               row_number() OVER (ORDER BY f.entity, f.remote_id) AS place
		          FROM advocacy.crm_flag AS f
		         WHERE f.source = writeback_settle.source
		           AND (f.delivery = 'refused' OR f.attempts >= told_from)) AS b;
		IF failing > 0 THEN
			PERFORM advocacy.outbox_put('writeback_failing',
				format('writeback_failing:%s:%s', writeback_settle.source, (writeback_settle.at AT TIME ZONE 'UTC')::date),
				jsonb_build_object('source', writeback_settle.source, 'count', failing::text, 'examples', shown,
					'event', 'writeback-' || writeback_settle.source, 'at', advocacy.sync_time_text(writeback_settle.at)),
				5::smallint, writeback_settle.at);
		END IF;
	END IF;
	RETURN failed;
END $$;
COMMENT ON FUNCTION advocacy.writeback_settle(text, text, text[], text[], text[], text[], bigint, timestamptz, timestamptz, interval, timestamptz) IS
	'Records what came of flags that this connection has claimed; returns how many failed. People are told once a day.';
