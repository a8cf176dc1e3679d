-- source_fire(at) -> integer
--
-- Purpose:    tells what nobody reports, since it is seen by the clock alone: that a source has not been read for so long that its
--             data count no more (stale_after), and that they count again; that the day's calls are nearly used up, once a
--             day; and, where a problem with a source or a channel lasts, that it still does (repeat_after_s of the policy).
-- Parameters: at  now.
-- Returns:    how many messages were put.
-- Writes:     source_status (stale_at), outbox.
--
-- A stream that was never read well is a first load and doesn't count, nor does one that the configuration has no more. Who was told of a source's recovery by source_report
-- isn't told again.
CREATE OR REPLACE FUNCTION advocacy.source_fire(at timestamptz DEFAULT now())
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	nearly   constant integer := 80; -- percent: from there on proving reads wait for the next day
	repeat_s constant bigint := (advocacy.policy_setting('repeat_after_s', '0') #>> '{}')::bigint;
	one      record;
	put      integer := 0;
BEGIN
	FOR one IN
		SELECT s.source, s.connector, s.stale_after, s.stale_at, s.failing_since, y.stream, y.last_success_at, y.failure,
		       y.last_success_at < source_fire.at - s.stale_after AS is_stale
		  FROM advocacy.source_status AS s
		  LEFT JOIN LATERAL (SELECT t.stream, t.last_success_at, t.failure FROM advocacy.sync_stream AS t
		                      WHERE t.source = s.source AND t.last_success_at IS NOT NULL AND t.taken_out_at IS NULL
		                      ORDER BY t.last_success_at, t.stream LIMIT 1) AS y ON true
		 WHERE (y.last_success_at < source_fire.at - s.stale_after) IS DISTINCT FROM (s.stale_at IS NOT NULL)
		 ORDER BY s.source FOR UPDATE OF s SKIP LOCKED
	LOOP
		IF one.is_stale THEN
			UPDATE advocacy.source_status AS s SET stale_at = source_fire.at WHERE s.source = one.source;
			put := put + advocacy.outbox_put('source_stale', format('stale:%s:%s', one.source, extract(epoch FROM one.last_success_at)::bigint),
				jsonb_strip_nulls(jsonb_build_object('source', one.source, 'connector', one.connector, 'stream', one.stream,
					'last_success_at', advocacy.sync_time_text(one.last_success_at),
					'since', advocacy.sync_time_text(one.last_success_at + one.stale_after), 'detail', one.failure,
					'event', 'source-' || one.source, 'at', advocacy.sync_time_text(source_fire.at))), 3, source_fire.at);
		ELSIF one.stale_at IS NOT NULL THEN
			UPDATE advocacy.source_status AS s SET stale_at = NULL WHERE s.source = one.source;
			CONTINUE WHEN one.failing_since IS NOT NULL
				OR EXISTS (SELECT FROM advocacy.outbox AS o WHERE o.subject = 'source-' || one.source
				              AND o.kind = 'source_recovered' AND o.created_at >= one.stale_at);
			put := put + advocacy.outbox_put('source_recovered', format('recovered:%s:stale:%s', one.source, extract(epoch FROM one.stale_at)::bigint),
				jsonb_build_object('source', one.source, 'connector', one.connector, 'since', advocacy.sync_time_text(one.stale_at),
					'duration_s', extract(epoch FROM source_fire.at - one.stale_at)::bigint,
					'event', 'source-' || one.source, 'at', advocacy.sync_time_text(source_fire.at)), 5, source_fire.at);
		END IF;
	END LOOP;

	FOR one IN
		SELECT s.source, s.connector, u.used, u.allowed, u.whose
		  FROM advocacy.source_status AS s
		 CROSS JOIN LATERAL (
			SELECT (SELECT coalesce(sum(y.calls_today), 0) FROM advocacy.sync_stream AS y
			         WHERE y.source = s.source AND y.calls_day = (source_fire.at AT TIME ZONE 'UTC')::date)
			       + advocacy.writeback_calls(s.source, source_fire.at) AS used, s.api_budget AS allowed, 'ours' AS whose
			UNION ALL
			-- The vendor's word of another day says nothing of this one.
			SELECT s.calls_used, s.calls_allowed, 'the vendor''s'
			 WHERE (s.updated_at AT TIME ZONE 'UTC')::date = (source_fire.at AT TIME ZONE 'UTC')::date) AS u
		 WHERE u.allowed > 0 AND u.used * 100 >= u.allowed * nearly
		 ORDER BY s.source, u.used * 100 / u.allowed DESC
	LOOP
		put := put + advocacy.outbox_put('budget_low', format('budget:%s:%s', one.source, (source_fire.at AT TIME ZONE 'UTC')::date),
			jsonb_build_object('source', one.source, 'connector', one.connector, 'calls_used', one.used, 'calls_allowed', one.allowed,
				'whose', one.whose, 'event', 'budget-' || one.source, 'at', advocacy.sync_time_text(source_fire.at)), 5, source_fire.at);
	END LOOP;

	IF repeat_s > 0 THEN
		FOR one IN
			SELECT o.kind, o.subject, o.facts, o.priority, o.dedup_key
			  FROM (SELECT 'source_failing' AS kind, 'source-' || s.source AS subject, s.told_at AS since
			          FROM advocacy.source_status AS s WHERE s.told_at IS NOT NULL
			        UNION ALL
			        SELECT 'channel_broken', 'channel-' || c.channel, '-infinity' FROM advocacy.channel_status AS c WHERE c.state = 'broken') AS p
			 CROSS JOIN LATERAL (
				SELECT m.* FROM advocacy.outbox AS m WHERE m.subject = p.subject AND m.kind = p.kind AND m.created_at >= p.since
				 ORDER BY m.outbox_id DESC LIMIT 1) AS o
			 WHERE o.created_at <= source_fire.at - make_interval(secs => repeat_s)
			 ORDER BY o.kind, o.subject
		LOOP
			put := put + advocacy.outbox_put(one.kind,
				format('%s:still:%s', regexp_replace(one.dedup_key, ':still:.*$', ''), extract(epoch FROM source_fire.at)::bigint),
				one.facts || jsonb_build_object('still', true, 'at', advocacy.sync_time_text(source_fire.at)), one.priority, source_fire.at);
		END LOOP;
	END IF;
	RETURN put;
END
$$;

COMMENT ON FUNCTION advocacy.source_fire(timestamptz) IS
	'Tells of sources that are stale or fresh again, of calls nearly used up, and of problems that last; returns how many messages.';
