-- clock_start(request_id, metric, at) -> bigint
--
-- Purpose:    starts the next cycle of a request's clock, by the policy that is active for the metric (one for the
--             request's priority before one for all) and the newest version of its calendar. It stays on both.
-- Parameters: request_id; metric  'acknowledge' or 'connect'; at  the start.
-- Returns:    clock_id, or NULL when no policy asks for this metric.
-- Writes:     sla_clock, clock_event. Notifies advocacy_deadline.
CREATE OR REPLACE FUNCTION advocacy.clock_start(request_id bigint, metric text, at timestamptz)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	of_request constant bigint := clock_start.request_id;
	of_metric  constant text := clock_start.metric;
	policy     advocacy.sla_policy;
	clock      advocacy.sla_clock;
BEGIN
	SELECT p.* INTO policy
	FROM advocacy.sla_policy AS p
	JOIN advocacy.request AS r ON r.request_id = of_request AND (p.priority IS NULL OR p.priority = r.priority)
	WHERE p.active AND p.metric = of_metric
	ORDER BY p.priority IS NULL, p.name LIMIT 1;
	IF NOT FOUND THEN
		RETURN NULL;
	END IF;

	clock.request_id := of_request;
	clock.metric := of_metric;
	clock.policy_id := policy.policy_id;
	clock.calendar_id := advocacy.calendar_newest(policy.calendar);
	clock.target_s := policy.target_s;
	clock := advocacy.clock_apply(clock, 'activate', at, at);
	INSERT INTO advocacy.sla_clock (request_id, metric, cycle, policy_id, calendar_id, state, started_at, target_s,
	                                spent_s, running_since, due_at, warn_at, breach_at)
	SELECT of_request, of_metric,
	       (SELECT coalesce(max(k.cycle), 0) + 1 FROM advocacy.sla_clock AS k
	        WHERE k.request_id = of_request AND k.metric = of_metric),
	       clock.policy_id, clock.calendar_id, clock.state, clock.started_at, clock.target_s,
	       clock.spent_s, clock.running_since, clock.due_at, clock.warn_at, clock.breach_at
	RETURNING sla_clock.clock_id INTO clock.clock_id;
	INSERT INTO advocacy.clock_event (clock_id, event, occurred_at) VALUES (clock.clock_id, 'activate', at);
	PERFORM pg_notify('advocacy_deadline', '');
	RETURN clock.clock_id;
END
$$;

COMMENT ON FUNCTION advocacy.clock_start(bigint, text, timestamptz) IS
	'Starts the next cycle of a request''s clock by the active policy; NULL when no policy asks for it.';
