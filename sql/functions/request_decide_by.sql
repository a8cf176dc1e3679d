-- request_decide_by(scheduled_for, at) -> timestamptz
--
-- Purpose:    until when the CSM may decide about a call whose advocate has just been suspended.
-- Parameters: scheduled_for  when the call is; at  now.
-- Returns:    4 business hours from now by the policy's review_calendar (where it names none, 4 hours), but not after the
--             call; NULL for a call that isn't within two business days of 8 hours (two days), or has begun.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.request_decide_by(scheduled_for timestamptz, at timestamptz)
RETURNS timestamptz
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT least(scheduled_for, CASE WHEN c.name IS NULL THEN request_decide_by.at + interval '4 hours'
	                                 ELSE advocacy.business_due_at(c.name, request_decide_by.at, 14400) END)
	FROM (SELECT (SELECT k.name FROM advocacy.calendar AS k
	              WHERE k.name = advocacy.policy_setting('review_calendar') #>> '{}' LIMIT 1) AS name) AS c
	WHERE scheduled_for > request_decide_by.at
	  AND scheduled_for <= CASE WHEN c.name IS NULL THEN request_decide_by.at + interval '2 days'
	                            ELSE advocacy.business_breach_at(c.name, request_decide_by.at, 57600) END
$$;

COMMENT ON FUNCTION advocacy.request_decide_by(timestamptz, timestamptz) IS
	'Until when the CSM may decide about a call whose advocate was suspended; NULL: it is too far away for that.';
