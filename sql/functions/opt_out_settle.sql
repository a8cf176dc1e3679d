-- opt_out_settle: ends the holds of a batch of opt-outs that opt_out_judge made.
--   released    open requests are matched anew
--   rejected    open requests stay; while the contact says so the advocate is asked for nothing new
--   discarded   they are judged anew
-- Parameters: batch, whose advocates the caller has locked (brake_settle); verdict; by_whom; at; cycle, the decision_cycle of the release (NULL: none). Returns: how many advocates were held.
-- Writes: advocate, suspension; and what opt_out_apply and opt_out_judge write.
CREATE OR REPLACE FUNCTION advocacy.opt_out_settle(batch bigint, verdict text, by_whom text, at timestamptz,
	cycle bigint DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
	held bigint[];
BEGIN
	held := advocacy.brake_end_holds(batch, verdict, 'the opting out', by_whom, opt_out_settle.at, opt_out_settle.cycle);
	IF verdict = 'discarded' THEN
		PERFORM advocacy.opt_out_judge(held,
			(SELECT b.source FROM advocacy.decision_batch AS b WHERE b.batch_id = opt_out_settle.batch), opt_out_settle.at);
	ELSIF verdict = 'released' THEN
		PERFORM advocacy.opt_out_apply(held, 'known', opt_out_settle.at);
	ELSE
		UPDATE advocacy.advocate AS a SET opt_out = 'rejected', opt_out_at = opt_out_settle.at WHERE a.advocate_id = ANY (held);
	END IF;
	RETURN coalesce(cardinality(held), 0);
END $$;
COMMENT ON FUNCTION advocacy.opt_out_settle(bigint, text, text, timestamptz, bigint) IS
	'Ends the holds of a batch of opt-outs: they are followed, they are not, or they are judged anew; returns how many.';
