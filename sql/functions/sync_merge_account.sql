-- sync_merge_account: merges pg_temp.stage_account into account_source, decides which record is which customer, lets
-- everything follow that belongs to a record whose customer changed, and stores what the records say in numbers.
-- Parameters: source; stream; at.
-- Returns: how many records were new or changed.
-- Writes: account_source, account, signal, signal_history; through account_link_records and account_follow: contact,
-- support_case, opportunity, risk; identity_review; work tables.
CREATE OR REPLACE FUNCTION advocacy.sync_merge_account(source text, stream text, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
#variable_conflict use_column
DECLARE
	alone record;
	changed bigint;
BEGIN
	SELECT a.* INTO alone
	  FROM advocacy.account_store_alone(sync_merge_account.source, sync_merge_account.stream, sync_merge_account.at) AS a;
	changed := alone.new;
	IF alone.known > 0 THEN
		changed := changed + advocacy.account_find_changed(sync_merge_account.source);
	END IF;
	IF changed > 0 THEN
		PERFORM advocacy.account_store_changed(sync_merge_account.source, sync_merge_account.at);
	END IF;
	IF alone.new > 0 OR alone.known > 0 THEN
		PERFORM advocacy.sync_merge_signals(sync_merge_account.source, sync_merge_account.stream,
			alone.known = 0 OR EXISTS (SELECT FROM pg_temp.work_known), sync_merge_account.at);
	END IF;
	RETURN alone.stored + changed;
END $$;
COMMENT ON FUNCTION advocacy.sync_merge_account(text, text, timestamptz) IS
	'Merges the staged accounts of a source, decides which record is which customer and stores what they say in numbers; returns the number of changed records.';
