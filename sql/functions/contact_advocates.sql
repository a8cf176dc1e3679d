-- contact_advocates: who in the program a contact is: the advocate, and one that another contact of them was merged into.
-- Parameters: contact, a contact_id. Returns: the advocate_ids in order, empty for nobody. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.contact_advocates(contact bigint) RETURNS bigint[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT ARRAY(SELECT a.advocate_id FROM advocacy.advocate AS a WHERE a.contact_id = contact_advocates.contact
	             UNION
	             SELECT a.advocate_id FROM advocacy.advocate AS a
	              WHERE a.former_contacts <> '{}' AND contact_advocates.contact = ANY (a.former_contacts)
	             ORDER BY 1)
$$;
COMMENT ON FUNCTION advocacy.contact_advocates(bigint) IS 'Who in the program a contact is; empty for nobody.';
