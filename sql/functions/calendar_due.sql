-- calendar_due(calendar_id, start_at, seconds) -> due_at, in sets
--
-- Purpose:    the due date by two index look-ups, in a form that PostgreSQL folds into the query that uses it: for
--             many at once (FROM things AS t CROSS JOIN LATERAL advocacy.calendar_due(t.calendar_id, ...)).
-- Parameters: as calendar_due_at.
-- Returns:    one row, or none where the layout doesn't say (then calendar_due_at raises the proper error).
-- Writes:     nothing.
--
-- No SET search_path: that would keep it from being folded in. The body is bound to its objects when it is created
-- (BEGIN ATOMIC), so no search path has a say in it.
CREATE OR REPLACE FUNCTION advocacy.calendar_due(calendar_id bigint, start_at timestamptz, seconds bigint)
RETURNS TABLE (due_at timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
	SELECT greatest(calendar_due.start_at, s.opens_at + (p.place - s.before_s) * interval '1 second')
	FROM (
		SELECT f.before_s + date_part('epoch', least(calendar_due.start_at, f.closes_at) - f.opens_at)
		       + calendar_due.seconds AS place
		FROM advocacy.calendar_span AS f
		WHERE f.calendar_id = calendar_due.calendar_id AND f.opens_at <= calendar_due.start_at
		ORDER BY f.opens_at DESC LIMIT 1
	) AS p
	CROSS JOIN LATERAL (
		SELECT l.opens_at, l.closes_at, l.before_s
		FROM advocacy.calendar_span AS l
		WHERE l.calendar_id = calendar_due.calendar_id AND l.before_s < ceil(least(p.place, 1e15))::bigint
		ORDER BY l.before_s DESC LIMIT 1
	) AS s
	WHERE calendar_due.seconds >= 0
	  AND p.place - s.before_s <= date_part('epoch', s.closes_at - s.opens_at);
END;

COMMENT ON FUNCTION advocacy.calendar_due(bigint, timestamptz, bigint) IS
	'The due date in a form for sets: folded into the query, two index look-ups a row; no row beyond the layout.';
