-- outbox_claim(claimant, channels, lease, at)
--   -> outbox_id, kind, channel, facts, attempts, possibly_repeated, created_at, recipient, recipient_user,
--      recipient_place, thread_place, thread_id, is_edit, lost_at
--
-- Purpose:    takes the next thing to deliver for each of the named channels: at most one a channel, and none for a
--             channel that is closed or has one under way, whoever sends it. So each channel keeps its order.
-- Parameters: claimant  who sends, unique to the process (host/boot/pid); channels  those it can send to;
--             lease     after which others may assume that it died; at  now.
-- Returns:    the claimed rows. possibly_repeated says that an earlier attempt may have been delivered, lost_at when the
--             first of these began. recipient: the person it goes to now (NULL: the channel), and where, if that was
--             asked within a day. thread: the message that it answers (a recovery its problem), or changes (is_edit).
-- Writes:     outbox (also what outbox_settle mutes and folds), channel_status (a row for a channel seen for the first time).
--
-- In line, by priority then outbox_id: rows whose time has come, rows that wait to be tried again (the first in line
-- holds the others up), and rows whose sender died. Not in line yet: rows put for later and never tried.
-- A claim holds its channels' rows in channel_status until it commits; a rival passes over them.
CREATE OR REPLACE FUNCTION advocacy.outbox_claim(
	claimant text, channels text[], lease interval, at timestamptz DEFAULT now())
RETURNS TABLE (outbox_id bigint, kind text, channel text, facts jsonb, attempts integer,
               possibly_repeated boolean, created_at timestamptz, recipient text, recipient_user text,
               recipient_place text, thread_place text, thread_id text, is_edit boolean, lost_at timestamptz)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	mine text[];
BEGIN
	IF claimant IS NULL OR claimant = '' THEN
		RAISE EXCEPTION 'a claim needs the name of the claimant' USING ERRCODE = '22023';
	END IF;
	IF lease IS NULL OR lease <= interval '0' THEN
		RAISE EXCEPTION 'a lease must be longer than nothing, not %', coalesce(lease::text, 'null')
			USING ERRCODE = '22023';
	END IF;

	INSERT INTO advocacy.channel_status (channel, updated_at)
	SELECT DISTINCT c.name, at FROM unnest(channels) AS c (name)
	WHERE c.name IS NOT NULL
	  AND NOT EXISTS (SELECT FROM advocacy.channel_status AS s WHERE s.channel = c.name)
	ORDER BY 1
	ON CONFLICT DO NOTHING;

	SELECT array_agg(l.channel) INTO mine
	FROM (SELECT s.channel FROM advocacy.channel_status AS s
	      WHERE s.channel = ANY (channels) AND (s.closed_until IS NULL OR s.closed_until <= at)
	      ORDER BY s.channel
	      FOR UPDATE SKIP LOCKED) AS l;

	PERFORM advocacy.outbox_settle(mine, outbox_claim.at);

	-- A statement of its own: it sees what the claim before ours on these channels has committed.
	RETURN QUERY
	WITH head AS MATERIALIZED (
		SELECT h.outbox_id, h.state
		FROM unnest(mine) AS m (channel)
		CROSS JOIN LATERAL (
			SELECT o.outbox_id, o.state, o.not_before
			FROM advocacy.outbox AS o
			WHERE o.channel = m.channel AND o.state IN ('pending', 'sending')
			  AND (o.state = 'sending' OR o.attempts > 0 OR o.possibly_repeated OR o.not_before <= at)
			ORDER BY o.priority, o.outbox_id
			LIMIT 1
		) AS h
		WHERE NOT EXISTS (SELECT FROM advocacy.outbox AS u
		                  WHERE u.channel = m.channel AND u.state = 'sending' AND u.claimed_until > at)
		  AND (h.state = 'sending' OR h.not_before <= at)
	), locked AS MATERIALIZED (
		SELECT o.outbox_id, o.state FROM advocacy.outbox AS o
		WHERE o.outbox_id IN (SELECT h.outbox_id FROM head AS h)
		  AND (o.state = 'pending' OR o.state = 'sending' AND o.claimed_until <= at)
		ORDER BY o.outbox_id
		FOR UPDATE SKIP LOCKED
	), claimed AS (
		UPDATE advocacy.outbox AS o
		SET state = 'sending', claimed_by = claimant, claimed_until = at + lease,
		    attempts = o.attempts + (l.state = 'sending')::integer,
		    possibly_repeated = o.possibly_repeated OR l.state = 'sending',
		    tried_at = CASE WHEN o.possibly_repeated OR l.state = 'sending' THEN coalesce(o.tried_at, at) ELSE at END
		FROM locked AS l
		WHERE o.outbox_id = l.outbox_id
		RETURNING o.outbox_id, o.kind, o.channel, o.facts, o.attempts, o.possibly_repeated, o.created_at, o.priority,
		          o.recipients[1] AS recipient, o.edits, o.subject, o.tried_at
	)
	SELECT c.outbox_id, c.kind, c.channel, c.facts, c.attempts, c.possibly_repeated, c.created_at, c.recipient,
	       p.user_id, p.place, t.place, t.message_id, c.edits IS NOT NULL, CASE WHEN c.possibly_repeated THEN c.tried_at END
	FROM claimed AS c
	LEFT JOIN advocacy.message_kind AS k ON k.kind = c.kind
	LEFT JOIN advocacy.person_place AS p
	       ON p.channel = c.channel AND p.email = c.recipient AND p.found_at > outbox_claim.at - interval '1 day'
	LEFT JOIN LATERAL (
		SELECT n.place, n.message_id FROM advocacy.notification AS n
		 WHERE CASE WHEN c.edits IS NOT NULL THEN n.notification_id = c.edits
		            ELSE n.subject = c.subject AND n.channel = c.channel AND n.message_id IS NOT NULL
		                 AND n.recipient IS NOT DISTINCT FROM c.recipient AND n.kind = ANY (k.follows) END
		 ORDER BY n.notification_id DESC LIMIT 1) AS t ON true
	ORDER BY c.priority, c.outbox_id;
END
$$;

COMMENT ON FUNCTION advocacy.outbox_claim(text, text[], interval, timestamptz) IS
	'Claims the next message of each named channel that is open and has none under way; at most one a channel.';
