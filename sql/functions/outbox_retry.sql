-- outbox_retry(outbox_id, claimant, error, retry_in, at) -> boolean
--
-- Purpose:    records that a claimed message was definitely not delivered and is to be tried again.
-- Parameters: outbox_id, claimant  as claimed; error  why; retry_in  how much later; at  now.
-- Returns:    false when the row is no longer the claimant's: nothing is changed.
-- Writes:     outbox.
CREATE OR REPLACE FUNCTION advocacy.outbox_retry(
	outbox_id bigint, claimant text, error text, retry_in interval, at timestamptz DEFAULT now())
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	UPDATE advocacy.outbox AS o
	SET state = 'pending', attempts = o.attempts + 1, not_before = at + coalesce(retry_in, interval '0'),
	    last_error = error, claimed_by = NULL, claimed_until = NULL
	WHERE o.outbox_id = outbox_retry.outbox_id AND o.state = 'sending' AND o.claimed_by = claimant;
	RETURN FOUND;
END
$$;

COMMENT ON FUNCTION advocacy.outbox_retry(bigint, text, text, interval, timestamptz) IS
	'Gives a claimed message back that was definitely not delivered; it stays first in its line.';
