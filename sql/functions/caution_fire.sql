-- caution_fire: tells each CSM, in one message a week, whom to ask only with their yes since the last one. A caution opens in
-- silence and stops nothing that is under way, so nobody has to be told at once.
-- It is told once, also when it lasts for months; one that is over by then isn't told, nor one of somebody whom something
-- worse keeps from being asked at all.
-- Parameters: at. Returns: how many messages. Writes: suspension (digested_at), outbox.
CREATE OR REPLACE FUNCTION advocacy.caution_fire(at timestamptz DEFAULT now()) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	listed constant integer := 100;
	told bigint[];
	message record;
	fired integer := 0;
BEGIN
	IF (advocacy.caution_next_at() <= caution_fire.at) IS NOT TRUE THEN
		RETURN 0;
	END IF;
	PERFORM advocacy.sync_lock();
	WITH digested AS (
		UPDATE advocacy.suspension AS s SET digested_at = caution_fire.at
		 WHERE s.closed_at IS NULL AND s.severity = 'caution' AND s.digested_at IS NULL
		RETURNING s.suspension_id)
	SELECT array_agg(d.suspension_id) INTO told FROM digested AS d;
	FOR message IN
		WITH news AS MATERIALIZED (
			SELECT s.suspension_id, s.advocate_id, s.rule, s.opened_at, lower(c.csm_email) AS csm_email,
			       coalesce(c.name, c.source || ' ' || c.remote_id, 'no account') AS account
			  FROM advocacy.suspension AS s
			  JOIN advocacy.advocate AS a ON a.advocate_id = s.advocate_id AND a.retired_at IS NULL
			  LEFT JOIN advocacy.account AS c ON c.account_id = a.account_id
			 WHERE s.suspension_id = ANY (told)
			   AND NOT EXISTS (SELECT FROM advocacy.suspension AS o WHERE o.advocate_id = s.advocate_id
			                      AND o.closed_at IS NULL AND o.severity IS DISTINCT FROM 'caution')
		), line AS (
			SELECT n.csm_email, n.account, n.rule, min(n.opened_at) AS opened_at,
			       row_number() OVER (PARTITION BY n.csm_email ORDER BY n.account, n.rule) AS place
			  FROM news AS n GROUP BY n.csm_email, n.account, n.rule
		)
		SELECT min(o.csm_email) AS csm_email, min(o.suspension_id) AS first_id, count(DISTINCT o.advocate_id) AS advocates,
		       (SELECT jsonb_agg(k.name ORDER BY k.name)
		          FROM (SELECT DISTINCT advocacy.advocate_name(n.advocate_id) AS name FROM news AS n
		                 WHERE n.csm_email IS NOT DISTINCT FROM o.csm_email ORDER BY 1 LIMIT listed) AS k) AS names,
		       (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('account', l.account, 'rule', l.rule,
		                   'suspended_at', advocacy.sync_time_text(l.opened_at))) ORDER BY l.place)
		          FROM line AS l WHERE l.csm_email IS NOT DISTINCT FROM o.csm_email AND l.place <= listed) AS cautions
		  FROM news AS o GROUP BY o.csm_email ORDER BY 1
	LOOP
		PERFORM advocacy.outbox_put('digest_cautions', 'cautions:' || message.first_id,
			jsonb_strip_nulls(jsonb_build_object('csm_email', message.csm_email, 'count', message.advocates::text,
				'advocates', message.names, 'cautions', message.cautions, 'event', 'cautions-' || message.first_id,
				'at', advocacy.sync_time_text(caution_fire.at))), 5, caution_fire.at);
		fired := fired + 1;
	END LOOP;
	RETURN fired;
END $$;
COMMENT ON FUNCTION advocacy.caution_fire(timestamptz) IS
	'Tells each CSM once a week whom to ask only with their yes since the last time; returns how many messages.';
