-- retirement_settle: ends the holds of a batch of retirements that retirement_judge made.
--   released    they are retired, where the contact still says so; open requests go back to matching
--   rejected    they stay, until the contact says something else
--   discarded   they are judged anew
-- Parameters: batch, whose advocates the caller has locked (brake_settle); verdict; by_whom; at; cycle, the decision_cycle of the release (NULL: none). Returns: how many were retired, or stay.
-- Writes: advocate, suspension, outbox, request (rematch), crm_flag; and what retirement_judge writes.
CREATE OR REPLACE FUNCTION advocacy.retirement_settle(batch bigint, verdict text, by_whom text, at timestamptz,
	cycle bigint DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
	held bigint[];
	retired bigint[];
	accounts bigint[];
	advocate_id bigint;
BEGIN
	held := advocacy.brake_end_holds(batch, verdict, 'the retirement', by_whom, retirement_settle.at, retirement_settle.cycle);
	IF verdict = 'discarded' THEN
		accounts := advocacy.retirement_judge(held,
			(SELECT b.source FROM advocacy.decision_batch AS b WHERE b.batch_id = retirement_settle.batch), retirement_settle.at);
	ELSE
		WITH done AS (
			UPDATE advocacy.advocate AS a
			   SET retired_at = CASE verdict WHEN 'released' THEN retirement_settle.at END,
			       retire_reason = CASE verdict WHEN 'released' THEN w.reason END,
			       retire_rejected = CASE verdict WHEN 'rejected' THEN w.reason END
			  FROM advocacy.advocate AS o
			  JOIN advocacy.contact AS c ON c.contact_id = o.contact_id
			 CROSS JOIN LATERAL (SELECT advocacy.retirement_reason(c.deleted, c.advocate, c.source, o.enrolled_by) AS reason) AS w
			 WHERE o.advocate_id = a.advocate_id AND a.advocate_id = ANY (held) AND a.retired_at IS NULL AND w.reason IS NOT NULL
			RETURNING a.advocate_id, a.account_id)
		SELECT array_agg(d.advocate_id ORDER BY d.advocate_id), array_agg(DISTINCT d.account_id) FILTER (WHERE verdict = 'released')
		  INTO retired, accounts FROM done AS d;
	END IF;
	IF accounts IS NOT NULL THEN
		PERFORM FROM advocacy.suspension_follow(array_remove(accounts, NULL), retirement_settle.at, NULL, retirement_settle.cycle);
	END IF;
	IF verdict = 'released' THEN
		PERFORM advocacy.writeback_follow(coalesce(retired, '{}'), retirement_settle.at);
		FOR advocate_id IN
			SELECT DISTINCT q.advocate_id FROM advocacy.request AS q
			 WHERE q.advocate_id = ANY (retired)
			   AND q.state IN ('submitted', 'triaged', 'matching', 'proposed', 'awaiting_csm', 'awaiting_advocate',
			                   'scheduled', 'suspended_hold') ORDER BY 1
		LOOP
			PERFORM advocacy.request_rematch(advocate_id, retirement_settle.at, NULL, true);
		END LOOP;
	END IF;
	RETURN coalesce(cardinality(retired), 0);
END $$;
COMMENT ON FUNCTION advocacy.retirement_settle(bigint, text, text, timestamptz, bigint) IS
	'Ends the holds of a batch of retirements: they are retired, they stay, or they are judged anew; returns how many.';
