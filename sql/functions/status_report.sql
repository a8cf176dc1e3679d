-- status_report(at) -> jsonb
--
-- Purpose:    what `advocated status` shows: sources, streams, backlog, next deadlines.
-- Parameters: at  now.
-- Returns:    {"sources": [{"source", "connector", "state", "detail", "since", "held" (a daemon has its lease; else the state
--             is the last one that was), "calls_used", "calls_allowed" (the vendor's),
--             "calls_today", "api_budget" (ours), "streams": [{"stream", "last_success_at", "lag_s", "next_run_at", "next_run_s",
--             "fresh_until", "complete_until", "complete_lag_s", "full_read_at", "loading" (null, or {"rows", "expected"} of
--             the full read under way), "rows_read", "rows_rejected", "calls", "failures", "failure" (null, or what is wrong, in a sentence)}]}], "drift": [{"source",
--             "stream", "field", "detail"}], "decisions": [{"batch", "direction", "source", "stream", "advocates", "observed" (null: too many
--             at once), "since"}] that wait for a person, "writeback" (see writeback_report), "identity_reviews", "resyncs", "outbox": {"pending", "sending", "refused", "nowhere",
--             "muted", "folded" (within 7 days: not told, told as part of another), "oldest_s"},
--             "channels": [{"channel", "state", "closed_until", "detail"}], "advocates": {"enrolled", "available",
--             "suspended"}, "requests": {"open", "breached"}, "rejected_records", "retention": [{"history", "keep_s" (null: for
--             ever), "ended_at" (of the last pass), "under_way", "pass_removed", "removed"}], "next_deadline_at"}; times in UTC.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.status_report(at timestamptz DEFAULT now())
RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET TimeZone = 'UTC'
AS $$
	SELECT jsonb_build_object(
		'sources', (
			SELECT coalesce(jsonb_agg(jsonb_build_object('source', s.source, 'connector', s.connector, 'state', s.state,
				'detail', s.detail, 'since', s.state_since,
				'held', EXISTS (SELECT FROM pg_locks AS l WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
					AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
					AND (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended('advocated source ' || s.source, 0)),
				'calls_used', s.calls_used, 'calls_allowed', s.calls_allowed,
				'calls_today', (SELECT coalesce(sum(y.calls_today), 0) + advocacy.writeback_calls(s.source, at) FROM advocacy.sync_stream AS y
				                 WHERE y.source = s.source AND y.calls_day = at::date),
				'api_budget', s.api_budget,
				'streams', (
					SELECT coalesce(jsonb_agg(jsonb_build_object('stream', y.stream,
						'last_success_at', y.last_success_at,
						'lag_s', extract(epoch FROM at - y.last_success_at)::bigint,
						'taken_out_at', y.taken_out_at,
						'next_run_at', r.next_run_at,
						'next_run_s', CASE WHEN r.next_run_at IS NOT NULL THEN greatest(0, extract(epoch FROM r.next_run_at - at))::bigint END,
						'fresh_until', y.fresh_until, 'complete_until', y.complete_until,
						'complete_lag_s', extract(epoch FROM at - y.complete_until)::bigint,
						'full_read_at', y.full_read_at,
						'loading', CASE WHEN y.full_cursor IS NOT NULL AND y.taken_out_at IS NULL
						                THEN jsonb_build_object('rows', y.full_rows, 'expected', y.full_expected) END,
						'rows_read', y.rows_read,
						'rows_rejected', y.rows_rejected, 'calls', y.calls, 'failures', y.failures,
						'failure', y.failure) ORDER BY y.stream), '[]')
					FROM advocacy.sync_stream AS y
					-- When a stream that was refused, or one that waits with it, is asked again, only the daemon knows.
					CROSS JOIN LATERAL (SELECT CASE WHEN y.failure IS NULL AND y.taken_out_at IS NULL AND s.state <> 'throttled'
						AND NOT EXISTS (SELECT FROM advocacy.sync_stream AS x WHERE x.source = s.source AND x.failure_kind = 'credentials')
						THEN y.last_success_at + s.poll END AS next_run_at) AS r
					WHERE y.source = s.source)) ORDER BY s.priority, s.source), '[]')
			FROM advocacy.source_status AS s),
		'drift', (
			SELECT coalesce(jsonb_agg(jsonb_build_object('source', d.source, 'stream', d.stream, 'field', d.field,
				'detail', d.detail) ORDER BY d.drift_id), '[]')
			FROM advocacy.field_drift AS d WHERE d.resolved_at IS NULL),
		'decisions', (
			SELECT coalesce(jsonb_agg(jsonb_build_object('batch', b.batch_id, 'direction', b.direction, 'source', b.source,
				'stream', b.stream, 'advocates', b.advocates, 'observed', b.observed, 'since', b.opened_at) ORDER BY b.batch_id), '[]')
			FROM advocacy.decision_batch AS b WHERE b.decision IS NULL),
		'writeback', advocacy.writeback_report(),
		'identity_reviews', (SELECT count(*) FROM advocacy.identity_review AS v WHERE v.resolved_at IS NULL),
		'resyncs', (SELECT count(*) FROM advocacy.resync AS r WHERE r.ended_at IS NULL),
		'outbox', (
			SELECT jsonb_build_object(
				'pending', count(*) FILTER (WHERE o.state = 'pending'),
				'sending', count(*) FILTER (WHERE o.state = 'sending'),
				'refused', count(*) FILTER (WHERE o.state = 'refused'),
				'nowhere', count(*) FILTER (WHERE o.state = 'nowhere'),
				'muted', count(*) FILTER (WHERE o.state = 'muted' AND o.edits IS NULL AND o.ended_at > at - interval '7 days'),
				'folded', count(*) FILTER (WHERE o.state = 'folded' AND o.ended_at > at - interval '7 days'),
				'oldest_s', extract(epoch FROM at - min(o.created_at) FILTER (WHERE o.state = 'pending'))::bigint)
			FROM advocacy.outbox AS o WHERE o.state <> 'sent'),
		'channels', (
			SELECT coalesce(jsonb_agg(jsonb_build_object('channel', c.channel, 'state', c.state,
				'closed_until', date_trunc('second', c.closed_until), 'detail', c.detail) ORDER BY c.channel), '[]')
			FROM advocacy.channel_status AS c),
		'advocates', (
			SELECT jsonb_build_object('enrolled', count(*), 'available', count(*) FILTER (WHERE v.available),
				'suspended', (SELECT count(DISTINCT p.advocate_id) FROM advocacy.suspension AS p
				              WHERE p.closed_at IS NULL AND p.severity IS DISTINCT FROM 'caution'
				                AND p.severity IS DISTINCT FROM 'hold' AND p.severity IS DISTINCT FROM 'ineligible'))
			FROM advocacy.advocate_availability AS v),
		'requests', (
			SELECT jsonb_build_object(
				'open', count(*),
				'breached', count(*) FILTER (WHERE EXISTS (
					SELECT FROM advocacy.sla_clock AS k
					WHERE k.request_id = r.request_id AND k.breached_at IS NOT NULL AND k.ended_at IS NULL)))
			FROM advocacy.request AS r
			WHERE r.state NOT IN ('completed', 'declined', 'expired', 'cancelled', 'unfulfillable')),
		'rejected_records', (SELECT count(*) FROM advocacy.rejected_record AS j WHERE j.resolved_at IS NULL),
		'retention', (
			SELECT coalesce(jsonb_agg(to_jsonb(r) ORDER BY r.history), '[]')
			FROM (SELECT t.history, extract(epoch FROM min(t.keep))::bigint AS keep_s, min(t.ended_at) AS ended_at,
			             bool_or(t.reached > 0) AS under_way, sum(t.pass_removed)::bigint AS pass_removed,
			             sum(t.removed)::bigint AS removed
			      FROM advocacy.retention AS t GROUP BY t.history) AS r),
		'next_deadline_at', advocacy.deadline_next())
$$;

COMMENT ON FUNCTION advocacy.status_report(timestamptz) IS
	'What advocated status shows: sources, streams, backlog, next deadlines, as one document.';
