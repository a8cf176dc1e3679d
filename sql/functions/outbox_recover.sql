-- outbox_recover(dead_claimant) -> integer
--
-- Purpose:    at the start of a daemon: takes over at once what a sender left under way that is known to be dead,
--             without waiting for its lease. Each may have been delivered, and is marked so.
-- Parameters: dead_claimant  its name; one that ends in '/' stands for all names that begin with it.
-- Returns:    how many rows are pending again.
-- Writes:     outbox. Notifies advocacy_outbox.
CREATE OR REPLACE FUNCTION advocacy.outbox_recover(dead_claimant text)
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	total integer;
BEGIN
	UPDATE advocacy.outbox AS o
	SET state = 'pending', possibly_repeated = true, attempts = o.attempts + 1,
	    last_error = format('%s stopped while it was sending this', o.claimed_by),
	    claimed_by = NULL, claimed_until = NULL
	WHERE o.state = 'sending'
	  AND (o.claimed_by = dead_claimant
	       OR right(dead_claimant, 1) = '/' AND starts_with(o.claimed_by, dead_claimant));
	GET DIAGNOSTICS total = ROW_COUNT;
	IF total > 0 THEN
		PERFORM pg_notify('advocacy_outbox', '');
	END IF;
	RETURN total;
END
$$;

COMMENT ON FUNCTION advocacy.outbox_recover(text) IS
	'Puts back what a dead sender (or all with a prefix ending in /) left under way, marked as possibly repeated.';
