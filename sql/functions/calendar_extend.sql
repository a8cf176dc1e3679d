-- calendar_extend(at) -> integer
--
-- Purpose:    keeps the layout of every calendar in use ahead of time: the newest version of each name, and each
--             that an open clock runs on, is lengthened to 1,500 days ahead once fewer than 400 remain.
-- Parameters: at  today.
-- Returns:    how many calendars were lengthened. The daemon calls it daily; deadlines_fire does when it is needed.
-- Writes:     calendar, calendar_span, calendar_page. Locks calendar rows in id order.
CREATE OR REPLACE FUNCTION advocacy.calendar_extend(at timestamptz DEFAULT now())
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	one   advocacy.calendar;
	upto  date;
	total integer := 0;
BEGIN
	FOR one IN
		SELECT c.* FROM advocacy.calendar AS c
		WHERE c.laid_to::timestamp AT TIME ZONE c.time_zone < at + interval '9600 hours'
		  AND (NOT EXISTS (SELECT FROM advocacy.calendar AS n WHERE n.name = c.name AND n.version > c.version)
		       OR EXISTS (SELECT FROM advocacy.sla_clock AS k
		                  WHERE k.calendar_id = c.calendar_id AND k.state IN ('running', 'paused')))
		ORDER BY c.calendar_id
		FOR NO KEY UPDATE OF c
	LOOP
		upto := (at AT TIME ZONE one.time_zone)::date + 1500;
		PERFORM advocacy.calendar_append(one.calendar_id, one.laid_to::timestamp AT TIME ZONE one.time_zone,
		                                 upto::timestamp AT TIME ZONE one.time_zone);
		UPDATE advocacy.calendar SET laid_to = upto WHERE calendar_id = one.calendar_id;
		total := total + 1;
	END LOOP;
	RETURN total;
END
$$;

COMMENT ON FUNCTION advocacy.calendar_extend(timestamptz) IS
	'Lengthens the layout of the calendars in use once fewer than 400 days of it lie ahead.';
