-- calendar_before(calendar_id, end_at, seconds) -> timestamptz
--
-- Purpose:    business_before for one version of a calendar.
-- Parameters: calendar_id  the version; end_at  any instant; seconds  business time, not negative.
-- Returns:    the last instant from which that much business time remains until end_at.
--             Raises 22023 for negative seconds, 22008 beyond the layout.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.calendar_before(calendar_id bigint, end_at timestamptz, seconds bigint)
RETURNS timestamptz
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	place  double precision;
	answer timestamptz;
BEGIN
	IF seconds < 0 THEN
		RAISE EXCEPTION 'business time can''t be negative (% seconds)', seconds
			USING ERRCODE = '22023', HINT = 'business_due_at counts forwards.';
	END IF;
	place := advocacy.calendar_position(calendar_before.calendar_id, end_at) - seconds;
	IF seconds = 0 THEN
		RETURN end_at;
	END IF;
	SELECT s.opens_at + (place - s.before_s) * interval '1 second' INTO answer
	FROM advocacy.calendar_span AS s
	WHERE s.calendar_id = calendar_before.calendar_id AND s.before_s <= floor(place)::bigint
	ORDER BY s.before_s DESC LIMIT 1;
	IF answer IS NULL THEN
		PERFORM advocacy.calendar_refuse(calendar_before.calendar_id, end_at);
	END IF;
	RETURN answer;
END
$$;

COMMENT ON FUNCTION advocacy.calendar_before(bigint, timestamptz, bigint) IS
	'The last instant from which that much business time remains until the end, on one version of a calendar.';
