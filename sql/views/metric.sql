-- metric: every figure that /metrics tells from the database, one row per sample. What only a process knows (its runs,
-- its memory, its connections) the daemon adds itself. Values that are not known have no row.
CREATE OR REPLACE VIEW advocacy.metric AS
SELECT m.name, m.kind, m.help, m.labels, m.value::double precision AS value
  FROM (
	-- Streams that are read.
	SELECT f.name, f.kind, f.help, jsonb_build_object('source', y.source, 'stream', y.stream) AS labels, f.value
	  FROM advocacy.sync_stream AS y
	 CROSS JOIN LATERAL (VALUES
		('stream_records_read_total', 'counter', 'Records read.', y.rows_read),
		('stream_records_changed_total', 'counter', 'Records that were new or changed.', y.rows_changed),
		('stream_records_rejected_total', 'counter', 'Records newly set aside.', y.rows_rejected),
		('stream_calls_total', 'counter', 'API calls made in runs that were committed.', y.calls),
		('stream_failures', 'gauge', 'Failures in a row.', y.failures),
		('stream_last_success_timestamp_seconds', 'gauge', 'When a run last ended complete.',
			extract(epoch FROM y.last_success_at)),
		('stream_fresh_lag_seconds', 'gauge', 'How old what is known may be, as far as the vendor shows changes at once.',
			extract(epoch FROM now() - y.fresh_until)),
		('stream_complete_lag_seconds', 'gauge', 'How old what is known may be, with all that the vendor shows late.',
			extract(epoch FROM now() - y.complete_until)),
		('stream_full_read_age_seconds', 'gauge', 'Since all records were last read.',
			extract(epoch FROM now() - y.full_read_at)),
		('stream_loading_records', 'gauge', 'Records that the full read under way has read.',
			CASE WHEN y.full_cursor IS NOT NULL THEN y.full_rows END)) AS f (name, kind, help, value)
	 WHERE y.taken_out_at IS NULL
	UNION ALL
	-- Sources.
	SELECT f.name, f.kind, f.help, jsonb_build_object('source', s.source), f.value
	  FROM advocacy.source_status AS s
	 CROSS JOIN LATERAL (VALUES
		('source_failing', 'gauge', '1 from the first failure of a stream until none fails any more.',
			CASE WHEN s.failing_since IS NULL THEN 0 ELSE 1 END),
		('source_paused', 'gauge', '1 while only a person can help: a refused credential, a mapping that the vendor refuses.',
			CASE WHEN s.state = 'paused' THEN 1 ELSE 0 END),
		('source_budget_used_calls', 'gauge', 'API calls made on this day (UTC).',
			-- As writeback_calls has them, which those who may read figures may not call: a view's tables are its owner's.
			(SELECT coalesce(sum(y.calls_today), 0) FROM advocacy.sync_stream AS y
			  WHERE y.source = s.source AND y.calls_day = (now() AT TIME ZONE 'UTC')::date)
			+ (SELECT coalesce(sum(t.calls_today), 0) FROM advocacy.crm_target AS t
			    WHERE t.source = s.source AND t.calls_day = (now() AT TIME ZONE 'UTC')::date)),
		('source_budget_limit_calls', 'gauge', 'API calls allowed on a day by the configuration.', s.api_budget),
		('source_vendor_used_calls', 'gauge', 'API calls in the vendor''s current window, by whomever, as it says.',
			s.calls_used),
		('source_vendor_limit_calls', 'gauge', 'API calls that the vendor allows in that window.', s.calls_allowed)
		) AS f (name, kind, help, value)
	UNION ALL
	-- Messages. Those that are done are counted by deliveries_total.
	SELECT 'outbox_messages', 'gauge', 'Messages that wait, are under way, were refused for good, or have no route.',
	       jsonb_build_object('channel', coalesce(o.channel, ''), 'state', o.state), count(*)
	  FROM advocacy.outbox AS o WHERE o.state IN ('pending', 'sending', 'refused', 'nowhere') GROUP BY o.channel, o.state
	UNION ALL
	SELECT 'outbox_oldest_seconds', 'gauge', 'Age of the oldest message that waits to be sent; 0: none does.', '{}'::jsonb,
	       coalesce(extract(epoch FROM now() - min(o.created_at)), 0)
	  FROM advocacy.outbox AS o WHERE o.state IN ('pending', 'sending')
	UNION ALL
	SELECT 'channel_open', 'gauge', '0 while a channel refuses messages and waits or has to be mended.',
	       jsonb_build_object('channel', c.channel), CASE WHEN c.state = 'open' THEN 1 ELSE 0 END
	  FROM advocacy.channel_status AS c
	UNION ALL
	-- The program.
	SELECT 'advocates', 'gauge', 'Advocates who are enrolled, by whether they may be asked: see advocate_availability.',
	       jsonb_build_object('state', v.state), count(*)
	  FROM advocacy.advocate_availability AS v WHERE v.state <> 'left' GROUP BY v.state
	UNION ALL
	SELECT 'suspensions_open', 'gauge', 'Open suspensions by cause and severity.',
	       jsonb_build_object('cause', s.cause, 'severity', coalesce(s.severity, '')), count(*)
	  FROM advocacy.suspension AS s WHERE s.closed_at IS NULL GROUP BY s.cause, s.severity
	UNION ALL
	SELECT 'risks_held', 'gauge', 'Risks that suspend nobody until a person decides, for they were too many at once.', '{}',
	       count(*)
	  FROM advocacy.risk AS r WHERE r.cleared_at IS NULL AND r.held_at IS NOT NULL
	UNION ALL
	SELECT 'requests_open', 'gauge', 'Requests that are not over, by state.', jsonb_build_object('state', q.state), count(*)
	  FROM advocacy.request AS q
	 WHERE q.state NOT IN ('completed', 'declined', 'expired', 'cancelled', 'unfulfillable') GROUP BY q.state
	UNION ALL
	SELECT 'clocks_open', 'gauge', 'SLA clocks that have not ended, by what they measure and their state.',
	       jsonb_build_object('metric', k.metric, 'state', k.state), count(*)
	  FROM advocacy.sla_clock AS k WHERE k.ended_at IS NULL GROUP BY k.metric, k.state
	UNION ALL
	SELECT 'clocks_breached', 'gauge', 'SLA clocks that have not ended and are past their promise.',
	       jsonb_build_object('metric', k.metric), count(*) FILTER (WHERE k.breached_at IS NOT NULL)
	  FROM advocacy.sla_clock AS k WHERE k.ended_at IS NULL GROUP BY k.metric
	UNION ALL
	SELECT 'deadline_overdue_seconds', 'gauge',
	       'How long the first deadline of an SLA clock has been past without having been fired; 0: none is.', '{}',
	       coalesce(greatest(0, extract(epoch FROM now() - (SELECT min(k.fire_at) FROM advocacy.sla_clock AS k
	                                                         WHERE k.fire_at IS NOT NULL))), 0)
	UNION ALL
	-- What the CRMs are to show of whether somebody may be asked; those that show it already aren't counted.
	SELECT 'flags_not_shown', 'gauge', 'Flags of availability that wait, are under way, or were refused by the vendor.',
	       jsonb_build_object('source', f.source, 'delivery', f.delivery), count(*)
	  FROM advocacy.crm_flag AS f WHERE f.delivery <> 'current' GROUP BY f.source, f.delivery
	UNION ALL
	-- What waits for a person.
	SELECT 'decisions_held', 'gauge', 'Batches that wait for a person: too many at once, or observed in a first reading.',
	       jsonb_build_object('direction', b.direction), count(*)
	  FROM advocacy.decision_batch AS b WHERE b.decision IS NULL GROUP BY b.direction
	UNION ALL
	SELECT 'rejected_records', 'gauge', 'Records that are set aside.', '{}', count(*)
	  FROM advocacy.rejected_record AS j WHERE j.resolved_at IS NULL
	UNION ALL
	SELECT 'identity_reviews', 'gauge', 'Records that may or may not be one customer: a person decides.', '{}', count(*)
	  FROM advocacy.identity_review AS i WHERE i.resolved_at IS NULL
	UNION ALL
	SELECT 'field_drifts', 'gauge', 'Fields that don''t come any more as they came, and are not taken.', '{}', count(*)
	  FROM advocacy.field_drift AS d WHERE d.resolved_at IS NULL
	UNION ALL
	-- History that has had its time.
	SELECT f.name, f.kind, f.help, jsonb_build_object('history', t.history), f.value
	  FROM (SELECT t.history, sum(t.removed) AS removed, min(t.ended_at) AS ended_at
	          FROM advocacy.retention AS t WHERE t.keep IS NOT NULL GROUP BY t.history) AS t
	 CROSS JOIN LATERAL (VALUES
		('retention_removed_rows_total', 'counter', 'Rows of history removed after their time.', t.removed),
		('retention_last_pass_timestamp_seconds', 'gauge', 'When the history was last gone through.',
			extract(epoch FROM t.ended_at))) AS f (name, kind, help, value)
	UNION ALL
	SELECT 'schema_version', 'gauge', 'The newest migration of the schema.', '{}', max(v.version)
	  FROM advocacy.schema_version AS v) AS m
 WHERE m.value IS NOT NULL;

COMMENT ON VIEW advocacy.metric IS 'Every figure that /metrics tells from the database, one row per sample.';
COMMENT ON COLUMN advocacy.metric.name IS 'The figure, without the prefix advocated_ that it has in /metrics.';
COMMENT ON COLUMN advocacy.metric.kind IS 'counter (only grows) or gauge.';
COMMENT ON COLUMN advocacy.metric.help IS 'What it means.';
COMMENT ON COLUMN advocacy.metric.labels IS 'What it is about.';
COMMENT ON COLUMN advocacy.metric.value IS 'The figure as of now.';
