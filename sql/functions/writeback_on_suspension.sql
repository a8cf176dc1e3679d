-- writeback_on_suspension: what a person or a withdrawn consent suspended was opened or closed: the flags in the CRMs follow
-- in the same transaction, whoever did it. (Suspensions by rules are closed and opened together: suspension_follow says when
-- it is through, for a hold that follows a suspension leaves the flag as it is.)
-- Parameters: none, a trigger function for statements with the transition table `changed`.
-- Returns: NULL. Writes: crm_flag.
CREATE OR REPLACE FUNCTION advocacy.writeback_on_suspension() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM advocacy.writeback_follow(ARRAY(SELECT c.advocate_id FROM changed AS c WHERE c.cause <> 'risk'),
		(SELECT max(greatest(c.opened_at, c.closed_at)) FROM changed AS c WHERE c.cause <> 'risk'));
	RETURN NULL;
END $$;
COMMENT ON FUNCTION advocacy.writeback_on_suspension() IS
	'Lets the flags in the CRMs follow what people and withdrawn consents suspend.';
CREATE OR REPLACE TRIGGER writeback_inserted AFTER INSERT ON advocacy.suspension REFERENCING NEW TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION advocacy.writeback_on_suspension();
CREATE OR REPLACE TRIGGER writeback_updated AFTER UPDATE ON advocacy.suspension REFERENCING NEW TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION advocacy.writeback_on_suspension();
