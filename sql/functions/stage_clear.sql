-- stage_clear: empties the stage and work tables of this connection; a table that is empty already isn't touched.
-- Parameters: none. Returns: nothing. Writes: temporary tables only.
CREATE OR REPLACE FUNCTION advocacy.stage_clear() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	stage text;
	filled boolean;
BEGIN
	IF to_regclass('pg_temp.stage_account') IS NULL THEN
		RETURN; -- there are none yet
	END IF;
	FOREACH stage IN ARRAY ARRAY['stage_account', 'stage_staff', 'stage_contact', 'stage_support_case',
		'stage_opportunity', 'stage_request', 'stage_observation', 'stage_association', 'stage_rejected'] LOOP
		EXECUTE format('SELECT EXISTS (SELECT FROM pg_temp.%I)', stage) INTO filled;
		IF filled THEN
			EXECUTE format('TRUNCATE pg_temp.%I', stage);
		END IF;
	END LOOP;
	PERFORM advocacy.sync_work_clear();
END $$;
COMMENT ON FUNCTION advocacy.stage_clear() IS 'Empties the stage and work tables of this connection.';
