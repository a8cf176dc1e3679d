-- preview_rows: what an apply has done to the records of one entity, against the copy made before (pg_temp.preview_ENTITY).
-- Parameters: entity; source.
-- Returns: {"new", "changed", "gone": how many, "examples": [{"remote_id", "what", "fields": {name: [before, after]}}]}, at
-- most 20 examples, those that are gone first. NULL: nothing changed. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.preview_rows(entity text, source text) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
DECLARE
	found jsonb;
BEGIN
	EXECUTE format($rows$
		WITH differing AS MATERIALIZED (
			SELECT t.remote_id, b.remote_id IS NULL AS is_new, t.deleted AND b.deleted IS NOT TRUE AS is_gone,
			       to_jsonb(b) AS before, to_jsonb(t) AS after
			  FROM advocacy.%1$I AS t
			  LEFT JOIN pg_temp.%2$I AS b ON b.remote_id = t.remote_id
			 WHERE t.source = $1 AND (b.remote_id IS NULL OR to_jsonb(b) <> to_jsonb(t))
			   AND (%3$s OR b.remote_id IS NOT NULL)
		), named AS (
			SELECT d.*, CASE WHEN d.is_gone THEN 'gone' WHEN d.is_new THEN 'new' ELSE 'changed' END AS what FROM differing AS d
		), example AS (
			SELECT n.*, row_number() OVER (ORDER BY n.what = 'new', n.what = 'changed', n.remote_id) AS place FROM named AS n
			 ORDER BY place LIMIT 20
		)
		SELECT CASE WHEN count(*) > 0 THEN jsonb_build_object(
			'new', count(*) FILTER (WHERE n.what = 'new'), 'changed', count(*) FILTER (WHERE n.what = 'changed'),
			'gone', count(*) FILTER (WHERE n.what = 'gone'),
			'examples', (SELECT jsonb_agg(jsonb_build_object('remote_id', e.remote_id, 'what', e.what, 'fields',
				(SELECT coalesce(jsonb_object_agg(a.key, jsonb_build_array(e.before -> a.key, a.value)), '{}')
				   FROM jsonb_each(e.after) AS a
				  WHERE a.value IS DISTINCT FROM coalesce(e.before -> a.key, 'null')
				    AND a.key NOT IN ('source', 'remote_id'))) ORDER BY e.place) FROM example AS e)) END
		  FROM named AS n
		$rows$, entity, 'preview_' || entity,
		CASE WHEN to_regclass('pg_temp.' || quote_ident('preview_keys_' || entity)) IS NULL THEN 'true'
		     ELSE format('t.remote_id IN (SELECT k.remote_id FROM pg_temp.%I AS k)', 'preview_keys_' || entity) END)
	INTO found USING source;
	RETURN found;
END $$;
COMMENT ON FUNCTION advocacy.preview_rows(text, text) IS
	'What an apply has done to the records of one entity, against the copy made before: how many, and up to 20 examples.';
