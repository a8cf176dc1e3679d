-- outbox_redirect(outbox_id, claimant, error, at) -> boolean
--
-- Purpose:    the person whom a claimed message was for can't be reached: it goes to the next of its recipients, at last to
--             the channel itself.
-- Parameters: outbox_id, claimant  as claimed; error  why; at  now.
-- Returns:    false when the row is no longer the claimant's: nothing is changed.
-- Writes:     outbox, person_place.
CREATE OR REPLACE FUNCTION advocacy.outbox_redirect(
	outbox_id bigint, claimant text, error text, at timestamptz DEFAULT now())
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	DELETE FROM advocacy.person_place AS p USING advocacy.outbox AS o
	WHERE o.outbox_id = outbox_redirect.outbox_id AND p.channel = o.channel AND p.email = o.recipients[1];
	UPDATE advocacy.outbox AS o
	SET state = 'pending', attempts = o.attempts + 1, not_before = at, last_error = error, recipients = o.recipients[2:],
	    claimed_by = NULL, claimed_until = NULL
	WHERE o.outbox_id = outbox_redirect.outbox_id AND o.state = 'sending' AND o.claimed_by = claimant;
	RETURN FOUND;
END
$$;

COMMENT ON FUNCTION advocacy.outbox_redirect(bigint, text, text, timestamptz) IS
	'Gives a claimed message back whose person can''t be reached; it goes to the next one, at last to the channel.';
