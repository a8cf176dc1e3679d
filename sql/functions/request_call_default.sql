-- request_call_default(request, at) -> text
--
-- Purpose:    what becomes of a suspended advocate's call when nobody decides.
-- Parameters: request  request_id; at  now.
-- Returns:    replace while anything worse than soft is open, else keep. Where nobody looked before the call had begun it may
--             have taken place, and nothing is replaced any more: ask.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.request_call_default(request bigint, at timestamptz)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN NOT EXISTS (SELECT FROM advocacy.suspension AS s
	                             WHERE s.advocate_id = r.advocate_id AND s.closed_at IS NULL
	                               AND coalesce(s.severity, 'hard') NOT IN ('soft', 'caution', 'hold')) THEN 'keep'
	            -- What is due at the call's very start is noticed a moment later.
	            WHEN r.scheduled_for < request_call_default.at - interval '5 minutes' THEN 'ask'
	            ELSE 'replace' END
	FROM advocacy.request AS r WHERE r.request_id = request_call_default.request
$$;

COMMENT ON FUNCTION advocacy.request_call_default(bigint, timestamptz) IS
	'What becomes of a suspended advocate''s call when nobody decides: replace or keep; ask, when it may have taken place.';
