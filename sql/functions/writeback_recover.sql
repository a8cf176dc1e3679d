-- writeback_recover: whoever holds a source's lease takes over at once what others left under way, without waiting for
-- their leases: who lost the source has broken off what it sent. It may have arrived; it is sent again.
-- Parameters: source; at.
-- Returns: how many flags are pending again. Writes: crm_flag.
CREATE OR REPLACE FUNCTION advocacy.writeback_recover(source text, at timestamptz DEFAULT now()) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	total integer;
BEGIN
	PERFORM advocacy.writeback_lock(false);
	UPDATE advocacy.crm_flag AS f
	   SET delivery = 'pending', claimed_by = NULL, claimed_until = NULL, sending = NULL, sending_reason = NULL,
	       sending_since = NULL, not_before = writeback_recover.at
	 WHERE f.source = writeback_recover.source AND f.delivery = 'sending';
	GET DIAGNOSTICS total = ROW_COUNT;
	RETURN total;
END $$;
COMMENT ON FUNCTION advocacy.writeback_recover(text, timestamptz) IS
	'Puts back the flags that an earlier holder of the source left under way; returns how many.';
