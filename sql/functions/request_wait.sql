-- request_wait(request, on_whom, reason, actor, at) -> void
--
-- Purpose:    the program can't go on until the rep or the prospect does something: the connect clock pauses.
-- Parameters: request  request_id; on_whom  'rep' or 'prospect'; reason  what for;
--             actor  the person, NULL for session_user; at  when.
-- Returns:    nothing. Raises P0002, 55000, 22023 as request_move; 22023 for a wrong on_whom.
-- Writes:     as request_move.
CREATE OR REPLACE FUNCTION advocacy.request_wait(
	request bigint, on_whom text, reason text, actor text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	IF on_whom IS NULL OR on_whom NOT IN ('rep', 'prospect') THEN
		RAISE EXCEPTION 'a request can''t wait for "%"', coalesce(on_whom, 'null')
			USING ERRCODE = '22023', COLUMN = 'on_whom',
			      HINT = 'rep or prospect; waiting for a CSM or an advocate is the program''s own time.';
	END IF;
	PERFORM advocacy.request_move(request_wait.request, 'wait', actor, on_whom || ': ' || nullif(btrim(request_wait.reason), ''), at,
	                              waiting_on => on_whom);
END
$$;

COMMENT ON FUNCTION advocacy.request_wait(bigint, text, text, text, timestamptz) IS
	'Records that a request waits for the rep or the prospect: its connect clock pauses.';
