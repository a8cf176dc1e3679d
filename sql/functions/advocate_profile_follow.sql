-- advocate_profile_follow: keeps advocate_profile, as a trigger. Statements over advocates are followed as a whole, since the
-- sync enrols many at once; of accounts and contacts, rows whose facts change, which are few.
-- Parameters: none. Returns: NULL. Writes: advocate_profile.
CREATE OR REPLACE FUNCTION advocacy.advocate_profile_follow() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF TG_TABLE_NAME = 'account' THEN
		PERFORM advocacy.advocate_profile_refresh(ARRAY(SELECT a.advocate_id FROM advocacy.advocate AS a
		                                                 WHERE a.account_id = NEW.account_id));
	ELSIF TG_TABLE_NAME = 'contact' THEN
		PERFORM advocacy.advocate_profile_refresh(ARRAY(SELECT a.advocate_id FROM advocacy.advocate AS a
		                                                 WHERE a.contact_id = NEW.contact_id));
	ELSIF TG_OP = 'INSERT' THEN
		PERFORM advocacy.advocate_profile_refresh(ARRAY(SELECT n.advocate_id FROM changed AS n));
	ELSE
		PERFORM advocacy.advocate_profile_refresh(ARRAY(
			SELECT n.advocate_id FROM changed AS n JOIN before AS b ON b.advocate_id = n.advocate_id
			 WHERE (n.contact_id, n.account_id, n.retired_at IS NULL)
			       IS DISTINCT FROM (b.contact_id, b.account_id, b.retired_at IS NULL)));
	END IF;
	RETURN NULL;
END $$;
COMMENT ON FUNCTION advocacy.advocate_profile_follow() IS 'Keeps advocate_profile, as a trigger.';

CREATE OR REPLACE TRIGGER advocate_profile_made AFTER INSERT ON advocacy.advocate
	REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION advocacy.advocate_profile_follow();
CREATE OR REPLACE TRIGGER advocate_profile_changed AFTER UPDATE ON advocacy.advocate
	REFERENCING OLD TABLE AS before NEW TABLE AS changed FOR EACH STATEMENT
	EXECUTE FUNCTION advocacy.advocate_profile_follow();
CREATE OR REPLACE TRIGGER advocate_profile_of_account AFTER UPDATE ON advocacy.account FOR EACH ROW
	WHEN ((OLD.industry, OLD.region, OLD.segment, OLD.deleted) IS DISTINCT FROM
	      (NEW.industry, NEW.region, NEW.segment, NEW.deleted))
	EXECUTE FUNCTION advocacy.advocate_profile_follow();
CREATE OR REPLACE TRIGGER advocate_profile_of_contact AFTER UPDATE ON advocacy.contact FOR EACH ROW
	WHEN ((OLD.persona, OLD.language, OLD.time_zone, OLD.products, OLD.use_cases, OLD.deleted) IS DISTINCT FROM
	      (NEW.persona, NEW.language, NEW.time_zone, NEW.products, NEW.use_cases, NEW.deleted))
	EXECUTE FUNCTION advocacy.advocate_profile_follow();
