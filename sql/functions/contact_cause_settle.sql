-- contact_cause_settle: ends the holds of a batch of causes by contacts' own signals that risk_evaluate_contacts made.
--   released    they become what their rule says
--   rejected    they end, and don't open again until the contact has another value
--   discarded   they are judged anew
-- Parameters: batch, whose advocates the caller has locked (brake_settle); verdict; by_whom; at; cycle, the decision_cycle of the release (NULL: none). Returns: how many advocates were held.
-- Writes: suspension; and what suspension_open and risk_evaluate_contacts write.
CREATE OR REPLACE FUNCTION advocacy.contact_cause_settle(batch bigint, verdict text, by_whom text, at timestamptz,
	cycle bigint DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
	held advocacy.suspension;
	advocates bigint[] := '{}';
BEGIN
	FOR held IN
		SELECT s.* FROM advocacy.suspension AS s
		 WHERE s.cause = 'own' AND s.severity = 'hold' AND s.closed_at IS NULL
		   AND s.evidence ->> 'batch' = contact_cause_settle.batch::text
		 ORDER BY s.advocate_id, s.suspension_id
	LOOP
		advocates := advocates || held.advocate_id;
		IF verdict = 'released' THEN
			PERFORM advocacy.suspension_open(held.advocate_id, held.rule, held.evidence ->> 'severity', held.reason,
				held.evidence - 'batch', held.until, by_whom, contact_cause_settle.at, contact_cause_settle.cycle);
		ELSE
			UPDATE advocacy.suspension AS s
			   SET closed_at = contact_cause_settle.at, closed_by = by_whom,
			       close_reason = CASE verdict WHEN 'rejected' THEN 'it rests on wrong data' ELSE 'nobody decided within 72 hours' END,
			       evidence = CASE verdict WHEN 'rejected' THEN s.evidence || '{"rejected": true}' ELSE s.evidence END
			 WHERE s.suspension_id = held.suspension_id;
		END IF;
	END LOOP;
	IF verdict = 'discarded' THEN
		PERFORM advocacy.request_follow_causes(
			advocacy.risk_evaluate_contacts(advocates, contact_cause_settle.at), contact_cause_settle.at);
	END IF;
	RETURN (SELECT count(DISTINCT n.id) FROM unnest(advocates) AS n (id));
END $$;
COMMENT ON FUNCTION advocacy.contact_cause_settle(bigint, text, text, timestamptz, bigint) IS
	'Ends the holds of a batch of causes by contacts'' own signals: they count, they don''t, or they are judged anew; returns of how many.';
