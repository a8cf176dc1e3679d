-- retention_run: one step of removing history, of whichever table it is due for. Each table is gone through once a day, in
-- steps; any number of daemons take turns.
-- Parameters: at; most, how many rows (of signal_history: accounts) it looks at.
-- Returns: one row: relation, what was looked at (NULL: nothing was due); removed, in the pass that is over now (NULL: it goes
-- on); next_at, when to call again; failure, why the step removed nothing (NULL: it went well): that table is tried again in
-- an hour, and the others go on. Writes: retention, and what retention_sweep writes.
-- It acts as its owner: the daemon itself can't remove what is only ever added to, nor bring forward what is to go.
CREATE OR REPLACE FUNCTION advocacy.retention_run(at timestamptz DEFAULT now(), most integer DEFAULT 1000)
RETURNS TABLE (relation text, removed bigint, next_at timestamptz, failure text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	due  advocacy.retention;
	step record;
BEGIN
	IF most IS NULL OR most NOT BETWEEN 1 AND 100000 THEN
		RAISE EXCEPTION 'a step can''t be of % rows', coalesce(most::text, 'null')
			USING ERRCODE = '22023', HINT = 'Give 1 to 100000, such as 1000.';
	END IF;
	IF EXISTS (SELECT FROM advocacy.retention_rules() AS r JOIN advocacy.retention_policy() AS p ON p.history = r.history
	             LEFT JOIN advocacy.retention AS t ON t.relation = r.relation
	            WHERE t.relation IS NULL OR t.keep IS DISTINCT FROM p.keep) THEN
		INSERT INTO advocacy.retention AS t (relation, history, keep, next_at)
		SELECT r.relation, r.history, p.keep, retention_run.at
		  FROM advocacy.retention_rules() AS r JOIN advocacy.retention_policy() AS p ON p.history = r.history ORDER BY r.place
		ON CONFLICT (relation) DO UPDATE SET keep = excluded.keep, next_at = excluded.next_at, reached = 0
		 WHERE t.keep IS DISTINCT FROM excluded.keep;
	END IF;

	SELECT t.* INTO due FROM advocacy.retention AS t JOIN advocacy.retention_rules() AS r ON r.relation = t.relation
	 WHERE t.keep IS NOT NULL AND t.next_at <= retention_run.at
	 ORDER BY r.place LIMIT 1 FOR UPDATE OF t SKIP LOCKED;
	IF FOUND THEN
		relation := due.relation;
		BEGIN
			SELECT s.* INTO step FROM advocacy.retention_sweep(due.relation, least(retention_run.at, now()) - due.keep,
				due.reached, most) AS s;
			UPDATE advocacy.retention AS t
			   SET began_at = CASE WHEN due.reached = 0 THEN retention_run.at ELSE t.began_at END,
			       pass_removed = CASE WHEN due.reached = 0 THEN 0 ELSE t.pass_removed END + step.removed,
			       removed = t.removed + step.removed,
			       reached = coalesce(step.next_reached, 0),
			       ended_at = CASE WHEN step.next_reached IS NULL THEN retention_run.at ELSE t.ended_at END,
			       next_at = CASE WHEN step.next_reached IS NULL THEN retention_run.at + interval '1 day' ELSE t.next_at END
			 WHERE t.relation = due.relation
			RETURNING CASE WHEN step.next_reached IS NULL THEN t.pass_removed END INTO removed;
		EXCEPTION WHEN OTHERS THEN
			failure := SQLERRM;
			UPDATE advocacy.retention AS t SET next_at = retention_run.at + interval '1 hour' WHERE t.relation = due.relation;
		END;
	END IF;
	SELECT min(t.next_at) INTO next_at FROM advocacy.retention AS t WHERE t.keep IS NOT NULL;
	RETURN NEXT;
END $$;
COMMENT ON FUNCTION advocacy.retention_run(timestamptz, integer) IS
	'One step of removing history that is older than the policy keeps; answers when the next one is due.';
