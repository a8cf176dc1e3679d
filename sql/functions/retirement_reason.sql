-- retirement_reason: why a contact, as its source has it now, ends its advocate's part in the program.
-- Parameters: deleted, advocate, source: of the contact; enrolled_by, of the advocate.
-- Returns: text; NULL: it doesn't. Writes: nothing. (No SET search_path: the body is bound when it is made, so that it can
-- be inlined.)
CREATE OR REPLACE FUNCTION advocacy.retirement_reason(deleted boolean, advocate boolean, source text, enrolled_by text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN deleted THEN 'contact deleted'
            WHEN advocate IS FALSE AND enrolled_by = 'sync:' || source
            THEN 'no longer marked as an advocate in ' || source END;
COMMENT ON FUNCTION advocacy.retirement_reason(boolean, boolean, text, text) IS
	'Why a contact, as its source has it now, ends its advocate''s part in the program; NULL: it doesn''t.';
