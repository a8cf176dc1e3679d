-- outbox_owner(audience, facts) -> text
--
-- Purpose:    the person whom a message is for.
-- Parameters: audience  of its kind; facts  of the message.
-- Returns:    an e-mail address in small letters; NULL when it is for nobody in particular, or for something longer than
--             any address is.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.outbox_owner(audience text, facts jsonb)
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN length(o.owner) BETWEEN 1 AND 320 THEN o.owner END
	  FROM (SELECT btrim(lower(CASE audience WHEN 'rep' THEN facts ->> 'requested_by'
	                                         WHEN 'csm' THEN facts ->> 'csm_email'
	                                         WHEN 'program' THEN facts ->> 'approver_email' END)) AS owner) AS o
$$;

COMMENT ON FUNCTION advocacy.outbox_owner(text, jsonb) IS 'The person whom a message with these facts is for, by e-mail address.';
