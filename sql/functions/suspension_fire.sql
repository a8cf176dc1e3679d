-- suspension_fire: ends the suspensions whose time is over, and lets the soft ones that nobody has answered in time count as
-- hard for open requests.
-- Parameters: at. Returns: how many. Writes: suspension, outbox, request (rematch), audit_log.
CREATE OR REPLACE FUNCTION advocacy.suspension_fire(at timestamptz DEFAULT now()) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	one record;
	fired integer := 0;
BEGIN
	IF NOT EXISTS (SELECT FROM advocacy.suspension AS s WHERE s.closed_at IS NULL AND s.until <= suspension_fire.at)
		AND NOT EXISTS (SELECT FROM advocacy.suspension AS s
		                 WHERE s.closed_at IS NULL AND s.answered_at IS NULL AND s.answer_due_at <= suspension_fire.at) THEN
		RETURN 0;
	END IF;
	PERFORM advocacy.sync_lock(); -- before advocates and requests, as everywhere
	-- ... and advocates before their suspensions: a person may be ending one of these.
	PERFORM FROM advocacy.advocate AS a
	 WHERE a.advocate_id IN (SELECT s.advocate_id FROM advocacy.suspension AS s
	                          WHERE s.closed_at IS NULL AND (s.until <= suspension_fire.at
	                             OR s.answered_at IS NULL AND s.answer_due_at <= suspension_fire.at))
	 ORDER BY a.advocate_id FOR NO KEY UPDATE;
	FOR one IN
		SELECT s.suspension_id, s.advocate_id, s.cause, s.rule, s.severity, s.until FROM advocacy.suspension AS s
		 WHERE s.closed_at IS NULL AND s.until <= suspension_fire.at ORDER BY s.advocate_id, s.suspension_id
	LOOP
		fired := fired + 1;
		IF one.cause = 'own' THEN
			PERFORM advocacy.suspension_close(one.advocate_id, one.rule, 'its time is over', 'time', suspension_fire.at);
			CONTINUE;
		END IF;
		UPDATE advocacy.suspension AS s SET closed_at = suspension_fire.at, closed_by = 'time', close_reason = 'its time is over'
		 WHERE s.suspension_id = one.suspension_id;
		INSERT INTO advocacy.audit_log (at, actor, action, subject, reason, details)
		VALUES (suspension_fire.at, 'time', 'advocate_reinstate', 'advocate ' || one.advocate_id, 'its time is over',
			jsonb_build_object('suspension_id', one.suspension_id));
		IF one.severity IN ('soft', 'hard')
			AND NOT EXISTS (SELECT FROM advocacy.suspension AS o WHERE o.advocate_id = one.advocate_id AND o.closed_at IS NULL) THEN
			PERFORM advocacy.outbox_put('advocate_reinstated_by_person', 'reinstated:person:' || one.suspension_id,
				advocacy.suspension_facts(one.suspension_id) || jsonb_build_object('reason', 'its time is over',
					'at', advocacy.sync_time_text(suspension_fire.at)), 5, suspension_fire.at);
		END IF;
	END LOOP;
	FOR one IN
		UPDATE advocacy.suspension AS s SET answered_at = suspension_fire.at, answered_by = 'time'
		 WHERE s.closed_at IS NULL AND s.answered_at IS NULL AND s.answer_due_at <= suspension_fire.at
		RETURNING s.advocate_id, s.opened_at
	LOOP
		fired := fired + 1;
		PERFORM FROM advocacy.advocate AS a WHERE a.advocate_id = one.advocate_id FOR NO KEY UPDATE;
		PERFORM advocacy.request_follow_suspension(one.advocate_id, 'hard', suspension_fire.at, one.opened_at);
	END LOOP;
	RETURN fired;
END $$;
COMMENT ON FUNCTION advocacy.suspension_fire(timestamptz) IS
	'Ends the suspensions whose time is over; soft ones that nobody answered in time count as hard for open requests.';
