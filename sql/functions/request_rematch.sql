-- request_rematch(advocate, at, activity_types, also_asked) -> void
--
-- Purpose:    an advocate has become unavailable: the requests matched with them and not yet held go back to matching,
--             their clocks running on, and the rep is told, without the reason.
-- Parameters: advocate  advocate_id, whose row the caller has locked; at  now; activity_types  only requests for these, NULL:
--             for anything; also_asked  also those for which the advocate has been asked and hasn't answered: only where they
--             left or withdrew. Of somebody who is suspended the CSM alone takes back an ask (request_follow_suspension).
-- Returns:    nothing.
-- Writes:     as request_rematch_one. Locks the requests in id order, then all their clocks.
CREATE OR REPLACE FUNCTION advocacy.request_rematch(advocate bigint, at timestamptz DEFAULT now(),
	activity_types text[] DEFAULT NULL, also_asked boolean DEFAULT false)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	matched bigint[];
	one     bigint;
BEGIN
	SELECT array_agg(l.request_id ORDER BY l.request_id) INTO matched
	FROM (SELECT r.request_id FROM advocacy.request AS r
	      WHERE r.advocate_id = request_rematch.advocate AND (r.state IN ('proposed', 'awaiting_csm', 'scheduled', 'suspended_hold') OR r.state = 'awaiting_advocate' AND also_asked)
	        AND (activity_types IS NULL OR r.activity_type = ANY (activity_types))
	      ORDER BY r.request_id FOR UPDATE) AS l;
	PERFORM FROM advocacy.sla_clock AS k
	WHERE k.request_id = ANY (matched) AND k.state IN ('running', 'paused')
	ORDER BY k.clock_id FOR UPDATE;

	FOREACH one IN ARRAY coalesce(matched, '{}') LOOP
		PERFORM advocacy.request_rematch_one(one, at);
	END LOOP;
END
$$;

COMMENT ON FUNCTION advocacy.request_rematch(bigint, timestamptz, text[], boolean) IS
	'Sends the requests of an advocate who became unavailable back to matching and tells the reps, without the reason.';
