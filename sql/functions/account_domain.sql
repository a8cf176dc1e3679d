-- account_domain: the registered form of a web address or domain, as accounts are compared by.
-- Parameters: address, whatever a CRM has in its website field.
-- Returns: lower case, without scheme, user, port, path, leading "www." and trailing dot; NULL where that leaves no
-- domain (no dot, a blank, an e-mail address). One that is clean, or is so behind what people paste most,
-- costs a comparison.
-- Writes: nothing. (No SET search_path: the body is bound when it is made, so that it can be inlined.)
CREATE OR REPLACE FUNCTION advocacy.account_domain(address text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN starts_with(address, 'https://www.') AND NOT starts_with(address, 'https://www.www.')
                 AND substr(address, 13) ~ '^[a-z0-9][a-z0-9.-]*\.[a-z0-9.-]*[a-z0-9]$' THEN substr(address, 13)
            WHEN starts_with(address, 'https://') AND NOT starts_with(address, 'https://www.')
                 AND substr(address, 9) ~ '^[a-z0-9][a-z0-9.-]*\.[a-z0-9.-]*[a-z0-9]$' THEN substr(address, 9)
            WHEN starts_with(address, 'http://www.') AND NOT starts_with(address, 'http://www.www.')
                 AND substr(address, 12) ~ '^[a-z0-9][a-z0-9.-]*\.[a-z0-9.-]*[a-z0-9]$' THEN substr(address, 12)
            WHEN address ~ '^[a-z0-9][a-z0-9.-]*\.[a-z0-9.-]*[a-z0-9]$' AND NOT starts_with(address, 'www.') THEN address
            ELSE substring(btrim(regexp_replace(regexp_replace(regexp_replace(regexp_replace(
                     lower(btrim(address, E' \t\r\n')), '^[a-z][a-z0-9+.-]*://', ''), '[/?#].*$', ''), ':[0-9]*$', ''),
                     '^(www\.)+', ''), '.') FROM '^[^\s@/:,;]+\.[^\s@/:,;]+$') END;
COMMENT ON FUNCTION advocacy.account_domain(text) IS
	'A web address as the domain that accounts are compared by: lower case, no scheme, port, path or leading www.; NULL for none.';
