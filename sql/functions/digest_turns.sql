-- digest_turns(at) -> void
--
-- Purpose:    keeps a turn for each time zone that somebody's week begins in, as the policy has it now. What the policy
--             moves is due at the new time next, and tells since the old one.
-- Parameters: at  now.
-- Returns:    nothing.
-- Writes:     digest_turn.
CREATE OR REPLACE FUNCTION advocacy.digest_turns(at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	this_setting constant text := concat_ws(' ', advocacy.policy_setting('digest_day') #>> '{}', advocacy.policy_setting('digest_hour') #>> '{}');
BEGIN
	IF advocacy.digest_due_at('UTC', at) IS NULL THEN
		DELETE FROM advocacy.digest_turn;
		RETURN;
	END IF;
	-- A zone that an update of PostgreSQL or of tzdata has taken away would stop every deadline.
	DELETE FROM advocacy.digest_turn AS t
	 WHERE (t.due_at <= at OR t.due_at > at + interval '15 days' OR t.setting <> this_setting) AND NOT advocacy.time_zone_is_known(t.zone);
	UPDATE advocacy.digest_turn AS t
	   SET setting = this_setting,
	       -- One a week: a week that was told is over.
	       due_at = CASE WHEN date_trunc('week', n.due_at AT TIME ZONE t.zone) > date_trunc('week', t.since AT TIME ZONE t.zone)
	                     THEN n.due_at ELSE advocacy.digest_due_at(t.zone, n.due_at) END
	  FROM advocacy.digest_turn AS o CROSS JOIN LATERAL (SELECT advocacy.digest_due_at(o.zone, at) AS due_at) AS n
	 WHERE o.zone = t.zone AND t.setting <> this_setting AND t.due_at > at;
	-- A clock that was ahead for a while leaves no year without digests.
	UPDATE advocacy.digest_turn AS t SET since = least(t.since, at), due_at = advocacy.digest_due_at(t.zone, at)
	 WHERE t.due_at > at + interval '15 days';
	INSERT INTO advocacy.digest_turn (zone, since, due_at, setting)
	SELECT z.zone, at - interval '7 days', advocacy.digest_due_at(z.zone, at), this_setting
	  FROM (SELECT advocacy.digest_zone(NULL) AS zone
	         UNION
	        SELECT s.time_zone FROM advocacy.staff AS s WHERE s.time_zone IS NOT NULL AND NOT s.deleted) AS z
	 WHERE NOT EXISTS (SELECT FROM advocacy.digest_turn AS t WHERE t.zone = z.zone)
	   AND advocacy.time_zone_is_known(z.zone)
	ON CONFLICT DO NOTHING;
END
$$;

COMMENT ON FUNCTION advocacy.digest_turns(timestamptz) IS 'Keeps a turn for each time zone in which somebody is told of the week.';
