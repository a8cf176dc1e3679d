-- retention_rules: which rows are history, and which of them are needed all the same.
-- Parameters: none. Returns: place, the order of a first pass; relation; history, whose time holds; key; past, since when a
-- row t is history (NULL: it isn't yet); needed, what keeps it however old ($2 is the time before which rows go). Writes: nothing.
-- The conditions are text, since retention_sweep makes one statement of each row. signal_history has a way of its own there.
CREATE OR REPLACE FUNCTION advocacy.retention_rules()
RETURNS TABLE (place integer, relation text, history text, key text, past text, needed text)
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	VALUES
	(1, 'signal_history', 'signals', 'account_id', '', ''),
	(2, 'sync_run', 'runs', 'run_id', 't.ended_at', 'false'),
	(3, 'resync', 'runs', 'resync_id', 't.ended_at', 'false'),
	(4, 'rejected_record', 'records', 'rejected_id', 't.resolved_at', 'false'),
	-- What a person accepted holds until it lapses, and what a person decided about a customer is asked for again.
	(5, 'field_drift', 'records', 'drift_id', 't.resolved_at', 't.accepted_by IS NOT NULL AND t.lapsed_at IS NULL'),
	(6, 'identity_review', 'records', 'review_id', 't.resolved_at', 't.decided_by IS NOT NULL'),
	-- The end of a problem is told where its beginning was, however long it lasted.
	(7, 'notification', 'messages', 'notification_id', 't.sent_at',
	 'EXISTS (SELECT FROM advocacy.outbox AS o WHERE o.edits = t.notification_id)
	  OR EXISTS (SELECT FROM advocacy.outbox AS o WHERE o.outbox_id = t.outbox_id
	              AND (o.state IN (''pending'', ''sending'') OR advocacy.outbox_subject_is_open(o.subject)))'),
	(8, 'outbox', 'messages', 'outbox_id', 'coalesce(t.ended_at, CASE t.state WHEN ''nowhere'' THEN t.created_at END)',
	 'EXISTS (SELECT FROM advocacy.notification AS n WHERE n.outbox_id = t.outbox_id)
	  OR EXISTS (SELECT FROM advocacy.outbox AS f WHERE f.folded_into = t.outbox_id)
	  OR advocacy.outbox_subject_is_open(t.subject)'),
	(9, 'silence', 'messages', 'silence_id', 'least(t.ended_at, t.until)', 'false'),
	-- A clock goes with its events, and neither before what it was about is over.
	(10, 'sla_clock', 'clocks', 'clock_id', 't.ended_at',
	 'CASE t.subject_kind
	  WHEN ''request'' THEN EXISTS (SELECT FROM advocacy.request AS r WHERE r.request_id = t.subject_id
		AND r.state NOT IN (''completed'', ''declined'', ''expired'', ''cancelled'', ''unfulfillable''))
	  WHEN ''suspension'' THEN EXISTS (SELECT FROM advocacy.suspension AS s WHERE s.suspension_id = t.subject_id AND s.closed_at IS NULL)
	  ELSE false END'),
	(11, 'request_event', 'clocks', 'event_id', 't.occurred_at',
	 'EXISTS (SELECT FROM advocacy.request AS r WHERE r.request_id = t.request_id
		AND (r.updated_at >= $2 OR r.state NOT IN (''completed'', ''declined'', ''expired'', ''cancelled'', ''unfulfillable'')))
	  OR EXISTS (SELECT FROM advocacy.sla_clock AS k WHERE k.request_id = t.request_id)'),
	-- When somebody said something with no date of its own is known from the last suspension for it (risk_evaluate_contacts).
	(12, 'suspension', 'decisions', 'suspension_id', 't.closed_at',
	 'EXISTS (SELECT FROM advocacy.sla_clock AS k WHERE k.subject_kind = ''suspension'' AND k.subject_id = t.suspension_id)
	  OR EXISTS (SELECT FROM advocacy.risk AS r WHERE r.risk_id = t.risk_id AND r.cleared_at IS NULL)
	  OR t.cause = ''own'' AND NOT EXISTS (SELECT FROM advocacy.suspension AS n WHERE n.advocate_id = t.advocate_id AND n.cause = ''own''
		AND n.rule = t.rule AND n.evidence -> ''value'' = t.evidence -> ''value'' AND n.suspension_id > t.suspension_id)'),
	-- What a person rejected doesn't open again before the source says something else; if it has, there is a newer risk.
	(13, 'risk', 'decisions', 'risk_id', 't.cleared_at',
	 'EXISTS (SELECT FROM advocacy.suspension AS s WHERE s.risk_id = t.risk_id)
	  OR NOT EXISTS (SELECT FROM advocacy.risk AS n WHERE n.account_id = t.account_id AND n.rule = t.rule AND n.risk_id > t.risk_id)'),
	(14, 'risk_override', 'decisions', 'override_id', 't.ended_at',
	 'EXISTS (SELECT FROM advocacy.suspension AS s WHERE s.closed_by_override = t.override_id)'),
	(15, 'decision_batch', 'decisions', 'batch_id', 't.decided_at',
	 'EXISTS (SELECT FROM advocacy.risk AS r WHERE r.held_batch = t.batch_id)
	  OR EXISTS (SELECT FROM advocacy.risk AS r WHERE r.clear_batch = t.batch_id)'),
	(16, 'decision_cycle', 'decisions', 'cycle_id', 't.decided_at', 'false'),
	(17, 'audit_log', 'audit', 'audit_id', 't.at', 'false'),
	(18, 'source_disagreement', 'records', 'disagreement_id', 't.ended_at', 'false')
$$;
COMMENT ON FUNCTION advocacy.retention_rules() IS
	'Which rows are history and go after their time, and which of them are needed all the same.';
