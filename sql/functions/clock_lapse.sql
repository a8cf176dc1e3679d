-- clock_lapse(at) -> integer
--
-- Purpose:    nobody is late for not answering a favour: where a promise says so (breaches is false), a request whose time is
--             up goes back to matching instead.
-- Parameters: at  now.
-- Returns:    how many lapsed.
-- Writes:     what request_move writes. Locks the request before its clocks, as everybody does; one that somebody is moving
--             is passed over.
CREATE OR REPLACE FUNCTION advocacy.clock_lapse(at timestamptz DEFAULT now())
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	one    bigint;
	lapsed integer := 0;
BEGIN
	FOR one IN
		SELECT r.request_id FROM advocacy.request AS r
		WHERE r.request_id IN (
			SELECT k.request_id FROM advocacy.sla_clock AS k JOIN advocacy.sla_policy AS p USING (policy_id)
			WHERE k.fire_at <= at AND k.state = 'running' AND k.breach_at < at AND NOT p.breaches)
		ORDER BY r.request_id FOR UPDATE SKIP LOCKED
	LOOP
		BEGIN
			PERFORM advocacy.request_move(one, 'rematch', 'time', 'no answer in the time agreed', at);
		EXCEPTION WHEN object_not_in_prerequisite_state THEN -- it stands where nobody is asked any more: the clock is moot
			PERFORM advocacy.clock_log(k, 'cancel', at, at, 'nobody is asked any more')
			FROM advocacy.sla_clock AS k JOIN advocacy.sla_policy AS p USING (policy_id)
			WHERE k.request_id = one AND k.state = 'running' AND k.breach_at < at AND NOT p.breaches;
		END;
		lapsed := lapsed + 1;
	END LOOP;
	RETURN lapsed;
END
$$;

COMMENT ON FUNCTION advocacy.clock_lapse(timestamptz) IS
	'Sends requests back to matching whose advocate hasn''t answered in the time agreed.';
