-- brake_exceeded: whether that many advocates at once are too many for what a feed says of its contacts: a field that was
-- mapped anew, or filled by an import, looks like everybody leaving.
--   of one apply                breaker_percent (10) of the program's advocates, rounded up, but not less than breaker_least (3)
--   of a source in 24 hours     twice that, for feeds that go wrong in small pieces
-- Parameters: times, how many now; recent, how many in the last 24 hours; gone, how many of those aren't in the program any
-- more and still count as its size.
-- Returns: the limit that is exceeded (times > it: that of one apply); NULL: none. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.brake_exceeded(times integer, recent integer, gone integer DEFAULT 0) RETURNS integer
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	percent constant numeric := (advocacy.policy_setting('breaker_percent', '10') #>> '{}')::numeric;
	most integer := (advocacy.policy_setting('breaker_least', '3') #>> '{}')::integer;
BEGIN
	IF times > most OR times + recent > 2 * most THEN -- the program is only counted where it matters
		SELECT greatest(most, ceil((count(*) + gone) * percent / 100)) INTO most
		  FROM advocacy.advocate AS a WHERE a.retired_at IS NULL;
	END IF;
	RETURN CASE WHEN times > most THEN most WHEN times + recent > 2 * most THEN 2 * most END;
END $$;
COMMENT ON FUNCTION advocacy.brake_exceeded(integer, integer, integer) IS
	'The limit that so many advocates at once, or in a day, exceed; NULL: none.';
