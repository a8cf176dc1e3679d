-- match_wanted: whom a request asks for, criterion by criterion, in small letters. Without criteria of its own: somebody of
-- the industry, region and segment of the deal's account, as a preference.
-- Parameters: request, a request_id. Returns: criterion, must, any_of. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.match_wanted(request bigint)
RETURNS TABLE (criterion text, must boolean, any_of text[])
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
	-- (plpgsql keeps the plan, which takes far longer to make than to run.)
	RETURN QUERY
	SELECT i.key, e.key = 'required',
	       ARRAY(SELECT lower(btrim(v)) FROM jsonb_array_elements_text(
	             CASE jsonb_typeof(i.value) WHEN 'array' THEN i.value ELSE jsonb_build_array(i.value) END) AS v)
	  FROM advocacy.request AS r
	 CROSS JOIN LATERAL jsonb_each(r.criteria) AS e
	 CROSS JOIN LATERAL jsonb_each(e.value) AS i
	 WHERE r.request_id = match_wanted.request AND r.criteria IS NOT NULL
	UNION ALL
	SELECT x.criterion, false, ARRAY[lower(btrim(x.value))]
	  FROM advocacy.request AS r
	  JOIN advocacy.opportunity AS o ON o.opportunity_id = r.opportunity_id
	  JOIN advocacy.account AS t ON t.account_id = o.account_id
	 CROSS JOIN LATERAL (VALUES ('industry', t.industry), ('region', t.region), ('segment', t.segment)) AS x (criterion, value)
	 WHERE r.request_id = match_wanted.request AND r.criteria IS NULL AND x.value IS NOT NULL;
END $$;
COMMENT ON FUNCTION advocacy.match_wanted(bigint) IS 'Whom a request asks for, criterion by criterion.';
