-- risk_flapping: which of these risks make an account's advocates come and go too often.
-- A change is a time at which the account's advocates became available or ceased to be, by whatever rules with flaps: what
-- several rules do at once is one. Counted are the last 30 days with the change that these risks are about to make; what
-- people took back and what ended for another reason than its values doesn't count, nor what was before a person looked.
-- Where another risk keeps them suspended anyway nothing changes. Of several risks of an account the most severe answers for all.
--   opening    the change that makes it so many as the rule's flaps; the risk is kept until a person looks (risk_pin)
--   clearing   nobody is made available while the next fall would be that change: they wait until the oldest one is 30 days
--              ago. Where flaps is 1 or 2 that is never, so a person has to look. What waits for a person's yes anyway
--              (risk_rule.confirm) isn't delayed
-- Parameters: risks, which are open and have just opened, or are about to be cleared; at; clearing, which of the two.
-- Returns: at most one risk per account with an advocate; how many changes there were; until, when it may clear (NULL: when a
-- person has looked). Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.risk_flapping(risks bigint[], at timestamptz, clearing boolean)
RETURNS TABLE (risk_id bigint, changes bigint, until timestamptz)
LANGUAGE plpgsql STABLE ROWS 20 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
BEGIN
	IF risk_flapping.risks IS NULL THEN
		RETURN; -- as a rule, and planning the rest would be most of it
	END IF;
	RETURN QUERY
	-- First those that suspend somebody: of the accounts that a first load brings, next to none.
	WITH suspending AS MATERIALIZED (
		SELECT r.risk_id, r.account_id, u.severity, u.flaps, u.confirm
		  FROM advocacy.risk AS r
		  JOIN advocacy.risk_rule AS u ON u.rule = r.rule AND u.flaps > 0 AND u.action = 'suspend'
		 WHERE r.risk_id = ANY (risk_flapping.risks) AND r.held_at IS NULL AND r.pinned_at IS NULL
		   AND EXISTS (SELECT FROM advocacy.advocate AS a WHERE a.account_id = r.account_id AND a.retired_at IS NULL)
	), candidate AS MATERIALIZED (
		SELECT DISTINCT ON (r.account_id) r.risk_id, r.account_id, r.flaps,
		       bool_or(r.confirm) OVER (PARTITION BY r.account_id) AS confirm
		  FROM suspending AS r
		 WHERE NOT EXISTS (SELECT FROM advocacy.risk AS o
		                     JOIN advocacy.risk_rule AS v ON v.rule = o.rule AND v.active AND v.action = 'suspend'
		                    WHERE o.account_id = r.account_id AND o.cleared_at IS NULL AND o.held_at IS NULL
		                      AND o.risk_id NOT IN (SELECT unnest(risk_flapping.risks)))
		 ORDER BY r.account_id, array_position('{hard,soft,ineligible,caution,hold}', r.severity), r.risk_id
	)
	SELECT c.risk_id, n.changes + risk_flapping.clearing::integer, CASE WHEN w.waits THEN n.free_at END
	  FROM candidate AS c
	 CROSS JOIN LATERAL (SELECT risk_flapping.clearing AND c.flaps > 2 AS waits) AS w
	 CROSS JOIN LATERAL (
		SELECT range_agg(tstzrange(o.opened_at, greatest(o.opened_at, coalesce(o.cleared_at, 'infinity')))) AS times
		  FROM advocacy.risk AS o
		  JOIN advocacy.risk_rule AS v ON v.rule = o.rule AND v.flaps > 0 AND v.action = 'suspend'
		 WHERE o.account_id = c.account_id AND o.held_at IS NULL
		   AND (o.cleared_at IS NULL OR o.clear_evidence ? 'observations')) AS u
	 CROSS JOIN LATERAL (
		SELECT count(*) AS changes, (array_agg(b.bound ORDER BY b.bound DESC))[c.flaps - 2] + interval '30 days' AS free_at
		  FROM unnest(u.times) AS t CROSS JOIN LATERAL (VALUES (lower(t)), (upper(t))) AS b (bound)
		 WHERE b.bound <= risk_flapping.at AND b.bound > greatest(risk_flapping.at - interval '30 days',
		                          (SELECT max(k.unpinned_at) FROM advocacy.risk AS k WHERE k.account_id = c.account_id))) AS n
	 WHERE NOT (w.waits AND c.confirm)
	   AND CASE WHEN w.waits THEN n.free_at IS NOT NULL ELSE n.changes + risk_flapping.clearing::integer >= c.flaps END;
END $$;
COMMENT ON FUNCTION advocacy.risk_flapping(bigint[], timestamptz, boolean) IS
	'Which of these risks make an account''s advocates come and go too often, how often they did within 30 days, and when it may clear.';
