-- advocate_caps: the caps that an ask would exceed, and when each is free again.
-- Counted is what was asked, is scheduled or was done, not what was released; an ask counts from the transaction that
-- matches. The windows roll: what is older than the window doesn't count, so a cap is free at an instant that is known.
--   30 days, quarter (91 days), 365 days   weights of everything; the advocate's own choice counts calls
--   rest                                   between calls, and after a case study or a talk before anything
--   account                                all advocates of the account together
--   share                                  of all calls of 30 days, in a program that isn't small; one is always allowed
--   reinstated                             nothing at first, then something light, then one at a time
-- Parameters: advocate, an advocate_id; activity_type, what would be asked (NULL: whatever is lightest, also a call); at;
-- but_request, a request whose own ask doesn't count.
-- Returns: one row for each cap in the way: cap, in words; used, allowed; free_at (NULL: not by time alone); reason, all of it as
-- a sentence's end.
-- Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.advocate_caps(advocate bigint, activity_type text DEFAULT NULL,
	at timestamptz DEFAULT now(), but_request bigint DEFAULT NULL)
RETURNS TABLE (cap text, used integer, allowed integer, free_at timestamptz, reason text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
BEGIN
	-- (plpgsql keeps the plan, which takes far longer to make than to run.)
	RETURN QUERY
	WITH l AS MATERIALIZED (
		SELECT c.*, coalesce((c.weights ->> advocate_caps.activity_type)::integer, 1) AS weight,
		       coalesce(advocate_caps.activity_type, 'reference_call') = 'reference_call' AS is_call
		  FROM advocacy.cap_limits() AS c
	), who AS MATERIALIZED (
		SELECT a.account_id, a.calls_per_month FROM advocacy.advocate AS a WHERE a.advocate_id = advocate_caps.advocate
	), mine AS MATERIALIZED (
		SELECT v.activity_type, v.occurred_at, v.weight, v.status FROM advocacy.activity AS v
		 WHERE v.advocate_id = advocate_caps.advocate AND v.status <> 'released'
		   AND v.occurred_at > advocate_caps.at - interval '365 days'
		   AND coalesce(v.request_id <> advocate_caps.but_request, true)
	), peers AS MATERIALIZED (
		SELECT v.occurred_at, v.weight FROM who AS w
		  JOIN advocacy.advocate AS p ON p.account_id = w.account_id
		  JOIN advocacy.activity AS v ON v.advocate_id = p.advocate_id AND v.status <> 'released'
		 WHERE v.occurred_at > advocate_caps.at - interval '30 days'
		   AND coalesce(v.request_id <> advocate_caps.but_request, true)
	), counted AS (
		SELECT x.place, x.cap, x.span, x.allowed, x.weight, v.occurred_at, v.counts
		  FROM l
		 CROSS JOIN who AS w
		 CROSS JOIN LATERAL (VALUES
			(1, 'in 30 days', interval '30 days', l.per_30_days, l.weight, false),
			(2, 'in a quarter', interval '91 days', l.per_quarter, l.weight, false),
			(3, 'in 365 days', interval '365 days', l.per_365_days, l.weight, false),
			(4, 'calls in 30 days, their own choice', interval '30 days', coalesce(w.calls_per_month, 0)::integer, 1, true))
		    AS x (place, cap, span, allowed, weight, calls)
		 CROSS JOIN LATERAL (
			SELECT m.occurred_at, CASE WHEN x.calls THEN 1 ELSE m.weight END AS counts FROM mine AS m
			 WHERE m.occurred_at > advocate_caps.at - x.span AND (m.activity_type = 'reference_call' OR NOT x.calls)) AS v
		 WHERE x.allowed > 0 AND (l.is_call OR NOT x.calls)
		UNION ALL
		SELECT 5, 'of the account in 30 days', interval '30 days', l.account_per_30_days, l.weight, v.occurred_at, v.weight
		  FROM l CROSS JOIN peers AS v WHERE l.account_per_30_days > 0
		UNION ALL
		-- The first call is always allowed, whatever the share. (The calls of all are counted only where there is one to compare.)
		SELECT 6, format('of %s calls of all in 30 days', t.calls), interval '30 days',
		       greatest(1, (t.calls + 1) * l.share_percent / 100), 1, m.occurred_at, 1
		  FROM l
		 CROSS JOIN mine AS m
		 CROSS JOIN LATERAL (
			SELECT (SELECT count(*)::integer FROM advocacy.activity AS v
			         WHERE v.status <> 'released' AND v.activity_type = 'reference_call'
			           AND v.occurred_at > advocate_caps.at - interval '30 days'
			           AND coalesce(v.request_id <> advocate_caps.but_request, true)) AS calls) AS t
		 WHERE l.is_call AND l.share_percent > 0 AND m.activity_type = 'reference_call'
		   AND m.occurred_at > advocate_caps.at - interval '30 days'
		   AND (SELECT count(*) FROM (SELECT FROM advocacy.advocate AS a WHERE a.retired_at IS NULL LIMIT l.share_from) AS s)
		       >= l.share_from
	), summed AS (
		-- What is left once this one and all before it have rolled out.
		SELECT c.*, sum(c.counts) OVER (PARTITION BY c.place) AS used,
		       sum(c.counts) OVER (PARTITION BY c.place ORDER BY c.occurred_at) AS rolled
		  FROM counted AS c
	), reinstated AS (
		SELECT max(s.closed_at) AS closed_at FROM advocacy.suspension AS s
		 WHERE s.advocate_id = advocate_caps.advocate AND s.closed_at <= advocate_caps.at
		   AND coalesce(s.severity, 'hard') IN ('soft', 'hard')
	)
	SELECT x.cap, x.used, x.allowed, x.free_at,
	       CASE WHEN x.place <= 6 THEN format('%s of %s ', x.used, x.allowed) ELSE '' END || x.cap
	       || coalesce(' until ' || advocacy.sync_time_text(x.free_at), '')
	  FROM (
		SELECT s.place, s.cap, s.used::integer, s.allowed,
		       min(s.occurred_at + s.span) FILTER (WHERE s.used - s.rolled + s.weight <= s.allowed) AS free_at
		  FROM summed AS s WHERE s.used + s.weight > s.allowed GROUP BY s.place, s.cap, s.used, s.allowed
		UNION ALL
		SELECT 7, 'rest between calls', count(*)::integer, 0, max(m.occurred_at) + l.rest
		  FROM l CROSS JOIN mine AS m
		 WHERE l.is_call AND l.rest > '0' AND m.activity_type = 'reference_call' AND m.occurred_at > advocate_caps.at - l.rest
		 GROUP BY l.rest
		UNION ALL
		SELECT 8, 'rest after a case study or a talk', count(*)::integer, 0, max(m.occurred_at) + l.long_rest
		  FROM l CROSS JOIN mine AS m
		 WHERE l.long_rest > '0' AND m.activity_type IN ('case_study', 'event_talk')
		   AND m.occurred_at > advocate_caps.at - l.long_rest
		 GROUP BY l.long_rest
		UNION ALL
		SELECT 9, 'rest after being reinstated', 0, 0, r.closed_at + l.reinstated_rest
		  FROM l CROSS JOIN reinstated AS r WHERE r.closed_at + l.reinstated_rest > advocate_caps.at
		UNION ALL
		SELECT 10, 'one at a time after being reinstated', count(*)::integer, 1, r.closed_at + l.reinstated_watch
		  FROM l CROSS JOIN reinstated AS r CROSS JOIN mine AS m
		 WHERE r.closed_at + l.reinstated_watch > advocate_caps.at AND m.status IN ('asked', 'scheduled')
		 GROUP BY r.closed_at, l.reinstated_watch
		UNION ALL
		SELECT 11, 'something light first after being reinstated', l.weight, 1, r.closed_at + l.reinstated_watch
		  FROM l CROSS JOIN reinstated AS r
		 WHERE l.weight > 1 AND r.closed_at + l.reinstated_watch > advocate_caps.at
		   AND NOT EXISTS (SELECT FROM mine AS m WHERE m.status = 'completed' AND m.occurred_at > r.closed_at)
		UNION ALL
		-- Heavier than the cap as a whole: never.
		SELECT 12, 'weighs more than the cap allows', l.weight, c.allowed, NULL
		  FROM l CROSS JOIN LATERAL (SELECT min(n.n) AS allowed FROM unnest(ARRAY[l.per_30_days, l.per_quarter, l.per_365_days])
		                              AS n (n) WHERE n.n > 0) AS c
		 WHERE l.weight > c.allowed
	) AS x ORDER BY x.place;
END $$;
COMMENT ON FUNCTION advocacy.advocate_caps(bigint, text, timestamptz, bigint) IS
	'The caps that an ask of an advocate would exceed, and when each is free again; none when nothing is in the way.';
