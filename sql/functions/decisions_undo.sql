-- decisions_undo: a person takes back what one cycle has decided, as one act: the suspensions that it opened end, those that
-- it ended are there again, its risks are closed or open as before. The same values don't decide it again at the next
-- evaluation: a source has to give another one first. What was held of it is rejected with it.
-- Of a batch that was released it takes back what followed, as if it had been rejected instead:
--   causes by contacts' own signals   end, and don't open again until the contact has another value
--   retirements                       those whose contact the source still has are advocates again until it says something else,
--                                     and what is wrong at their account suspends them; who was deleted stays retired
--   opt-outs                          nobody is asked whom the source has as opted out: no person can consent for another
--   a first reading                   the next full reading is only observed again
-- A suspension that it ended comes back where its advocate is still at that account; a request that was sent back to
-- matching stays there. Whoever was told of the cycle gets one message.
-- Parameters: cycle, as decision_cycle has it; reason; actor (NULL: the session's user); at.
-- Returns: one row: advocates whose suspension ended; advocates suspended again; risks closed; risks open again; advocates who are
-- retired no more.
-- Refuses: an unknown cycle, one that was taken back already, a missing reason.
-- Writes: risk, suspension, advocate, sync_stream, decision_cycle, decision_batch, outbox (decisions_undone, key undone:CYCLE),
-- request (rematch), crm_flag, sla_clock, audit_log; and what suspension_follow and risk_evaluate_contacts write.
CREATE OR REPLACE FUNCTION advocacy.decisions_undo(cycle bigint, reason text, actor text DEFAULT NULL,
	at timestamptz DEFAULT now())
RETURNS TABLE (lifted integer, suspended_again integer, risks_closed integer, risks_reopened integer,
	unretired integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
	by_whom text := coalesce(nullif(decisions_undo.actor, ''), session_user);
	made advocacy.decision_cycle;
	released advocacy.decision_batch;
	closed bigint[];
	reopened bigint[];
	ended bigint[];
	begun bigint[];
	back bigint[];
	causes bigint[];
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

	SELECT b.* INTO released FROM advocacy.decision_batch AS b WHERE b.cycle_id = made.cycle_id;

	-- A risk is the cycle's if it opened in it, if nobody had been suspended by it before, or if it was released in it.
	WITH its AS (
		SELECT r.risk_id FROM advocacy.risk AS r WHERE r.opened_in = made.cycle_id AND r.cleared_at IS NULL
		UNION
		SELECT s.risk_id FROM advocacy.suspension AS s
		  JOIN advocacy.risk AS r ON r.risk_id = s.risk_id AND r.cleared_at IS NULL
		 WHERE s.opened_in = made.cycle_id
		   AND NOT EXISTS (SELECT FROM advocacy.suspension AS o
		                    WHERE o.risk_id = s.risk_id AND o.closed_at IS NULL AND o.opened_in IS DISTINCT FROM made.cycle_id)
		UNION
		SELECT r.risk_id FROM advocacy.risk AS r
		 WHERE released.direction = 'suspend' AND r.held_batch = released.batch_id AND r.cleared_at IS NULL
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
		RETURNING s.suspension_id), own AS (
		UPDATE advocacy.suspension AS s
		   SET closed_at = decisions_undo.at, closed_by = by_whom, close_reason = 'taken back: ' || decisions_undo.reason,
		       evidence = s.evidence || '{"rejected": true}'
		 WHERE s.opened_in = made.cycle_id AND s.cause = 'own' AND s.closed_at IS NULL
		RETURNING s.suspension_id)
	SELECT array_agg(d.suspension_id) INTO ended FROM (TABLE done UNION ALL TABLE own) AS d;
	-- What waits for a person's yes isn't over any more.
	UPDATE advocacy.suspension AS s SET review_since = NULL
	 WHERE s.risk_id = ANY (reopened) AND s.closed_at IS NULL AND s.review_since IS NOT NULL;
	PERFORM FROM advocacy.advocate AS a
	 WHERE a.advocate_id IN (SELECT s.advocate_id FROM advocacy.suspension AS s
	                          WHERE s.risk_id = ANY (reopened) OR s.suspension_id = ANY (ended)
	                             OR (s.closed_in = made.cycle_id AND s.cause = 'own'))
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

	UPDATE advocacy.sync_stream AS y SET observed = 'rejected'
	 WHERE released.observed IS NOT NULL AND y.source = released.source
	   AND (y.stream = released.stream
	        OR y.stream IN (SELECT r.evidence ->> 'stream' FROM advocacy.risk AS r WHERE r.risk_id = ANY (closed)));
	UPDATE advocacy.advocate AS a SET opt_out = 'rejected', opt_out_at = decisions_undo.at
	 WHERE released.direction = 'opt_out' AND a.opt_out = 'known' AND a.opt_out_at = made.decided_at
	   AND a.advocate_id IN (SELECT s.advocate_id FROM advocacy.suspension AS s
	                          WHERE s.closed_in = made.cycle_id AND s.rule = 'opt-out held');
	WITH done AS (
		UPDATE advocacy.advocate AS a
		   SET retired_at = NULL, retire_reason = NULL,
		       retire_rejected = advocacy.retirement_reason(c.deleted, c.advocate, c.source, a.enrolled_by)
		  FROM advocacy.contact AS c
		 WHERE released.direction = 'retire' AND c.contact_id = a.contact_id AND NOT c.deleted
		   AND a.advocate_id IN (SELECT s.advocate_id FROM advocacy.suspension AS s
		                          WHERE s.closed_in = made.cycle_id AND s.rule = 'retirement held')
		   -- Not whom somebody has retired, or who was joined with another enrolment, since.
		   AND a.retired_at = made.decided_at
		   AND (a.retire_reason = 'contact deleted' OR a.retire_reason LIKE 'no longer marked as an advocate in %')
		   AND NOT EXISTS (SELECT FROM advocacy.advocate AS o JOIN advocacy.contact AS oc ON oc.contact_id = o.contact_id
		                    WHERE o.account_id = a.account_id AND o.retired_at IS NULL AND lower(oc.email) = lower(c.email))
		RETURNING a.advocate_id)
	SELECT array_agg(d.advocate_id ORDER BY d.advocate_id) INTO back FROM done AS d;
	-- All that lock advocates, before the first request is locked.
	PERFORM advocacy.writeback_follow(back || ARRAY(SELECT s.advocate_id FROM advocacy.suspension AS s
		WHERE s.suspension_id = ANY (ended || begun)), decisions_undo.at);
	IF back IS NOT NULL THEN
		causes := advocacy.risk_evaluate_contacts(back, decisions_undo.at);
		PERFORM FROM advocacy.suspension_follow(ARRAY(SELECT DISTINCT a.account_id FROM advocacy.advocate AS a
			WHERE a.advocate_id = ANY (back) AND a.account_id IS NOT NULL), decisions_undo.at);
	END IF;

	risks_closed := coalesce(cardinality(closed), 0);
	risks_reopened := coalesce(cardinality(reopened), 0);
	unretired := coalesce(cardinality(back), 0);
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
			'risks_reopened', risks_reopened, 'suspensions_closed', to_jsonb(ended), 'suspensions_opened', to_jsonb(begun))
		|| jsonb_strip_nulls(jsonb_build_object('batch', released.batch_id, 'unretired', to_jsonb(back))));

	FOR advocate_id IN
		SELECT DISTINCT s.advocate_id FROM advocacy.suspension AS s
		 WHERE s.suspension_id = ANY (begun) AND s.severity IN ('hard', 'ineligible') ORDER BY 1
	LOOP
		PERFORM advocacy.request_follow_suspension(advocate_id, 'hard', decisions_undo.at);
	END LOOP;
	PERFORM advocacy.request_follow_causes(causes, decisions_undo.at);
	PERFORM advocacy.clock_follow_suspensions(ended, 'closed', decisions_undo.at);
	PERFORM advocacy.clock_follow_suspensions(begun, 'opened', decisions_undo.at);

	-- Names of advocates only: who may be asked again, and who may not.
	said := jsonb_strip_nulls(jsonb_build_object('cycle', made.cycle_id::text, 'source', made.source, 'stream', made.stream,
		'decided_at', advocacy.sync_time_text(made.decided_at), 'reason', decisions_undo.reason, 'actor', by_whom,
		'lifted', lifted::text, 'suspended_again', suspended_again::text,
		'advocates', (SELECT jsonb_agg(n.name ORDER BY n.name) FROM (
			SELECT DISTINCT advocacy.advocate_name(a.advocate_id) AS name FROM advocacy.advocate AS a
			 WHERE (a.advocate_id = ANY (back)
			        OR a.advocate_id IN (SELECT s.advocate_id FROM advocacy.suspension AS s WHERE s.suspension_id = ANY (ended)))
			   AND a.retired_at IS NULL
			   AND NOT EXISTS (SELECT FROM advocacy.suspension AS o WHERE o.advocate_id = a.advocate_id AND o.closed_at IS NULL)
			 ORDER BY 1 LIMIT 20) AS n),
		'gone', (SELECT jsonb_agg(n.name ORDER BY n.name) FROM (
			SELECT DISTINCT advocacy.advocate_name(s.advocate_id) AS name
			  FROM advocacy.suspension AS s JOIN advocacy.advocate AS a ON a.advocate_id = s.advocate_id
			  JOIN advocacy.contact AS c ON c.contact_id = a.contact_id
			 WHERE s.closed_in = made.cycle_id
			   AND (s.rule = 'retirement held' AND c.deleted OR s.rule = 'opt-out held' AND c.opted_out)
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
		UNION ALL SELECT 'suspended:own:' || s FROM unnest(ended) AS s
		UNION ALL SELECT 'held:' || released.batch_id
		UNION ALL SELECT format('optout:%s:%s', s.advocate_id, advocacy.sync_time_text(made.decided_at)) FROM advocacy.suspension AS s
		           WHERE s.closed_in = made.cycle_id AND s.rule = 'opt-out held'
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
