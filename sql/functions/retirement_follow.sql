-- retirement_follow: retires the advocates whose contacts changed (work_child) and are deleted or no longer marked, within
-- the limits of retirement_judge. Whose contact says otherwise again is held no longer, and what a person rejected of it is over.
-- Parameters: source; at. Returns: how many were retired. Writes: advocate, suspension, decision_batch, outbox; pg_temp.work_evaluate.
CREATE OR REPLACE FUNCTION advocacy.retirement_follow(source text, at timestamptz) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
#variable_conflict use_column
DECLARE
	changed bigint[];
	leaving bigint[];
	accounts bigint[];
BEGIN
	SELECT array_agg(DISTINCT a.advocate_id) FILTER (WHERE w.reason IS DISTINCT FROM coalesce(a.retire_rejected, w.reason)
	                                                    OR (w.reason IS NULL AND o.held)),
	       array_agg(DISTINCT a.advocate_id) FILTER (WHERE w.reason IS NOT NULL)
	  INTO changed, leaving
	  FROM pg_temp.work_child AS k
	  JOIN advocacy.contact AS c ON c.contact_id = k.id
	  JOIN advocacy.advocate AS a ON a.contact_id = c.contact_id AND a.retired_at IS NULL
	 CROSS JOIN LATERAL (SELECT advocacy.retirement_reason(c.deleted, c.advocate, c.source, a.enrolled_by) AS reason) AS w
	 CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM advocacy.suspension AS s
	                                     WHERE s.advocate_id = a.advocate_id AND s.cause = 'own' AND s.rule = 'retirement held'
	                                       AND s.closed_at IS NULL) AS held) AS o
	 WHERE k.entity = 'contact';
	IF changed IS NOT NULL THEN
		UPDATE advocacy.advocate AS a SET retire_rejected = NULL
		 WHERE a.advocate_id = ANY (changed) AND a.retire_rejected IS NOT NULL;
		UPDATE advocacy.suspension AS s
		   SET closed_at = retirement_follow.at, closed_by = 'rule', close_reason = 'the source marks them as an advocate, or has them, again'
		 WHERE s.advocate_id = ANY (changed) AND s.cause = 'own' AND s.rule = 'retirement held' AND s.closed_at IS NULL;
	END IF;
	IF leaving IS NULL THEN
		RETURN 0;
	END IF;
	accounts := advocacy.retirement_judge(leaving, retirement_follow.source, retirement_follow.at);
	INSERT INTO pg_temp.work_evaluate SELECT r FROM unnest(accounts) AS r WHERE r IS NOT NULL;
	RETURN coalesce(cardinality(accounts), 0);
END $$;
COMMENT ON FUNCTION advocacy.retirement_follow(text, timestamptz) IS
	'Retires the advocates whose contacts changed and are deleted or no longer marked, unless they are too many; returns how many.';
