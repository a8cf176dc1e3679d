-- risk_hold: the circuit breaker. Broken data (a mapping that reads 0 everywhere, a scale turned round) looks like a whole
-- program at risk at once; so when a source would suspend too many advocates, a person decides.
--   proven   hard rules with evidence of their own (a case that has a name): they suspend up to five advocates (or the limit,
--            if that is more) in the order of their risks; the rest is held
--   all else, also a hard rule that rests on a number alone: more advocates than the limit: none of them is suspended, all
--            risks that the apply opened are held
--   limit    of one apply: breaker_percent (10) of the advocates who were available, rounded up, but not less than
--            breaker_least (3). Of a source within 24 hours: twice that, with those it has suspended in that time and those whom
--            a first low observation is about to: a bad feed may come in small pieces
-- While a batch of the source waits for a person, what else the source would suspend joins it in silence.
-- Counted are advocates whom nothing suspends yet (a caution doesn't, nor what a brake holds) and no override keeps from being
-- suspended; available before are those, less the ones who are held already.
-- A held risk is open, suspends nobody, and keeps its advocates from being matched (advocate_availability). It ends
-- like any other when its signal is well, or by risk_release or risk_reject.
-- The very first load of a stream is not judged here (risk_evaluate_for doesn't call this): nobody was available by
-- that stream's word before, so there is no "before" to compare with. It is silent, one summary tells of all that it
-- suspended, and that summary is where a person sees a broken mapping. Nor is a change of the policy: a person made it.
-- Parameters: risks, those that the apply has just opened; source, stream; at.
-- Returns: the decision_batch, or NULL: nothing had to be held.
-- Writes: risk (held_at, held_batch, evidence.held), and what batch_open writes.
CREATE OR REPLACE FUNCTION advocacy.risk_hold(risks bigint[], source text, stream text, at timestamptz DEFAULT now())
RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
	hard_least constant integer := 5;
	least_soft numeric := (advocacy.policy_setting('breaker_least', '3') #>> '{}')::numeric;
	percent numeric := (advocacy.policy_setting('breaker_percent', '10') #>> '{}')::numeric;
	day constant interval := '24 hours';
	unproven bigint[];
	hard integer;
	available integer;
	recent integer;
	expected integer := 0;
	soft_limit integer;
	day_limit integer;
	hard_limit integer;
	trips boolean;
	waiting bigint;
	held bigint[];
	would integer;
	most integer;
	batch bigint;
	overridden constant boolean := EXISTS (SELECT FROM advocacy.risk_override AS o WHERE o.ended_at IS NULL);
BEGIN
	SELECT array_agg(DISTINCT a.advocate_id) FILTER (WHERE NOT p.proven),
	       count(DISTINCT a.advocate_id) FILTER (WHERE p.proven)
	  INTO unproven, hard
	  FROM advocacy.risk AS r
	  JOIN advocacy.risk_rule AS u ON u.rule = r.rule AND u.active AND u.action = 'suspend'
	  JOIN advocacy.advocate AS a ON a.account_id = r.account_id AND a.retired_at IS NULL
	 CROSS JOIN LATERAL (SELECT u.severity = 'hard' AND coalesce(r.evidence -> 'cases', '[]') <> '[]' AS proven) AS p
	 WHERE r.risk_id = ANY (risk_hold.risks) AND r.cleared_at IS NULL
	   AND NOT EXISTS (SELECT FROM advocacy.suspension AS s WHERE s.advocate_id = a.advocate_id AND s.closed_at IS NULL
		                  AND NOT (s.severity = 'hold' AND s.evidence ? 'batch') IS TRUE
		                  AND (coalesce(s.severity, '') NOT IN ('caution', 'hold') OR u.severity IN ('caution', 'hold')))
	   AND NOT (overridden AND advocacy.risk_overridden(a.advocate_id, a.account_id, r.rule, u.severity, risk_hold.at));
	IF unproven IS NULL AND hard <= hard_least THEN
		RETURN NULL;
	END IF;

	SELECT count(DISTINCT s.advocate_id) INTO recent
	  FROM advocacy.decision_cycle AS c
	  JOIN advocacy.suspension AS s ON s.opened_in = c.cycle_id AND s.cause = 'risk'
	  JOIN advocacy.risk AS r ON r.risk_id = s.risk_id
	 WHERE c.decided_at > risk_hold.at - day AND c.decided_at <= risk_hold.at AND c.source = risk_hold.source
	   -- What a person let happen doesn't count.
	   AND NOT EXISTS (SELECT FROM advocacy.decision_batch AS b WHERE b.cycle_id = c.cycle_id)
	   AND s.advocate_id <> ALL (unproven) AND NOT s.evidence ? 'first_load'
	   AND NOT (s.severity = 'hard' AND coalesce(r.evidence -> 'cases', '[]') <> '[]');
	SELECT max(r.held_batch) INTO waiting FROM advocacy.risk AS r
	 WHERE r.held_batch IS NOT NULL AND r.held_at IS NOT NULL AND r.cleared_at IS NULL
	   AND r.evidence -> 'held' ->> 'source' = risk_hold.source;
	IF unproven IS NOT NULL THEN
		SELECT count(DISTINCT a.advocate_id) INTO expected
		  FROM advocacy.risk_observation AS o
		  JOIN advocacy.risk_rule AS u ON u.rule = o.rule AND u.active AND u.action = 'suspend'
		  JOIN advocacy.advocate AS a ON a.account_id = o.account_id AND a.retired_at IS NULL
		 WHERE NOT o.clearing AND o.first_at > risk_hold.at - day AND o.source = risk_hold.source
		   AND a.advocate_id <> ALL (unproven)
		   AND NOT EXISTS (SELECT FROM advocacy.suspension AS s WHERE s.advocate_id = a.advocate_id AND s.closed_at IS NULL
		                  AND NOT (s.severity = 'hold' AND s.evidence ? 'batch') IS TRUE
		                  AND (coalesce(s.severity, '') NOT IN ('caution', 'hold') OR u.severity IN ('caution', 'hold')));
	END IF;
	IF waiting IS NULL AND hard <= hard_least
		AND cardinality(unproven) <= least_soft AND cardinality(unproven) + recent + expected <= 2 * least_soft THEN
		RETURN NULL; -- within any limit, so nobody has to be counted
	END IF;
	SELECT count(*) INTO available FROM advocacy.advocate AS a
	 WHERE a.retired_at IS NULL
	   AND NOT EXISTS (SELECT FROM advocacy.suspension AS s WHERE s.advocate_id = a.advocate_id AND s.closed_at IS NULL
		                  AND NOT (s.severity = 'hold' AND s.evidence ? 'batch') IS TRUE AND coalesce(s.severity, '') <> 'caution')
	   AND NOT EXISTS (SELECT FROM advocacy.risk AS r
	                    WHERE r.account_id = a.account_id AND r.held_at IS NOT NULL AND r.cleared_at IS NULL);
	soft_limit := greatest(ceil(available * percent / 100), least_soft);
	day_limit := 2 * greatest(ceil((available + recent) * percent / 100), least_soft);
	hard_limit := greatest(soft_limit, hard_least);
	trips := unproven IS NOT NULL AND (waiting IS NOT NULL OR cardinality(unproven) > soft_limit
	                                   OR cardinality(unproven) + recent + expected > day_limit);
	IF NOT trips AND hard <= hard_limit THEN
		RETURN NULL;
	END IF;
	most := CASE WHEN NOT trips THEN hard_limit WHEN cardinality(unproven) > soft_limit THEN soft_limit ELSE day_limit END;

	-- With every suspending risk goes the number of advocates that the proven ones up to it suspend.
	WITH opened AS (
		SELECT r.risk_id, p.proven, a.advocate_id,
		       row_number() OVER (PARTITION BY p.proven, a.advocate_id ORDER BY r.risk_id) = 1
		       AND a.advocate_id IS NOT NULL AS first
		  FROM advocacy.risk AS r
		  JOIN advocacy.risk_rule AS u ON u.rule = r.rule AND u.active AND u.action = 'suspend'
		 CROSS JOIN LATERAL (SELECT u.severity = 'hard' AND coalesce(r.evidence -> 'cases', '[]') <> '[]' AS proven) AS p
		  LEFT JOIN advocacy.advocate AS a ON a.account_id = r.account_id AND a.retired_at IS NULL
		   AND NOT EXISTS (SELECT FROM advocacy.suspension AS s WHERE s.advocate_id = a.advocate_id AND s.closed_at IS NULL
		                  AND NOT (s.severity = 'hold' AND s.evidence ? 'batch') IS TRUE
		                  AND (coalesce(s.severity, '') NOT IN ('caution', 'hold') OR u.severity IN ('caution', 'hold')))
		 WHERE r.risk_id = ANY (risk_hold.risks) AND r.cleared_at IS NULL
	), reached AS (
		SELECT o.risk_id, o.proven, o.advocate_id,
		       count(*) FILTER (WHERE o.first) OVER (PARTITION BY o.proven ORDER BY o.risk_id) AS advocates
		  FROM opened AS o
	)
	SELECT array_agg(DISTINCT o.risk_id)
	           FILTER (WHERE CASE WHEN NOT o.proven THEN trips ELSE o.advocates > hard_limit END),
	       count(DISTINCT o.advocate_id)
	           FILTER (WHERE CASE WHEN NOT o.proven THEN trips ELSE hard > hard_limit END)
	  INTO held, would FROM reached AS o;
	IF held IS NULL THEN
		RETURN NULL;
	END IF;
	IF trips AND cardinality(unproven) <= soft_limit THEN
		would := would + recent + expected;
	END IF;
	batch := coalesce(waiting, advocacy.batch_open('suspend', risk_hold.source, risk_hold.stream, would, most,
		(SELECT jsonb_agg(jsonb_build_object('rule', c.rule, 'count', c.advocates::text) ORDER BY c.advocates DESC, c.rule)
		   FROM (SELECT r.rule, count(DISTINCT a.advocate_id) AS advocates
		           FROM advocacy.risk AS r JOIN advocacy.advocate AS a ON a.account_id = r.account_id AND a.retired_at IS NULL
		          WHERE r.risk_id = ANY (held) GROUP BY r.rule) AS c),
		ARRAY(SELECT a.account_id FROM advocacy.risk AS r
		        JOIN advocacy.advocate AS a ON a.account_id = r.account_id AND a.retired_at IS NULL
		       WHERE r.risk_id = ANY (held)), NULL, risk_hold.at));
	UPDATE advocacy.risk AS r
	   SET held_at = risk_hold.at, held_batch = batch,
	       evidence = r.evidence || jsonb_build_object('held', jsonb_build_object('batch', batch, 'count', would,
	           'limit', most, 'source', risk_hold.source))
	 WHERE r.risk_id = ANY (held);

	RETURN batch;
END $$;
COMMENT ON FUNCTION advocacy.risk_hold(bigint[], text, text, timestamptz) IS
	'The circuit breaker: holds the risks that one apply opened, if they would suspend too many advocates at once; returns the batch.';
