-- signal_value: the number that a member of the staged signals holds, also when it is written as text.
-- Parameters: value, the member as text (->>). Returns: the number; NULL for null and for anything else, which is "not scored".
-- Writes: nothing. (No SET search_path: the body is bound when it is made, so that it can be inlined. The first line
-- saves nearly every text the expression of the second.)
CREATE OR REPLACE FUNCTION advocacy.signal_value(value text) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN ltrim(value, '0123456789') IN ('', '.0') AND value <> '' THEN value::numeric
            WHEN value ~ '^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$' THEN value::numeric END;
COMMENT ON FUNCTION advocacy.signal_value(text) IS
	'The number that a member of the staged signals holds, also written as text; NULL for anything else.';
