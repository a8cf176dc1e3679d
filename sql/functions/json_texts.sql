-- json_texts(list, default_value) -> text[]
--
-- Purpose:    a JSON list of texts as a sorted set.
-- Parameters: list; default_value  for a list that is absent or null.
-- Returns:    each text once, in order. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.json_texts(list jsonb, default_value text[])
RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(array_agg(DISTINCT t ORDER BY t), '{}')
	FROM unnest(CASE WHEN jsonb_typeof(list) = 'array' THEN ARRAY(SELECT jsonb_array_elements_text(list))
	                 ELSE default_value END) AS t
$$;

COMMENT ON FUNCTION advocacy.json_texts(jsonb, text[]) IS 'A JSON list of texts as a sorted set; the default where it is absent.';
