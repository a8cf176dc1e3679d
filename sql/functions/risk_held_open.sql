-- risk_held_open: the risks of a batch that still wait for a person.
-- Parameters: batch, as the message suspensions_held names it.
-- Returns: risk ids, in order. Raises P0002 for an unknown batch, 55000 for one that is decided or over: a decision is
-- good for one batch, once.
-- Writes: nothing. Locks the risks.
CREATE OR REPLACE FUNCTION advocacy.risk_held_open(batch bigint) RETURNS bigint[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	waiting bigint[];
	decided record;
BEGIN
	SELECT array_agg(l.risk_id ORDER BY l.risk_id) INTO waiting
	  FROM (SELECT r.risk_id FROM advocacy.risk AS r
	         WHERE r.held_batch = risk_held_open.batch AND r.held_at IS NOT NULL AND r.cleared_at IS NULL
	         ORDER BY r.risk_id FOR NO KEY UPDATE) AS l;
	IF waiting IS NOT NULL THEN
		RETURN waiting;
	END IF;
	IF NOT EXISTS (SELECT FROM advocacy.risk AS r WHERE r.held_batch = risk_held_open.batch) THEN
		RAISE EXCEPTION 'there is no held batch %', coalesce(risk_held_open.batch::text, 'null')
			USING ERRCODE = 'P0002', HINT = 'The message about the held suspensions names its batch.';
	END IF;
	SELECT l.action, l.actor, l.at INTO decided FROM advocacy.audit_log AS l
	 WHERE l.action IN ('risk_release', 'risk_reject') AND l.subject = 'batch ' || risk_held_open.batch
	 ORDER BY l.audit_id DESC LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'batch % was % by % at %', risk_held_open.batch,
			CASE decided.action WHEN 'risk_release' THEN 'released' ELSE 'rejected' END, decided.actor,
			advocacy.sync_time_text(decided.at) USING ERRCODE = '55000';
	END IF;
	RAISE EXCEPTION 'nothing of batch % is held any more: its accounts are well again', risk_held_open.batch
		USING ERRCODE = '55000';
END $$;
COMMENT ON FUNCTION advocacy.risk_held_open(bigint) IS 'The risks of a held batch that still wait for a person; refuses one that is decided.';
