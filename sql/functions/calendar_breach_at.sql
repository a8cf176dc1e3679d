-- calendar_breach_at(calendar_id, start_at, seconds) -> timestamptz
--
-- Purpose:    business_breach_at for one version of a calendar, as clocks need it.
-- Parameters: calendar_id  the version; start_at  any instant; seconds  business time, not negative.
-- Returns:    the last instant at which no more than that much business time is used since start_at: later than it
--             is too late. Raises 22023 for negative seconds, 22008 beyond the layout.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.calendar_breach_at(calendar_id bigint, start_at timestamptz, seconds bigint)
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
			USING ERRCODE = '22023', HINT = 'business_before counts backwards.';
	END IF;
	place := advocacy.calendar_position(calendar_breach_at.calendar_id, start_at) + seconds;
	-- The span in which the next second would be spent; where none begins any more, the layout doesn't say.
	SELECT s.opens_at + (place - s.before_s) * interval '1 second' INTO answer
	FROM (SELECT l.opens_at, l.closes_at, l.before_s FROM advocacy.calendar_span AS l
	      WHERE l.calendar_id = calendar_breach_at.calendar_id AND l.before_s <= floor(least(place, 1e15))::bigint
	      ORDER BY l.before_s DESC LIMIT 1) AS s
	WHERE place - s.before_s < date_part('epoch', s.closes_at - s.opens_at);
	IF answer IS NULL THEN
		PERFORM advocacy.calendar_refuse(calendar_breach_at.calendar_id, start_at);
	END IF;
	RETURN greatest(start_at, answer);
END
$$;

COMMENT ON FUNCTION advocacy.calendar_breach_at(bigint, timestamptz, bigint) IS
	'The last instant at which no more than that much business time is used, on one version of a calendar.';
