-- decisions_undo_batch: a person takes back what followed when a held batch was released: decisions_undo of that release's cycle.
-- Parameters: batch, as the message suspensions_held names it; reason; actor (NULL: the session's user); at.
-- Returns: as decisions_undo.
-- Refuses: an unknown batch, one that wasn't released; and what decisions_undo refuses.
-- Writes: as decisions_undo.
CREATE OR REPLACE FUNCTION advocacy.decisions_undo_batch(batch bigint, reason text, actor text DEFAULT NULL,
	at timestamptz DEFAULT now())
RETURNS TABLE (lifted integer, suspended_again integer, risks_closed integer, risks_reopened integer, unretired integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	held advocacy.decision_batch;
BEGIN
	SELECT b.* INTO held FROM advocacy.decision_batch AS b WHERE b.batch_id = decisions_undo_batch.batch;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no held batch %', coalesce(decisions_undo_batch.batch::text, 'null')
			USING ERRCODE = 'P0002', HINT = 'Look it up in advocacy.decision_batch, or by `advocated decisions`.';
	ELSIF held.decision IS NULL THEN
		RAISE EXCEPTION 'nothing of batch % has happened yet', held.batch_id
			USING ERRCODE = '55000', HINT = 'Call advocacy.risk_reject, so that nothing does.';
	ELSIF held.decision <> 'released' THEN
		RAISE EXCEPTION 'batch % was % by % at %: nothing of it has happened', held.batch_id, held.decision, held.decided_by,
			advocacy.sync_time_text(held.decided_at) USING ERRCODE = '55000';
	END IF;
	RETURN QUERY SELECT u.* FROM advocacy.decisions_undo(held.cycle_id, decisions_undo_batch.reason, decisions_undo_batch.actor,
		decisions_undo_batch.at) AS u;
END $$;
COMMENT ON FUNCTION advocacy.decisions_undo_batch(bigint, text, text, timestamptz) IS
	'Takes back what followed when a held batch was released, as one act (audited, once).';
