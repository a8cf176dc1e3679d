-- match_reasons: what speaks for and against a candidate, in words that everybody may read: nothing about health, support or
-- payment, no contact.
-- Parameters: request, a request_id; advocate, an advocate_id; load, last_at, account_share, cell_share, as match_rank gives.
-- Returns: speaks_for, speaks_against. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.match_reasons(request bigint, advocate bigint, load integer, last_at timestamptz,
	account_share integer, cell_share integer)
RETURNS TABLE (speaks_for text[], speaks_against text[])
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
	-- (plpgsql keeps the plan, which takes far longer to make than to run.)
	RETURN QUERY
	WITH met AS (
		SELECT w.criterion, array_to_string(w.any_of, ' or ') AS wanted, h.has,
		       coalesce(h.has && w.any_of, false) AS good, array_to_string(ARRAY(SELECT unnest(h.has) INTERSECT SELECT unnest(w.any_of) ORDER BY 1), ', ') AS shared
		  FROM advocacy.match_wanted(match_reasons.request) AS w
		  JOIN advocacy.advocate_profile AS p ON p.advocate_id = match_reasons.advocate
		 CROSS JOIN LATERAL (SELECT array_remove(CASE w.criterion WHEN 'industry' THEN ARRAY[p.industry] WHEN 'region' THEN ARRAY[p.region]
			WHEN 'segment' THEN ARRAY[p.segment] WHEN 'persona' THEN ARRAY[p.persona] WHEN 'language' THEN ARRAY[p.language]
			WHEN 'time_zone' THEN ARRAY[p.time_zone] WHEN 'product' THEN p.products ELSE p.use_cases END, NULL) AS has) AS h
	)
	SELECT ARRAY(SELECT format('%s: %s', replace(m.criterion, '_', ' '), m.shared) FROM met AS m WHERE m.good ORDER BY 1)
	       || CASE WHEN match_reasons.last_at IS NULL THEN ARRAY['not asked for 90 days'] ELSE '{}' END,
	       ARRAY(SELECT CASE WHEN m.has = '{}' THEN format('%s not known', replace(m.criterion, '_', ' '))
	                         ELSE format('%s: %s, not %s', replace(m.criterion, '_', ' '), array_to_string(m.has, ', '), m.wanted) END
	               FROM met AS m WHERE NOT m.good ORDER BY 1)
	       || CASE WHEN match_reasons.load > 0 THEN ARRAY[format('asked for %s in 90 days, last %s', match_reasons.load,
	                    (match_reasons.last_at AT TIME ZONE 'UTC')::date)] ELSE '{}' END
	       || CASE WHEN match_reasons.account_share > 0 THEN ARRAY[format('%s %% of all asks go to their account', match_reasons.account_share)]
	               ELSE '{}' END
	       || CASE WHEN match_reasons.cell_share > 0 THEN ARRAY[format('%s %% of all asks go to their industry and region', match_reasons.cell_share)]
	               ELSE '{}' END;
END $$;
COMMENT ON FUNCTION advocacy.match_reasons(bigint, bigint, integer, timestamptz, integer, integer) IS
	'What speaks for and against a candidate, in words that everybody may read.';
