-- advocate_profile_refresh: makes the profiles of advocates what their contact and account say. Who isn't in the program,
-- or has no account that is there, has none.
-- Parameters: advocates, ids. Returns: nothing. Writes: advocate_profile,
-- advocate_look.
CREATE OR REPLACE FUNCTION advocacy.advocate_profile_refresh(advocates bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
BEGIN
	IF coalesce(cardinality(advocates), 0) = 0 THEN
		RETURN;
	END IF;
	DELETE FROM advocacy.advocate_profile AS p WHERE p.advocate_id = ANY (advocates);
	WITH made AS (
		SELECT f.*, md5(concat_ws(chr(31), quote_nullable(f.industry), quote_nullable(f.region), quote_nullable(f.segment),
		                          quote_nullable(f.persona), quote_nullable(f.language), quote_nullable(f.time_zone), f.products::text,
		                          f.use_cases::text))::uuid AS look
		  FROM (
			SELECT a.advocate_id, a.account_id, lower(btrim(t.industry)) AS industry, lower(btrim(t.region)) AS region,
			       lower(btrim(t.segment)) AS segment, lower(btrim(c.persona)) AS persona, lower(btrim(c.language)) AS language,
			       lower(btrim(c.time_zone)) AS time_zone,
			       string_to_array(regexp_replace(lower(btrim(coalesce(c.products, ''))), '[[:space:]]*[;,][[:space:]]*', ';', 'g'), ';')
			           AS products,
			       string_to_array(regexp_replace(lower(btrim(coalesce(c.use_cases, ''))), '[[:space:]]*[;,][[:space:]]*', ';', 'g'), ';')
			           AS use_cases,
			       concat_ws(' in ', lower(btrim(t.industry)), lower(btrim(t.region))) AS cell
			  FROM unnest(advocates) AS n (advocate_id)
			  JOIN advocacy.advocate AS a ON a.advocate_id = n.advocate_id AND a.retired_at IS NULL
			  JOIN advocacy.contact AS c ON c.contact_id = a.contact_id AND NOT c.deleted
			  JOIN advocacy.account AS t ON t.account_id = a.account_id AND NOT t.deleted) AS f
	), new AS (
		INSERT INTO advocacy.advocate_look (look, industry, region, segment, persona, language, time_zone, products, use_cases, cell)
		SELECT DISTINCT ON (m.look) m.look, m.industry, m.region, m.segment, m.persona, m.language, m.time_zone, m.products, m.use_cases,
		       m.cell
		  FROM made AS m
		 WHERE NOT EXISTS (SELECT FROM advocacy.advocate_look AS l WHERE l.look = m.look) ORDER BY m.look
	)
	INSERT INTO advocacy.advocate_profile (advocate_id, account_id, industry, region, segment, persona, language, time_zone,
	                                       products, use_cases, cell, look)
	SELECT m.advocate_id, m.account_id, m.industry, m.region, m.segment, m.persona, m.language, m.time_zone, m.products, m.use_cases,
	       m.cell, m.look
	  FROM made AS m ORDER BY m.advocate_id
	ON CONFLICT (advocate_id) DO NOTHING;
END $$;
COMMENT ON FUNCTION advocacy.advocate_profile_refresh(bigint[]) IS
	'Makes the profiles that matching looks at what contact and account say.';
