-- writeback_next_at: when there is something to write into a source, or to read back from it.
-- Parameters: source; at.
-- Returns: an instant, not after `at` when there is something now; NULL: nothing waits. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.writeback_next_at(source text, at timestamptz DEFAULT now()) RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT least(min(CASE WHEN f.delivery = 'sending' THEN greatest(f.claimed_until, f.not_before)
	                      WHEN f.delivery <> 'current' THEN f.not_before END),
	             min(CASE WHEN f.delivery = 'current' THEN f.checked_at END) + interval '1 day')
	  FROM advocacy.crm_flag AS f
	  JOIN advocacy.crm_target AS t ON t.source = f.source AND t.entity = f.entity AND t.started_at IS NOT NULL
	 WHERE f.source = writeback_next_at.source
$$;
COMMENT ON FUNCTION advocacy.writeback_next_at(text, timestamptz) IS
	'When there is something to write into a source, or to read back from it; NULL when nothing waits.';
