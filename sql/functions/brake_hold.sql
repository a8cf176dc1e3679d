-- brake_hold: the batch in which advocates are held of whom their contacts say too much at once: the one of the same source
-- and direction that waits, which they join in silence, or a new one, of which the administrators are told once.
-- Parameters: direction, retire, opt_out or contact; source; advocates, ids; recent, how many in the last 24 hours; most, the limit
-- that is exceeded (brake_exceeded; NULL: none, a batch waits); reasons, a JSON list {"rule", "count"}; at.
-- Returns: the decision_batch; the caller holds the advocates by suspensions that name it (evidence.batch).
-- Writes: decision_batch, and what batch_open writes.
CREATE OR REPLACE FUNCTION advocacy.brake_hold(direction text, source text, advocates bigint[], recent integer, most integer,
	reasons jsonb, at timestamptz) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	batch bigint := advocacy.brake_waiting(brake_hold.direction, brake_hold.source);
	total integer := cardinality(brake_hold.advocates);
BEGIN
	IF batch IS NOT NULL THEN
		UPDATE advocacy.decision_batch AS b SET advocates = b.advocates + total WHERE b.batch_id = batch;
		RETURN batch;
	END IF;
	total := total + CASE WHEN total > brake_hold.most THEN 0 ELSE brake_hold.recent END;
	RETURN advocacy.batch_open(brake_hold.direction, brake_hold.source, 'contact', total, brake_hold.most, brake_hold.reasons,
		ARRAY(SELECT a.account_id FROM advocacy.advocate AS a WHERE a.advocate_id = ANY (brake_hold.advocates)),
		CASE WHEN brake_hold.direction <> 'retire' THEN
			(SELECT jsonb_agg(n.name ORDER BY n.id)
			   FROM (SELECT q.request_id AS id, 'REQ-' || q.request_id AS name FROM advocacy.request AS q
			          WHERE q.advocate_id = ANY (brake_hold.advocates)
			            AND q.state IN ('proposed', 'awaiting_csm', 'awaiting_advocate', 'scheduled', 'suspended_hold')
			          ORDER BY 1 LIMIT 10) AS n) END, brake_hold.at);
END $$;
COMMENT ON FUNCTION advocacy.brake_hold(text, text, bigint[], integer, integer, jsonb, timestamptz) IS
	'The batch in which advocates are held of whom their contacts say too much at once, told of once.';
