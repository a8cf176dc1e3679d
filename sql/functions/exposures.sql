-- exposures: how widely a customer can be shown, the narrowest first. An approval for one holds for those before it.
-- Parameters: none. Returns: the names. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.exposures() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
	SELECT ARRAY['internal', 'logo', 'named', 'public']
$$;
COMMENT ON FUNCTION advocacy.exposures() IS 'How widely a customer can be shown, the narrowest first.';
