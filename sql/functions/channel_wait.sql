-- channel_wait(channel, until, detail, at) -> void
--
-- Purpose:    says that a channel is to be left alone for a while (rate limit, Retry-After): nothing is claimed for
--             it until then.
-- Parameters: channel; until  not NULL; detail  for people; at  now.
-- Returns:    nothing.
-- Writes:     channel_status.
CREATE OR REPLACE FUNCTION advocacy.channel_wait(
	channel text, until timestamptz, detail text, at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	IF until IS NULL THEN
		RAISE EXCEPTION 'channel % must be closed until some time', channel_wait.channel
			USING ERRCODE = '22023', HINT = 'channel_open opens it again.';
	END IF;
	INSERT INTO advocacy.channel_status AS s (channel, state, closed_until, detail, updated_at)
	VALUES (channel_wait.channel, 'waiting', until, channel_wait.detail, at)
	ON CONFLICT (channel) DO UPDATE
	SET state = excluded.state, closed_until = excluded.closed_until, detail = excluded.detail,
	    updated_at = excluded.updated_at;
END
$$;

COMMENT ON FUNCTION advocacy.channel_wait(text, timestamptz, text, timestamptz) IS
	'Closes a channel until an instant: it is to be left alone for a while (rate limit, Retry-After).';
