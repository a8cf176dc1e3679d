-- match_excluded: who would suit a request but can't be asked for it, and why. For those who may know: the reasons tell of
-- health, support and payment.
-- Parameters: request, a request_id; how_many are looked at, in the order of match_rank (at most 1000); at.
-- Returns: place, in that order; advocate_id, name, account; reasons. Refuses an unknown request.
-- Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.match_excluded(request bigint, how_many integer DEFAULT 50, at timestamptz DEFAULT now())
RETURNS TABLE (place bigint, advocate_id bigint, name text, account text, reasons text[])
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
BEGIN
	PERFORM advocacy.match_refuse(match_excluded.request, match_excluded.how_many);
	RETURN QUERY
	SELECT r.place, r.advocate_id, c.name, c.account, c.reasons
	  FROM advocacy.match_rank(match_excluded.request, match_excluded.at, '{}', match_excluded.how_many) AS r
	  JOIN advocacy.match_check(match_excluded.request, match_excluded.at,
	           ARRAY(SELECT k.advocate_id FROM advocacy.match_rank(match_excluded.request, match_excluded.at, '{}', match_excluded.how_many) AS k))
	       AS c ON c.advocate_id = r.advocate_id
	 WHERE c.reasons <> '{}' ORDER BY r.place;
END $$;
COMMENT ON FUNCTION advocacy.match_excluded(bigint, integer, timestamptz) IS
	'Who would suit a request but can''t be asked for it, and why; for those who may know.';
