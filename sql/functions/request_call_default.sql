-- request_call_default(advocate) -> text
--
-- Purpose:    what becomes of a suspended advocate's call when nobody decides.
-- Parameters: advocate  advocate_id.
-- Returns:    replace while anything worse than soft is open; else keep.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.request_call_default(advocate bigint)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN EXISTS (SELECT FROM advocacy.suspension AS s
	                         WHERE s.advocate_id = request_call_default.advocate AND s.closed_at IS NULL
	                           AND coalesce(s.severity, 'hard') NOT IN ('soft', 'caution', 'hold'))
	            THEN 'replace' ELSE 'keep' END
$$;

COMMENT ON FUNCTION advocacy.request_call_default(bigint) IS
	'What becomes of a suspended advocate''s call when nobody decides: replace or keep.';
