-- request_answer(request, by_whom, yes, reason, actor, at) -> void
--
-- Purpose:    whom the request waits for has answered. The CSM's yes lets the advocate be asked; the advocate's yes leaves the date
--             to request_schedule; a no sends the request back to matching, its clock running on.
-- Parameters: request  request_id; by_whom  'csm' or 'advocate'; yes; reason;
--             actor  the person, NULL for session_user; at  when.
-- Returns:    nothing. Raises P0002, 55000, 22023 as request_move; 22023 for anybody else, or no answer; 55000 for the CSM's yes to
--             an advocate who may not be asked any more.
-- Writes:     as request_move.
CREATE OR REPLACE FUNCTION advocacy.request_answer(
	request bigint, by_whom text, yes boolean, reason text DEFAULT NULL, actor text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	IF by_whom IS NULL OR by_whom NOT IN ('csm', 'advocate') OR yes IS NULL THEN
		RAISE EXCEPTION '"%" by "%" is no answer', coalesce(yes::text, 'null'), coalesce(by_whom, 'null')
			USING ERRCODE = '22023', HINT = 'true or false, by csm or advocate.';
	END IF;
	IF by_whom = 'csm' AND yes THEN
		PERFORM advocacy.request_refuse_advocate(request, at);
	END IF;
	PERFORM advocacy.request_move(request, by_whom || CASE WHEN yes THEN '_yes' ELSE '_no' END, actor, reason, at);
END
$$;

COMMENT ON FUNCTION advocacy.request_answer(bigint, text, boolean, text, text, timestamptz) IS
	'Records the answer of the CSM or the advocate.';
