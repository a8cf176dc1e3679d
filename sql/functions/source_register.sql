-- source_register: makes a source known, or takes over its settings from the configuration.
-- Where the priority changes, the columns of its accounts are computed anew.
-- Parameters: source; connector; priority, smaller wins; stale_after, how long its values count after a success; poll, how
-- often it is asked; api_budget, its calls a day (NULL: no limit); streams, what is read of it (NULL: as before). One that isn't
-- read any more fails no more and nobody is told that it is old; what it said does count as old (stale_after).
-- Returns: whether anything changed. Writes: source_status; sync_stream; account.
CREATE OR REPLACE FUNCTION advocacy.source_register(source text, connector text, priority integer DEFAULT 100,
	stale_after interval DEFAULT '48 hours', poll interval DEFAULT NULL, api_budget bigint DEFAULT NULL,
	streams text[] DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	before advocacy.source_status;
	moved bigint;
BEGIN
	IF coalesce(source_register.source, '') = '' OR coalesce(source_register.connector, '') = '' THEN
		RAISE EXCEPTION 'a source needs a name and a connector' USING ERRCODE = '22023';
	END IF;
	IF source_register.priority IS NULL OR source_register.stale_after IS NULL OR source_register.stale_after <= '0' THEN
		RAISE EXCEPTION 'source "%" needs a priority and a stale_after above 0', source_register.source
			USING ERRCODE = '22023', HINT = 'stale_after says how long values count after a success, such as 48h.';
	END IF;
	-- (The lock on decisions comes before those on streams.)
	IF EXISTS (SELECT FROM advocacy.sync_stream AS y
	            WHERE y.source = source_register.source AND (y.stream = ANY (source_register.streams)) = (y.taken_out_at IS NOT NULL)) THEN
		PERFORM advocacy.sync_lock();
	END IF;
	UPDATE advocacy.sync_stream AS y
	   SET taken_out_at = CASE WHEN y.taken_out_at IS NULL THEN now() END, failures = 0, failure_kind = NULL, failure = NULL
	 WHERE y.source = source_register.source AND (y.stream = ANY (source_register.streams)) = (y.taken_out_at IS NOT NULL);
	GET DIAGNOSTICS moved = ROW_COUNT;
	SELECT s.* INTO before FROM advocacy.source_status AS s WHERE s.source = source_register.source;
	IF before.source IS NOT NULL AND (before.connector, before.priority, before.stale_after, before.poll, before.api_budget)
		IS NOT DISTINCT FROM (source_register.connector, source_register.priority, source_register.stale_after,
		                      source_register.poll, source_register.api_budget) THEN
		RETURN moved > 0;
	END IF;
	PERFORM advocacy.sync_lock();
	INSERT INTO advocacy.source_status AS s (source, connector, priority, stale_after, poll, api_budget)
	VALUES (source_register.source, source_register.connector, source_register.priority, source_register.stale_after,
		source_register.poll, source_register.api_budget)
	ON CONFLICT (source) DO UPDATE SET connector = excluded.connector, priority = excluded.priority,
		stale_after = excluded.stale_after, poll = excluded.poll, api_budget = excluded.api_budget, updated_at = now();
	IF before.priority <> source_register.priority THEN
		PERFORM advocacy.account_refresh((SELECT array_agg(DISTINCT a.account_id) FROM advocacy.account_source AS a
			WHERE a.source = source_register.source));
	END IF;
	RETURN true;
END $$;
COMMENT ON FUNCTION advocacy.source_register(text, text, integer, interval, interval, bigint, text[]) IS
	'Makes a source known, or takes over its settings from the configuration; true if anything changed.';
