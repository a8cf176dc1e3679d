-- clock_blind_source(subject_kind, subject_id, instant) -> text
--
-- Purpose:    the source that a subject's facts come from, if it couldn't be read around that instant: what it would have
--             said may change the verdict.
-- Parameters: subject_kind, subject_id; instant  of a breach.
-- Returns:    the source's name; NULL when it was read (two polls and never less than a quarter of an hour are no gap), or
--             when no source tells of the subject.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.clock_blind_source(subject_kind text, subject_id bigint, instant timestamptz)
RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	-- (plpgsql keeps the plan, which takes far longer to make than to run.)
	RETURN (
		SELECT s.source
		FROM advocacy.request AS r
		JOIN advocacy.opportunity AS o ON o.opportunity_id = r.opportunity_id
		JOIN advocacy.source_status AS s ON s.source = o.source
		CROSS JOIN LATERAL (SELECT max(y.last_success_at) AS seen_at FROM advocacy.sync_stream AS y WHERE y.source = s.source) AS y
		WHERE clock_blind_source.subject_kind = 'request' AND r.request_id = clock_blind_source.subject_id
		  AND y.seen_at + greatest(2 * s.poll, interval '15 minutes') < instant);
END
$$;

COMMENT ON FUNCTION advocacy.clock_blind_source(text, bigint, timestamptz) IS
	'The source of a subject''s facts if it couldn''t be read around an instant; else NULL.';
