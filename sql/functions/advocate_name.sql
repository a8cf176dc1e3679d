-- advocate_name: how a message or a list names an advocate, without an address.
-- Parameters: advocate_id. Returns: first and last name; where there is none, the contact's remote id; NULL for nobody.
-- Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.advocate_name(advocate_id bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(nullif(btrim(concat_ws(' ', c.first_name, c.last_name)), ''), 'contact ' || c.remote_id)
	  FROM advocacy.advocate AS a JOIN advocacy.contact AS c ON c.contact_id = a.contact_id
	 WHERE a.advocate_id = advocate_name.advocate_id
$$;
COMMENT ON FUNCTION advocacy.advocate_name(bigint) IS 'How a message or a list names an advocate, without an address.';
