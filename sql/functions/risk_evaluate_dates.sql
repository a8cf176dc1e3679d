-- risk_evaluate_dates: opens and clears the risks of the rules over dates, and notes when the next ones begin.
--   until  risky from so long before the date on (or after it, where that is negative), until the date is put off
--   since  risky until so long after the date
-- What a person rejected or took back isn't decided anew while the date is the same. A date that isn't known any more
-- neither opens nor clears. Where a source gives other dates, and too many would be available again at once by them, they stay
-- until a person decides (risk_gate); what time alone ends was known long before.
-- Parameters: accounts; at; cycle, the decision_cycle that decides; source, the one that is being applied (NULL: time alone, or
-- nobody has to decide); observed, whether it is only observed.
-- Returns: opened, the risks; cleared, how many; kept, the risks that risk_hold_clear has to put into a batch.
-- Writes: risk, risk_due.
CREATE OR REPLACE FUNCTION advocacy.risk_evaluate_dates(accounts bigint[], at timestamptz, cycle bigint,
	source text DEFAULT NULL, observed boolean DEFAULT false)
RETURNS TABLE (opened bigint[], cleared integer, kept bigint[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
#variable_conflict use_column
BEGIN
	DELETE FROM advocacy.risk_due AS d USING unnest(risk_evaluate_dates.accounts) AS w (account_id), advocacy.risk_rule AS u
	 WHERE d.account_id = w.account_id AND u.rule = d.rule AND u.date_side IS NOT NULL;

	-- First what ends, so that what has just opened is not looked at.
	WITH verdict AS (
		SELECT r.risk_id, r.clear_batch, r.opened_at + u.dwell AS least, u.clear_hold, r.evidence ->> 'threshold' AS threshold, f.date,
		       CASE WHEN f.date IS NULL OR r.pinned_at IS NOT NULL
		                 OR (r.undone_at IS NOT NULL
		                     AND advocacy.sync_time_text(f.date) IN (r.evidence ->> 'date', r.evidence ->> 'new_date')) THEN NULL
		            WHEN u.date_side = 'since' THEN f.date + make_interval(secs => u.enter_value::double precision)
		            WHEN f.date - make_interval(secs => u.enter_value::double precision) > risk_evaluate_dates.at
		            THEN coalesce(r.well_since, risk_evaluate_dates.at) END AS well_since
		  FROM (SELECT DISTINCT n.account_id FROM unnest(risk_evaluate_dates.accounts) AS n (account_id)) AS w
		  JOIN advocacy.risk AS r ON r.account_id = w.account_id AND r.cleared_at IS NULL
		  JOIN advocacy.risk_rule AS u ON u.rule = r.rule AND u.active AND u.date_side IS NOT NULL
		  LEFT JOIN advocacy.risk_dates(risk_evaluate_dates.accounts) AS f ON f.account_id = r.account_id AND f.rule = r.rule
	), due AS (
		SELECT v.*, CASE WHEN v.well_since IS NOT NULL AND (v.clear_batch IS NULL OR v.well_since > risk_evaluate_dates.at)
		                 THEN greatest(v.well_since + v.clear_hold, v.least) END AS due_at
		  FROM verdict AS v
	), gated AS MATERIALIZED (
		SELECT g.risk_id FROM advocacy.risk_gate(CASE WHEN risk_evaluate_dates.source IS NOT NULL THEN
			(SELECT array_agg(d.risk_id) FROM due AS d WHERE d.due_at <= risk_evaluate_dates.at) END,
			risk_evaluate_dates.source, risk_evaluate_dates.observed, risk_evaluate_dates.at) AS g (risk_id)
	), noted AS (
		-- What a person may reject.
		UPDATE advocacy.risk AS r SET evidence = r.evidence || jsonb_build_object('new_date', advocacy.sync_time_text(d.date))
		  FROM due AS d JOIN gated AS g ON g.risk_id = d.risk_id WHERE r.risk_id = d.risk_id
	), judged AS (
		UPDATE advocacy.risk AS r
		   SET well_since = d.well_since, clear_due_at = d.due_at,
		       clear_batch = CASE WHEN d.well_since <= risk_evaluate_dates.at THEN r.clear_batch END,
		       cleared_at = CASE WHEN d.due_at <= risk_evaluate_dates.at THEN risk_evaluate_dates.at END,
		       cleared_in = CASE WHEN d.due_at <= risk_evaluate_dates.at THEN risk_evaluate_dates.cycle END,
		       clear_evidence = CASE WHEN d.due_at <= risk_evaluate_dates.at THEN jsonb_build_object(
		           'reason', 'the date says so', 'threshold', d.threshold, 
		           'date', CASE WHEN isfinite(d.date) THEN advocacy.sync_time_text(d.date) ELSE 'none any more' END,
		           'held', advocacy.sync_duration_text(d.clear_hold), 'well_since', advocacy.sync_time_text(d.well_since))
		           || CASE WHEN risk_evaluate_dates.source IS NOT NULL THEN '{"gated": true}'::jsonb ELSE '{}' END END
		  FROM due AS d
		 WHERE d.risk_id = r.risk_id AND d.risk_id NOT IN (SELECT g.risk_id FROM gated AS g)
		   AND ((r.well_since, r.clear_due_at) IS DISTINCT FROM (d.well_since, d.due_at) OR d.due_at <= risk_evaluate_dates.at)
		RETURNING r.cleared_at)
	SELECT (SELECT count(j.cleared_at) FROM judged AS j), (SELECT array_agg(g.risk_id) FROM gated AS g) INTO cleared, kept;

	-- (What a rule says is put into words once, not for each account.)
	WITH dated AS MATERIALIZED (
		SELECT u.*, l.long, CASE WHEN u.enter_value < 0 THEN 'more than ' || s.span || ' ago'
		                         WHEN u.date_side = 'until' THEN 'within ' || s.span
		                         ELSE 'less than ' || s.span || ' ago' END AS threshold
		  FROM advocacy.risk_rule AS u
		 CROSS JOIN LATERAL (SELECT make_interval(secs => u.enter_value::double precision) AS long) AS l
		 CROSS JOIN LATERAL (SELECT advocacy.sync_duration_text(CASE WHEN u.enter_value < 0 THEN -l.long ELSE l.long END) AS span) AS s
		 WHERE u.active AND u.date_side IS NOT NULL
	), seen AS MATERIALIZED (
		SELECT f.*, u.version, u.severity, u.signal, u.date_side, u.clear_hold, u.dwell, u.threshold, e.edge,
		       CASE u.date_side WHEN 'until' THEN e.edge <= risk_evaluate_dates.at ELSE e.edge > risk_evaluate_dates.at END AS risky
		  FROM advocacy.risk_dates(risk_evaluate_dates.accounts) AS f
		  JOIN dated AS u ON u.rule = f.rule
		 CROSS JOIN LATERAL (SELECT CASE u.date_side WHEN 'until' THEN f.date - u.long ELSE f.date + u.long END AS edge) AS e
		 WHERE NOT EXISTS (SELECT FROM advocacy.risk AS r
		                    WHERE r.account_id = f.account_id AND r.rule = f.rule AND r.cleared_at IS NULL)
	), waiting AS (
		INSERT INTO advocacy.risk_due (account_id, rule, due_at)
		SELECT f.account_id, f.rule, f.edge FROM seen AS f WHERE f.date_side = 'until' AND NOT f.risky AND isfinite(f.edge)
	), made AS (
		INSERT INTO advocacy.risk AS n (account_id, rule, rule_version, opened_at, opened_in, evidence, well_since, clear_due_at)
		SELECT f.account_id, f.rule, f.version, risk_evaluate_dates.at, risk_evaluate_dates.cycle,
		       jsonb_build_object('rule', f.rule, 'version', f.version, 'severity', f.severity, 'signal', f.signal,
		           'source', f.source, 'remote_id', f.remote_id, 'date', advocacy.sync_time_text(f.date),
		           'threshold', f.threshold),
		       CASE f.date_side WHEN 'since' THEN f.edge END,
		       CASE f.date_side WHEN 'since' THEN greatest(f.edge + f.clear_hold, risk_evaluate_dates.at + f.dwell) END
		  FROM seen AS f
		 WHERE f.risky
		   AND NOT EXISTS (SELECT FROM advocacy.risk AS r
		                    WHERE r.account_id = f.account_id AND r.rule = f.rule AND r.clear_evidence ? 'rejected_by'
		                      AND r.evidence ->> 'date' = advocacy.sync_time_text(f.date))
		 ORDER BY f.account_id, f.rule
		ON CONFLICT (account_id, rule) WHERE cleared_at IS NULL DO NOTHING
		RETURNING n.risk_id)
	SELECT array_agg(m.risk_id) INTO opened FROM made AS m;
	RETURN NEXT;
END $$;
COMMENT ON FUNCTION advocacy.risk_evaluate_dates(bigint[], timestamptz, bigint, text, boolean) IS
	'Opens and clears the risks of the rules over dates, and notes when the next ones begin.';
