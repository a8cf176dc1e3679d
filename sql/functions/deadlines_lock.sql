-- deadlines_lock(at) -> void
--
-- Purpose:    takes the locks of all that is due in the one order that everybody keeps: the lease on decisions, then advocates in
--             the order of their ids, and only then their requests and clocks. What fires one after the other would else hold
--             the first one's requests when it comes to the next one's advocates, while somebody who matches holds such
--             an advocate and waits for such a request.
-- Parameters: at  now.
-- Returns:    nothing.
-- Writes:     nothing; locks until the transaction ends.
CREATE OR REPLACE FUNCTION advocacy.deadlines_lock(at timestamptz)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	-- First where something is due at all, by partial indexes: mostly nothing is, and then no table is read.
	batches constant bigint[] := ARRAY(
		SELECT b.batch_id FROM advocacy.decision_batch AS b
		WHERE b.decision IS NULL AND b.observed IS NULL AND b.opened_at <= deadlines_lock.at - interval '72 hours');
	accounts bigint[] := ARRAY(
		SELECT r.account_id FROM advocacy.risk AS r WHERE r.cleared_at IS NULL AND r.clear_due_at <= deadlines_lock.at
		UNION
		SELECT d.account_id FROM advocacy.risk_due AS d WHERE d.due_at <= deadlines_lock.at
		UNION
		SELECT o.account_id FROM advocacy.risk_override AS o WHERE o.ended_at IS NULL AND o.until <= deadlines_lock.at);
	due bigint[] := ARRAY(
		SELECT unnest(advocacy.contact_advocates(c.contact_id)) FROM advocacy.consent AS c WHERE c.next_at <= deadlines_lock.at
		UNION
		SELECT s.advocate_id FROM advocacy.suspension AS s WHERE s.closed_at IS NULL AND s.until <= deadlines_lock.at
		UNION
		SELECT s.advocate_id FROM advocacy.suspension AS s
		WHERE s.closed_at IS NULL AND s.answered_at IS NULL AND s.answer_due_at <= deadlines_lock.at
		UNION
		SELECT o.advocate_id FROM advocacy.risk_override AS o WHERE o.ended_at IS NULL AND o.until <= deadlines_lock.at);
BEGIN
	IF batches <> '{}' THEN -- risk_batches_expire judges anew whom they hold
		accounts := accounts || ARRAY(
			SELECT r.account_id FROM advocacy.risk AS r WHERE r.held_batch = ANY (batches) AND r.cleared_at IS NULL
			UNION
			SELECT r.account_id FROM advocacy.risk AS r WHERE r.clear_batch = ANY (batches) AND r.cleared_at IS NULL);
		due := due || ARRAY(
			SELECT s.advocate_id FROM advocacy.suspension AS s
			WHERE s.cause = 'own' AND s.severity = 'hold' AND s.closed_at IS NULL
			  AND s.evidence ->> 'batch' = ANY (batches::text[]));
	END IF;
	IF accounts <> '{}' THEN
		due := due || ARRAY(SELECT v.advocate_id FROM advocacy.advocate AS v WHERE v.account_id = ANY (accounts));
	END IF;
	IF due <> '{}' THEN
		PERFORM advocacy.sync_lock();
		PERFORM FROM advocacy.advocate AS a WHERE a.advocate_id = ANY (due) ORDER BY a.advocate_id FOR NO KEY UPDATE;
	END IF;
END
$$;

COMMENT ON FUNCTION advocacy.deadlines_lock(timestamptz) IS
	'Locks the advocates that anything due is about, before their requests, as everybody does.';
