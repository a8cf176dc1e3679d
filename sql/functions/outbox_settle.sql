-- outbox_settle(channels, at) -> integer
--
-- Purpose:    what is no longer worth telling isn't told, and several messages to one person become one. Looked at when it
--             would be sent, not when it was put: a silence, or the end of the problem, may have come between.
-- Parameters: channels  those whose turn it is, held by the caller; at  now.
-- Returns:    how many messages were muted or folded.
-- Writes:     outbox.
--
-- Only what is due and was never tried. In this order:
--   silenced     a silence holds (notification_silence)
--   over         the end of a problem that nobody was told of; of a problem that still waits, both
--   superseded   another message about the same says more (a breach says that the warning is over)
--   doubtful     a source fails, or is stale, that the message relies on, and it isn't about a hard risk
--   too many     a CSM had the week's share of messages (weekly_most); hard ones are told all the same
--   together     as many messages as the policy says (together) wait for one person: one message tells them all
-- What is muted because it is silenced, doubtful or too much, and what is put together but no longer shown, stands in the
-- owner's next digest (untold), where there are digests; the rest is told nowhere else. Each row says why.
CREATE OR REPLACE FUNCTION advocacy.outbox_settle(channels text[], at timestamptz)
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	due         bigint[];
	muted       integer;
	settled     integer := 0;
	together    constant integer := (advocacy.policy_setting('together', '3') #>> '{}')::integer;
	weekly_most constant integer := (advocacy.policy_setting('weekly_most', '0') #>> '{}')::integer;
	shown       constant integer := 10; -- entries of a list that every destination shows
	has_digests constant boolean := EXISTS (SELECT FROM advocacy.digest_turn);
	crowd       record;
	made        bigint;
BEGIN
	SELECT array_agg(o.outbox_id) INTO due
	FROM (SELECT o.outbox_id FROM advocacy.outbox AS o
	      WHERE o.channel = ANY (channels) AND o.state = 'pending' AND o.attempts = 0 AND NOT o.possibly_repeated
	        AND o.not_before <= outbox_settle.at AND o.kind <> 'several' AND o.edits IS NULL
	      ORDER BY o.outbox_id FOR UPDATE) AS o;
	IF due IS NULL THEN
		RETURN 0;
	END IF;

	WITH reasons AS (
		SELECT o.outbox_id, CASE
			WHEN s.until IS NOT NULL THEN
				ARRAY[format('silenced until %s by %s: %s', advocacy.sync_time_text(s.until), s.made_by, s.reason), 'digest']
			WHEN EXISTS (SELECT FROM advocacy.outbox AS e JOIN advocacy.message_kind AS f ON f.kind = e.kind
			             WHERE e.subject = o.subject AND o.kind = ANY (f.follows) AND e.outbox_id > o.outbox_id
			               AND e.channel = o.channel AND e.outbox_id = ANY (due))
				THEN ARRAY['it was over before it was told']
			WHEN k.follows <> '{}' AND NOT EXISTS (
				SELECT FROM advocacy.outbox AS p
				 WHERE p.subject = o.subject AND p.kind = ANY (k.follows) AND p.outbox_id < o.outbox_id
				   AND p.state IN ('pending', 'sending', 'sent', 'refused', 'folded') AND p.outbox_id <> ALL (due))
				THEN ARRAY['nobody was told that it had begun']
			WHEN EXISTS (SELECT FROM advocacy.outbox AS m JOIN advocacy.message_kind AS f ON f.kind = m.kind
			             WHERE m.subject = o.subject AND o.kind = ANY (f.mutes) AND m.outbox_id > o.outbox_id
			               AND m.channel = o.channel AND m.state IN ('pending', 'sending', 'sent', 'folded'))
				THEN ARRAY['another message about the same says more']
			WHEN o.audience = 'csm' AND o.priority > 3 AND k.severity IN ('warning', 'danger') AND EXISTS (
				SELECT FROM advocacy.source_status AS c
				 WHERE c.source = o.facts ->> 'source'
				   AND (c.told_at IS NOT NULL AND c.failing_since <= o.created_at OR c.stale_at <= o.created_at))
				THEN ARRAY[format('the source %s fails', o.facts ->> 'source'), 'digest']
			END AS reason
		FROM advocacy.outbox AS o
		LEFT JOIN advocacy.message_kind AS k ON k.kind = o.kind
		LEFT JOIN LATERAL (
			SELECT s.until, s.made_by, s.reason FROM advocacy.silence AS s
			 WHERE s.ended_at IS NULL AND s.made_at <= outbox_settle.at AND s.until > outbox_settle.at
			   AND (s.kind IS NULL OR s.kind = o.kind) AND (s.owner IS NULL OR s.owner = o.owner)
			   AND (s.channel IS NULL OR s.channel = o.channel)
			   AND (s.account_id IS NULL OR s.account_id::text = o.facts ->> 'account_id')
			   -- What was silenced stands in the digest, so only a silence of the digest itself stops that.
			   AND (o.kind NOT LIKE 'digest%' OR s.kind = o.kind)
			 ORDER BY s.until DESC LIMIT 1) AS s ON true
		WHERE o.outbox_id = ANY (due)
	)
	UPDATE advocacy.outbox AS o
	SET state = 'muted', ended_at = outbox_settle.at, last_error = r.reason[1],
	    untold = has_digests AND r.reason[2] IS NOT NULL AND o.kind NOT LIKE 'digest%'
	FROM reasons AS r WHERE r.outbox_id = o.outbox_id AND r.reason IS NOT NULL;
	GET DIAGNOSTICS settled = ROW_COUNT;

	IF weekly_most > 0 THEN
		-- What is put together counts as one, so the share is kept for those who would have single messages.
		UPDATE advocacy.outbox AS o SET state = 'muted', ended_at = outbox_settle.at, untold = has_digests,
		       last_error = format('%s had %s messages within a week', o.owner, weekly_most)
		WHERE o.outbox_id = ANY (due) AND o.state = 'pending' AND o.audience = 'csm' AND o.priority > 3
		  AND o.owner IS NOT NULL AND o.kind NOT LIKE 'digest%'
		  AND (SELECT count(*) FROM (SELECT FROM advocacy.outbox AS w
		        WHERE w.owner = o.owner AND w.state = 'sent' AND w.audience = 'csm' AND w.kind NOT LIKE 'digest%' AND w.edits IS NULL
		          AND w.ended_at > outbox_settle.at - interval '7 days' LIMIT weekly_most) AS w) >= weekly_most;
		GET DIAGNOSTICS muted = ROW_COUNT;
		settled := settled + muted;
	END IF;

	IF together > 0 THEN
		FOR crowd IN
			SELECT o.channel, o.owner, o.audience, array_agg(o.outbox_id ORDER BY o.priority, o.outbox_id) AS members,
			       min(o.priority) AS priority, min(o.created_at) AS created_at, min(o.recipients) AS recipients,
			       jsonb_agg(jsonb_build_object('kind', o.kind, 'facts', o.facts) ORDER BY o.priority, o.outbox_id) AS items
			FROM advocacy.outbox AS o
			WHERE o.outbox_id = ANY (due) AND o.state = 'pending' AND o.owner IS NOT NULL AND o.kind NOT LIKE 'digest%'
			GROUP BY o.channel, o.owner, o.audience
			HAVING count(*) >= greatest(together, 2)
			ORDER BY o.channel, o.owner, o.audience
		LOOP
			INSERT INTO advocacy.outbox AS n (kind, dedup_key, channel, facts, priority, created_at, not_before, audience,
			                                  owner, recipients)
			VALUES ('several', 'several:' || crowd.members[1], crowd.channel,
			        jsonb_build_object('owner', crowd.owner, 'count', cardinality(crowd.members), 'items', crowd.items,
			                           'event', 'several-' || crowd.members[1]),
			        crowd.priority, crowd.created_at, outbox_settle.at, crowd.audience, crowd.owner, crowd.recipients)
			RETURNING n.outbox_id INTO made;
			UPDATE advocacy.outbox AS o
			SET state = 'folded', ended_at = outbox_settle.at, folded_into = made,
			    untold = has_digests AND array_position(crowd.members, o.outbox_id) > shown
			WHERE o.outbox_id = ANY (crowd.members);
			settled := settled + cardinality(crowd.members);
		END LOOP;
	END IF;
	RETURN settled;
END
$$;

COMMENT ON FUNCTION advocacy.outbox_settle(text[], timestamptz) IS
	'Mutes what is silenced, over, superseded, doubtful or too much, and folds several messages to one person into one.';
