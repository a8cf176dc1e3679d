-- request_ask(request, on_whom, actor, at) -> void
--
-- Purpose:    the proposed advocate is asked, or first the CSM of their account whether they may be.
-- Parameters: request  request_id; on_whom  'csm' or 'advocate';
--             actor  the person, NULL for session_user; at  when.
-- Returns:    nothing. Raises P0002, 55000, 22023 as request_move; 22023 for anybody else, 55000 for an advocate who
--             may not be asked any more.
-- Writes:     as request_move.
CREATE OR REPLACE FUNCTION advocacy.request_ask(
	request bigint, on_whom text, actor text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	IF on_whom IS NULL OR on_whom NOT IN ('csm', 'advocate') THEN
		RAISE EXCEPTION '"%" can''t be asked', coalesce(on_whom, 'null')
			USING ERRCODE = '22023', COLUMN = 'on_whom', HINT = 'csm or advocate.';
	END IF;
	IF on_whom = 'advocate' THEN
		PERFORM advocacy.request_refuse_advocate(request, at);
	END IF;
	PERFORM advocacy.request_move(request, 'ask_' || on_whom, actor, NULL, at);
END
$$;

COMMENT ON FUNCTION advocacy.request_ask(bigint, text, text, timestamptz) IS
	'Records that the proposed advocate, or first the CSM, is asked.';
