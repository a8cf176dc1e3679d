-- outbox_next_at(channels, at) -> timestamptz
--
-- Purpose:    when outbox_claim may next have something for these channels.
-- Parameters: channels  those the caller can send to; at  now.
-- Returns:    an instant, not after `at` when there is something now; NULL when nothing waits.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.outbox_next_at(channels text[], at timestamptz DEFAULT now())
RETURNS timestamptz
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT min(greatest(w.ready_at, s.closed_until, u.claimed_until))
	FROM (SELECT DISTINCT unnest(channels)) AS c (channel)
	CROSS JOIN LATERAL (
		SELECT least(
			(SELECT CASE o.state WHEN 'sending' THEN o.claimed_until ELSE o.not_before END
			 FROM advocacy.outbox AS o
			 WHERE o.channel = c.channel AND o.state IN ('pending', 'sending')
			   AND (o.state = 'sending' OR o.attempts > 0 OR o.possibly_repeated OR o.not_before <= at)
			 ORDER BY o.priority, o.outbox_id LIMIT 1),
			(SELECT min(o.not_before) FROM advocacy.outbox AS o
			 WHERE o.channel = c.channel AND o.state = 'pending' AND o.attempts = 0 AND NOT o.possibly_repeated
			   AND o.not_before > at)) AS ready_at
	) AS w
	LEFT JOIN advocacy.channel_status AS s ON s.channel = c.channel
	LEFT JOIN LATERAL (
		SELECT max(o.claimed_until) AS claimed_until FROM advocacy.outbox AS o
		WHERE o.channel = c.channel AND o.state = 'sending' AND o.claimed_until > at
	) AS u ON true
	WHERE w.ready_at IS NOT NULL
$$;

COMMENT ON FUNCTION advocacy.outbox_next_at(text[], timestamptz) IS
	'When the named channels next have something to deliver; NULL when nothing waits.';
