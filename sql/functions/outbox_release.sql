-- outbox_release(claimant, outbox_ids) -> integer
--
-- Purpose:    gives claims back that were never sent, for a clean stop. What was sent without an answer is for
--             outbox_unknown.
-- Parameters: claimant; outbox_ids  only these of its claims, NULL for all.
-- Returns:    how many were given back, unchanged but for the claim.
-- Writes:     outbox. Notifies advocacy_outbox.
CREATE OR REPLACE FUNCTION advocacy.outbox_release(claimant text, outbox_ids bigint[] DEFAULT NULL)
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	total integer;
BEGIN
	UPDATE advocacy.outbox AS o
	SET state = 'pending', claimed_by = NULL, claimed_until = NULL
	WHERE o.state = 'sending' AND o.claimed_by = claimant
	  AND (outbox_ids IS NULL OR o.outbox_id = ANY (outbox_ids));
	GET DIAGNOSTICS total = ROW_COUNT;
	IF total > 0 THEN
		PERFORM pg_notify('advocacy_outbox', '');
	END IF;
	RETURN total;
END
$$;

COMMENT ON FUNCTION advocacy.outbox_release(text, bigint[]) IS
	'Gives back claims that were never sent, at a clean stop.';
