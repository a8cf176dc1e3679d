-- writeback_calls: how many calls the flags of a source have cost since midnight UTC; they are part of its budget.
-- Parameters: source; at.
-- Returns: the calls. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.writeback_calls(source text, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(sum(t.calls_today), 0)::bigint FROM advocacy.crm_target AS t
	 WHERE t.source = writeback_calls.source AND t.calls_day = (writeback_calls.at AT TIME ZONE 'UTC')::date
$$;
COMMENT ON FUNCTION advocacy.writeback_calls(text, timestamptz) IS
	'How many calls the flags of a source have cost since midnight UTC.';
