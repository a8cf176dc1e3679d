-- activity_weight: how much an activity counts against the caps.
-- Parameters: activity_type; NULL: the lightest. Returns: 1 where the policy gives it no other weight. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.activity_weight(activity_type text) RETURNS integer
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce((l.weights ->> activity_weight.activity_type)::integer, 1) FROM advocacy.cap_limits() AS l
$$;
COMMENT ON FUNCTION advocacy.activity_weight(text) IS 'How much an activity counts against the caps.';
