-- writeback_forget_echo: a record that we have written a flag to was changed, so it comes with the next read; where nothing
-- else about it differs from what is stored, that is our own voice, and no news: neither a new version of the record nor, for
-- an account, another observation of its old score. It is taken out of the stage.
-- Taken for an echo is what was changed, by the vendor's clock, while our call was under way, and is otherwise the same;
-- a person who changed something that we read in that very second is heard.
-- Parameters: source.
-- Returns: how many records were dropped. Writes: this connection's stage tables.
CREATE OR REPLACE FUNCTION advocacy.writeback_forget_echo(source text) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
	total bigint := 0;
	dropped bigint;
	is_salesforce boolean;
	flagged text;
	staged text;
BEGIN
	IF NOT EXISTS (SELECT FROM advocacy.crm_target AS t WHERE t.source = writeback_forget_echo.source) THEN
		RETURN 0;
	END IF;
	SELECT s.connector = 'salesforce' INTO is_salesforce
	  FROM advocacy.source_status AS s WHERE s.source = writeback_forget_echo.source;
	-- Requests may be cases of a record type of their own; request_intake itself takes up only what differs.
	FOR flagged, staged IN VALUES ('contact', 'contact'), ('request', 'support_case') LOOP
		EXECUTE format($delete$
			DELETE FROM pg_temp.%1$I AS s USING advocacy.crm_flag AS f, advocacy.%2$I AS t
			 WHERE f.source = $1 AND f.entity = $2 AND f.remote_id = s.remote_id
			   AND s.modified_at BETWEEN f.echo_from AND f.echo_until
			   AND t.source = $1 AND t.remote_id = s.remote_id AND NOT t.deleted AND s.deleted IS NOT TRUE
			   AND (s.account_remote_id IS NOT DISTINCT FROM t.account_remote_id
			        OR s.account_remote_id IS NULL AND t.account_by_association)
			   AND (%3$s) IS NOT DISTINCT FROM (%4$s) $delete$,
			'stage_' || staged, staged,
			(SELECT string_agg(format('s.%I', c.attname), ', ' ORDER BY c.attnum) FROM pg_attribute AS c
			  WHERE c.attrelid = format('advocacy.%I', 'stage_' || staged)::regclass AND c.attnum > 0 AND NOT c.attisdropped
			    AND c.attname NOT IN ('remote_id', 'modified_at', 'deleted', 'account_remote_id')),
			(SELECT string_agg(format('t.%I', c.attname), ', ' ORDER BY c.attnum) FROM pg_attribute AS c
			  WHERE c.attrelid = format('advocacy.%I', 'stage_' || staged)::regclass AND c.attnum > 0 AND NOT c.attisdropped
			    AND c.attname NOT IN ('remote_id', 'modified_at', 'deleted', 'account_remote_id')))
		USING writeback_forget_echo.source, flagged;
		GET DIAGNOSTICS dropped = ROW_COUNT;
		total := total + dropped;
	END LOOP;
	EXECUTE format($delete$
		DELETE FROM pg_temp.stage_account AS s USING advocacy.crm_flag AS f, advocacy.account_source AS t
		 WHERE f.source = $1 AND f.entity = 'account' AND f.remote_id = s.remote_id
		   AND s.modified_at BETWEEN f.echo_from AND f.echo_until
		   AND t.source = $1 AND t.remote_id = s.remote_id AND NOT t.deleted AND s.deleted IS NOT TRUE
		   AND ($2 OR advocacy.salesforce_id_18(s.salesforce_id) IS NOT DISTINCT FROM t.salesforce_id)
		   AND (s.domain IS NOT DISTINCT FROM t.domain OR advocacy.account_domain(s.domain) IS NOT DISTINCT FROM t.domain)
		   AND (%s) IS NOT DISTINCT FROM (%s)
		   AND NOT EXISTS (
			SELECT FROM jsonb_each_text(CASE WHEN jsonb_typeof(s.signals) = 'object' THEN s.signals ELSE '{}' END) AS k (name, value)
			  LEFT JOIN advocacy.signal AS g ON g.account_id = t.account_id AND g.name = k.name AND g.source = $1
			 WHERE g.account_id IS NULL OR g.value IS DISTINCT FROM advocacy.signal_value(k.value)) $delete$,
		(SELECT string_agg(format('s.%I', c.attname), ', ' ORDER BY c.attnum) FROM pg_attribute AS c
		  WHERE c.attrelid = 'advocacy.stage_account'::regclass AND c.attnum > 0 AND NOT c.attisdropped
		    AND c.attname NOT IN ('remote_id', 'modified_at', 'deleted', 'salesforce_id', 'domain', 'signals')),
		(SELECT string_agg(format('t.%I', c.attname), ', ' ORDER BY c.attnum) FROM pg_attribute AS c
		  WHERE c.attrelid = 'advocacy.stage_account'::regclass AND c.attnum > 0 AND NOT c.attisdropped
		    AND c.attname NOT IN ('remote_id', 'modified_at', 'deleted', 'salesforce_id', 'domain', 'signals')))
	USING writeback_forget_echo.source, is_salesforce;
	GET DIAGNOSTICS dropped = ROW_COUNT;
	RETURN total + dropped;
END $$;
COMMENT ON FUNCTION advocacy.writeback_forget_echo(text) IS
	'Takes records out of the stage that come again only because we wrote a flag to them; returns how many.';
