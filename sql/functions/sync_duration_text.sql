-- sync_duration_text: an interval as a person says it, such as "7 days" or "1 day 4 hours".
-- Parameters: duration. Returns: text; "0 seconds" for nothing.
-- Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.sync_duration_text(duration interval) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(nullif(concat_ws(' ',
		CASE WHEN d = 1 THEN '1 day' WHEN d > 1 THEN d || ' days' END,
		CASE WHEN h = 1 THEN '1 hour' WHEN h > 1 THEN h || ' hours' END,
		CASE WHEN m = 1 THEN '1 minute' WHEN m > 1 THEN m || ' minutes' END,
		-- Beside hours nobody counts seconds.
		CASE WHEN d + h > 0 THEN NULL WHEN c = 1 THEN '1 second' WHEN c > 1 THEN c || ' seconds' END), ''), '0 seconds')
	FROM (SELECT floor(s / 86400)::bigint AS d, (floor(s / 3600)::bigint % 24) AS h, (floor(s / 60)::bigint % 60) AS m,
	             floor(s)::bigint % 60 AS c
		FROM (SELECT extract(epoch FROM duration) AS s) AS seconds) AS parts
$$;
COMMENT ON FUNCTION advocacy.sync_duration_text(interval) IS 'An interval as a person says it: "7 days", "1 day 4 hours".';
