-- clock_fire_one(clock, at) -> kind, happened_at, extra, clock
--
-- Purpose:    does all that is due on one clock: the end of a pause that may last no longer, a breach, thresholds (only the
--             highest that was passed), steps of the ladder.
-- Parameters: clock  the row, which the caller has locked; at  now.
-- Returns:    the one message it is worth, the most serious thing that happened: its kind (NULL: none), when that was, the
--             facts of it; and the row as it is now.
-- Writes:     clock_event, sla_clock.
CREATE OR REPLACE FUNCTION advocacy.clock_fire_one(
	INOUT clock advocacy.sla_clock, at timestamptz, OUT kind text, OUT happened_at timestamptz, OUT extra jsonb)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	policy  advocacy.sla_policy;
	passed  jsonb;
	instant timestamptz;
	level   integer;
	levels  constant integer := jsonb_array_length(clock.ladder);
	role    text;
	people  text[];
BEGIN
	SELECT p.* INTO STRICT policy FROM advocacy.sla_policy AS p WHERE p.policy_id = clock.policy_id;
	IF clock.state = 'paused' AND clock.fire_at <= at THEN
		kind := 'clock_resumed';
		happened_at := clock.fire_at;
		extra := jsonb_build_object('paused_at', advocacy.sync_time_text(clock.paused_at), 'pause_reason', clock.pause_reason,
		                            'resumed_at', advocacy.sync_time_text(clock.fire_at));
		clock := advocacy.clock_log(clock, 'resume', clock.fire_at, at, 'paused for as long as may be');
	END IF;
	IF clock.state <> 'running' THEN
		RETURN;
	END IF;

	IF clock.breached_at IS NULL AND policy.breaches AND clock.breach_at < at THEN
		clock := advocacy.clock_breach(clock, at);
		kind := 'sla_breach';
		happened_at := clock.breached_at;
		extra := '{"percent": 100}';
	END IF;

	SELECT t.value INTO passed FROM jsonb_array_elements(policy.thresholds) AS t
	WHERE (t.value ->> 0)::integer > clock.fired_percent
	  AND (t.value ->> 0)::bigint * clock.target_s <= advocacy.clock_elapsed(clock, at) * 100
	  AND CASE WHEN clock.breached_at IS NULL THEN (t.value ->> 0)::integer < 100 ELSE (t.value ->> 0)::integer > 100 END
	ORDER BY (t.value ->> 0)::integer DESC LIMIT 1;
	IF FOUND THEN
		instant := advocacy.calendar_due_at(clock.calendar_id, clock.running_since,
			greatest(0, (clock.target_s * (passed ->> 0)::integer + 99) / 100 - clock.spent_s));
		clock := advocacy.clock_log(clock, 'warn', instant, at, NULL, '{}', (passed ->> 0)::integer);
		IF passed ->> 1 <> 'silent' THEN
			kind := CASE WHEN clock.breached_at IS NULL THEN 'sla_warning' ELSE 'sla_breach' END;
			happened_at := instant;
			people := advocacy.clock_people(clock, 'owner');
			extra := jsonb_build_object('percent', (passed ->> 0)::integer, 'tell', passed ->> 1, 'people', to_jsonb(
				CASE passed ->> 1 WHEN 'manager' THEN people || advocacy.clock_people(clock, 'manager') ELSE people END));
		END IF;
	END IF;

	IF clock.escalate_at <= at THEN
		-- The highest level whose time has come; where a level has nobody, the next is asked at once.
		level := clock.ladder_level;
		instant := clock.escalate_at;
		LOOP
			role := clock.ladder -> level ->> 'role';
			people := advocacy.clock_people(clock, role);
			level := level + 1;
			EXIT WHEN level >= levels;
			IF people <> '{}' OR role = 'program' THEN
				EXIT WHEN advocacy.calendar_due_at(clock.calendar_id, clock.ladder_from,
				                                   (clock.ladder -> level ->> 'after_s')::bigint) > at;
				instant := advocacy.calendar_due_at(clock.calendar_id, clock.ladder_from,
				                                    (clock.ladder -> level ->> 'after_s')::bigint);
			END IF;
		END LOOP;
		kind := 'sla_escalated';
		happened_at := instant;
		extra := jsonb_build_object('level', level, 'pass', clock.ladder_pass, 'role',
			CASE WHEN people = '{}' THEN 'program' ELSE role END, 'people', to_jsonb(people));
		clock := advocacy.clock_log(clock, 'escalate', instant, at, NULL, extra);
	END IF;
END
$$;

COMMENT ON FUNCTION advocacy.clock_fire_one(advocacy.sla_clock, timestamptz) IS
	'Does all that is due on one clock and answers the one message it is worth.';
