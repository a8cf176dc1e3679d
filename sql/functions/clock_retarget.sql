-- clock_retarget(clock, to_policy, to_calendar, cause, party, at) -> sla_clock
--
-- Purpose:    puts an open clock onto another target or calendar: recomputed from its original start, with all its spans and
--             pauses carried. What is used up already by the new target is late from now on, said once; a breach that was stays.
-- Parameters: clock  the row, which the caller has locked; to_policy  policy_id; to_calendar  calendar_id;
--             cause  priority, policy, holiday, tzdata, ...; party  the team that changed it, NULL: nobody's choice;
--             at  now.
-- Returns:    the row as it is now.
-- Writes:     clock_event, sla_clock, outbox (sla_breach).
CREATE OR REPLACE FUNCTION advocacy.clock_retarget(
	clock advocacy.sla_clock, to_policy bigint, to_calendar bigint, cause text, party text, at timestamptz)
RETURNS advocacy.sla_clock
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	policy advocacy.sla_policy;
BEGIN
	SELECT p.* INTO STRICT policy FROM advocacy.sla_policy AS p WHERE p.policy_id = to_policy;
	-- What was late by the old target is late, whoever had looked.
	IF clock.state = 'running' AND clock.breached_at IS NULL AND clock.breach_at < at AND policy.breaches THEN
		clock := advocacy.clock_breach(clock, at);
		PERFORM advocacy.clock_tell(clock, 'sla_breach', at, '{"percent": 100}');
	END IF;
	clock := advocacy.clock_log(clock, 'retarget', at, at, cause, jsonb_build_object('policy_id', to_policy,
		'calendar_id', to_calendar, 'target_s', policy.target_s, 'party', party, 'due_was', clock.due_at));
	IF clock.breached_at IS NULL AND policy.breaches AND (clock.breach_at < at OR clock.spent_s > clock.target_s) THEN
		clock := advocacy.clock_breach_by_change(clock, at, cause, party, at);
	END IF;
	PERFORM pg_notify('advocacy_deadline', '');
	RETURN clock;
END
$$;

COMMENT ON FUNCTION advocacy.clock_retarget(advocacy.sla_clock, bigint, bigint, text, text, timestamptz) IS
	'Puts an open clock onto another target or calendar, recomputed from its start with all its spans.';
