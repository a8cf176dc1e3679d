-- clock_aim(clock, policy) -> sla_clock
--
-- Purpose:    where a clock runs to: when it is due, when it is late, and when somebody must look at it next (fire_at: the
--             next threshold, breach, escalation, or the end of a pause that may last no longer).
-- Parameters: clock  as it is; policy  its promise.
-- Returns:    the clock with due_at, breach_at and fire_at. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.clock_aim(clock advocacy.sla_clock, policy advocacy.sla_policy)
RETURNS advocacy.sla_clock
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	percent integer;
BEGIN
	IF clock.state <> 'running' OR clock.breached_at IS NULL THEN -- what is late runs on past the instants that it missed
		clock.due_at := NULL;
		clock.breach_at := NULL;
	END IF;
	clock.fire_at := NULL;
	IF clock.state = 'paused' THEN
		clock.fire_at := advocacy.calendar_due_at(clock.calendar_id, clock.paused_at, policy.pause_cap_s);
	END IF;
	IF clock.state <> 'running' THEN
		RETURN clock;
	END IF;

	SELECT min((t.value ->> 0)::integer) INTO percent FROM jsonb_array_elements(policy.thresholds) AS t
	WHERE (t.value ->> 0)::integer > clock.fired_percent
	  AND CASE WHEN clock.breached_at IS NULL THEN (t.value ->> 0)::integer < 100 ELSE (t.value ->> 0)::integer > 100 END;
	IF percent IS NOT NULL THEN
		clock.fire_at := advocacy.calendar_due_at(clock.calendar_id, clock.running_since,
			greatest(0, (clock.target_s * percent + 99) / 100 - clock.spent_s));
	END IF;
	IF clock.breached_at IS NULL THEN
		clock.due_at := advocacy.calendar_due_at(clock.calendar_id, clock.running_since,
			greatest(0, clock.target_s - clock.spent_s));
		clock.breach_at := advocacy.calendar_breach_at(clock.calendar_id, clock.running_since,
			greatest(0, clock.target_s - clock.spent_s));
		clock.fire_at := least(clock.fire_at, clock.breach_at + interval '1 microsecond');
	ELSE
		clock.fire_at := least(clock.fire_at, clock.escalate_at);
	END IF;
	RETURN clock;
END
$$;

COMMENT ON FUNCTION advocacy.clock_aim(advocacy.sla_clock, advocacy.sla_policy) IS
	'When a clock is due and late, and when somebody must look at it next.';
