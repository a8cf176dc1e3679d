-- The roles of the schema, created if missing. None can log in: people and programs are made members of them.

DO $$
DECLARE
	wanted record;
BEGIN
	FOR wanted IN
		SELECT w.name, w.purpose FROM (VALUES
			('advocacy_daemon', 'advocated: what the daemon''s login role is a member of; no DDL'),
			('advocacy_reader', 'advocated: reads views and synced tables, without anyone''s contact details'),
			('advocacy_contact_reader', 'advocated: reads contact details too'),
			('advocacy_operator', 'advocated: may call the functions for people'),
			('advocacy_manager', 'advocated: an operator who may override hard causes too')) AS w (name, purpose)
		WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles AS r WHERE r.rolname = w.name)
	LOOP
		BEGIN
			EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN', wanted.name);
			EXECUTE pg_catalog.format('COMMENT ON ROLE %I IS %L', wanted.name, wanted.purpose);
		EXCEPTION
			WHEN duplicate_object OR unique_violation THEN
				NULL; -- another database of this cluster is migrated at the same moment, and roles are the cluster's
		END;
	END LOOP;
	IF NOT pg_catalog.pg_has_role('advocacy_manager', 'advocacy_operator', 'MEMBER') THEN
		GRANT advocacy_operator TO advocacy_manager;
	END IF;
END
$$;
