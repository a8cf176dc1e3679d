-- clock_log(clock, event, occurred_at, at, reason, details, percent) -> sla_clock
--
-- Purpose:    writes an event of a clock and what it makes of the clock. Nothing else changes a clock.
-- Parameters: clock  the row, which the caller has locked; event  as in clock_event; occurred_at  when it happened;
--             at  now; reason; details  as clock_apply reads them; percent  of a threshold.
-- Returns:    the row as it is now.
-- Writes:     clock_event, sla_clock.
CREATE OR REPLACE FUNCTION advocacy.clock_log(
	clock advocacy.sla_clock, event text, occurred_at timestamptz, at timestamptz, reason text DEFAULT NULL,
	details jsonb DEFAULT '{}', percent integer DEFAULT NULL)
RETURNS advocacy.sla_clock
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	logged advocacy.clock_event;
	wrote  constant integer := CASE WHEN event IN ('retarget', 'correct') THEN clock.target_version + 1 ELSE clock.target_version END;
BEGIN
	INSERT INTO advocacy.clock_event AS e (clock_id, event, occurred_at, recorded_at, percent, target_version, reason, details)
	VALUES (clock.clock_id, event, occurred_at, at, percent, wrote, reason, details)
	RETURNING e.* INTO logged;
	clock := advocacy.clock_apply(clock, logged);
	UPDATE advocacy.sla_clock AS k
	SET policy_id = clock.policy_id, calendar_id = clock.calendar_id, state = clock.state, target_s = clock.target_s,
	    target_version = clock.target_version, spent_s = clock.spent_s, running_since = clock.running_since,
	    owner = clock.owner, span_from = clock.span_from, span_to = clock.span_to, span_owner = clock.span_owner,
	    paused_at = clock.paused_at, pause_reason = clock.pause_reason, due_at = clock.due_at, breach_at = clock.breach_at,
	    fired_percent = clock.fired_percent, warned_at = clock.warned_at, breached_at = clock.breached_at,
	    breach_cause = clock.breach_cause, detected_at = clock.detected_at, unverified = clock.unverified,
	    excluded = clock.excluded, ladder_from = clock.ladder_from, ladder_pass = clock.ladder_pass,
	    ladder_level = clock.ladder_level, escalate_at = clock.escalate_at, acknowledged_at = clock.acknowledged_at,
	    acknowledged_by = clock.acknowledged_by, ended_at = clock.ended_at, final_at = clock.final_at, fire_at = clock.fire_at
	WHERE k.clock_id = clock.clock_id;
	RETURN clock;
END
$$;

COMMENT ON FUNCTION advocacy.clock_log(advocacy.sla_clock, text, timestamptz, timestamptz, text, jsonb, integer) IS
	'Writes an event of a clock and what it makes of it; nothing else changes a clock.';
