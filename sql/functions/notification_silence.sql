-- notification_silence(kind, owner, account, channel, until, reason, actor, at) -> bigint
--
-- Purpose:    a person doesn't want to be told of something for a while. What happens goes on; only the messages stop, and
--             they stand in the digests.
-- Parameters: kind, owner (e-mail address), account (account_id), channel  which messages, at least one of them; what is
--             NULL is any; until  at most 90 days away; reason; actor (NULL: the session's user); at  now.
-- Returns:    the silence_id, for notification_silence_end.
-- Refuses:    a silence of everything, an unknown kind, account or channel, a missing reason, a time that is over or too far.
-- Writes:     silence, audit_log.
CREATE OR REPLACE FUNCTION advocacy.notification_silence(kind text, owner text, account bigint, channel text,
	until timestamptz, reason text, actor text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	by_whom constant text := coalesce(nullif(notification_silence.actor, ''), session_user);
	made    bigint;
BEGIN
	PERFORM advocacy.time_refuse(notification_silence.at);
	IF num_nonnulls(notification_silence.kind, notification_silence.owner, notification_silence.account,
	                notification_silence.channel) = 0 THEN
		RAISE EXCEPTION 'a silence of everything is refused' USING ERRCODE = '22023',
			HINT = 'Say of which kind, for whom, about which account or to which channel.';
	END IF;
	IF coalesce(btrim(notification_silence.reason), '') = '' THEN
		RAISE EXCEPTION 'a silence needs a reason' USING ERRCODE = '22023', HINT = 'Say why, for those who wonder later.';
	END IF;
	IF notification_silence.until IS NULL OR notification_silence.until <= notification_silence.at
		OR notification_silence.until > notification_silence.at + interval '90 days' THEN
		RAISE EXCEPTION 'a silence can''t end at %', coalesce(advocacy.sync_time_text(notification_silence.until), 'no time')
			USING ERRCODE = '22023', HINT = 'Give a time to come, at most 90 days away.';
	END IF;
	IF NOT EXISTS (SELECT FROM advocacy.message_kind AS k
	                WHERE k.kind = coalesce(notification_silence.kind, k.kind)) AND notification_silence.kind IS NOT NULL THEN
		RAISE EXCEPTION 'there is no kind of message "%"', notification_silence.kind
			USING ERRCODE = 'P0002', HINT = 'advocacy.message_kind lists them.';
	END IF;
	IF notification_silence.account IS NOT NULL
		AND NOT EXISTS (SELECT FROM advocacy.account AS a WHERE a.account_id = notification_silence.account) THEN
		RAISE EXCEPTION 'there is no account %', notification_silence.account
			USING ERRCODE = 'P0002', HINT = 'Look the account up in advocacy.account.';
	END IF;
	IF notification_silence.channel IS NOT NULL
		AND NOT EXISTS (SELECT FROM advocacy.route AS r WHERE r.channel = notification_silence.channel) THEN
		RAISE EXCEPTION 'no route leads to a channel "%"', notification_silence.channel
			USING ERRCODE = 'P0002', HINT = 'advocacy.route lists the channels.';
	END IF;
	INSERT INTO advocacy.silence AS s (kind, owner, account_id, channel, until, reason, made_at, made_by)
	VALUES (notification_silence.kind, lower(notification_silence.owner), notification_silence.account,
	        notification_silence.channel, notification_silence.until, notification_silence.reason, notification_silence.at, by_whom)
	RETURNING s.silence_id INTO made;
	INSERT INTO advocacy.audit_log (at, actor, action, subject, reason, details)
	VALUES (notification_silence.at, by_whom, 'notification_silence', 'silence ' || made, notification_silence.reason,
	        jsonb_strip_nulls(jsonb_build_object('kind', notification_silence.kind, 'owner', notification_silence.owner,
	            'account', notification_silence.account, 'channel', notification_silence.channel,
	            'until', advocacy.sync_time_text(notification_silence.until))));
	RETURN made;
END
$$;

COMMENT ON FUNCTION advocacy.notification_silence(text, text, bigint, text, timestamptz, text, text, timestamptz) IS
	'Stops messages of a kind, for a person, about an account or to a channel until a time; they stand in the digests.';
