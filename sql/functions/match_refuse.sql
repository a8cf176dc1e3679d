-- match_refuse: refuses to match for a request that isn't there, or a number of advocates that isn't one.
-- Parameters: request, a request_id; how_many. Returns: nothing; raises P0002, 22023. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.match_refuse(request bigint, how_many integer) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
	IF NOT EXISTS (SELECT FROM advocacy.request AS r WHERE r.request_id = match_refuse.request) THEN
		RAISE EXCEPTION 'there is no request %', coalesce(match_refuse.request::text, 'null')
			USING ERRCODE = 'P0002', HINT = 'Its number is what request_submit answered: 42 of REQ-42.';
	END IF;
	IF match_refuse.how_many IS NULL OR match_refuse.how_many NOT BETWEEN 1 AND 1000 THEN
		RAISE EXCEPTION '% advocates can''t be proposed', coalesce(match_refuse.how_many::text, 'null')
			USING ERRCODE = '22023', COLUMN = 'how_many', HINT = '1 to 1000.';
	END IF;
END $$;
COMMENT ON FUNCTION advocacy.match_refuse(bigint, integer) IS
	'Refuses to match for a request that isn''t there, or a number of advocates that isn''t one.';
