-- calendar_write_pages(calendar_id) -> integer
--
-- Purpose:    writes the pages of a calendar's newest version, from which business_due_at answers with one look-up: for each
--             32 days the open spans of 64, beginning with the one before them, so that a due date of some weeks is
--             on the page on which its start is.
-- Parameters: calendar_id  a version; nothing happens for one that isn't the newest.
-- Returns:    the number of pages written.
-- Writes:     calendar_page.
CREATE OR REPLACE FUNCTION advocacy.calendar_write_pages(calendar_id bigint)
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
	this    constant bigint := calendar_write_pages.calendar_id;
	page    constant interval := '768 hours';
	name    text;
	written integer;
BEGIN
	SELECT c.name INTO name FROM advocacy.calendar AS c
	WHERE c.calendar_id = this
	  AND NOT EXISTS (SELECT FROM advocacy.calendar AS n WHERE n.name = c.name AND n.version > c.version);
	IF name IS NULL THEN
		RETURN 0;
	END IF;
	DELETE FROM advocacy.calendar_page AS p WHERE p.calendar = name;
	INSERT INTO advocacy.calendar_page (calendar, from_at, opens_at, sum_s)
	SELECT name, p.from_at, array_agg(s.opens_at ORDER BY s.opens_at),
	       array_agg(s.before_s::double precision ORDER BY s.opens_at)
	       || max(s.before_s + date_part('epoch', s.closes_at - s.opens_at))
	FROM (SELECT s.opens_at, s.closes_at, s.before_s,
	             lead(s.opens_at, 1, s.closes_at) OVER (ORDER BY s.opens_at) AS until_at
	      FROM advocacy.calendar_span AS s WHERE s.calendar_id = this) AS s
	CROSS JOIN LATERAL generate_series(date_bin(page, s.opens_at, to_timestamp(0)) - page, s.until_at, page) AS p (from_at)
	GROUP BY p.from_at;
	GET DIAGNOSTICS written = ROW_COUNT;
	RETURN written;
END
$$;

COMMENT ON FUNCTION advocacy.calendar_write_pages(bigint) IS
	'Writes the pages of a calendar''s newest version, from which due dates are answered with one look-up.';
