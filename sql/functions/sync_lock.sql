-- sync_lock: one transaction at a time decides about identity, risks and suspensions.
-- Two applies that each bring one half of a customer would otherwise not see each other, and a person who enrols an
-- advocate would race the rule that suspends the account, or two who take out one advocate each the flag of their account. The
-- lock is held until the transaction ends.
-- Locks are taken in one order everywhere, each kind by its ids: this one, streams, accounts, advocates, requests, their clocks,
-- flags in the CRMs (writeback_lock), sources. Who goes on to advocates after a request waits for somebody who is matching, and they for him.
-- Each function keeps to it, but a person's transaction of several calls need not: who moves a request and then suspends
-- somebody waits here for an apply that may come to that request. PostgreSQL breaks off one of the two within about a second.
-- The person is told what to do; the daemon's run is over, and its next one reads the same from its cursor. (That the
-- functions for requests came here first, too, would end that, but each of them would wait for every apply, and every apply for
-- whoever leaves a transaction open in which a request was moved.)
-- Parameters: none. Returns: nothing. Raises: 40P01, as above. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.sync_lock() RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM pg_advisory_xact_lock(hashtextextended('advocacy.sync', 0));
EXCEPTION WHEN deadlock_detected THEN
	RAISE EXCEPTION 'this transaction waited for one that decides about suspensions, and that one for what was changed here before'
		USING ERRCODE = '40P01',
		      HINT = 'Nothing of it was kept; do it again. Where suspending, reinstating and withdrawing come before requests are moved, or in a transaction of their own, it can''t happen.';
END $$;
COMMENT ON FUNCTION advocacy.sync_lock() IS
	'Waits until this transaction is the only one that decides about identity, risks and suspensions.';
