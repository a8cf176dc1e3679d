-- notification_silence_end(silence, reason, actor, at) -> void
--
-- Purpose:    a person ends a silence before its time. What it muted stays untold.
-- Parameters: silence  its silence_id; reason; actor (NULL: the session's user); at  now.
-- Returns:    nothing.
-- Refuses:    a silence that isn't there or is over, a missing reason.
-- Writes:     silence, audit_log.
CREATE OR REPLACE FUNCTION advocacy.notification_silence_end(silence bigint, reason text, actor text DEFAULT NULL,
	at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	by_whom constant text := coalesce(nullif(notification_silence_end.actor, ''), session_user);
BEGIN
	PERFORM advocacy.time_refuse(notification_silence_end.at);
	IF coalesce(btrim(notification_silence_end.reason), '') = '' THEN
		RAISE EXCEPTION 'the end of a silence needs a reason' USING ERRCODE = '22023', HINT = 'Say why, for those who wonder later.';
	END IF;
	UPDATE advocacy.silence AS s SET ended_at = notification_silence_end.at, ended_by = by_whom
	WHERE s.silence_id = notification_silence_end.silence AND s.ended_at IS NULL AND s.until > notification_silence_end.at;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no silence % that lasts', notification_silence_end.silence
			USING ERRCODE = 'P0002', HINT = 'advocacy.silence lists them.';
	END IF;
	INSERT INTO advocacy.audit_log (at, actor, action, subject, reason)
	VALUES (notification_silence_end.at, by_whom, 'notification_silence_end', 'silence ' || notification_silence_end.silence,
	        notification_silence_end.reason);
END
$$;

COMMENT ON FUNCTION advocacy.notification_silence_end(bigint, text, text, timestamptz) IS 'Ends a silence before its time.';
