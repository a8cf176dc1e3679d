-- outbox_unknown(outbox_id, claimant, error, retry_in, at) -> boolean
--
-- Purpose:    records that the answer to a claimed message was lost: it may have been delivered. It is tried again,
--             marked as possibly repeated.
-- Parameters: outbox_id, claimant  as claimed; error  why; retry_in  how much later; at  now.
-- Returns:    false when the row is no longer the claimant's: nothing is changed.
-- Writes:     outbox.
CREATE OR REPLACE FUNCTION advocacy.outbox_unknown(
	outbox_id bigint, claimant text, error text, retry_in interval, at timestamptz DEFAULT now())
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	UPDATE advocacy.outbox AS o
	SET state = 'pending', attempts = o.attempts + 1, not_before = at + coalesce(retry_in, interval '0'),
	    possibly_repeated = true, last_error = error, claimed_by = NULL, claimed_until = NULL
	WHERE o.outbox_id = outbox_unknown.outbox_id AND o.state = 'sending' AND o.claimed_by = claimant;
	RETURN FOUND;
END
$$;

COMMENT ON FUNCTION advocacy.outbox_unknown(bigint, text, text, interval, timestamptz) IS
	'Gives a claimed message back whose answer was lost: it may have been delivered, and says so when sent again.';
