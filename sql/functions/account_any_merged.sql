-- account_any_merged: whether any known record was merged into another. Most sources never merge: then nobody has to ask for
-- each record.
-- Parameters: none. Returns: boolean. Writes: nothing. (Ordered, so that the index
-- answers, in which there is nothing or little, whatever the planner believes of a table that has just begun to fill.)
CREATE OR REPLACE FUNCTION advocacy.account_any_merged() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce((SELECT true FROM advocacy.account_source AS o WHERE o.merged_into_remote_id IS NOT NULL
	                  ORDER BY o.source, o.merged_into_remote_id LIMIT 1), false)
$$;
COMMENT ON FUNCTION advocacy.account_any_merged() IS 'Whether any known record was merged into another.';
