-- risk_pin: risks that come and go stay open until a person looks (risk_unpin). One message for each says so.
-- Parameters: risks, as risk_flapping has found them; changes, of each; at; quiet, as in suspension_follow.
-- Returns: how many were pinned. Writes: risk (pinned_at, evidence.changes), outbox (risk_flapping, key flapping:RISK).
CREATE OR REPLACE FUNCTION advocacy.risk_pin(risks bigint[], changes bigint[], at timestamptz, quiet text DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
	one bigint;
BEGIN
	UPDATE advocacy.risk AS r
	   SET pinned_at = risk_pin.at, well_since = NULL, clear_due_at = NULL,
	       evidence = r.evidence || jsonb_build_object('changes', p.changes)
	  FROM unnest(risk_pin.risks, risk_pin.changes) AS p (risk_id, changes) WHERE r.risk_id = p.risk_id;
	IF risk_pin.quiet IS NULL THEN
		FOREACH one IN ARRAY coalesce(risk_pin.risks, '{}') LOOP
			PERFORM advocacy.outbox_put('risk_flapping', 'flapping:' || one,
				advocacy.risk_facts(one) - 'cases' - 'clears_when' || jsonb_build_object(
					'changes', (SELECT r.evidence ->> 'changes' FROM advocacy.risk AS r WHERE r.risk_id = one),
					'release', format('SELECT advocacy.risk_unpin(''%s'', ''REASON'')', one),
					'at', advocacy.sync_time_text(risk_pin.at)), 5, risk_pin.at);
		END LOOP;
	END IF;
	RETURN coalesce(cardinality(risk_pin.risks), 0);
END $$;
COMMENT ON FUNCTION advocacy.risk_pin(bigint[], bigint[], timestamptz, text) IS
	'Keeps risks that came and went too often open until a person looks, and tells people; returns how many.';
