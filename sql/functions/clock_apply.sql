-- clock_apply(clock, event, occurred_at, recorded_at) -> sla_clock
--
-- Purpose:    what an event makes of a clock. The one place that says so: moves write its answer, and
--             sla_rebuild_check replays the event log through it.
-- Parameters: clock        the row as it is (for activate: request, metric, policy, calendar and target are enough);
--             event        as in clock_event; occurred_at  when it happened; recorded_at  when we learnt of it.
-- Returns:    the row as it is to be.
-- Writes:     nothing.
--
--   (new) -activate-> running <-pause/resume-> paused;  running, paused -fulfil-> met | met_late, -cancel-> cancelled
--
-- Only the business part of running time counts. A paused clock has no due date: what remains is target_s - spent_s.
-- A breach stays, whatever happens, but for one case: the end turns out to lie before it (a fact that reached us after
-- the breach was announced), since the verdict never depends on when we looked.
CREATE OR REPLACE FUNCTION advocacy.clock_apply(
	clock advocacy.sla_clock, event text, occurred_at timestamptz, recorded_at timestamptz)
RETURNS advocacy.sla_clock
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	warn_s    bigint;
	remaining bigint;
BEGIN
	IF event IN ('pause', 'fulfil', 'cancel') AND clock.state = 'running' THEN
		clock.spent_s := clock.spent_s
		                 + greatest(0, advocacy.calendar_seconds(clock.calendar_id, clock.running_since, occurred_at));
	END IF;
	IF event IN ('pause', 'fulfil', 'cancel') THEN
		clock.running_since := NULL;
		clock.due_at := NULL;
		clock.warn_at := NULL;
		clock.breach_at := NULL;
	END IF;

	CASE event
	WHEN 'activate', 'resume' THEN
		IF event = 'activate' THEN
			clock.started_at := occurred_at;
			clock.spent_s := 0;
		END IF;
		clock.state := 'running';
		clock.running_since := occurred_at;
		IF clock.breached_at IS NULL THEN
			SELECT (clock.target_s * p.warn_percent + 99) / 100 INTO STRICT warn_s
			FROM advocacy.sla_policy AS p WHERE p.policy_id = clock.policy_id;
			remaining := greatest(0, clock.target_s - clock.spent_s);
			clock.due_at := advocacy.calendar_due_at(clock.calendar_id, occurred_at, remaining);
			clock.breach_at := advocacy.calendar_breach_at(clock.calendar_id, occurred_at, remaining);
			clock.warn_at := advocacy.calendar_due_at(clock.calendar_id, occurred_at,
			                                          greatest(0, warn_s - clock.spent_s));
		END IF;
	WHEN 'pause' THEN
		clock.state := 'paused';
	WHEN 'warn' THEN
		clock.warned_at := occurred_at;
	WHEN 'breach' THEN
		clock.breached_at := occurred_at;
		clock.detected_at := recorded_at;
	WHEN 'fulfil', 'cancel' THEN
		IF occurred_at <= clock.breached_at THEN
			clock.breached_at := NULL;
			clock.detected_at := NULL;
		END IF;
		clock.state := CASE WHEN event = 'cancel' THEN 'cancelled'
		                    WHEN clock.breached_at IS NULL THEN 'met' ELSE 'met_late' END;
		clock.ended_at := occurred_at;
	END CASE;
	RETURN clock;
END
$$;

COMMENT ON FUNCTION advocacy.clock_apply(advocacy.sla_clock, text, timestamptz, timestamptz) IS
	'What an event makes of a clock; used by every move and by the rebuild check.';
