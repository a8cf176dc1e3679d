-- request_decline(request, reason, by_whom, actor, at) -> void
--
-- Purpose:    somebody says no. The program declines the request as a whole, which ends it; the advocate or the rep
--             declines the match, which sends it back to matching with its clock running on.
-- Parameters: request  request_id; reason  why; by_whom  'program', 'advocate', 'csm' or 'rep';
--             actor  the person who records it, NULL for session_user; at  when.
-- Returns:    nothing. Raises P0002, 55000, 22023 as request_move; 22023 for an unknown by_whom.
-- Writes:     as request_move.
CREATE OR REPLACE FUNCTION advocacy.request_decline(
	request bigint, reason text, by_whom text DEFAULT 'program', actor text DEFAULT NULL,
	at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF by_whom IS NULL OR by_whom NOT IN ('program', 'advocate', 'rep', 'csm') THEN
		RAISE EXCEPTION 'a request isn''t declined by "%"', coalesce(by_whom, 'null')
			USING ERRCODE = '22023', COLUMN = 'by_whom',
			      HINT = 'program ends the request; advocate, csm or rep sends it back to matching.';
	END IF;
	PERFORM advocacy.request_move(request, CASE by_whom WHEN 'program' THEN 'decline' ELSE 'return' END, actor,
	                              CASE by_whom WHEN 'program' THEN reason ELSE by_whom || ': ' || nullif(btrim(reason), '') END, at);
END
$$;

COMMENT ON FUNCTION advocacy.request_decline(bigint, text, text, text, timestamptz) IS
	'The program declines a request, or the advocate or the rep declines the match.';
