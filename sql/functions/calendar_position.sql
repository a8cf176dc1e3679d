-- calendar_position(calendar_id, at) -> double precision
--
-- Purpose:    how many open seconds a calendar has had when it is `at`, counted from the start of its layout; only
--             differences of two positions mean something. Exact to the microsecond.
-- Parameters: calendar_id  the version; at  any instant of the layout.
-- Returns:    seconds. Raises 22008 beyond the layout.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.calendar_position(calendar_id bigint, at timestamptz)
RETURNS double precision
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	opens  timestamptz;
	closes timestamptz;
	before bigint;
BEGIN
	SELECT s.opens_at, s.closes_at, s.before_s INTO opens, closes, before
	FROM advocacy.calendar_span AS s
	WHERE s.calendar_id = calendar_position.calendar_id AND s.opens_at <= at
	ORDER BY s.opens_at DESC LIMIT 1;
	IF FOUND AND at <= closes THEN
		RETURN before + date_part('epoch', at - opens);
	END IF;
	IF NOT EXISTS (SELECT FROM advocacy.calendar AS c
	               WHERE c.calendar_id = calendar_position.calendar_id
	                 AND at >= c.laid_from::timestamp AT TIME ZONE c.time_zone
	                 AND at <= c.laid_to::timestamp AT TIME ZONE c.time_zone) THEN
		PERFORM advocacy.calendar_refuse(calendar_position.calendar_id, at);
	END IF;
	RETURN coalesce(before + date_part('epoch', closes - opens), 0);
END
$$;

COMMENT ON FUNCTION advocacy.calendar_position(bigint, timestamptz) IS
	'Open seconds of a calendar from the start of its layout to an instant; only differences mean something.';
