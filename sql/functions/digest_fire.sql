-- digest_fire(at) -> integer
--
-- Purpose:    tells the week, where it is time for it: each CSM, each rep, the program team; once a week, also after nobody
--             looked for several. Who has nothing to be told gets nothing.
-- Parameters: at  now.
-- Returns:    how many digests were put.
-- Writes:     outbox (what a digest tells of what was muted is folded into it), suspension (digested_at), digest_turn.
CREATE OR REPLACE FUNCTION advocacy.digest_fire(at timestamptz DEFAULT now())
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	turn    record;
	message record;
	key     text;
	week    text;
	fired   integer := 0;
BEGIN
	PERFORM advocacy.digest_turns(digest_fire.at);
	IF (advocacy.digest_next_at() <= digest_fire.at) IS NOT TRUE THEN
		RETURN 0;
	END IF;
	PERFORM advocacy.sync_lock(); -- before advocates and outbox, as everywhere
	FOR turn IN
		SELECT t.zone, t.since, t.due_at FROM advocacy.digest_turn AS t WHERE t.due_at <= digest_fire.at ORDER BY t.due_at, t.zone FOR UPDATE
	LOOP
		week := to_char(turn.due_at AT TIME ZONE turn.zone, 'IYYY-"W"IW');
		FOR message IN
			WITH csm AS MATERIALIZED (
				SELECT d.owner, d.facts, d.cautions FROM advocacy.digest_csm(turn.since, digest_fire.at) AS d
			), untold AS (
				SELECT DISTINCT o.audience, o.owner FROM advocacy.outbox AS o WHERE o.untold AND o.owner IS NOT NULL
			), person AS (
				SELECT 'digest_csm' AS kind, 'csm' AS audience, coalesce(d.owner, u.owner) AS owner, d.facts, d.cautions
				  FROM (SELECT c.* FROM csm AS c WHERE c.owner IS NOT NULL) AS d
				  FULL JOIN (SELECT n.owner FROM untold AS n WHERE n.audience = 'csm') AS u ON u.owner = d.owner
				UNION ALL
				SELECT 'digest_rep', 'rep', coalesce(d.owner, u.owner), d.facts, NULL
				  FROM advocacy.digest_rep(turn.since, digest_fire.at) AS d
				  FULL JOIN (SELECT n.owner FROM untold AS n WHERE n.audience = 'rep') AS u ON u.owner = d.owner
				UNION ALL
				-- What is for nobody is for the program team.
				SELECT 'digest_program', 'program', NULL,
				       nullif(coalesce(advocacy.digest_program(turn.since, digest_fire.at), '{}')
				              || coalesce((SELECT jsonb_build_object('items', c.facts -> 'items') FROM csm AS c
				                            WHERE c.owner IS NULL AND c.cautions IS NOT NULL), '{}'), '{}'),
				       (SELECT c.cautions FROM csm AS c WHERE c.owner IS NULL)
			)
			SELECT p.kind, p.audience, p.owner, p.facts, p.cautions, u.told, u.over, u.count, u.items
			  FROM person AS p CROSS JOIN LATERAL advocacy.digest_untold(p.audience, p.owner) AS u
			 WHERE advocacy.digest_zone(p.owner) = turn.zone
			 ORDER BY p.audience, p.owner
		LOOP
			UPDATE advocacy.outbox AS o SET untold = false WHERE o.outbox_id = ANY (message.over);
			CONTINUE WHEN message.facts IS NULL AND message.told IS NULL;
			key := concat_ws(':', 'digest', message.audience, message.owner, week);
			CONTINUE WHEN advocacy.outbox_put(message.kind, key,
				coalesce(message.facts, '{}') || jsonb_strip_nulls(jsonb_build_object('week', week, 'not_told', message.count,
					CASE message.audience WHEN 'csm' THEN 'csm_email' WHEN 'rep' THEN 'requested_by' ELSE 'owner' END, message.owner,
					'items', nullif(coalesce(message.items, '[]') || coalesce(message.facts -> 'items', '[]'), '[]'),
					'from', advocacy.sync_time_text(turn.since), 'at', advocacy.sync_time_text(digest_fire.at))), 6, digest_fire.at) = 0;
			fired := fired + 1;
			UPDATE advocacy.outbox AS o
			   SET untold = false, state = 'folded',
			       folded_into = (SELECT min(n.outbox_id) FROM advocacy.outbox AS n WHERE n.dedup_key = key)
			 WHERE o.outbox_id = ANY (message.told);
			UPDATE advocacy.suspension AS s SET digested_at = digest_fire.at WHERE s.suspension_id = ANY (message.cautions);
		END LOOP;
		UPDATE advocacy.digest_turn AS t
		   SET since = digest_fire.at, due_at = advocacy.digest_due_at(t.zone, digest_fire.at) WHERE t.zone = turn.zone;
	END LOOP;
	RETURN fired;
END
$$;

COMMENT ON FUNCTION advocacy.digest_fire(timestamptz) IS
	'Tells each CSM, each rep and the program team of their week, where it is time for it; returns how many digests.';
