-- clock_follow_suspensions(suspension_ids, happened, at) -> void
--
-- Purpose:    lets the review clocks of suspensions follow what happened to them: a CSM owes an answer to what a rule did.
-- Parameters: suspension_ids  NULL: none; happened  opened (only soft and hard ones that a rule opened are reviewed),
--             confirmed, overridden or closed; at  when.
-- Returns:    nothing.
-- Writes:     as clock_follow.
CREATE OR REPLACE FUNCTION advocacy.clock_follow_suspensions(suspension_ids bigint[], happened text, at timestamptz)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- Most programs promise nothing of the kind: a day's thousand suspensions then cost nothing here.
	IF suspension_ids IS NULL OR NOT EXISTS (SELECT FROM advocacy.sla_policy AS p WHERE p.metric = 'risk_review') THEN
		RETURN;
	END IF;
	PERFORM advocacy.clock_follow('suspension', s.suspension_id, ARRAY[happened], '{}', at, happened)
	FROM advocacy.suspension AS s
	WHERE s.suspension_id = ANY (suspension_ids) AND (happened <> 'opened' OR s.cause = 'risk' AND s.severity IN ('soft', 'hard'))
	ORDER BY s.suspension_id;
END
$$;

COMMENT ON FUNCTION advocacy.clock_follow_suspensions(bigint[], text, timestamptz) IS
	'Lets the review clocks of suspensions follow what happened to them.';
