-- account_domain_is_public: whether anyone can have an address at this domain, so that it links no two accounts.
-- Parameters: domain, as account_domain() makes it.
-- Returns: true for the known mail and social domains, else false.
-- Writes: nothing. (No SET search_path: the body is bound when it is made, so that it can be inlined.)
CREATE OR REPLACE FUNCTION advocacy.account_domain_is_public(domain text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN domain = ANY ('{126.com,163.com,aol.com,bluewin.ch,comcast.net,facebook.com,fastmail.com,free.fr,gmail.com,gmx.at,gmx.ch,gmx.de,gmx.net,googlemail.com,hey.com,hotmail.co.uk,hotmail.com,hotmail.de,hotmail.fr,icloud.com,instagram.com,laposte.net,libero.it,linkedin.com,live.com,mac.com,mail.com,mail.ru,me.com,msn.com,naver.com,orange.fr,outlook.com,outlook.de,pm.me,posteo.de,proton.me,protonmail.com,qq.com,rediffmail.com,sfr.fr,sites.google.com,t-online.de,tutanota.com,twitter.com,wanadoo.fr,web.de,x.com,yahoo.co.in,yahoo.co.jp,yahoo.co.uk,yahoo.com,yahoo.de,yahoo.fr,yandex.ru,ymail.com,zoho.com}'::text[]);
COMMENT ON FUNCTION advocacy.account_domain_is_public(text) IS
	'Whether the domain is one that anyone can have an address at (mail, social networks): such a domain links no accounts.';
