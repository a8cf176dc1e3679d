-- sync_analyze: brings the planner's statistics up to date for the tables that have grown much since they were last taken.
-- A first load fills tables from nothing within seconds, long before autovacuum looks at them; until then every plan
-- rests on guesses. Called at the end of an apply that stored something, so that the next one, and whoever reads,
-- is planned with what is there, and plans that a session keeps are made anew. (Not plan_cache_mode = force_custom_plan
-- instead: that plans the foreign key checks anew too, row by row.)
-- Within sync_apply the sample is small (its default_statistics_target), which does for joins by keys; autovacuum takes a
-- larger one when it comes.
-- Runs as the tables' owner, because only the owner may ANALYZE; only the tables named here. One that something else
-- is analyzing or vacuuming is left to that.
-- Parameters: none.
-- Returns: how many tables were analyzed; as a rule 0: a table has to have doubled, and to be of 64 pages (512 kB).
-- Writes: statistics only.
CREATE OR REPLACE FUNCTION advocacy.sync_analyze() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	grown text;
	analyzed integer := 0;
BEGIN
	FOR grown IN
		SELECT c.relname FROM pg_class AS c
		 WHERE c.relnamespace = 'advocacy'::regnamespace AND c.relkind = 'r'
		   AND c.relname IN ('account', 'account_source', 'staff', 'contact', 'support_case', 'opportunity', 'signal',
		                     'signal_history', 'sync_listing', 'risk', 'advocate', 'suspension', 'rejected_record', 'outbox')
		   AND pg_relation_size(c.oid) > 8192 * greatest(63, 2 * c.relpages::bigint)
		 ORDER BY c.relname
	LOOP
		EXECUTE format('ANALYZE (SKIP_LOCKED) advocacy.%I', grown);
		analyzed := analyzed + 1;
	END LOOP;
	RETURN analyzed;
END $$;
COMMENT ON FUNCTION advocacy.sync_analyze() IS
	'Brings the planner''s statistics up to date for the tables that have doubled since; returns how many.';
