-- consent_refuse: refuses a contact or a scope that doesn't exist, for consent_record and consent_withdraw.
-- Parameters: contact, a contact_id; scope. Returns: nothing; raises P0002, 22023. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.consent_refuse(contact bigint, scope text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
	IF NOT EXISTS (SELECT FROM advocacy.contact AS c WHERE c.contact_id = consent_refuse.contact) THEN
		RAISE EXCEPTION 'there is no contact %', coalesce(consent_refuse.contact::text, 'null')
			USING ERRCODE = 'P0002', HINT = 'Use the contact_id of advocacy.contact.';
	END IF;
	IF consent_refuse.scope IS NULL OR consent_refuse.scope <> ALL (ARRAY['all'] || advocacy.activity_types()) THEN
		RAISE EXCEPTION 'unknown scope "%"', coalesce(consent_refuse.scope, 'null')
			USING ERRCODE = '22023', COLUMN = 'scope',
			HINT = 'all, or one of ' || array_to_string(advocacy.activity_types(), ', ') || '.';
	END IF;
END $$;
COMMENT ON FUNCTION advocacy.consent_refuse(bigint, text) IS
	'Refuses a contact or a scope that doesn''t exist.';
