-- calendar_due_at(calendar_id, start_at, seconds) -> timestamptz
--
-- Purpose:    business_due_at for one version of a calendar, as clocks need it.
-- Parameters: calendar_id  the version; start_at  any instant; seconds  business time, not negative.
-- Returns:    the first instant at which that much business time is used since start_at.
--             Raises 22023 for negative seconds, 22008 beyond the layout.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.calendar_due_at(calendar_id bigint, start_at timestamptz, seconds bigint)
RETURNS timestamptz
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	answer timestamptz;
BEGIN
	SELECT d.due_at INTO answer FROM advocacy.calendar_due(calendar_due_at.calendar_id, start_at, seconds) AS d;
	IF answer IS NOT NULL THEN
		RETURN answer;
	END IF;
	IF seconds < 0 THEN
		RAISE EXCEPTION 'business time can''t be negative (% seconds)', seconds
			USING ERRCODE = '22023', HINT = 'business_before counts backwards.';
	END IF;
	-- The layout may begin closed: from there on it is as from the first opening.
	PERFORM advocacy.calendar_position(calendar_due_at.calendar_id, start_at);
	IF seconds = 0 THEN
		RETURN start_at;
	END IF;
	SELECT d.due_at INTO answer
	FROM (SELECT min(s.opens_at) AS opens_at FROM advocacy.calendar_span AS s
	      WHERE s.calendar_id = calendar_due_at.calendar_id) AS f
	CROSS JOIN LATERAL advocacy.calendar_due(calendar_due_at.calendar_id, f.opens_at, seconds) AS d
	WHERE f.opens_at > start_at;
	IF answer IS NULL THEN
		PERFORM advocacy.calendar_refuse(calendar_due_at.calendar_id, start_at);
	END IF;
	RETURN answer;
END
$$;

COMMENT ON FUNCTION advocacy.calendar_due_at(bigint, timestamptz, bigint) IS
	'The first instant at which that much business time is used, on one version of a calendar.';
