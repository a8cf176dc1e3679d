-- writeback_lock: what becomes of flags is not recorded while somebody wishes for others. A transaction may wish several times,
-- and comes to the flags of a record by way of advocates and requests: it can't keep to an order of flags. So those who wish,
-- all at a time, come first, and who settles takes up no flag, nor its target, before they are done.
-- It comes last, behind all that sync_lock names: who has it waits for nobody but those who wish. Both hold it until their
-- transaction ends.
-- Parameters: wishes, or else settles. Returns: nothing. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.writeback_lock(wishes boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF writeback_lock.wishes THEN
		PERFORM pg_advisory_xact_lock_shared(hashtextextended('advocacy.writeback', 0));
	ELSE
		PERFORM pg_advisory_xact_lock(hashtextextended('advocacy.writeback', 0));
	END IF;
END $$;
COMMENT ON FUNCTION advocacy.writeback_lock(boolean) IS
	'Keeps those who record what became of flags in the CRMs from meeting those who wish for others half-way.';
