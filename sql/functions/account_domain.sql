-- account_domain: the registered form of a web address or domain, as accounts are compared by.
-- Parameters: address, whatever a CRM has in its website field.
-- Returns: lower case, without scheme, user, port, path, leading "www." and trailing dot; NULL where that leaves no
-- domain (no dot, a blank, an e-mail address).
-- Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.account_domain(address text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	host text := lower(btrim(address, E' \t\r\n'));
BEGIN
	IF host ~ '[^a-z0-9.-]' THEN
		host := regexp_replace(host, '^[a-z][a-z0-9+.-]*://', '');
		host := regexp_replace(host, '[/?#].*$', '');
		host := regexp_replace(host, ':[0-9]*$', '');
	END IF;
	host := btrim(regexp_replace(host, '^(www\.)+', ''), '.');
	IF host ~ '^[^\s@/:,;]+\.[^\s@/:,;]+$' THEN
		RETURN host;
	END IF;
	RETURN NULL;
END $$;
COMMENT ON FUNCTION advocacy.account_domain(text) IS
	'A web address as the domain that accounts are compared by: lower case, no scheme, port, path or leading www.; NULL for none.';
