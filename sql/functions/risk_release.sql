-- risk_release: a person says that the suspensions that were held at once are right. They follow now, with their
-- messages, as if they had not been held. Once, for this batch only; the next apply is judged like any other.
-- Parameters: batch, as the message suspensions_held names it; actor (NULL: the session's user); at.
-- Returns: how many advocates were suspended. What has become well meanwhile stays as it is.
-- Refuses: an unknown batch, one that is decided already.
-- Writes: risk, suspension, outbox, request (rematch), audit_log.
CREATE OR REPLACE FUNCTION advocacy.risk_release(batch bigint, actor text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	waiting bigint[];
	accounts bigint[];
	suspended integer;
	by_whom text := coalesce(nullif(risk_release.actor, ''), session_user);
BEGIN
	PERFORM advocacy.sync_lock();
	waiting := advocacy.risk_held_open(risk_release.batch);
	WITH released AS (
		UPDATE advocacy.risk AS r SET held_at = NULL WHERE r.risk_id = ANY (waiting) RETURNING r.account_id)
	SELECT array_agg(DISTINCT r.account_id) INTO accounts FROM released AS r;
	SELECT f.suspended INTO suspended FROM advocacy.suspension_follow(accounts, risk_release.at) AS f;
	INSERT INTO advocacy.audit_log (at, actor, action, subject, details)
	VALUES (risk_release.at, by_whom, 'risk_release', 'batch ' || risk_release.batch,
		jsonb_build_object('risks', cardinality(waiting), 'suspended', suspended));
	RETURN suspended;
END $$;
COMMENT ON FUNCTION advocacy.risk_release(bigint, text, timestamptz) IS
	'Lets the suspensions of a held batch happen (audited, once); returns how many advocates were suspended.';
