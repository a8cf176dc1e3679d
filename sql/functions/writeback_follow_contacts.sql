-- writeback_follow_contacts: contacts have changed (pg_temp.work_child): a person who wants no mail any more, a contact that
-- was deleted, one that turned up in a second CRM. The flags go with them.
-- Parameters: at.
-- Returns: how many flags changed. Writes: crm_flag.
CREATE OR REPLACE FUNCTION advocacy.writeback_follow_contacts(at timestamptz DEFAULT now()) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
#variable_conflict use_column
DECLARE
	advocates bigint[];
BEGIN
	IF NOT EXISTS (SELECT FROM advocacy.crm_target) OR to_regclass('pg_temp.work_child') IS NULL THEN
		RETURN 0;
	END IF;
	SELECT array_agg(n.advocate_id ORDER BY n.advocate_id) INTO advocates FROM (
		SELECT a.advocate_id FROM pg_temp.work_child AS w JOIN advocacy.advocate AS a ON a.contact_id = w.id
		 WHERE w.entity = 'contact'
		UNION
		SELECT a.advocate_id FROM pg_temp.work_child AS w
		  JOIN advocacy.contact AS x ON x.contact_id = w.id
		  JOIN advocacy.advocate AS a ON a.account_id = x.account_id
		  JOIN advocacy.contact AS c ON c.contact_id = a.contact_id AND lower(c.email) = lower(x.email)
		 WHERE w.entity = 'contact'
		UNION
		SELECT f.advocate_id FROM pg_temp.work_child AS w
		  JOIN advocacy.contact AS x ON x.contact_id = w.id
		  JOIN advocacy.crm_flag AS f ON f.source = x.source AND f.entity = 'contact' AND f.remote_id = x.remote_id
		 WHERE w.entity = 'contact' AND f.advocate_id IS NOT NULL) AS n;
	RETURN CASE WHEN advocates IS NULL THEN 0
	            ELSE advocacy.writeback_follow(advocates, writeback_follow_contacts.at) END;
END $$;
COMMENT ON FUNCTION advocacy.writeback_follow_contacts(timestamptz) IS
	'Lets the flags in the CRMs go with the contacts that changed; returns how many flags changed.';
