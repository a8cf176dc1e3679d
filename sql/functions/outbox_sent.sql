-- outbox_sent(outbox_id, claimant, text, at) -> boolean
--
-- Purpose:    records that a claimed message was delivered, and what it said.
-- Parameters: outbox_id, claimant  as claimed; text  what was sent; at  now.
-- Returns:    false when the row is no longer the claimant's (its lease ran out and another took it): nothing is
--             changed.
-- Writes:     outbox, notification.
CREATE OR REPLACE FUNCTION advocacy.outbox_sent(
	outbox_id bigint, claimant text, text text, at timestamptz DEFAULT now())
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	WITH done AS (
		UPDATE advocacy.outbox AS o
		SET state = 'sent', ended_at = at, attempts = o.attempts + 1, claimed_by = NULL, claimed_until = NULL,
		    last_error = NULL
		WHERE o.outbox_id = outbox_sent.outbox_id AND o.state = 'sending' AND o.claimed_by = claimant
		RETURNING o.outbox_id, o.kind, o.channel, o.possibly_repeated
	)
	INSERT INTO advocacy.notification (outbox_id, kind, channel, text, possibly_repeated, sent_at)
	SELECT d.outbox_id, d.kind, d.channel, coalesce(outbox_sent.text, ''), d.possibly_repeated, at FROM done AS d;
	RETURN FOUND;
END
$$;

COMMENT ON FUNCTION advocacy.outbox_sent(bigint, text, text, timestamptz) IS
	'Records that a claimed message was delivered; false if the claim has passed to another.';
