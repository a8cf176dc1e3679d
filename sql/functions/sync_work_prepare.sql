-- sync_work_prepare: the temporary tables in which sync_apply keeps what it has found out so far.
--   work_known      of accounts: where few are stored between the staged ids, all of those
--   work_change     staged accounts that differ from what is stored, ready to be stored
--   work_link       records whose account has to be decided anew: the changed ones and all that they may touch
--   work_shared     Salesforce ids and domains that more than one record has
--   work_edge       which groups of records (base) share an unambiguous domain
--   work_component  which groups belong together by domain, and why that was refused
--   work_review     records that can't be linked for certain
--   work_owner      which component keeps an existing account
--   work_target     which account a component belongs to
--   work_moved      records that are new (old account NULL) or belong to another account now
--   work_child      contacts, cases, opportunities that changed or moved
--   work_signal     observations that may be new
--   work_refresh    accounts whose columns may differ now
--   work_evaluate   accounts whose risks have to be looked at
-- Parameters: none. Returns: nothing. Writes: no table of the schema.
CREATE OR REPLACE FUNCTION advocacy.sync_work_prepare() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
	made name;
BEGIN
	IF to_regclass('pg_temp.work_evaluate') IS NOT NULL THEN
		RETURN;
	END IF;
	CREATE TEMPORARY TABLE work_known (remote_id text) ON COMMIT PRESERVE ROWS;
	CREATE TEMPORARY TABLE work_change (
		remote_id text, account_id bigint, link_reason text, link_changed boolean, columns_changed boolean, old_key text, old_domain text,
		salesforce_id text, name text, domain text, industry text, region text, segment text, arr numeric,
		renewal_on date, owner_remote_id text, owner_email text, csm_remote_id text, csm_email text,
		modified_at timestamptz, deleted boolean, merged_into_remote_id text) ON COMMIT PRESERVE ROWS;
	CREATE TEMPORARY TABLE work_link (
		node bigint GENERATED ALWAYS AS IDENTITY, round integer, source text, remote_id text, old_account_id bigint,
		old_reason text, pinned boolean, salesforce boolean, priority integer, key text, domain text, old_key text,
		old_domain text, deleted boolean, merged_into text, survivor bigint, base bigint, component bigint,
		head boolean, reason text)
		WITH (fillfactor = 30) ON COMMIT PRESERVE ROWS; -- each row is updated up to three times, in its place
	-- So that a plan made on a wrong guess of their size is slow by a factor, not by their size.
	CREATE INDEX work_link_by_node ON pg_temp.work_link (node);
	CREATE INDEX work_link_by_record ON pg_temp.work_link (remote_id, source);
	CREATE TEMPORARY TABLE work_shared (shared_by text, shared text) ON COMMIT PRESERVE ROWS;
	CREATE TEMPORARY TABLE work_edge (base bigint, domain text) ON COMMIT PRESERVE ROWS;
	CREATE TEMPORARY TABLE work_component (base bigint, component bigint, refused text) ON COMMIT PRESERVE ROWS;
	CREATE INDEX work_component_by_base ON pg_temp.work_component (base);
	CREATE TEMPORARY TABLE work_owner (account_id bigint, component bigint, merged boolean) ON COMMIT PRESERVE ROWS;
	CREATE TEMPORARY TABLE work_target (component bigint, account_id bigint) ON COMMIT PRESERVE ROWS;
	CREATE INDEX work_target_by_component ON pg_temp.work_target (component);
	CREATE TEMPORARY TABLE work_moved (source text, remote_id text, old_account_id bigint, account_id bigint,
		merged boolean, takes_signals boolean) ON COMMIT PRESERVE ROWS;
	CREATE TEMPORARY TABLE work_review (shared_by text, shared text, why text, source text, remote_id text)
		ON COMMIT PRESERVE ROWS;
	CREATE TEMPORARY TABLE work_child (entity text, id bigint, old_account_id bigint, account_id bigint)
		ON COMMIT PRESERVE ROWS;
	CREATE TEMPORARY TABLE work_signal (account_id bigint, name text, source text, stream text, value numeric,
		observed_at timestamptz, changed boolean) ON COMMIT PRESERVE ROWS;
	CREATE TEMPORARY TABLE work_refresh (account_id bigint) ON COMMIT PRESERVE ROWS;
	CREATE TEMPORARY TABLE work_evaluate (account_id bigint) ON COMMIT PRESERVE ROWS;
	-- What operators call works as the schema's owner, also in a session that has made these as somebody else.
	FOR made IN
		SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = pg_my_temp_schema() AND c.relname LIKE 'work\_%' AND c.relkind = 'r'
	LOOP
		EXECUTE format('GRANT ALL ON pg_temp.%I TO %I', made,
			(SELECT pg_get_userbyid(n.nspowner) FROM pg_namespace AS n WHERE n.nspname = 'advocacy'));
	END LOOP;
END $$;
COMMENT ON FUNCTION advocacy.sync_work_prepare() IS
	'Makes the temporary tables in which sync_apply keeps what it has found out so far.';
