-- business_due_at(calendar, start_at, seconds) -> timestamptz
--
-- Purpose:    when that much business time is used: the instant that people are shown.
-- Parameters: calendar  by name, newest version; start_at  any instant; seconds  business time, not negative.
-- Returns:    the first such instant: 8 hours from Monday 09:00 in 09:00-17:00 are used on Monday 17:00.
--             Raises P0002 for an unknown calendar, 22023 for negative seconds, 22008 beyond the layout.
-- Writes:     nothing.
--
-- One page of the calendar holds what most questions need. What it doesn't answer is asked of the whole layout.
CREATE OR REPLACE FUNCTION advocacy.business_due_at(calendar text, start_at timestamptz, seconds bigint)
RETURNS timestamptz
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	page  advocacy.calendar_page;
	span  integer;
	place double precision;
BEGIN
	SELECT p.* INTO page FROM advocacy.calendar_page AS p
	WHERE p.calendar = business_due_at.calendar AND p.from_at = to_timestamp(floor(date_part('epoch', start_at) / 2764800) * 2764800); -- 32 days
	span := width_bucket(start_at, page.opens_at);
	place := page.sum_s[span] + least(date_part('epoch', start_at - page.opens_at[span]), page.sum_s[span + 1] - page.sum_s[span])
	         + seconds;
	span := width_bucket(ceil(place) - 1, page.sum_s); -- the last one before which less was open
	IF span BETWEEN 1 AND cardinality(page.opens_at) AND seconds >= 0 THEN
		RETURN greatest(start_at, page.opens_at[span] + (place - page.sum_s[span]) * interval '1 second');
	END IF;
	RETURN advocacy.calendar_due_at(advocacy.calendar_newest(calendar), start_at, seconds);
END
$$;

COMMENT ON FUNCTION advocacy.business_due_at(text, timestamptz, bigint) IS
	'The first instant at which that much business time of the calendar is used since start_at.';
