-- salesforce_id_18: the 18-character form of a Salesforce id, or NULL where the text can't be one.
-- Parameters: id, 15 characters (case matters) or 18 (three check characters at the end, case repaired there only).
-- Returns: 18 characters; NULL for another length, other characters or a wrong check. Never a guess.
-- Writes: nothing.
--
-- The check: each character of A-Z counts 1; the bits of five characters, the first one lowest, number a letter.
CREATE OR REPLACE FUNCTION advocacy.salesforce_id_18(id text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	letters CONSTANT text := 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345';
	bits text;
	made text;
BEGIN
	IF id IS NULL OR id !~ '^([A-Za-z0-9]{15}|[A-Za-z0-9]{18})$' THEN
		RETURN NULL;
	END IF;
	bits := reverse(translate(left(id, 15),
		'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
		'11111111111111111111111111000000000000000000000000000000000000'));
	made := left(id, 15)
		|| substr(letters, substr(bits, 11, 5)::bit(5)::integer + 1, 1)
		|| substr(letters, substr(bits, 6, 5)::bit(5)::integer + 1, 1)
		|| substr(letters, substr(bits, 1, 5)::bit(5)::integer + 1, 1);
	IF length(id) = 18 AND right(made, 3) <> upper(right(id, 3)) THEN
		RETURN NULL;
	END IF;
	RETURN made;
END $$;
COMMENT ON FUNCTION advocacy.salesforce_id_18(text) IS
	'The 18-character form of a Salesforce id; NULL where the text can''t be one (length, characters, check).';
