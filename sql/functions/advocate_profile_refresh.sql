-- advocate_profile_refresh: makes the profiles of advocates what their contact and account say. Who isn't in the program,
-- or has no account that is there, has none.
-- Parameters: advocates, ids. Returns: nothing. Writes: advocate_profile.
CREATE OR REPLACE FUNCTION advocacy.advocate_profile_refresh(advocates bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
BEGIN
	IF coalesce(cardinality(advocates), 0) = 0 THEN
		RETURN;
	END IF;
	DELETE FROM advocacy.advocate_profile AS p WHERE p.advocate_id = ANY (advocates);
	INSERT INTO advocacy.advocate_profile (advocate_id, account_id, industry, region, segment, persona, language, time_zone,
	                                       products, use_cases, cell)
	SELECT a.advocate_id, a.account_id, lower(btrim(t.industry)), lower(btrim(t.region)), lower(btrim(t.segment)),
	       lower(btrim(c.persona)), lower(btrim(c.language)), lower(btrim(c.time_zone)),
	       string_to_array(regexp_replace(lower(btrim(coalesce(c.products, ''))), '[[:space:]]*[;,][[:space:]]*', ';', 'g'), ';'),
	       string_to_array(regexp_replace(lower(btrim(coalesce(c.use_cases, ''))), '[[:space:]]*[;,][[:space:]]*', ';', 'g'), ';'),
	       concat_ws(' in ', lower(btrim(t.industry)), lower(btrim(t.region)))
	  FROM unnest(advocates) AS n (advocate_id)
	  JOIN advocacy.advocate AS a ON a.advocate_id = n.advocate_id AND a.retired_at IS NULL
	  JOIN advocacy.contact AS c ON c.contact_id = a.contact_id AND NOT c.deleted
	  JOIN advocacy.account AS t ON t.account_id = a.account_id AND NOT t.deleted
	 ORDER BY a.advocate_id
	ON CONFLICT (advocate_id) DO NOTHING;
END $$;
COMMENT ON FUNCTION advocacy.advocate_profile_refresh(bigint[]) IS
	'Makes the profiles that matching looks at what contact and account say.';
