-- risk_pin: a risk that comes and goes stays open until a person looks (risk_unpin). One message says so.
-- A change is a risk of the rule at the account that opened or was cleared in the last 30 days, this one included; what
-- people took back and what ended for another reason than its values doesn't count, nor what was before a person looked.
-- Only risks that suspend somebody are pinned, and none that is held already.
-- Parameters: risks, those that have just opened; at; quiet, as in suspension_follow.
-- Returns: how many were pinned. Writes: risk (pinned_at, evidence.changes), outbox (risk_flapping, key flapping:RISK).
CREATE OR REPLACE FUNCTION advocacy.risk_pin(risks bigint[], at timestamptz, quiet text DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
	pinned bigint[];
	one bigint;
BEGIN
	-- First those that suspend somebody: of the accounts that a first load brings, next to none.
	WITH candidate AS MATERIALIZED (
		SELECT r.risk_id, r.account_id, r.rule, u.flaps
		  FROM advocacy.risk AS r
		  JOIN advocacy.risk_rule AS u ON u.rule = r.rule AND u.flaps > 0 AND u.action = 'suspend'
		 WHERE r.risk_id = ANY (risk_pin.risks) AND r.held_at IS NULL
		   AND EXISTS (SELECT FROM advocacy.advocate AS a WHERE a.account_id = r.account_id AND a.retired_at IS NULL)
	), flapping AS (
		SELECT r.risk_id, c.changes
		  FROM candidate AS r
		 CROSS JOIN LATERAL (
			SELECT count(*) FILTER (WHERE o.opened_at > l.since)
			       + count(*) FILTER (WHERE o.cleared_at > l.since) AS changes
			  FROM advocacy.risk AS o
			 CROSS JOIN (SELECT greatest(max(k.unpinned_at), risk_pin.at - interval '30 days') AS since FROM advocacy.risk AS k
			              WHERE k.account_id = r.account_id AND k.rule = r.rule) AS l
			 WHERE o.account_id = r.account_id AND o.rule = r.rule
			   AND (o.cleared_at IS NULL OR o.clear_evidence ? 'observations')) AS c
		 WHERE c.changes >= r.flaps
	), done AS (
		UPDATE advocacy.risk AS r
		   SET pinned_at = risk_pin.at, evidence = r.evidence || jsonb_build_object('changes', f.changes)
		  FROM flapping AS f WHERE f.risk_id = r.risk_id
		RETURNING r.risk_id)
	SELECT array_agg(d.risk_id ORDER BY d.risk_id) INTO pinned FROM done AS d;
	IF risk_pin.quiet IS NULL THEN
		FOREACH one IN ARRAY coalesce(pinned, '{}') LOOP
			PERFORM advocacy.outbox_put('risk_flapping', 'flapping:' || one,
				advocacy.risk_facts(one) - 'cases' - 'clears_when' || jsonb_build_object(
					'changes', (SELECT r.evidence ->> 'changes' FROM advocacy.risk AS r WHERE r.risk_id = one),
					'release', format('SELECT advocacy.risk_unpin(''%s'', ''REASON'')', one),
					'at', advocacy.sync_time_text(risk_pin.at)), 5, risk_pin.at);
		END LOOP;
	END IF;
	RETURN coalesce(cardinality(pinned), 0);
END $$;
COMMENT ON FUNCTION advocacy.risk_pin(bigint[], timestamptz, text) IS
	'Pins risks that came and went too often until a person looks, and tells it once; returns how many.';
