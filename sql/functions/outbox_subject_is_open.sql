-- outbox_subject_is_open: whether what a message was about goes on, so that its end is still to be told.
-- Parameters: subject, as outbox_subject names it. Returns: true while it goes on; false for what has no end, or none that is
-- told. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.outbox_subject_is_open(subject text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE
		WHEN s.kind = 'source' THEN EXISTS (SELECT FROM advocacy.source_status AS o
			WHERE o.source = substr(subject, 8) AND (o.failing_since IS NOT NULL OR o.stale_at IS NOT NULL))
		WHEN s.kind = 'channel' THEN EXISTS (SELECT FROM advocacy.channel_status AS c
			WHERE c.channel = substr(subject, 9) AND c.state <> 'open')
		WHEN s.id IS NULL THEN false
		WHEN s.kind = 'risk' THEN EXISTS (SELECT FROM advocacy.risk AS r WHERE r.risk_id = s.id AND r.cleared_at IS NULL)
			OR EXISTS (SELECT FROM advocacy.suspension AS p WHERE p.risk_id = s.id AND p.closed_at IS NULL)
		WHEN s.kind = 'suspension' THEN EXISTS (SELECT FROM advocacy.suspension AS p
			WHERE p.suspension_id = s.id AND p.closed_at IS NULL)
		WHEN s.kind = 'REQ' THEN EXISTS (SELECT FROM advocacy.request AS q WHERE q.request_id = s.id
			AND q.state NOT IN ('completed', 'declined', 'expired', 'cancelled', 'unfulfillable'))
			OR EXISTS (SELECT FROM advocacy.sla_clock AS k WHERE k.request_id = s.id AND k.ended_at IS NULL)
		WHEN s.kind = 'held' THEN EXISTS (SELECT FROM advocacy.decision_batch AS b WHERE b.batch_id = s.id AND b.decision IS NULL)
		WHEN s.kind = 'drift' THEN EXISTS (SELECT FROM advocacy.field_drift AS d WHERE d.drift_id = s.id AND d.resolved_at IS NULL)
		WHEN s.kind = 'override' THEN EXISTS (SELECT FROM advocacy.risk_override AS v WHERE v.override_id = s.id AND v.ended_at IS NULL)
		ELSE false END
	  FROM (SELECT substring(subject FROM '^[A-Za-z]+') AS kind,
	               substring(subject FROM '^[A-Za-z]+[- ]([0-9]{1,18})(?: |$)')::bigint AS id) AS s
$$;
COMMENT ON FUNCTION advocacy.outbox_subject_is_open(text) IS
	'Whether what a message was about goes on, so that its end is still to be told.';
