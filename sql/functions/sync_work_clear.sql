-- sync_work_clear: empties the work tables of this connection; a table that is empty already isn't touched.
-- Parameters: none. Returns: nothing. Writes: temporary tables only.
CREATE OR REPLACE FUNCTION advocacy.sync_work_clear() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	work text;
	filled boolean;
BEGIN
	IF to_regclass('pg_temp.work_evaluate') IS NULL THEN
		RETURN; -- there are none yet
	END IF;
	FOREACH work IN ARRAY ARRAY['work_known', 'work_change', 'work_link', 'work_shared', 'work_edge', 'work_component', 'work_owner',
		'work_target', 'work_moved', 'work_review', 'work_child', 'work_signal', 'work_refresh', 'work_evaluate'] LOOP
		EXECUTE format('SELECT EXISTS (SELECT FROM pg_temp.%I)', work) INTO filled;
		IF filled THEN
			EXECUTE format('TRUNCATE pg_temp.%I', work);
		END IF;
	END LOOP;
END $$;
COMMENT ON FUNCTION advocacy.sync_work_clear() IS 'Empties the work tables of this connection.';
