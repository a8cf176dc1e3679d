-- time_refuse: refuses what is no time at which a person can do something: none at all, and one that never comes. What is
-- written down at such a time would hold for ever, or never be told.
-- Parameters: at. Returns: nothing. Raises: 22023. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.time_refuse(at timestamptz) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF at IS NULL OR NOT isfinite(at) THEN
		RAISE EXCEPTION 'nothing can be done at %', coalesce(at::text, 'no time') USING ERRCODE = '22023', COLUMN = 'at',
			HINT = 'Leave it out for now.';
	END IF;
END $$;
COMMENT ON FUNCTION advocacy.time_refuse(timestamptz) IS 'Refuses what is no time at which a person can do something.';
