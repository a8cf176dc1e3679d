-- digest_program(since, at) -> jsonb
--
-- Purpose:    what the program team is told of its week, in figures that fit a few lines.
-- Parameters: since, at  the time that is told.
-- Returns:    {"advocate_count" (in the program), "active_advocates" (of them with a completed activity within 90 days),
--             "suspended_now", "newly_suspended", "reinstated" (since), "single_accounts": [name] (with one advocate only),
--             "requests_new", "requests_connected" (got a date), "calls_held" (all since), "requests_open",
--             "requests_overdue": [REQ-...], "sla_verdicts", "sla_met" (clocks decided since, and those of them that were
--             kept), "messages_sent" (since), "messages_untold" (muted, and told in nobody's digest yet), "stale_sources":
--             [name] (without a good reading for a day)}; what is nothing is left out. NULL when nothing happened and
--             nothing is open.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.digest_program(since timestamptz, at timestamptz)
RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH member AS MATERIALIZED (
		SELECT a.advocate_id, a.account_id FROM advocacy.advocate AS a WHERE a.retired_at IS NULL
	), kept AS MATERIALIZED (
		SELECT s.advocate_id, min(s.opened_at) FILTER (WHERE s.closed_at IS NULL) AS opened_at
		  FROM advocacy.suspension AS s JOIN member AS m ON m.advocate_id = s.advocate_id
		 WHERE (s.closed_at IS NULL OR s.closed_at > digest_program.since)
		   AND (s.cause = 'person' AND s.severity IS NULL OR s.severity IN ('soft', 'hard'))
		 GROUP BY s.advocate_id
	), moved AS (
		SELECT count(DISTINCT e.request_id) FILTER (WHERE e.to_state = 'scheduled' AND e.from_state NOT IN ('scheduled', 'suspended_hold')) AS connected,
		       count(DISTINCT e.request_id) FILTER (WHERE e.to_state = 'held') AS calls
		  FROM advocacy.request_event AS e WHERE e.occurred_at > digest_program.since AND e.occurred_at <= digest_program.at
	), verdict AS (
		SELECT count(*) FILTER (WHERE k.state = 'met') AS met, count(*) AS verdicts
		  FROM advocacy.sla_clock AS k
		 WHERE NOT k.excluded AND k.unverified IS NULL AND (k.breached_at IS NOT NULL OR k.state = 'met')
		   AND coalesce(k.breached_at, k.ended_at) > digest_program.since AND coalesce(k.breached_at, k.ended_at) <= digest_program.at
	), figure AS (
		SELECT jsonb_build_object(
			'newly_suspended', (SELECT count(*) FROM kept AS k WHERE k.opened_at > digest_program.since),
			'reinstated', (SELECT count(*) FROM kept AS k WHERE k.opened_at IS NULL
			    AND NOT EXISTS (SELECT FROM advocacy.suspension AS o WHERE o.advocate_id = k.advocate_id AND o.closed_at IS NULL)),
			'requests_new', (SELECT count(*) FROM advocacy.request AS r WHERE r.state <> 'draft' AND r.submitted_at > digest_program.since
			    AND r.submitted_at <= digest_program.at),
			'requests_connected', (SELECT m.connected FROM moved AS m), 'calls_held', (SELECT m.calls FROM moved AS m),
			'requests_open', (SELECT count(*) FROM advocacy.request AS r
			    WHERE r.state NOT IN ('draft', 'completed', 'declined', 'expired', 'cancelled', 'unfulfillable')),
			'sla_verdicts', (SELECT v.verdicts FROM verdict AS v),
			'messages_untold', (SELECT count(DISTINCT o.dedup_key) FROM advocacy.outbox AS o WHERE o.untold)) AS news,
		jsonb_build_object(
			'advocate_count', (SELECT count(*) FROM member AS m),
			'active_advocates', (SELECT count(DISTINCT v.advocate_id) FROM advocacy.activity AS v JOIN member AS m ON m.advocate_id = v.advocate_id
			    WHERE v.status = 'completed' AND v.occurred_at > digest_program.at - interval '90 days' AND v.occurred_at <= digest_program.at),
			'suspended_now', (SELECT count(*) FROM kept AS k WHERE k.opened_at IS NOT NULL),
			'sla_met', (SELECT v.met FROM verdict AS v),
			'single_accounts', (SELECT to_jsonb((array_agg(n.name ORDER BY n.name))[:100]) FROM (
			    SELECT coalesce(c.name, c.source || ' ' || c.remote_id) AS name FROM member AS m
			      JOIN advocacy.account AS c ON c.account_id = m.account_id
			     GROUP BY c.account_id HAVING count(*) = 1) AS n),
			'messages_sent', (SELECT count(*) FROM advocacy.notification AS n WHERE n.sent_at > digest_program.since AND n.sent_at <= digest_program.at),
			'requests_overdue', (SELECT jsonb_agg(DISTINCT 'REQ-' || k.request_id) FROM advocacy.sla_clock AS k
			    WHERE k.breached_at IS NOT NULL AND k.ended_at IS NULL AND k.request_id IS NOT NULL),
			'stale_sources', (SELECT jsonb_agg(s.source ORDER BY s.source) FROM advocacy.source_status AS s
			    WHERE (SELECT min(y.last_success_at) FROM advocacy.sync_stream AS y
			            WHERE y.source = s.source AND y.taken_out_at IS NULL)
			          < digest_program.at - interval '24 hours')) AS state
	)
	SELECT jsonb_object_agg(e.key, e.value)
	  FROM figure AS f CROSS JOIN LATERAL jsonb_each(f.news || f.state) AS e
	 WHERE e.value NOT IN ('null', '0') AND EXISTS (SELECT FROM jsonb_each(f.news) AS n WHERE n.value <> '0')
$$;

COMMENT ON FUNCTION advocacy.digest_program(timestamptz, timestamptz) IS 'What the program team is told of the week; NULL where there is nothing.';
