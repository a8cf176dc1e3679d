-- account_record: the record that a person wants to link differently, locked; refuses what can't be.
-- Parameters: source, remote_id; reason (has to be said).
-- Returns: the row of account_source. Raises P0002 for an unknown record, 22023 without a reason, 42501 in a session where
-- somebody else has made the work tables: whose triggers would act as the schema's owner, who calls this.
-- Writes: nothing; makes the work tables of this connection.
CREATE OR REPLACE FUNCTION advocacy.account_record(source text, remote_id text, reason text)
RETURNS advocacy.account_source LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	record advocacy.account_source;
BEGIN
	IF coalesce(btrim(account_record.reason), '') = '' THEN
		RAISE EXCEPTION 'deciding which customer a record is needs a reason' USING ERRCODE = '22023';
	END IF;
	IF EXISTS (SELECT FROM pg_class AS c JOIN pg_roles AS r ON r.oid = c.relowner
	           WHERE c.relnamespace = pg_my_temp_schema() AND c.relname LIKE 'work\_%'
	             AND r.rolname <> current_user AND NOT r.rolsuper) THEN
		RAISE EXCEPTION 'this session has work tables of somebody else'
			USING ERRCODE = '42501', HINT = 'Connect anew.';
	END IF;
	PERFORM advocacy.sync_lock();
	PERFORM advocacy.sync_work_prepare();
	PERFORM advocacy.sync_work_clear();
	SELECT s.* INTO record FROM advocacy.account_source AS s
	 WHERE s.source = account_record.source AND s.remote_id = account_record.remote_id FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no account "%" of source "%"', account_record.remote_id, account_record.source
			USING ERRCODE = 'P0002', HINT = 'Look it up in advocacy.account_source.';
	END IF;
	RETURN record;
END $$;
COMMENT ON FUNCTION advocacy.account_record(text, text, text) IS
	'The record that a person wants to link differently, locked; refuses an unknown one, and none without a reason.';
