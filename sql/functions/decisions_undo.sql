-- decisions_undo: a person takes back what one cycle has decided, as one act: the suspensions that it opened end, those that
-- it ended are there again, its risks are closed or open as before. The same values don't decide it again at the next
-- evaluation: a source has to give another one first. What was held of it is rejected with it.
-- A suspension that it ended comes back where its advocate is still at that account; a request that was sent back to
-- matching stays there. Whoever was told of the cycle gets one message.
-- Parameters: cycle, as decision_cycle has it; reason; actor (NULL: the session's user); at.
-- Returns: one row: advocates whose suspension ended; advocates suspended again; risks closed; risks open again.
-- Refuses: an unknown cycle, one that was taken back already, a missing reason.
-- Writes: risk, suspension, decision_cycle, decision_batch, outbox (decisions_undone, key undone:CYCLE), request (rematch), audit_log.
CREATE OR REPLACE FUNCTION advocacy.decisions_undo(cycle bigint, reason text, actor text DEFAULT NULL,
	at timestamptz DEFAULT now())
RETURNS TABLE (lifted integer, suspended_again integer, risks_closed integer, risks_reopened integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
	by_whom text := coalesce(nullif(decisions_undo.actor, ''), session_user);
	made advocacy.decision_cycle;
	closed bigint[];
	reopened bigint[];
	ended bigint[];
	begun bigint[];
	advocate_id bigint;
	said jsonb;
BEGIN
	PERFORM advocacy.time_refuse(decisions_undo.at);
	IF coalesce(btrim(decisions_undo.reason), '') = '' THEN
		RAISE EXCEPTION 'taking decisions back needs a reason' USING ERRCODE = '22023';
	END IF;
	PERFORM advocacy.sync_lock();
	SELECT d.* INTO made FROM advocacy.decision_cycle AS d WHERE d.cycle_id = decisions_undo.cycle FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no cycle % with decisions', coalesce(decisions_undo.cycle::text, 'null')
			USING ERRCODE = 'P0002', HINT = 'Look it up in advocacy.decision_cycle.';
	END IF;
	IF made.undone_at IS NOT NULL THEN
		RAISE EXCEPTION 'cycle % was taken back by % at %', made.cycle_id, made.undone_by,
			advocacy.sync_time_text(made.undone_at) USING ERRCODE = '55000';
	END IF;

	-- A risk is the cycle's if it opened in it, or if nobody had been suspended by it before.
	WITH its AS (
		SELECT r.risk_id FROM advocacy.risk AS r WHERE r.opened_in = made.cycle_id AND r.cleared_at IS NULL
		UNION
		SELECT s.risk_id FROM advocacy.suspension AS s
		  JOIN advocacy.risk AS r ON r.risk_id = s.risk_id AND r.cleared_at IS NULL
		 WHERE s.opened_in = made.cycle_id
		   AND NOT EXISTS (SELECT FROM advocacy.suspension AS o
		                    WHERE o.risk_id = s.risk_id AND o.closed_at IS NULL AND o.opened_in IS DISTINCT FROM made.cycle_id)
	), done AS (
		UPDATE advocacy.risk AS r
		   SET cleared_at = decisions_undo.at, undone_at = decisions_undo.at,
		       clear_evidence = jsonb_build_object('reason', 'taken back by a person: ' || decisions_undo.reason,
		                                           'rejected_by', by_whom, 'cycle', made.cycle_id)
		  FROM its AS i WHERE i.risk_id = r.risk_id
		RETURNING r.risk_id)
	SELECT array_agg(d.risk_id) INTO closed FROM done AS d;
	WITH done AS (
		UPDATE advocacy.risk AS r
		   SET cleared_at = NULL, clear_evidence = NULL, well_since = NULL, clear_due_at = NULL, cleared_in = NULL,
		       clear_batch = NULL,
		       undone_at = decisions_undo.at
		  FROM advocacy.risk_rule AS u, advocacy.account AS a
		 WHERE r.cleared_in = made.cycle_id AND r.cleared_at IS NOT NULL
		   AND u.rule = r.rule AND u.active AND a.account_id = r.account_id AND a.merged_into IS NULL
		   AND NOT EXISTS (SELECT FROM advocacy.risk AS o
		                    WHERE o.account_id = r.account_id AND o.rule = r.rule AND o.cleared_at IS NULL)
		   AND NOT EXISTS (SELECT FROM advocacy.risk AS o
		                    WHERE o.account_id = r.account_id AND o.rule = r.rule AND o.cleared_in = made.cycle_id
		                      AND o.risk_id > r.risk_id)
		RETURNING r.risk_id)
	SELECT array_agg(d.risk_id) INTO reopened FROM done AS d;

	WITH done AS (
		UPDATE advocacy.suspension AS s
		   SET closed_at = decisions_undo.at, closed_by = by_whom, close_reason = 'taken back: ' || decisions_undo.reason
		 WHERE s.risk_id = ANY (closed) AND s.closed_at IS NULL
		RETURNING s.suspension_id)
	SELECT array_agg(d.suspension_id) INTO ended FROM done AS d;
	PERFORM FROM advocacy.advocate AS a
	 WHERE a.advocate_id IN (SELECT s.advocate_id FROM advocacy.suspension AS s WHERE s.risk_id = ANY (reopened))
	 ORDER BY a.advocate_id FOR NO KEY UPDATE;
	WITH done AS (
		INSERT INTO advocacy.suspension AS n (advocate_id, cause, risk_id, rule, severity, reason, evidence, opened_at,
			opened_by, answer_due_at)
		SELECT s.advocate_id, s.cause, s.risk_id, s.rule, u.severity, s.reason,
		       s.evidence || jsonb_build_object('taken_back', jsonb_build_object('cycle', made.cycle_id,
		           'suspension_id', s.suspension_id)), decisions_undo.at, by_whom,
		       CASE u.severity WHEN 'soft' THEN advocacy.suspension_answer_due(s.advocate_id, decisions_undo.at) END
		  FROM advocacy.suspension AS s
		  JOIN advocacy.risk AS r ON r.risk_id = s.risk_id
		  JOIN advocacy.risk_rule AS u ON u.rule = r.rule AND u.action = 'suspend'
		  JOIN advocacy.advocate AS a ON a.advocate_id = s.advocate_id AND a.retired_at IS NULL AND a.account_id = r.account_id
		 WHERE s.closed_in = made.cycle_id AND s.risk_id = ANY (reopened) AND r.held_at IS NULL
		   AND NOT advocacy.risk_overridden(s.advocate_id, a.account_id, s.rule, u.severity, decisions_undo.at)
		 ORDER BY s.suspension_id
		ON CONFLICT (advocate_id, risk_id) WHERE closed_at IS NULL AND cause = 'risk' DO NOTHING
		RETURNING n.suspension_id)
	SELECT array_agg(d.suspension_id) INTO begun FROM done AS d;

	risks_closed := coalesce(cardinality(closed), 0);
	risks_reopened := coalesce(cardinality(reopened), 0);
	SELECT count(DISTINCT s.advocate_id) INTO lifted FROM advocacy.suspension AS s WHERE s.suspension_id = ANY (ended);
	SELECT count(DISTINCT s.advocate_id) INTO suspended_again FROM advocacy.suspension AS s WHERE s.suspension_id = ANY (begun);
	UPDATE advocacy.decision_batch AS b SET decision = 'rejected', decided_at = decisions_undo.at, decided_by = by_whom
	 WHERE b.decision IS NULL
	   AND b.batch_id IN (SELECT r.held_batch FROM advocacy.risk AS r WHERE r.risk_id = ANY (closed))
	   AND NOT EXISTS (SELECT FROM advocacy.risk AS r
	                    WHERE r.held_batch = b.batch_id AND r.held_at IS NOT NULL AND r.cleared_at IS NULL);
	UPDATE advocacy.decision_cycle AS d
	   SET undone_at = decisions_undo.at, undone_by = by_whom, undo_reason = decisions_undo.reason
	 WHERE d.cycle_id = made.cycle_id;
	INSERT INTO advocacy.audit_log (at, actor, action, subject, reason, details)
	VALUES (decisions_undo.at, by_whom, 'decisions_undo', 'cycle ' || made.cycle_id, decisions_undo.reason,
		jsonb_build_object('lifted', lifted, 'suspended_again', suspended_again, 'risks_closed', risks_closed,
			'risks_reopened', risks_reopened, 'suspensions_closed', to_jsonb(ended), 'suspensions_opened', to_jsonb(begun)));

	FOR advocate_id IN
		SELECT DISTINCT s.advocate_id FROM advocacy.suspension AS s
		 WHERE s.suspension_id = ANY (begun) AND s.severity IN ('hard', 'ineligible') ORDER BY 1
	LOOP
		PERFORM advocacy.request_follow_suspension(advocate_id, 'hard', decisions_undo.at);
	END LOOP;

	-- Names of advocates only: who may be asked again, and who may not.
	said := jsonb_strip_nulls(jsonb_build_object('cycle', made.cycle_id::text, 'source', made.source, 'stream', made.stream,
		'decided_at', advocacy.sync_time_text(made.decided_at), 'reason', decisions_undo.reason, 'actor', by_whom,
		'lifted', lifted::text, 'suspended_again', suspended_again::text,
		'advocates', (SELECT jsonb_agg(n.name ORDER BY n.name) FROM (
			SELECT DISTINCT advocacy.advocate_name(s.advocate_id) AS name FROM advocacy.suspension AS s
			 WHERE s.suspension_id = ANY (ended)
			   AND NOT EXISTS (SELECT FROM advocacy.suspension AS o WHERE o.advocate_id = s.advocate_id AND o.closed_at IS NULL)
			 ORDER BY 1 LIMIT 20) AS n),
		'still_suspended', (SELECT jsonb_agg(n.name ORDER BY n.name) FROM (
			SELECT DISTINCT advocacy.advocate_name(s.advocate_id) AS name FROM advocacy.suspension AS s
			 WHERE s.suspension_id = ANY (begun) ORDER BY 1 LIMIT 20) AS n),
		'event', 'cycle-' || made.cycle_id, 'at', advocacy.sync_time_text(decisions_undo.at)));
	-- To those whom the messages of the cycle went to, whatever the routes say of this kind; and to those whom they name.
	INSERT INTO advocacy.outbox (kind, dedup_key, channel, facts, priority, created_at, not_before, state)
	SELECT DISTINCT 'decisions_undone', 'undone:' || made.cycle_id, o.channel, said, 3::smallint, decisions_undo.at,
	       decisions_undo.at, 'pending'
	  FROM advocacy.outbox AS o
	 WHERE o.channel IS NOT NULL AND o.dedup_key IN (
		SELECT 'suspended:risk:' || r.risk_id FROM advocacy.risk AS r WHERE r.risk_id = ANY (closed)
		UNION ALL SELECT 'reinstated:risk:' || r.risk_id FROM advocacy.risk AS r WHERE r.risk_id = ANY (reopened)
		UNION ALL SELECT 'first-load:' || (s.evidence ->> 'first_load') FROM advocacy.suspension AS s
		           WHERE s.suspension_id = ANY (ended) AND s.evidence ? 'first_load'
		UNION ALL SELECT 'held:' || r.held_batch FROM advocacy.risk AS r WHERE r.risk_id = ANY (closed) AND r.held_batch IS NOT NULL)
	ON CONFLICT DO NOTHING;
	IF NOT FOUND OR EXISTS (SELECT FROM advocacy.route AS r WHERE r.kinds && '{decisions_undone,*}') THEN
		PERFORM advocacy.outbox_put('decisions_undone', 'undone:' || made.cycle_id, said, 3, decisions_undo.at);
	ELSE
		PERFORM pg_notify('advocacy_outbox', '');
	END IF;
	RETURN NEXT;
END $$;
COMMENT ON FUNCTION advocacy.decisions_undo(bigint, text, text, timestamptz) IS
	'Takes back what one cycle has decided, as one act (audited, once); the same values don''t decide it again.';
