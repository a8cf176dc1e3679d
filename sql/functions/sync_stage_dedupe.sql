-- sync_stage_dedupe: leaves one row per remote id in each stage: the newest modified_at, then the last one copied.
-- Parameters: none. Returns: nothing. Writes: the stage tables of this connection.
CREATE OR REPLACE FUNCTION advocacy.sync_stage_dedupe() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
DECLARE
	stage text;
	doubled text[];
BEGIN
	FOREACH stage IN ARRAY ARRAY['stage_account', 'stage_staff', 'stage_contact', 'stage_support_case',
		'stage_opportunity', 'stage_request', 'stage_observation'] LOOP
		EXECUTE format('SELECT array_agg(d.remote_id) FROM (SELECT r.remote_id FROM pg_temp.%I AS r GROUP BY r.remote_id
			HAVING count(*) > 1) AS d', stage) INTO doubled;
		CONTINUE WHEN doubled IS NULL;
		EXECUTE format(
			'DELETE FROM pg_temp.%1$I AS s USING (
				SELECT r.ctid, row_number() OVER (PARTITION BY r.remote_id
				       ORDER BY r.modified_at DESC NULLS LAST, r.ctid DESC) AS place
				  FROM pg_temp.%1$I AS r
				 WHERE r.remote_id = ANY ($1)) AS d
			  WHERE d.ctid = s.ctid AND d.place > 1', stage) USING doubled;
	END LOOP;
	DELETE FROM pg_temp.stage_association AS s USING (
		SELECT r.ctid, row_number() OVER (PARTITION BY r.entity, r.remote_id ORDER BY r.ctid DESC) AS place
		  FROM pg_temp.stage_association AS r) AS d
	 WHERE d.ctid = s.ctid AND d.place > 1;
	DELETE FROM pg_temp.stage_rejected AS s USING (
		SELECT r.ctid, row_number() OVER (PARTITION BY r.remote_id ORDER BY r.ctid DESC) AS place
		  FROM pg_temp.stage_rejected AS r) AS d
	 WHERE d.ctid = s.ctid AND d.place > 1;
END $$;
COMMENT ON FUNCTION advocacy.sync_stage_dedupe() IS
	'Leaves one row per remote id in each stage: the newest modified_at, then the last one copied.';
