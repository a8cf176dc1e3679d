-- clock_start(subject_kind, subject_id, metric, at, owner) -> bigint
--
-- Purpose:    starts the next cycle of a subject's clock, by the policy that holds for it and the newest version of the
--             calendar that clock_calendar says. It stays on both, and on the ladder that the policy has now.
-- Parameters: subject_kind, subject_id; metric; at  the start; owner  whose time it is, NULL for who owes it.
-- Returns:    clock_id, or NULL when no policy asks for this metric.
-- Writes:     sla_clock, clock_event. Notifies advocacy_deadline.
CREATE OR REPLACE FUNCTION advocacy.clock_start(
	subject_kind text, subject_id bigint, metric text, at timestamptz, owner text DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	policy advocacy.sla_policy;
	clock  advocacy.sla_clock;
	event  advocacy.clock_event;
BEGIN
	policy := advocacy.clock_policy(subject_kind, subject_id, metric);
	IF policy.policy_id IS NULL THEN
		RETURN NULL;
	END IF;

	event.clock_id := nextval('advocacy.sla_clock_clock_id_seq');
	event.event := 'activate';
	event.occurred_at := at;
	event.details := jsonb_build_object('subject_kind', subject_kind, 'subject_id', subject_id,
		'request_id', CASE subject_kind WHEN 'request' THEN subject_id END, 'metric', metric,
		'cycle', (SELECT coalesce(max(k.cycle), 0) + 1 FROM advocacy.sla_clock AS k
		          WHERE (k.subject_kind, k.subject_id, k.metric) = (subject_kind, subject_id, metric)),
		'policy_id', policy.policy_id, 'calendar_id', advocacy.clock_calendar(policy, subject_kind, subject_id),
		'target_s', policy.target_s, 'ladder', policy.ladder, 'owner', coalesce(owner, policy.owed_by));
	clock := advocacy.clock_apply(NULL, event);
	INSERT INTO advocacy.sla_clock OVERRIDING SYSTEM VALUE SELECT clock.*;
	INSERT INTO advocacy.clock_event (clock_id, event, occurred_at, recorded_at, target_version, details)
	VALUES (event.clock_id, event.event, at, at, 1, event.details);
	PERFORM pg_notify('advocacy_deadline', '');
	RETURN clock.clock_id;
END
$$;

COMMENT ON FUNCTION advocacy.clock_start(text, bigint, text, timestamptz, text) IS
	'Starts the next cycle of a subject''s clock by the policy that holds; NULL when none asks for it.';
