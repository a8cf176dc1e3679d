-- account_follow: everything that belongs to a record goes where the record went (pg_temp.work_moved).
-- Contacts, cases and opportunities of accounts that have just arrived find them here too.
-- Parameters: at.
-- Returns: nothing.
-- Writes: contact, support_case, opportunity (account_id), signal, signal_history, risk, risk_override, audit_log,
-- account (merged_into); the work tables for what has to be looked at again. Advocates and suspensions follow in sync_apply.
CREATE OR REPLACE FUNCTION advocacy.account_follow(at timestamptz DEFAULT now()) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
#variable_conflict use_column
DECLARE
	arrived bigint[]; -- open risks that went to another account
	joined bigint[]; -- those that ended in another one, which isn't over
BEGIN
	IF NOT EXISTS (SELECT FROM pg_temp.work_moved) THEN
		RETURN;
	END IF;

	WITH moved AS (
		UPDATE advocacy.contact AS c SET account_id = m.account_id FROM pg_temp.work_moved AS m
		 WHERE c.source = m.source AND c.account_remote_id = m.remote_id AND c.account_id IS DISTINCT FROM m.account_id
		RETURNING c.contact_id, m.old_account_id, m.account_id)
	INSERT INTO pg_temp.work_child SELECT 'contact', v.* FROM moved AS v;
	WITH moved AS (
		UPDATE advocacy.support_case AS c SET account_id = m.account_id FROM pg_temp.work_moved AS m
		 WHERE c.source = m.source AND c.account_remote_id = m.remote_id AND c.account_id IS DISTINCT FROM m.account_id
		RETURNING c.case_id, m.old_account_id, m.account_id)
	INSERT INTO pg_temp.work_child SELECT 'support_case', v.* FROM moved AS v;
	UPDATE advocacy.opportunity AS c SET account_id = m.account_id FROM pg_temp.work_moved AS m
	 WHERE c.source = m.source AND c.account_remote_id = m.remote_id AND c.account_id IS DISTINCT FROM m.account_id;

	-- What one source said of an account goes as a whole, and to one account, also where several of its records leave: with one
	-- that spoke for it until now.
	UPDATE pg_temp.work_moved AS m SET takes_signals = true
	  FROM (SELECT DISTINCT ON (w.old_account_id, w.source) w.source, w.remote_id
	          FROM pg_temp.work_moved AS w
	          LEFT JOIN pg_temp.work_link AS l ON l.source = w.source AND l.remote_id = w.remote_id
	         WHERE w.old_account_id IS NOT NULL
	         ORDER BY w.old_account_id, w.source, l.old_reason = 'merged', w.merged, w.remote_id) AS first
	 WHERE m.source = first.source AND m.remote_id = first.remote_id
	   AND NOT EXISTS (SELECT FROM advocacy.account_source AS o
	                    WHERE o.account_id = m.old_account_id AND o.source = m.source AND NOT o.deleted
	                      AND NOT EXISTS (SELECT FROM pg_temp.work_moved AS w
	                                       WHERE w.source = o.source AND w.remote_id = o.remote_id));
	DELETE FROM pg_temp.work_moved AS m WHERE m.old_account_id IS NULL;
	IF NOT EXISTS (SELECT FROM pg_temp.work_moved) THEN
		RETURN;
	END IF;

	UPDATE advocacy.account AS a SET merged_into = t.account_id, updated_at = account_follow.at
	  FROM pg_temp.work_owner AS o JOIN pg_temp.work_target AS t ON t.component = o.component
	 WHERE a.account_id = o.account_id AND o.account_id <> t.account_id
	   AND NOT EXISTS (SELECT FROM advocacy.account_source AS s WHERE s.account_id = a.account_id);

	-- A person's word about a customer holds for the customer, by whatever record; but it frees nobody whom it wasn't about.
	WITH together AS MATERIALIZED (
		SELECT x.account_id, a.merged_into AS target
		  FROM advocacy.account AS a CROSS JOIN LATERAL (VALUES (a.account_id), (a.merged_into)) AS x (account_id)
		 WHERE a.merged_into IS NOT NULL AND a.account_id IN (SELECT m.old_account_id FROM pg_temp.work_moved AS m)
	), over AS (
		UPDATE advocacy.risk_override AS o
		   SET ended_at = account_follow.at, ended_by = 'merge',
		       end_reason = 'the account was joined with one that is at risk, which it isn''t about'
		  FROM (SELECT DISTINCT t.account_id, t.target FROM together AS t) AS t
		 WHERE o.account_id = t.account_id AND o.ended_at IS NULL
		   AND EXISTS (SELECT FROM together AS y
		                 JOIN advocacy.risk AS r ON r.account_id = y.account_id AND r.cleared_at IS NULL AND r.held_at IS NULL
		                 JOIN advocacy.risk_rule AS u ON u.rule = r.rule AND u.active AND u.action = 'suspend'
		                WHERE y.target = t.target AND y.account_id <> t.account_id
		                  AND coalesce(o.rule = r.rule, u.severity NOT IN ('hard', 'ineligible'))
		                  AND NOT advocacy.risk_overridden(NULL, y.account_id, r.rule, u.severity, account_follow.at))
		RETURNING o.override_id, o.end_reason)
	INSERT INTO advocacy.audit_log (at, actor, action, subject, reason)
	SELECT account_follow.at, 'merge', 'risk_override_end', 'override ' || v.override_id, v.end_reason FROM over AS v
	 ORDER BY v.override_id;
	UPDATE advocacy.risk_override AS o SET account_id = a.merged_into FROM advocacy.account AS a
	 WHERE o.account_id = a.account_id AND a.merged_into IS NOT NULL AND o.ended_at IS NULL;

	-- What a record that was merged had said is gone, in each source that was not well by it: what its survivor there said before
	-- they were one doesn't outweigh it (risk_leaving). Either it came to the survivor's account, or that to its own.
	UPDATE advocacy.risk AS r SET merged = coalesce(r.merged, '{}') || n.merged
	  FROM (SELECT o.risk_id, jsonb_object_agg(w.source, greatest(advocacy.sync_time_text(w.merged_at), o.merged ->> w.source)) AS merged
	          FROM (SELECT g.account_id, g.source, max(coalesce(g.modified_at, account_follow.at)) AS merged_at
	                  FROM (SELECT m.old_account_id AS account_id, m.source, t.modified_at
	                          FROM pg_temp.work_moved AS m
	                          JOIN advocacy.account_source AS t ON t.source = m.source AND t.remote_id = m.remote_id
	                         WHERE m.merged
	                        UNION ALL
	                        SELECT m.account_id, m.source, t.modified_at
	                          FROM pg_temp.work_moved AS m
	                          JOIN advocacy.account_source AS t ON t.source = m.source AND t.merged_into_remote_id = m.remote_id
	                         WHERE t.account_id = m.account_id AND t.link_reason = 'merged'
	                           AND NOT EXISTS (SELECT FROM pg_temp.work_moved AS x WHERE x.source = t.source AND x.remote_id = t.remote_id)) AS g
	                 GROUP BY g.account_id, g.source) AS w
	          JOIN advocacy.risk AS o ON o.account_id = w.account_id AND o.cleared_at IS NULL
	          JOIN advocacy.risk_rule AS u ON u.rule = o.rule
	         WHERE w.source = o.evidence ->> 'source'
	            OR EXISTS (SELECT FROM advocacy.signal AS s
	                        WHERE s.account_id = w.account_id AND s.name = u.signal AND s.source = w.source
	                          AND advocacy.risk_meets(s.value, u.clear_operator, u.clear_value) IS NOT TRUE)
	         GROUP BY o.risk_id) AS n
	 WHERE r.risk_id = n.risk_id;

	-- Signals go with the record that gave them, unless another record of its source stays behind; those of a record that
	-- was merged only where its survivor says nothing.
	WITH gone AS (
		DELETE FROM advocacy.signal AS s USING pg_temp.work_moved AS m
		 WHERE s.account_id = m.old_account_id AND s.source = m.source
		   AND m.takes_signals
		RETURNING m.merged, m.account_id, s.name, s.source, s.stream, s.value, s.observed_at)
	INSERT INTO pg_temp.work_signal (account_id, name, source, stream, value, observed_at)
	SELECT g.account_id, g.name, g.source, g.stream, g.value, g.observed_at
	  FROM gone AS g
	 WHERE NOT (coalesce(g.merged, false)
	            AND EXISTS (SELECT FROM advocacy.signal AS t
	                         WHERE t.account_id = g.account_id AND t.name = g.name AND t.source = g.source));
	INSERT INTO advocacy.signal AS s (account_id, name, source, stream, value, observed_at)
	SELECT DISTINCT ON (w.account_id, w.name, w.source) w.account_id, w.name, w.source, w.stream, w.value, w.observed_at
	  FROM pg_temp.work_signal AS w
	 ORDER BY w.account_id, w.name, w.source, w.observed_at DESC, w.value
	ON CONFLICT (account_id, name, source) DO UPDATE
	   SET stream = excluded.stream, value = excluded.value, observed_at = excluded.observed_at
	 WHERE excluded.observed_at > s.observed_at;
	TRUNCATE pg_temp.work_signal;
	UPDATE advocacy.signal_history AS h SET account_id = m.account_id FROM pg_temp.work_moved AS m
	 WHERE h.account_id = m.old_account_id AND h.source = m.source
	   AND m.takes_signals;

	-- Risks go with their account when all of it goes, open ones else with the record that is their evidence. All of them leave
	-- before any arrives, since records may change places. Where the rule has an open risk already, the one that arrives ends,
	-- and the one that stays is no better than it was; the suspensions move over to that.
	WITH arriving AS MATERIALIZED (
		SELECT r.risk_id, r.cleared_at IS NULL AS open, coalesce(m.account_id, a.merged_into) AS account_id
		  FROM (SELECT DISTINCT w.old_account_id FROM pg_temp.work_moved AS w) AS g
		  JOIN advocacy.risk AS r ON r.account_id = g.old_account_id
		  JOIN advocacy.account AS a ON a.account_id = r.account_id
		  LEFT JOIN pg_temp.work_moved AS m
		    ON m.old_account_id = r.account_id AND m.source = r.evidence ->> 'source'
		   AND m.remote_id = r.evidence ->> 'remote_id' AND r.cleared_at IS NULL
		 WHERE coalesce(m.account_id, a.merged_into) IS NOT NULL
	), gone AS (
		UPDATE advocacy.risk AS r
		   SET account_id = n.account_id, cleared_at = coalesce(r.cleared_at, account_follow.at),
		       clear_evidence = coalesce(r.clear_evidence,
		           jsonb_build_object('reason', 'the account was joined with one that has this risk already',
		                              'account_id', n.account_id))
		  FROM arriving AS n WHERE n.risk_id = r.risk_id
		RETURNING r.risk_id, n.open
	)
	SELECT (SELECT array_agg(g.risk_id) FILTER (WHERE g.open) FROM gone AS g),
	       ARRAY(SELECT r.risk_id FROM (SELECT DISTINCT w.old_account_id FROM pg_temp.work_moved AS w) AS g
	               JOIN advocacy.risk AS r ON r.account_id = g.old_account_id AND r.clear_evidence ? 'account_id'
	              WHERE EXISTS (SELECT FROM advocacy.risk AS o WHERE o.account_id = r.account_id AND o.rule = r.rule
	                            AND o.cleared_at IS NULL AND o.opened_at <= r.cleared_at))
	  INTO arrived, joined;
	UPDATE advocacy.risk AS r SET cleared_at = NULL, clear_evidence = NULL
	  FROM (SELECT DISTINCT ON (o.account_id, o.rule) o.risk_id FROM advocacy.risk AS o WHERE o.risk_id = ANY (arrived)
	         ORDER BY o.account_id, o.rule, o.opened_at, o.risk_id) AS first
	 WHERE r.risk_id = first.risk_id
	   AND NOT EXISTS (SELECT FROM advocacy.risk AS o WHERE o.account_id = r.account_id AND o.rule = r.rule AND o.cleared_at IS NULL);
	UPDATE advocacy.risk AS r
	   SET well_since = CASE WHEN n.well AND r.well_since IS NOT NULL THEN greatest(r.well_since, n.well_since) END,
	       clear_due_at = CASE WHEN n.due AND r.clear_due_at IS NOT NULL THEN greatest(r.clear_due_at, n.clear_due_at) END,
	       clear_batch = CASE WHEN n.kept THEN r.clear_batch END,
	       held_at = CASE WHEN n.held THEN r.held_at END, pinned_at = greatest(r.pinned_at, n.pinned_at),
	       merged = (SELECT jsonb_object_agg(k.source, k.merged_at)
	                   FROM (SELECT e.key AS source, max(e.value) AS merged_at
	                           FROM advocacy.risk AS o CROSS JOIN LATERAL jsonb_each_text(o.merged) AS e
	                          WHERE o.risk_id = r.risk_id OR (o.risk_id = ANY (arrived) AND o.account_id = r.account_id AND o.rule = r.rule)
	                          GROUP BY e.key) AS k)
	  FROM (SELECT o.account_id, o.rule, bool_and(o.well_since IS NOT NULL) AS well, max(o.well_since) AS well_since,
	               bool_and(o.well_since IS NOT NULL AND o.clear_due_at IS NOT NULL) AS due, max(o.clear_due_at) AS clear_due_at,
	               bool_and(o.well_since IS NOT NULL AND o.clear_batch IS NOT NULL) AS kept,
	               bool_and(o.held_at IS NOT NULL) AS held, max(o.pinned_at) AS pinned_at
	          FROM advocacy.risk AS o WHERE o.risk_id = ANY (arrived) GROUP BY o.account_id, o.rule) AS n
	 WHERE r.account_id = n.account_id AND r.rule = n.rule AND r.cleared_at IS NULL;
	-- Who parts again while what they had in common isn't over has his own again.
	UPDATE advocacy.risk AS r
	   SET account_id = first.account_id, cleared_at = NULL, clear_evidence = NULL, well_since = NULL, clear_due_at = NULL,
	       clear_batch = NULL, held_at = NULL
	  FROM (SELECT DISTINCT ON (s.account_id, o.rule) o.risk_id, s.account_id
	          FROM advocacy.risk AS o
	          JOIN advocacy.account_source AS s ON s.source = o.evidence ->> 'source' AND s.remote_id = o.evidence ->> 'remote_id'
	         WHERE o.risk_id = ANY (joined) AND (NOT s.deleted OR s.merged_into_remote_id IS NOT NULL)
	           AND s.account_id IN (SELECT m.old_account_id FROM pg_temp.work_moved AS m UNION SELECT m.account_id FROM pg_temp.work_moved AS m)
	         ORDER BY s.account_id, o.rule, o.opened_at, o.risk_id) AS first
	 WHERE r.risk_id = first.risk_id
	   AND NOT EXISTS (SELECT FROM advocacy.risk AS o WHERE o.account_id = first.account_id AND o.rule = r.rule
	                   AND o.cleared_at IS NULL);

	INSERT INTO pg_temp.work_refresh
	SELECT m.old_account_id FROM pg_temp.work_moved AS m UNION SELECT m.account_id FROM pg_temp.work_moved AS m;
	INSERT INTO pg_temp.work_evaluate
	SELECT m.old_account_id FROM pg_temp.work_moved AS m UNION SELECT m.account_id FROM pg_temp.work_moved AS m;
END $$;
COMMENT ON FUNCTION advocacy.account_follow(timestamptz) IS
	'Lets contacts, cases, opportunities, signals, history and risks go where their record went.';
