-- signal_refresh_escalations: counts the open cases of accounts that are escalated or of a top priority, per source.
-- Kept as the signal open_escalations for accounts that ever had such a case; 0 once all are closed. Where a rule asks for
-- it, oldest_open_case_at says since when the oldest open case is open, in seconds since 1970; Infinity once none is.
-- Parameters: accounts; at. Returns: how many signals changed. Writes: signal, signal_history; work tables.
CREATE OR REPLACE FUNCTION advocacy.signal_refresh_escalations(accounts bigint[], at timestamptz DEFAULT now())
RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
#variable_conflict use_column
DECLARE
	top text[];
BEGIN
	PERFORM advocacy.sync_work_prepare();
	SELECT array_agg(lower(p.value)) INTO top
	  FROM jsonb_array_elements_text(
		advocacy.policy_setting('top_priorities', '["P1", "Critical", "Urgent", "Highest"]')) AS p (value);

	INSERT INTO pg_temp.work_signal (account_id, name, source, stream, value, observed_at)
	SELECT coalesce(n.account_id, g.account_id), 'open_escalations', coalesce(n.source, g.source),
	       coalesce(g.stream, (SELECT min(y.stream) FROM advocacy.sync_stream AS y
	                            WHERE y.source = n.source AND 'support_case' = ANY (y.entities)), 'support_case'),
	       coalesce(n.cases, 0), CASE WHEN n.account_id IS NOT NULL THEN greatest(n.observed_at, g.observed_at) END
	  FROM (SELECT c.account_id, c.source,
	               count(*) FILTER (WHERE NOT c.deleted AND c.closed IS NOT TRUE
	                                AND (c.escalated OR lower(c.priority) = ANY (top))) AS cases,
	               max(c.modified_at) AS observed_at
	          FROM advocacy.support_case AS c
	          JOIN (SELECT DISTINCT u.account_id FROM unnest(signal_refresh_escalations.accounts) AS u (account_id)) AS w
	            ON w.account_id = c.account_id
	         GROUP BY c.account_id, c.source) AS n
	  FULL JOIN (SELECT s.* FROM advocacy.signal AS s
	               JOIN (SELECT DISTINCT u.account_id FROM unnest(signal_refresh_escalations.accounts) AS u (account_id)) AS w
	                 ON w.account_id = s.account_id
	              WHERE s.name = 'open_escalations') AS g
	    ON g.account_id = n.account_id AND g.source = n.source
	 WHERE g.account_id IS NOT NULL OR n.cases > 0;
	IF EXISTS (SELECT FROM advocacy.risk_rule AS u WHERE u.active AND u.signal = 'oldest_open_case_at') THEN
		INSERT INTO pg_temp.work_signal (account_id, name, source, stream, value, observed_at)
		SELECT w.account_id, 'oldest_open_case_at', c.source,
		       coalesce((SELECT min(y.stream) FROM advocacy.sync_stream AS y
		                  WHERE y.source = c.source AND 'support_case' = ANY (y.entities)), 'support_case'),
		       coalesce(extract(epoch FROM min(c.opened_at) FILTER (WHERE NOT c.deleted AND c.closed IS NOT TRUE)), 'Infinity'),
		       max(c.modified_at)
		  FROM (SELECT DISTINCT u.account_id FROM unnest(signal_refresh_escalations.accounts) AS u (account_id)) AS w
		  JOIN advocacy.support_case AS c ON c.account_id = w.account_id
		 GROUP BY w.account_id, c.source;
	END IF;
	RETURN advocacy.signal_store(signal_refresh_escalations.at);
END $$;
COMMENT ON FUNCTION advocacy.signal_refresh_escalations(bigint[], timestamptz) IS
	'Counts the open cases of accounts that are escalated or of a top priority into the signal open_escalations, and notes the oldest one, per source.';
