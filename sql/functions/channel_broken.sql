-- channel_broken(channel, until, detail, at) -> void
--
-- Purpose:    says that a channel doesn't work (dead address, refused credentials): nothing is claimed for it until
--             then, when it is tried again.
-- Parameters: channel; until  not NULL; detail  for people; at  now.
-- Returns:    nothing.
-- Writes:     channel_status.
CREATE OR REPLACE FUNCTION advocacy.channel_broken(
	channel text, until timestamptz, detail text, at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	IF until IS NULL THEN
		RAISE EXCEPTION 'channel % must be closed until some time', channel_broken.channel
			USING ERRCODE = '22023', HINT = 'channel_open opens it again.';
	END IF;
	INSERT INTO advocacy.channel_status AS s (channel, state, closed_until, detail, updated_at)
	VALUES (channel_broken.channel, 'broken', until, channel_broken.detail, at)
	ON CONFLICT (channel) DO UPDATE
	SET state = excluded.state, closed_until = excluded.closed_until, detail = excluded.detail,
	    updated_at = excluded.updated_at;
END
$$;

COMMENT ON FUNCTION advocacy.channel_broken(text, timestamptz, text, timestamptz) IS
	'Closes a channel that doesn''t work until an instant at which it is tried again.';
