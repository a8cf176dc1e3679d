-- outbox_manager(person) -> text
--
-- Purpose:    to whom a message goes when the person it is for can't be reached.
-- Parameters: person  an e-mail address.
-- Returns:    the manager's e-mail address in small letters; NULL when nobody knows one who is still there.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.outbox_manager(person text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT lower(m.email)
	  FROM advocacy.staff AS s
	  JOIN advocacy.staff AS m ON m.source = s.source AND m.remote_id = s.manager_remote_id
	 WHERE lower(s.email) = lower(person) AND NOT s.deleted
	   AND m.email IS NOT NULL AND m.active AND NOT m.deleted AND lower(m.email) <> lower(person)
	 ORDER BY s.staff_id LIMIT 1
$$;

COMMENT ON FUNCTION advocacy.outbox_manager(text) IS 'The e-mail address of a person''s manager; NULL when nobody knows one.';
