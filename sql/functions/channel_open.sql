-- channel_open(channel, at) -> boolean
--
-- Purpose:    says that a channel works. Cheap to call after every delivery: an open one isn't written.
-- Parameters: channel; at  now.
-- Returns:    whether it had been closed.
-- Writes:     channel_status; outbox (channel_recovered, after channel_broken). Notifies advocacy_outbox when it opens.
CREATE OR REPLACE FUNCTION advocacy.channel_open(channel text, at timestamptz DEFAULT now())
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	was_broken constant boolean := EXISTS (SELECT FROM advocacy.channel_status AS s
	                                       WHERE s.channel = channel_open.channel AND s.state = 'broken');
BEGIN
	UPDATE advocacy.channel_status AS s
	SET state = 'open', closed_until = NULL, detail = NULL, updated_at = at
	WHERE s.channel = channel_open.channel
	  AND (s.state <> 'open' OR s.closed_until IS NOT NULL OR s.detail IS NOT NULL);
	IF FOUND THEN
		IF was_broken THEN
			PERFORM advocacy.outbox_put('channel_recovered', format('channel:%s:recovered:%s', channel_open.channel, at),
				jsonb_build_object('channel', channel_open.channel, 'event', 'channel-' || channel_open.channel,
					'at', advocacy.sync_time_text(at)), 5, at);
		END IF;
		PERFORM pg_notify('advocacy_outbox', '');
		RETURN true;
	END IF;
	RETURN false;
END
$$;

COMMENT ON FUNCTION advocacy.channel_open(text, timestamptz) IS
	'Opens a channel; true if it had been closed.';
