-- outbox_sent(outbox_id, claimant, text, at, place, message_id, may_repeat) -> boolean
--
-- Purpose:    records that a claimed message was delivered, and what it said.
-- Parameters: outbox_id, claimant  as claimed; text  what was sent; at  now; place, message_id  where it stands, of a
--             destination that says so; may_repeat  false: it is certain that it stands there once.
-- Returns:    false when the row is no longer the claimant's (its lease ran out and another took it): nothing is
--             changed.
-- Writes:     outbox, notification. Of a message that answers another one, or makes it superfluous, also the order to
--             change that one, so that it shows how things are now. Notifies advocacy_outbox then.
CREATE OR REPLACE FUNCTION advocacy.outbox_sent(
	outbox_id bigint, claimant text, text text, at timestamptz DEFAULT now(), place text DEFAULT NULL,
	message_id text DEFAULT NULL, may_repeat boolean DEFAULT true)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	done advocacy.outbox;
BEGIN
	UPDATE advocacy.outbox AS o
	SET state = 'sent', ended_at = at, attempts = o.attempts + 1, claimed_by = NULL, claimed_until = NULL,
	    last_error = NULL, possibly_repeated = o.possibly_repeated AND may_repeat
	WHERE o.outbox_id = outbox_sent.outbox_id AND o.state = 'sending' AND o.claimed_by = claimant
	RETURNING * INTO done;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	INSERT INTO advocacy.notification (outbox_id, kind, channel, text, possibly_repeated, sent_at, recipient, place, message_id, subject)
	VALUES (done.outbox_id, done.kind, done.channel, coalesce(outbox_sent.text, ''), done.possibly_repeated, at, done.recipients[1],
	        outbox_sent.place, CASE WHEN done.edits IS NULL THEN outbox_sent.message_id END, done.subject);
	IF outbox_sent.message_id IS NOT NULL AND done.edits IS NULL AND done.subject IS NOT NULL THEN
		INSERT INTO advocacy.outbox (kind, dedup_key, channel, facts, priority, created_at, not_before, audience, owner, subject,
		                             recipients, edits)
		SELECT done.kind, 'edit:' || done.outbox_id || ':' || n.notification_id, done.channel, done.facts, 9, done.created_at, at,
		       done.audience, done.owner, done.subject, done.recipients[1:1], n.notification_id
		FROM advocacy.message_kind AS k
		CROSS JOIN LATERAL (
			SELECT n.notification_id FROM advocacy.notification AS n
			 WHERE n.subject = done.subject AND n.channel = done.channel AND n.message_id IS NOT NULL
			   AND n.recipient IS NOT DISTINCT FROM done.recipients[1] AND n.outbox_id <> done.outbox_id
			   AND n.kind = ANY (k.follows || k.mutes)
			 ORDER BY n.notification_id DESC LIMIT 1) AS n
		WHERE k.kind = done.kind
		ON CONFLICT DO NOTHING;
		IF FOUND THEN
			PERFORM pg_notify('advocacy_outbox', '');
		END IF;
	END IF;
	RETURN true;
END
$$;

COMMENT ON FUNCTION advocacy.outbox_sent(bigint, text, text, timestamptz, text, text, boolean) IS
	'Records that a claimed message was delivered; false if the claim has passed to another.';
