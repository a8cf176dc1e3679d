-- match_rank: advocates in the order in which they suit a request, before anybody looks whether they may be asked.
--   fit            10 points for each preferred criterion that is met; one that is required must be met; unknown isn't met
--   load           4 points off for each weight they were asked for in 90 days
--   concentration  off, of all that was asked for in 90 days: 10 times the account's share, 5 times that of its industry in
--                  its region; shares are counted as if 10 more had gone elsewhere, so that few asks are no concentration
-- Ties by the longest rest, then by id. Nobody of the deal's own account. One pass over the profiles; of histories only the
-- last 90 days are read.
-- Parameters: request, a request_id; at; but, advocates who are left out; how_many.
-- Returns: advocate_id; points, in thousandths; load; last_at, asked last within 90 days; account_share and cell_share, in
-- percent; place. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.match_rank(request bigint, at timestamptz, but bigint[], how_many integer)
RETURNS TABLE (advocate_id bigint, points integer, load integer, last_at timestamptz, account_share integer,
	cell_share integer, place bigint)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
SET jit = off SET work_mem = '64MB' SET plan_cache_mode = force_custom_plan SET max_parallel_workers_per_gather = 0 AS $$
#variable_conflict use_column
DECLARE
	want_industry text[];
	must_industry text[];
	want_region text[];
	must_region text[];
	want_segment text[];
	must_segment text[];
	want_persona text[];
	must_persona text[];
	want_language text[];
	must_language text[];
	want_time_zone text[];
	must_time_zone text[];
	want_product text[];
	must_product text[];
	want_use_case text[];
	must_use_case text[];
	wanted record;
	total bigint;
	own_account bigint;
BEGIN
	FOR wanted IN SELECT w.* FROM advocacy.match_wanted(match_rank.request) AS w LOOP
		CASE wanted.criterion
		WHEN 'industry' THEN
			IF wanted.must THEN must_industry := wanted.any_of; ELSE want_industry := wanted.any_of; END IF;
		WHEN 'region' THEN
			IF wanted.must THEN must_region := wanted.any_of; ELSE want_region := wanted.any_of; END IF;
		WHEN 'segment' THEN
			IF wanted.must THEN must_segment := wanted.any_of; ELSE want_segment := wanted.any_of; END IF;
		WHEN 'persona' THEN
			IF wanted.must THEN must_persona := wanted.any_of; ELSE want_persona := wanted.any_of; END IF;
		WHEN 'language' THEN
			IF wanted.must THEN must_language := wanted.any_of; ELSE want_language := wanted.any_of; END IF;
		WHEN 'time_zone' THEN
			IF wanted.must THEN must_time_zone := wanted.any_of; ELSE want_time_zone := wanted.any_of; END IF;
		WHEN 'product' THEN
			IF wanted.must THEN must_product := wanted.any_of; ELSE want_product := wanted.any_of; END IF;
		WHEN 'use_case' THEN
			IF wanted.must THEN must_use_case := wanted.any_of; ELSE want_use_case := wanted.any_of; END IF;
		END CASE;
	END LOOP;
	SELECT coalesce(o.account_id, 0) INTO own_account FROM advocacy.request AS r
	  LEFT JOIN advocacy.opportunity AS o ON o.opportunity_id = r.opportunity_id WHERE r.request_id = match_rank.request;
	SELECT coalesce(sum(v.weight), 0) + 10 INTO total FROM advocacy.activity AS v
	 WHERE v.status <> 'released' AND v.occurred_at > match_rank.at - interval '90 days';
	-- (What nobody asks for is a constant NULL to the planner, since the plan is made for these values.)
	RETURN QUERY
	WITH ranked AS (
		SELECT p.advocate_id,
		       CASE WHEN p.industry = ANY (want_industry) THEN 10000 ELSE 0 END
		       + CASE WHEN p.region = ANY (want_region) THEN 10000 ELSE 0 END
		       + CASE WHEN p.segment = ANY (want_segment) THEN 10000 ELSE 0 END
		       + CASE WHEN p.persona = ANY (want_persona) THEN 10000 ELSE 0 END
		       + CASE WHEN p.language = ANY (want_language) THEN 10000 ELSE 0 END
		       + CASE WHEN p.time_zone = ANY (want_time_zone) THEN 10000 ELSE 0 END
		       + CASE WHEN p.products && want_product THEN 10000 ELSE 0 END
		       + CASE WHEN p.use_cases && want_use_case THEN 10000 ELSE 0 END
		       - 4000 * coalesce(a.load, 0) - 100 * coalesce(t.share, 0) - 50 * coalesce(c.share, 0) AS points,
		       coalesce(a.load, 0) AS load, a.last_at, coalesce(t.share, 0) AS account_share, coalesce(c.share, 0) AS cell_share
		  FROM advocacy.advocate_profile AS p
		  -- (Subqueries that group, not WITH: so the planner knows that they are unique, and hashes these and not the profiles.)
		  LEFT JOIN (SELECT v.advocate_id, sum(v.weight)::integer AS load, max(v.occurred_at) AS last_at
		               FROM advocacy.activity AS v
		              WHERE v.status <> 'released' AND v.occurred_at > match_rank.at - interval '90 days'
		              GROUP BY v.advocate_id) AS a ON a.advocate_id = p.advocate_id
		  LEFT JOIN (SELECT v.account_id, (sum(v.weight) * 100 / total)::integer AS share FROM advocacy.activity AS v
		              WHERE v.status <> 'released' AND v.occurred_at > match_rank.at - interval '90 days'
		              GROUP BY v.account_id HAVING sum(v.weight) * 100 >= total) AS t ON t.account_id = p.account_id
		  LEFT JOIN (SELECT v.cell, (sum(v.weight) * 100 / total)::integer AS share FROM advocacy.activity AS v
		              WHERE v.status <> 'released' AND v.occurred_at > match_rank.at - interval '90 days'
		              GROUP BY v.cell HAVING sum(v.weight) * 100 >= total) AS c ON c.cell = p.cell
		 WHERE p.account_id <> own_account AND p.advocate_id <> ALL (but)
		   AND (must_industry IS NULL OR p.industry = ANY (must_industry))
		   AND (must_region IS NULL OR p.region = ANY (must_region))
		   AND (must_segment IS NULL OR p.segment = ANY (must_segment))
		   AND (must_persona IS NULL OR p.persona = ANY (must_persona))
		   AND (must_language IS NULL OR p.language = ANY (must_language))
		   AND (must_time_zone IS NULL OR p.time_zone = ANY (must_time_zone))
		   AND (must_product IS NULL OR p.products && must_product)
		   AND (must_use_case IS NULL OR p.use_cases && must_use_case)
		 ORDER BY 2 DESC, a.last_at NULLS FIRST, p.advocate_id
		 LIMIT how_many
	)
	SELECT r.*, row_number() OVER (ORDER BY r.points DESC, r.last_at NULLS FIRST, r.advocate_id) FROM ranked AS r;
END $$;
COMMENT ON FUNCTION advocacy.match_rank(bigint, timestamptz, bigint[], integer) IS
	'Advocates in the order in which they suit a request, before anybody looks whether they may be asked.';
