-- writeback_checked: what stands in the CRM where our flags should. The daemon decides who may be asked, so its word is
-- written again where somebody has written another one, and the difference is kept in the audit log: a flag is looked at
-- once a day, so it is re-asserted once a day at the most, however often it is changed.
-- Parameters: source; entity; remote_ids; values, what was read of them (NULL: the field is empty); present, whether the
-- record was there at all; calls, made for it; at.
-- Returns: how many had been changed. Writes: crm_flag, crm_target (calls), audit_log. Notifies advocacy_writeback.
CREATE OR REPLACE FUNCTION advocacy.writeback_checked(source text, entity text, remote_ids text[], "values" text[],
	present boolean[], calls bigint DEFAULT 0, at timestamptz DEFAULT now()) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	total integer;
BEGIN
	PERFORM advocacy.writeback_lock(false);
	UPDATE advocacy.crm_target AS t
	   SET calls_today = CASE WHEN t.calls_day = (writeback_checked.at AT TIME ZONE 'UTC')::date THEN t.calls_today ELSE 0 END
	                     + writeback_checked.calls,
	       calls_day = (writeback_checked.at AT TIME ZONE 'UTC')::date
	 WHERE t.source = writeback_checked.source AND t.entity = writeback_checked.entity;
	WITH seen AS MATERIALIZED (
		SELECT v.remote_id, nullif(v.value, '') AS value, v.present
		  FROM unnest(writeback_checked.remote_ids, writeback_checked.values, writeback_checked.present)
		       AS v (remote_id, value, present)
	), looked AS (
		UPDATE advocacy.crm_flag AS f
		   SET checked_at = writeback_checked.at,
		       delivery = CASE WHEN s.present AND s.value IS DISTINCT FROM f.sent THEN 'pending' ELSE f.delivery END,
		       doubtful = s.present AND s.value IS DISTINCT FROM f.sent,
		       not_before = CASE WHEN s.present AND s.value IS DISTINCT FROM f.sent THEN writeback_checked.at
		                         ELSE f.not_before END
		  FROM seen AS s
		 WHERE f.source = writeback_checked.source AND f.entity = writeback_checked.entity AND f.remote_id = s.remote_id
		   AND f.delivery = 'current'
		RETURNING f.remote_id, f.sent, f.advocate_id, s.value, f.delivery
	), audited AS (
		INSERT INTO advocacy.audit_log (at, actor, action, subject, reason, details)
		SELECT writeback_checked.at, 'writeback', 'flag_changed_by_hand',
		       format('%s %s %s', writeback_checked.source, writeback_checked.entity, l.remote_id),
		       'somebody changed the flag in the CRM; it is written again',
		       jsonb_build_object('ours', l.sent, 'theirs', l.value, 'advocate_id', l.advocate_id)
		  FROM looked AS l WHERE l.delivery = 'pending' ORDER BY l.remote_id
		RETURNING audit_id
	)
	SELECT count(*) INTO total FROM audited AS a;
	IF total > 0 THEN
		PERFORM pg_notify('advocacy_writeback', '');
	END IF;
	RETURN total;
END $$;
COMMENT ON FUNCTION advocacy.writeback_checked(text, text, text[], text[], boolean[], bigint, timestamptz) IS
	'Compares what stands in the CRM with our flags; what somebody changed is audited and written again. Returns how many.';
