-- outbox_refused(outbox_id, claimant, error, at) -> boolean
--
-- Purpose:    records that the destination will never take this message: it is not tried again, and stays visible. The change
--             of a message that is gone is no loss: what it would show was told by itself.
-- Parameters: outbox_id, claimant  as claimed; error  what the destination said; at  now.
-- Returns:    false when the row is no longer the claimant's: nothing is changed.
-- Writes:     outbox.
CREATE OR REPLACE FUNCTION advocacy.outbox_refused(
	outbox_id bigint, claimant text, error text, at timestamptz DEFAULT now())
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	UPDATE advocacy.outbox AS o
	SET state = CASE WHEN o.edits IS NULL THEN 'refused' ELSE 'muted' END, ended_at = at, attempts = o.attempts + 1, last_error = error,
	    claimed_by = NULL, claimed_until = NULL
	WHERE o.outbox_id = outbox_refused.outbox_id AND o.state = 'sending' AND o.claimed_by = claimant;
	RETURN FOUND;
END
$$;

COMMENT ON FUNCTION advocacy.outbox_refused(bigint, text, text, timestamptz) IS
	'Records that the destination refuses a claimed message for good.';
