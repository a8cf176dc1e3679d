-- calendar_append(calendar_id, from_at, to_at) -> integer
--
-- Purpose:    lays a calendar out from from_at to to_at behind what is laid out already, continuing the running
--             sum of open seconds and the last span where the new one touches it. Sums already there stay valid.
-- Parameters: calendar_id  the version; from_at  where its layout ends; to_at  where it shall end.
-- Returns:    the number of spans added or lengthened.
-- Writes:     calendar_span, calendar_page.
CREATE OR REPLACE FUNCTION advocacy.calendar_append(calendar_id bigint, from_at timestamptz, to_at timestamptz)
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	this      constant bigint := calendar_append.calendar_id;
	last_span advocacy.calendar_span;
	written   integer;
	total     integer := 0;
BEGIN
	SELECT s.* INTO last_span FROM advocacy.calendar_span AS s
	WHERE s.calendar_id = this ORDER BY s.opens_at DESC LIMIT 1;

	WITH laid AS (
		SELECT s.opens_at, s.closes_at
		FROM advocacy.calendar AS c
		CROSS JOIN LATERAL advocacy.calendar_spans(c.time_zone, c.weekly_hours, c.holidays, from_at, to_at) AS s
		WHERE c.calendar_id = this
	), lengthened AS (
		UPDATE advocacy.calendar_span AS s SET closes_at = l.closes_at
		FROM laid AS l
		WHERE s.calendar_id = this AND s.opens_at = last_span.opens_at AND l.opens_at = last_span.closes_at
		RETURNING l.opens_at
	)
	INSERT INTO advocacy.calendar_span (calendar_id, opens_at, closes_at, before_s)
	SELECT this, l.opens_at, l.closes_at, l.before_s
	FROM (
		SELECT l.opens_at, l.closes_at,
		       coalesce(last_span.before_s + extract(epoch FROM last_span.closes_at - last_span.opens_at), 0)
		       + coalesce(sum(extract(epoch FROM l.closes_at - l.opens_at))
		                  OVER (ORDER BY l.opens_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before_s
		FROM laid AS l
	) AS l
	WHERE NOT EXISTS (SELECT FROM lengthened AS x WHERE x.opens_at = l.opens_at);
	GET DIAGNOSTICS written = ROW_COUNT;
	total := written;
	IF EXISTS (SELECT FROM advocacy.calendar_span AS s
	           WHERE s.calendar_id = this AND s.opens_at = last_span.opens_at AND s.closes_at <> last_span.closes_at) THEN
		total := total + 1;
	END IF;
	PERFORM advocacy.calendar_write_pages(this);
	RETURN total;
END
$$;

COMMENT ON FUNCTION advocacy.calendar_append(bigint, timestamptz, timestamptz) IS
	'Continues a calendar version''s layout; the daemon and calendar_define use it, people never need to.';
