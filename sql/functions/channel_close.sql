-- channel_close(channel, state, until, detail, at) -> void
--
-- Purpose:    closes a channel: nothing is claimed for it until then, when it is tried again.
-- Parameters: channel; state  waiting (to be left alone for a while: rate limit, Retry-After) or broken (it doesn't
--             work: dead address, refused credentials); until  not NULL; detail  for people; at  now.
-- Returns:    nothing.
-- Writes:     channel_status; outbox (channel_broken, once when it breaks, by another channel).
CREATE OR REPLACE FUNCTION advocacy.channel_close(
	channel text, state text, until timestamptz, detail text, at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	IF channel_close.state IS NULL OR channel_close.state NOT IN ('waiting', 'broken') THEN
		RAISE EXCEPTION 'a closed channel is waiting or broken, not %', channel_close.state
			USING ERRCODE = '22023', HINT = 'channel_open opens it again.';
	END IF;
	IF until IS NULL THEN
		RAISE EXCEPTION 'channel % must be closed until some time', channel_close.channel
			USING ERRCODE = '22023', HINT = 'channel_open opens it again.';
	END IF;
	IF channel_close.state = 'broken'
		AND NOT EXISTS (SELECT FROM advocacy.channel_status AS s WHERE s.channel = channel_close.channel AND s.state = 'broken') THEN
		PERFORM advocacy.outbox_put('channel_broken', format('channel:%s:broken:%s', channel_close.channel, at),
			jsonb_build_object('channel', channel_close.channel, 'detail', channel_close.detail,
				'count', (SELECT count(*) FROM advocacy.outbox AS o
				          WHERE o.channel = channel_close.channel AND o.state IN ('pending', 'sending')),
				'event', 'channel-' || channel_close.channel, 'at', advocacy.sync_time_text(at)), 2, at);
	END IF;
	INSERT INTO advocacy.channel_status AS s (channel, state, closed_until, detail, updated_at)
	VALUES (channel_close.channel, channel_close.state, until, channel_close.detail, at)
	ON CONFLICT (channel) DO UPDATE
	SET state = excluded.state, closed_until = excluded.closed_until, detail = excluded.detail,
	    updated_at = excluded.updated_at;
END
$$;

COMMENT ON FUNCTION advocacy.channel_close(text, text, timestamptz, text, timestamptz) IS
	'Closes a channel until an instant at which it is tried again: it is waiting (rate limit) or broken.';
