-- asset_restore(advocate, at) -> integer
--
-- Purpose:    consent was given anew before everything came down: what it allows may stay.
-- Parameters: advocate  advocate_id, whose row the caller has locked; at  now.
-- Returns:    how many may stay.
-- Writes:     asset, sla_clock, clock_event.
CREATE OR REPLACE FUNCTION advocacy.asset_restore(advocate bigint, at timestamptz)
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	one  record;
	many integer := 0;
BEGIN
	FOR one IN
		UPDATE advocacy.asset AS s SET state = 'published', withdrawn_at = NULL
		FROM advocacy.advocate AS v
		WHERE v.advocate_id = asset_restore.advocate AND s.advocate_id = v.advocate_id AND s.state = 'withdrawn'
		  AND advocacy.consent_allows(v.former_contacts || v.contact_id, s.activity_type, asset_restore.at)
		RETURNING s.asset_id
	LOOP
		PERFORM advocacy.clock_follow('asset', one.asset_id, '{restored}', '{}', asset_restore.at, 'consent was given anew');
		many := many + 1;
	END LOOP;
	RETURN many;
END
$$;

COMMENT ON FUNCTION advocacy.asset_restore(bigint, timestamptz) IS
	'What was to come down may stay, since consent was given anew; answers how many.';
