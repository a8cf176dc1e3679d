-- match_rank: advocates in the order in which they suit a request, before anybody looks whether they may be asked.
--   fit            10 points for each preferred criterion that is met; one that is required must be met; unknown isn't met
--   load           4 points off for each weight they were asked for in 90 days
--   concentration  off, of all that was asked for in 90 days: 10 times the account's share, 5 times that of its industry in
--                  its region; shares are counted as if 10 more had gone elsewhere, so that few asks are no concentration
-- Ties by the longest rest, then by id. Nobody of the deal's own account.
-- Advocates are many, looks are few: each look is compared once, and its members are read from the best look down, until
-- nobody further down can come before those who are found. First who wasn't asked for 90 days, a few of each look in the
-- order of their ids; then the others, where there are too few.
-- Parameters: request, a request_id; at; but, advocates who are left out; how_many.
-- Returns: advocate_id; points, in thousandths; load; last_at, asked last within 90 days; account_share and cell_share, in
-- percent; place. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.match_rank(request bigint, at timestamptz, but bigint[], how_many integer)
RETURNS TABLE (advocate_id bigint, points integer, load integer, last_at timestamptz, account_share integer,
	cell_share integer, place bigint)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
SET jit = off SET plan_cache_mode = force_custom_plan SET max_parallel_workers_per_gather = 0 AS $$
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
	since constant timestamptz := match_rank.at - interval '90 days';
	total bigint;
	own_account bigint;
	busy_account bigint[]; -- with a share, and that
	busy_share integer[];
	looks uuid[]; -- in the order of their points, which nobody of them can exceed
	look_points integer[];
	look_share integer[];
	first integer := 1;
	upto integer;
	batch integer := 16;
	best bigint[] := '{}'; -- the best so far, in order
	best_points integer[] := '{}';
	best_load integer[] := '{}';
	best_last_at timestamptz[] := '{}';
	best_account integer[] := '{}';
	best_cell integer[] := '{}';
	-- Of the last of them, once there are enough: nobody with fewer points is wanted.
	least_points integer;
	least_id bigint;
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
	 WHERE v.status <> 'released' AND v.occurred_at > since;
	SELECT coalesce(array_agg(t.account_id), '{}'), coalesce(array_agg(t.share), '{}') INTO busy_account, busy_share
	  FROM (SELECT v.account_id, (sum(v.weight) * 100 / total)::integer AS share FROM advocacy.activity AS v
	         WHERE v.status <> 'released' AND v.occurred_at > since AND v.account_id IS NOT NULL
	         GROUP BY v.account_id HAVING sum(v.weight) * 100 >= total) AS t;
	-- (What nobody asks for is a constant NULL to the planner, since the plan is made for these values.)
	SELECT array_agg(l.look ORDER BY l.points DESC, l.look), array_agg(l.points ORDER BY l.points DESC, l.look),
	       array_agg(l.share ORDER BY l.points DESC, l.look)
	  INTO looks, look_points, look_share
	  FROM (SELECT DISTINCT ON (l.look) l.look, coalesce(c.share, 0) AS share,
	               CASE WHEN l.industry = ANY (want_industry) THEN 10000 ELSE 0 END
	               + CASE WHEN l.region = ANY (want_region) THEN 10000 ELSE 0 END
	               + CASE WHEN l.segment = ANY (want_segment) THEN 10000 ELSE 0 END
	               + CASE WHEN l.persona = ANY (want_persona) THEN 10000 ELSE 0 END
	               + CASE WHEN l.language = ANY (want_language) THEN 10000 ELSE 0 END
	               + CASE WHEN l.time_zone = ANY (want_time_zone) THEN 10000 ELSE 0 END
	               + CASE WHEN l.products && want_product THEN 10000 ELSE 0 END
	               + CASE WHEN l.use_cases && want_use_case THEN 10000 ELSE 0 END
	               - 50 * coalesce(c.share, 0) AS points
	          FROM advocacy.advocate_look AS l
	          LEFT JOIN (SELECT v.cell, (sum(v.weight) * 100 / total)::integer AS share FROM advocacy.activity AS v
	                      WHERE v.status <> 'released' AND v.occurred_at > since
	                      GROUP BY v.cell HAVING sum(v.weight) * 100 >= total) AS c ON c.cell = l.cell
	         WHERE (must_industry IS NULL OR l.industry = ANY (must_industry))
	           AND (must_region IS NULL OR l.region = ANY (must_region))
	           AND (must_segment IS NULL OR l.segment = ANY (must_segment))
	           AND (must_persona IS NULL OR l.persona = ANY (must_persona))
	           AND (must_language IS NULL OR l.language = ANY (must_language))
	           AND (must_time_zone IS NULL OR l.time_zone = ANY (must_time_zone))
	           AND (must_product IS NULL OR l.products && must_product)
	           AND (must_use_case IS NULL OR l.use_cases && must_use_case)
	         ORDER BY l.look) AS l;

	WHILE first <= cardinality(looks) AND (least_points IS NULL OR least_points <= look_points[first]) LOOP
		upto := first + batch - 1;
		FOR asked IN 0 .. 1 LOOP
			-- Who was asked comes after all with as many points who weren't.
			EXIT WHEN asked = 1 AND best_last_at[how_many] IS NULL AND least_points >= look_points[first];
			SELECT array_agg(x.advocate_id ORDER BY x.place), array_agg(x.points ORDER BY x.place), array_agg(x.load ORDER BY x.place),
			       array_agg(x.last_at ORDER BY x.place), array_agg(x.account_share ORDER BY x.place),
			       array_agg(x.cell_share ORDER BY x.place)
			  INTO best, best_points, best_load, best_last_at, best_account, best_cell
			  FROM (SELECT y.*, row_number() OVER (ORDER BY y.points DESC, y.last_at NULLS FIRST, y.advocate_id) AS place
			          FROM (SELECT b.* FROM unnest(best, best_points, best_load, best_last_at, best_account, best_cell)
			                     AS b (advocate_id, points, load, last_at, account_share, cell_share)
			                UNION ALL
			                SELECT p.advocate_id, l.points, 0, NULL, 0, l.share
			                  FROM unnest(looks[first:upto], look_points[first:upto], look_share[first:upto]) AS l (look, points, share)
			                 CROSS JOIN LATERAL (
			                       SELECT p.advocate_id FROM advocacy.advocate_profile AS p
			                        WHERE p.look = l.look AND p.account_id <> own_account
			                          AND p.advocate_id < CASE WHEN l.points = least_points THEN least_id ELSE 9223372036854775807 END
			                          AND p.advocate_id <> ALL (but) AND p.account_id <> ALL (busy_account)
			                          AND NOT EXISTS (SELECT FROM advocacy.activity AS v
			                                           WHERE v.advocate_id = p.advocate_id AND v.status <> 'released'
			                                             AND v.occurred_at > since)
			                        ORDER BY p.advocate_id LIMIT how_many) AS p
			                 WHERE asked = 0 AND coalesce(l.points >= least_points, true)
			                UNION ALL
			                SELECT p.advocate_id, l.points - 4000 * coalesce(a.load, 0) - 100 * coalesce(t.share, 0), coalesce(a.load, 0),
			                       a.last_at, coalesce(t.share, 0), l.share
			                  FROM unnest(looks[first:upto], look_points[first:upto], look_share[first:upto]) AS l (look, points, share)
			                  JOIN advocacy.advocate_profile AS p ON p.look = l.look AND p.account_id <> own_account
			                   AND p.advocate_id <> ALL (but)
			                 CROSS JOIN LATERAL (
			                       SELECT sum(v.weight)::integer AS load, max(v.occurred_at) AS last_at FROM advocacy.activity AS v
			                        WHERE v.advocate_id = p.advocate_id AND v.status <> 'released' AND v.occurred_at > since) AS a
			                  LEFT JOIN unnest(busy_account, busy_share) AS t (account_id, share) ON t.account_id = p.account_id
			                 WHERE asked = 1 AND coalesce(l.points >= least_points, true)
			                   AND (a.last_at IS NOT NULL OR t.share IS NOT NULL)) AS y
			         ORDER BY place LIMIT how_many) AS x;
			least_points := best_points[how_many];
			least_id := CASE WHEN best_last_at[how_many] IS NULL THEN best[how_many] ELSE 9223372036854775807 END;
		END LOOP;
		first := upto + 1;
		batch := batch * 4;
	END LOOP;
	RETURN QUERY
	SELECT b.* FROM unnest(best, best_points, best_load, best_last_at, best_account, best_cell) WITH ORDINALITY AS b;
END $$;
COMMENT ON FUNCTION advocacy.match_rank(bigint, timestamptz, bigint[], integer) IS
	'Advocates in the order in which they suit a request, before anybody looks whether they may be asked.';
