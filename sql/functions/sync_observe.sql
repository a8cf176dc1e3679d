-- sync_observe: whether what a stream says now is only observed: what it would do waits until a person approves it.
--   first      it was never read completely
--   mapping    it is mapped otherwise than when it was last read
--   rejected   a person rejected what it said the last time it was observed
-- That lasts until a full reading is through. Where it would do nothing to anybody, nobody is asked.
-- Parameters: source; stream, which has a row in sync_stream; mapping, the version of its mapping (NULL: not known); at.
-- Returns: why, or NULL: it counts at once; always NULL where the setting observe is false.
-- Writes: sync_stream, when the mapping is another one.
CREATE OR REPLACE FUNCTION advocacy.sync_observe(source text, stream text, mapping text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	known advocacy.sync_stream;
BEGIN
	SELECT y.* INTO known FROM advocacy.sync_stream AS y
	 WHERE y.source = sync_observe.source AND y.stream = sync_observe.stream;
	IF sync_observe.mapping <> coalesce(known.mapping, '') THEN
		UPDATE advocacy.sync_stream AS y
		   SET mapping = sync_observe.mapping, observed = CASE WHEN y.mapping IS NULL THEN y.observed ELSE 'mapping' END
		 WHERE y.source = sync_observe.source AND y.stream = sync_observe.stream
		RETURNING y.* INTO known;
	END IF;
	IF NOT advocacy.policy_setting('observe', 'true')::boolean THEN
		RETURN NULL;
	END IF;
	RETURN CASE WHEN known.last_success_at IS NULL THEN 'first' ELSE known.observed END;
END $$;
COMMENT ON FUNCTION advocacy.sync_observe(text, text, text) IS
	'Whether what a stream says now is only observed until a person approves it: first, mapping, rejected, or NULL.';
