-- risk_dates: the dates that the active rules over dates are about, the worst of all sources: the nearest renewal, the
-- latest start.
-- renewal_on is the account's own, at midnight UTC. Any other is a signal: seconds or, from 1e11 on, milliseconds since
-- 1970, Infinity for never. A date that was said once stays known, however old the source's data: it doesn't waver like a score.
-- Parameters: accounts. Returns: at most one row per account and rule. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.risk_dates(accounts bigint[])
RETURNS TABLE (account_id bigint, rule text, date timestamptz, source text, remote_id text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT DISTINCT ON (d.account_id, d.rule) d.account_id, d.rule, d.date, d.source, d.remote_id
	  FROM (SELECT a.account_id, u.rule, u.date_side, a.renewal_on::timestamp AT TIME ZONE 'UTC' AS date, a.source, a.remote_id
	          FROM unnest(risk_dates.accounts) AS w (account_id)
	          JOIN advocacy.account AS a ON a.account_id = w.account_id
	          JOIN advocacy.risk_rule AS u ON u.active AND u.date_side IS NOT NULL AND u.signal = 'renewal_on'
	         WHERE a.renewal_on IS NOT NULL AND NOT a.deleted AND a.merged_into IS NULL
	        UNION ALL
	        SELECT s.account_id, u.rule, u.date_side,
	               to_timestamp((CASE WHEN abs(s.value) >= 1e11 THEN s.value / 1000 ELSE s.value END)::double precision),
	               s.source, x.remote_id
	          FROM unnest(risk_dates.accounts) AS w (account_id)
	          JOIN advocacy.signal AS s ON s.account_id = w.account_id
	          JOIN advocacy.risk_rule AS u
	            ON u.active AND u.date_side IS NOT NULL AND u.signal = s.name AND u.signal <> 'renewal_on'
	          JOIN advocacy.account_source AS x
	            ON x.account_id = s.account_id AND x.source = s.source AND NOT x.deleted
	         WHERE abs(s.value) < 1e14 OR s.value = 'Infinity') AS d
	 ORDER BY d.account_id, d.rule, CASE d.date_side WHEN 'until' THEN d.date END,
	       CASE d.date_side WHEN 'since' THEN d.date END DESC, d.source, d.remote_id
$$;
COMMENT ON FUNCTION advocacy.risk_dates(bigint[]) IS
	'The dates that the active rules over dates are about, the worst of all sources per account and rule.';
