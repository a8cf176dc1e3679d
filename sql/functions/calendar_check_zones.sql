-- calendar_check_zones(at) -> calendar, version, clocks
--
-- Purpose:    finds the calendars in use whose time zone has changed its law since they were laid out (a newer tzdata): what is
--             to come is laid out anew and compared. Such a calendar gets a next version, onto which its open clocks go.
-- Parameters: at  now. The session must have begun after the update: a server process reads a zone once.
-- Returns:    one row per calendar that moved: its name, the new version, how many open clocks went along.
-- Writes:     calendar, calendar_span, calendar_page, audit_log; what clock_recalendar writes.
CREATE OR REPLACE FUNCTION advocacy.calendar_check_zones(at timestamptz DEFAULT now())
RETURNS TABLE (calendar text, version integer, clocks integer)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	one     advocacy.calendar;
	befores bigint[] := '{}';
	afters  bigint[] := '{}';
BEGIN
	FOR one IN
		SELECT c.* FROM advocacy.calendar AS c
		WHERE (NOT EXISTS (SELECT FROM advocacy.calendar AS n WHERE n.name = c.name AND n.version > c.version)
		       OR EXISTS (SELECT FROM advocacy.sla_clock AS k WHERE k.calendar_id = c.calendar_id AND k.ended_at IS NULL))
		  -- Open or not, at each end of each span to come: both layouts say the same, or the law has changed.
		  AND EXISTS (
			(SELECT greatest(s.opens_at, date_trunc('minute', at)), s.closes_at FROM advocacy.calendar_span AS s
			 WHERE s.calendar_id = c.calendar_id AND s.closes_at > date_trunc('minute', at))
			EXCEPT
			(SELECT s.opens_at, s.closes_at FROM advocacy.calendar_spans(c.time_zone, c.weekly_hours, c.holidays, date_trunc('minute', at),
			                                     c.laid_to::timestamp AT TIME ZONE c.time_zone) AS s))
		ORDER BY c.name, c.version DESC
	LOOP
		PERFORM pg_advisory_xact_lock(hashtextextended('advocacy.calendar/' || one.name, 0));
		befores := befores || one.calendar_id;
		afters := afters || advocacy.calendar_make(one.name, one.time_zone, one.weekly_hours, one.holidays, at);
	END LOOP;
	PERFORM advocacy.clock_recalendar(befores, afters, 'tzdata', at);
	FOR calendar, version, clocks IN
		WITH moved AS MATERIALIZED (
			SELECT n.name, n.version, n.time_zone, b.version AS before, m.place,
			       ARRAY(SELECT k.clock_id FROM advocacy.sla_clock AS k WHERE k.calendar_id = n.calendar_id ORDER BY 1) AS clocks
			  FROM unnest(befores, afters) WITH ORDINALITY AS m (before, after, place)
			  JOIN advocacy.calendar AS b ON b.calendar_id = m.before
			  JOIN advocacy.calendar AS n ON n.calendar_id = m.after
		), audited AS (
			INSERT INTO advocacy.audit_log (at, actor, action, subject, details)
			SELECT calendar_check_zones.at, session_user, 'calendar_zone_changed', m.name, jsonb_build_object('time_zone', m.time_zone,
			       'from_version', m.before, 'to_version', m.version, 'clocks', to_jsonb(m.clocks))
			  FROM moved AS m ORDER BY m.place
		)
		SELECT m.name, m.version, cardinality(m.clocks) FROM moved AS m ORDER BY m.place
	LOOP
		RETURN NEXT;
	END LOOP;
END
$$;

COMMENT ON FUNCTION advocacy.calendar_check_zones(timestamptz) IS
	'Lays out anew the calendars whose time zone has changed its law, and puts their open clocks onto that.';
