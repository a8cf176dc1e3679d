-- stage_prepare: the temporary tables of this connection that pages are copied into, empty.
-- Parameters: none. Returns: nothing.
-- Writes: no table of the schema; makes or empties pg_temp.stage_account, stage_staff, stage_contact,
-- stage_support_case, stage_opportunity, stage_request, stage_observation, stage_association, stage_rejected; empties the work tables of sync_apply, which makes them when
-- it has something to do.
CREATE OR REPLACE FUNCTION advocacy.stage_prepare() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
	stage text;
BEGIN
	FOREACH stage IN ARRAY ARRAY['stage_account', 'stage_staff', 'stage_contact', 'stage_support_case',
		'stage_opportunity', 'stage_request', 'stage_observation', 'stage_association', 'stage_rejected'] LOOP
		EXECUTE format('CREATE TEMPORARY TABLE IF NOT EXISTS %I (LIKE advocacy.%I INCLUDING ALL) ON COMMIT PRESERVE ROWS',
			stage, stage);
	END LOOP;
	PERFORM advocacy.stage_clear();
END $$;
COMMENT ON FUNCTION advocacy.stage_prepare() IS
	'Makes this connection''s temporary stage tables, empty.';
