-- sync_keep_vanished: of a field that the vendor has lost (or hides from us) what was known stays: that we can't see it is
-- no news of it. The daemon reads the other fields meanwhile.
-- Parameters: source; stream, which is an entity's name. Returns: nothing. Writes: the stream's stage table.
CREATE OR REPLACE FUNCTION advocacy.sync_keep_vanished(source text, stream text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
DECLARE
	stage text := 'stage_' || stream;
	field text;
BEGIN
	FOR field IN
		SELECT d.field FROM advocacy.field_drift AS d
		  JOIN pg_attribute AS c ON c.attrelid = to_regclass('advocacy.' || quote_ident(stage)) AND c.attname = d.field
		 WHERE d.source = sync_keep_vanished.source AND d.stream = sync_keep_vanished.stream AND d.kind = 'vanished'
		   AND d.resolved_at IS NULL AND d.field NOT IN ('remote_id', 'modified_at', 'deleted', 'signals')
		 ORDER BY d.field
	LOOP
		EXECUTE format('UPDATE pg_temp.%1$I AS s SET %2$I = t.%2$I FROM advocacy.%3$I AS t
			WHERE t.source = $1 AND t.remote_id = s.remote_id AND s.%2$I IS NULL AND t.%2$I IS NOT NULL',
			stage, field, CASE stream WHEN 'account' THEN 'account_source' ELSE stream END) USING source;
	END LOOP;
END $$;
COMMENT ON FUNCTION advocacy.sync_keep_vanished(text, text) IS
	'Keeps what was known of fields that the vendor has lost: fills the stage with the stored values.';
