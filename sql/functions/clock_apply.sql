-- clock_apply(clock, event) -> sla_clock
--
-- Purpose:    what an event makes of a clock. The one place that says so: whoever moves a clock writes its answer, and
--             sla_rebuild_check replays the event log through it, from nothing.
-- Parameters: clock  the row as it is (for activate: NULL, but for its id); event  the row of clock_event.
-- Returns:    the row as it is to be.
-- Writes:     nothing.
--
--   activate -> running <-pause/resume-> paused;  running, paused -> met | met_late (fulfil), cancelled, superseded
--   ended -reopen-> running
--
-- Only the business part of running time counts: the spans, and their sum spent_s. A paused clock has no due date; what
-- remains is target_s - spent_s. A breach stays, whatever happens, but for correct: the truth turns out to lie before it,
-- and the verdict never depends on when we looked.
CREATE OR REPLACE FUNCTION advocacy.clock_apply(clock advocacy.sla_clock, event advocacy.clock_event)
RETURNS advocacy.sla_clock
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	policy advocacy.sla_policy;
	levels integer;
BEGIN
	CASE event.event
	WHEN 'activate' THEN
		clock := jsonb_populate_record(clock, event.details);
		clock.clock_id := event.clock_id;
		clock.state := 'running';
		clock.started_at := event.occurred_at;
		clock.running_since := event.occurred_at;
		clock.target_version := 1;
		clock.spent_s := 0;
		clock.span_from := '{}';
		clock.span_to := '{}';
		clock.span_owner := '{}';
		clock.fired_percent := 0;
		clock.excluded := false;
		clock.ladder_pass := 0;
		clock.ladder_level := 0;
	WHEN 'hand' THEN
		IF clock.running_since < event.occurred_at THEN
			clock := advocacy.clock_stop(clock, event.occurred_at);
			clock.running_since := event.occurred_at;
		END IF;
		clock.owner := event.details ->> 'owner';
		RETURN clock; -- the promise is the same, whose time it is changes nothing about it
	WHEN 'pause' THEN
		clock := advocacy.clock_stop(clock, event.occurred_at);
		clock.state := 'paused';
		clock.paused_at := event.occurred_at;
		clock.pause_reason := event.reason;
	WHEN 'resume', 'reopen' THEN
		clock.state := 'running';
		clock.running_since := greatest(event.occurred_at, clock.paused_at, clock.ended_at); -- a truth may come late
		clock.paused_at := NULL;
		clock.pause_reason := NULL;
		clock.ended_at := NULL;
		clock.final_at := NULL;
	WHEN 'warn' THEN
		clock.fired_percent := event.percent;
		clock.warned_at := event.occurred_at;
	WHEN 'breach' THEN
		clock.fired_percent := greatest(clock.fired_percent, event.percent);
		clock.breached_at := event.occurred_at;
		clock.breach_cause := event.details ->> 'cause';
		clock.detected_at := event.recorded_at;
		clock.excluded := coalesce((event.details ->> 'excluded')::boolean, false);
		clock.unverified := event.details ->> 'unverified';
		clock.ladder_from := event.occurred_at;
		clock.ladder_pass := 1;
	WHEN 'escalate' THEN
		clock.ladder_level := (event.details ->> 'level')::smallint;
	WHEN 'acknowledge' THEN
		clock.acknowledged_at := event.occurred_at;
		clock.acknowledged_by := event.details ->> 'actor';
		clock.ladder_level := jsonb_array_length(clock.ladder)::smallint; -- this pass is over
	WHEN 'retarget' THEN
		clock := jsonb_populate_record(clock, event.details); -- policy_id, calendar_id, target_s
		clock.target_version := event.target_version;
		SELECT coalesce(sum(advocacy.calendar_seconds(clock.calendar_id, s.from_at, s.to_at)), 0) INTO clock.spent_s
		FROM unnest(clock.span_from, clock.span_to) AS s (from_at, to_at);
	WHEN 'correct' THEN
		clock.breached_at := NULL;
		clock.breach_cause := NULL;
		clock.detected_at := NULL;
		clock.unverified := NULL;
		clock.excluded := false;
		clock.ladder_from := NULL;
		clock.ladder_pass := 0;
		clock.ladder_level := 0;
		clock.acknowledged_at := NULL;
		clock.acknowledged_by := NULL;
		clock.fired_percent := least(clock.fired_percent, 99);
		clock.target_version := event.target_version;
		IF event.details ? 'ended_at' THEN -- of a clock that has ended: when it truly did
			clock := advocacy.clock_stop(clock, (event.details ->> 'ended_at')::timestamptz);
			clock.ended_at := (event.details ->> 'ended_at')::timestamptz;
			clock.state := 'met';
		END IF;
	WHEN 'verify' THEN
		clock.unverified := NULL;
	WHEN 'fulfil', 'cancel', 'supersede' THEN
		clock := advocacy.clock_stop(clock, event.occurred_at);
		clock.state := CASE event.event WHEN 'cancel' THEN 'cancelled' WHEN 'supersede' THEN 'superseded'
		                    ELSE CASE WHEN clock.breached_at IS NULL THEN 'met' ELSE 'met_late' END END;
		clock.paused_at := NULL;
		clock.pause_reason := NULL;
		clock.ended_at := event.occurred_at;
	END CASE;

	SELECT p.* INTO STRICT policy FROM advocacy.sla_policy AS p WHERE p.policy_id = clock.policy_id;
	IF event.event IN ('breach', 'escalate', 'acknowledge', 'correct') THEN
		levels := jsonb_array_length(clock.ladder);
		IF event.event IN ('escalate', 'acknowledge') AND clock.ladder_level >= levels AND clock.ladder_pass < policy.ladder_passes
		   AND levels > 0 THEN
			-- From when people were asked, not from when they should have been: no pass goes by unheard.
			clock.ladder_from := advocacy.calendar_due_at(clock.calendar_id, event.recorded_at, policy.ladder_repeat_s);
			clock.ladder_pass := clock.ladder_pass + 1;
			clock.ladder_level := 0;
		END IF;
		clock.escalate_at := CASE WHEN clock.breached_at IS NOT NULL AND clock.ladder_level < levels THEN
			advocacy.calendar_due_at(clock.calendar_id, clock.ladder_from,
			                         (clock.ladder -> clock.ladder_level::integer ->> 'after_s')::bigint) END;
	END IF;
	IF clock.ended_at IS NOT NULL AND event.event <> 'verify' THEN
		clock.final_at := CASE WHEN policy.reopen_s > 0
			THEN advocacy.calendar_due_at(clock.calendar_id, clock.ended_at, policy.reopen_s) ELSE clock.ended_at END;
	END IF;
	RETURN advocacy.clock_aim(clock, policy);
END
$$;

COMMENT ON FUNCTION advocacy.clock_apply(advocacy.sla_clock, advocacy.clock_event) IS
	'What an event makes of a clock; used by whoever moves one and by the rebuild check.';
