-- clock_owner(clock) -> text
--
-- Purpose:    whom a clock's messages and digests are for: the person who owes it, else the team.
-- Parameters: clock. Returns: an e-mail address or the name of a team. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.clock_owner(clock advocacy.sla_clock)
RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	-- (plpgsql keeps the plan, which takes far longer to make than to run.)
	RETURN (
		SELECT coalesce((advocacy.clock_people(clock, 'owner'))[1], p.owed_by)
		FROM advocacy.sla_policy AS p WHERE p.policy_id = clock.policy_id);
END
$$;

COMMENT ON FUNCTION advocacy.clock_owner(advocacy.sla_clock) IS 'Whom a clock''s messages are for: the person who owes it, else the team.';
