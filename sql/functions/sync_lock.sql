-- sync_lock: one transaction at a time decides about identity, risks and suspensions.
-- Two applies that each bring one half of a customer would otherwise not see each other, and a person who enrols an
-- advocate would race the rule that suspends the account, or two who take out one advocate each the flag of their account. The
-- lock is held until the transaction ends.
-- Locks are taken in one order everywhere, each kind by its ids: this one, accounts, advocates, requests, their clocks,
-- flags in the CRMs (writeback_lock). Who goes on to advocates after a request waits for somebody who is matching, and they for him.
-- Parameters: none. Returns: nothing. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.sync_lock() RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
	SELECT pg_advisory_xact_lock(hashtextextended('advocacy.sync', 0))
$$;
COMMENT ON FUNCTION advocacy.sync_lock() IS
	'Waits until this transaction is the only one that decides about identity, risks and suspensions.';
