-- consent_allows: whether a person has allowed to be asked for an activity at a time. Unknown is not yes.
-- A consent holds from given_at until its end, for its own activity or for all. What was taken back later than it was
-- given doesn't hold, be it the very row or a withdrawal of that activity or of all. Where the policy says
-- consent = enrolment, who is in the program and never said anything about the activity has allowed it by that.
-- Parameters: contacts, the person's contact_ids (one, and those merged into it); activity_type, NULL: any at all; at.
-- Returns: boolean. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.consent_allows(contacts bigint[], activity_type text, at timestamptz) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT EXISTS (
		SELECT FROM advocacy.consent AS g
		 WHERE g.contact_id = ANY (contacts)
		   AND g.scope = ANY (ARRAY['all', coalesce(consent_allows.activity_type, g.scope)])
		   AND g.given_at <= consent_allows.at AND g.until > consent_allows.at
		   AND NOT EXISTS (
			SELECT FROM advocacy.consent AS w
			 WHERE w.contact_id = ANY (contacts)
			   AND w.scope = ANY (ARRAY['all', coalesce(consent_allows.activity_type, g.scope)])
			   AND w.withdrawn_at <= consent_allows.at AND w.withdrawn_at >= g.given_at
			   AND (w.given_at IS NULL OR w.consent_id = g.consent_id)))
	    OR (advocacy.policy_setting('consent', '"required"') = '"enrolment"'
	        AND NOT EXISTS (SELECT FROM advocacy.consent AS c
	                         WHERE c.contact_id = ANY (contacts)
	                           AND c.scope = ANY (ARRAY['all', coalesce(consent_allows.activity_type, 'all')])))
$$;
COMMENT ON FUNCTION advocacy.consent_allows(bigint[], text, timestamptz) IS
	'Whether a person has allowed to be asked for an activity (NULL: for anything) at a time; unknown is not yes.';
