-- request_feedback(request, relevance, overall, comment, actor, at) -> void
--
-- Purpose:    the rep says how the reference was: the request is complete.
-- Parameters: request  request_id; relevance  whether it was the right reference, 1 to 5;
--             overall  1 to 5; comment; actor  the person, NULL for session_user; at  when.
-- Returns:    nothing. Raises P0002, 55000, 22023 as request_move; 22023 for a mark that isn't 1 to 5.
-- Writes:     as request_move, request_feedback.
CREATE OR REPLACE FUNCTION advocacy.request_feedback(
	request bigint, relevance integer, overall integer DEFAULT NULL, comment text DEFAULT NULL, actor text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	IF relevance IS NULL OR relevance NOT BETWEEN 1 AND 5 OR overall NOT BETWEEN 1 AND 5 THEN
		RAISE EXCEPTION 'the marks are % and %', coalesce(relevance::text, 'null'), coalesce(overall::text, 'none')
			USING ERRCODE = '22023', COLUMN = CASE WHEN relevance BETWEEN 1 AND 5 THEN 'overall' ELSE 'relevance' END,
			      HINT = '1 (not the right reference) to 5 (just the right one); overall may be left out.';
	END IF;
	PERFORM advocacy.request_move(request_feedback.request, 'feedback', actor, comment, at);
	INSERT INTO advocacy.request_feedback AS f (request_id, relevance, overall, comment, given_by, given_at)
	VALUES (request_feedback.request, request_feedback.relevance, request_feedback.overall, nullif(btrim(request_feedback.comment), ''),
	        coalesce(nullif(btrim(request_feedback.actor), ''), session_user), request_feedback.at)
	ON CONFLICT (request_id) DO UPDATE SET relevance = excluded.relevance, overall = excluded.overall,
		comment = excluded.comment, given_by = excluded.given_by, given_at = excluded.given_at;
END
$$;

COMMENT ON FUNCTION advocacy.request_feedback(bigint, integer, integer, text, text, timestamptz) IS
	'The reps feedback on the reference: the request is complete.';
