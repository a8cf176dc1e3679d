-- clock_calendar(policy, subject_kind, subject_id) -> bigint
--
-- Purpose:    in whose time a subject's clock counts: the promise's calendar; but an advocate answers in their own hours, so
--             theirs is the calendar with the same weekly hours in the time zone that the CRM knows of them, if there is one.
-- Parameters: policy  the promise; subject_kind, subject_id  of the clock.
-- Returns:    calendar_id of its newest version. Raises P0002 where the promise's calendar is gone.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.clock_calendar(policy advocacy.sla_policy, subject_kind text, subject_id bigint)
RETURNS bigint
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	shared constant bigint := advocacy.calendar_newest(policy.calendar);
	own    bigint;
BEGIN
	IF policy.metric = 'advocate_reply' AND clock_calendar.subject_kind = 'request' THEN
		SELECT c.calendar_id INTO own
		FROM advocacy.request AS r
		JOIN advocacy.advocate AS a ON a.advocate_id = r.advocate_id
		JOIN advocacy.contact AS p ON p.contact_id = a.contact_id
		JOIN advocacy.calendar AS s ON s.calendar_id = shared
		JOIN advocacy.calendar AS c ON lower(c.time_zone) = lower(btrim(p.time_zone)) AND c.weekly_hours = s.weekly_hours
		WHERE r.request_id = clock_calendar.subject_id
		  AND NOT EXISTS (SELECT FROM advocacy.calendar AS n WHERE n.name = c.name AND n.version > c.version)
		ORDER BY c.calendar_id = shared DESC, c.name
		LIMIT 1;
	END IF;
	RETURN coalesce(own, shared);
END
$$;

COMMENT ON FUNCTION advocacy.clock_calendar(advocacy.sla_policy, text, bigint) IS
	'In whose time a subject''s clock counts: the promise''s calendar, or the advocate''s own for their answer.';
