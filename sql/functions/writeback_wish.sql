-- writeback_wish: what records of the CRMs are to show from now on. Who shows anew what stands there for certain has shown it
-- since then; a wish that was never in doubt and is taken back before it was sent leaves no trace: nothing is sent.
-- Parameters: wishes, one for a record, with a target (state NULL: the record shows nothing any more; NULL: none); at.
-- Returns: how many flags changed. Writes: crm_flag. Notifies advocacy_writeback.
CREATE OR REPLACE FUNCTION advocacy.writeback_wish(wishes advocacy.crm_wish[], at timestamptz) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
	touched integer;
	waiting integer;
	dropped integer;
BEGIN
	PERFORM advocacy.writeback_lock(true);
	WITH change AS MATERIALIZED (
		SELECT w.*, f.remote_id IS NOT NULL AS known,
		       -- What stands there for certain is what is wanted again.
		       coalesce(f.sent_at IS NOT NULL AND NOT f.doubtful
		                AND (f.sent, f.sent_reason) IS NOT DISTINCT FROM (w.wanted, w.reason), false) AS stands,
		       (f.wanted, f.wanted_reason) IS DISTINCT FROM (w.wanted, w.reason) AS differs
		  FROM unnest(writeback_wish.wishes) AS w
		  -- It may have gone since the wish was made out.
		  JOIN advocacy.crm_target AS t ON t.source = w.source AND t.entity = w.entity
		  LEFT JOIN advocacy.crm_flag AS f ON f.source = w.source AND f.entity = w.entity AND f.remote_id = w.remote_id
		 WHERE CASE WHEN f.remote_id IS NULL THEN w.state IS NOT NULL
		            ELSE (f.wanted, f.wanted_reason, f.state, f.advocate_id, f.account_id)
		                 IS DISTINCT FROM (w.wanted, w.reason, w.state, w.advocate_id, w.account_id) END
	), made AS (
		INSERT INTO advocacy.crm_flag AS f (source, entity, remote_id, advocate_id, account_id, state, wanted, wanted_reason,
			wanted_since, not_before)
		SELECT c.source, c.entity, c.remote_id, c.advocate_id, c.account_id, c.state, c.wanted, c.reason, writeback_wish.at,
		       writeback_wish.at
		  FROM change AS c WHERE NOT c.known ORDER BY c.source, c.entity, c.remote_id
		ON CONFLICT (source, entity, remote_id) DO NOTHING
		RETURNING f.delivery
	), moved AS (
		UPDATE advocacy.crm_flag AS f
		   SET advocate_id = c.advocate_id, account_id = c.account_id, state = c.state, wanted = c.wanted,
		       wanted_reason = c.reason,
		       wanted_since = CASE WHEN NOT c.differs THEN f.wanted_since WHEN c.stands THEN f.sent_since
		                           ELSE writeback_wish.at END,
		       delivery = CASE WHEN NOT c.differs OR f.delivery = 'sending' THEN f.delivery
		                       WHEN c.stands THEN 'current' ELSE 'pending' END,
		       attempts = CASE WHEN c.differs THEN 0 ELSE f.attempts END,
		       not_before = CASE WHEN c.differs THEN writeback_wish.at ELSE f.not_before END
		  FROM change AS c
		 WHERE c.known AND f.source = c.source AND f.entity = c.entity AND f.remote_id = c.remote_id
		RETURNING f.delivery
	)
	SELECT count(*), count(*) FILTER (WHERE d.delivery = 'pending') INTO touched, waiting
	  FROM (SELECT m.delivery FROM made AS m UNION ALL SELECT m.delivery FROM moved AS m) AS d;
	IF waiting > 0 THEN
		PERFORM pg_notify('advocacy_writeback', '');
	END IF;
	-- What was never told anything, and isn't to be.
	DELETE FROM advocacy.crm_flag AS f USING unnest(writeback_wish.wishes) AS w
	 WHERE f.source = w.source AND f.entity = w.entity AND f.remote_id = w.remote_id AND w.state IS NULL
	   AND f.state IS NULL AND f.sent_at IS NULL AND NOT f.doubtful;
	GET DIAGNOSTICS dropped = ROW_COUNT;
	RETURN touched + dropped;
END $$;
COMMENT ON FUNCTION advocacy.writeback_wish(advocacy.crm_wish[], timestamptz) IS
	'Keeps what records of the CRMs are to show from now on; returns how many flags changed.';
