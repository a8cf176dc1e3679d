-- suspension_answer_due: until when the CSM may answer a soft suspension before open requests go on without the advocate.
-- Parameters: advocate, an advocate_id; at, when it begins.
-- Returns: answer_seconds (8 hours) of the open time of the calendar that the policy's review_calendar names; where it names
-- none, a day later. NULL where the advocate has no open request: then there is nothing to answer.
-- Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.suspension_answer_due(advocate bigint, at timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN c.name IS NULL THEN suspension_answer_due.at + interval '1 day'
	            ELSE advocacy.business_due_at(c.name, suspension_answer_due.at,
	                 (advocacy.policy_setting('answer_seconds', '28800') #>> '{}')::bigint) END
	  FROM (SELECT (SELECT k.name FROM advocacy.calendar AS k
	                 WHERE k.name = advocacy.policy_setting('review_calendar') #>> '{}' LIMIT 1) AS name) AS c
	 WHERE EXISTS (SELECT FROM advocacy.request AS q
	                WHERE q.advocate_id = suspension_answer_due.advocate
	                  AND q.state IN ('submitted', 'triaged', 'matching', 'proposed', 'awaiting_csm', 'awaiting_advocate',
	                                  'scheduled', 'suspended_hold'))
$$;
COMMENT ON FUNCTION advocacy.suspension_answer_due(bigint, timestamptz) IS
	'Until when the CSM may answer a soft suspension before open requests go on without the advocate; NULL without any.';
