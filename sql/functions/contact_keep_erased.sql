-- contact_keep_erased: what the staged records say of people who were erased goes before anything looks at it; what is left
-- says only that the record is still there.
-- Parameters: source; stream, which the staged rejections belong to. Returns: nothing. Writes: pg_temp.stage_contact, stage_rejected.
CREATE OR REPLACE FUNCTION advocacy.contact_keep_erased(source text, stream text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM advocacy.contact AS c WHERE c.source = contact_keep_erased.source AND c.erased_at IS NOT NULL) THEN
		RETURN;
	END IF;
	UPDATE pg_temp.stage_contact AS s
	   SET email = NULL, first_name = NULL, last_name = NULL, title = NULL, opted_out = true, advocate = NULL, signals = NULL,
	       persona = NULL, language = NULL, time_zone = NULL, products = NULL, use_cases = NULL
	  FROM advocacy.contact AS c
	 WHERE c.source = contact_keep_erased.source AND c.remote_id = s.remote_id AND c.erased_at IS NOT NULL;
	DELETE FROM pg_temp.stage_rejected AS s USING advocacy.contact AS c
	 WHERE contact_keep_erased.stream = 'contact' AND c.source = contact_keep_erased.source AND c.remote_id = s.remote_id
	   AND c.erased_at IS NOT NULL;
END $$;
COMMENT ON FUNCTION advocacy.contact_keep_erased(text, text) IS
	'Takes out of the staged records what they say of people who were erased.';
