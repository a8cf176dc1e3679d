-- activity_types: what an advocate can be asked for. The tables that name one check the same list.
-- Parameters: none. Returns: the names. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.activity_types() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
	SELECT ARRAY['reference_call', 'case_study', 'video_testimonial', 'quote', 'event_talk', 'site_visit',
	             'advisory_board', 'rfp_support', 'referral', 'review', 'beta_test']
$$;
COMMENT ON FUNCTION advocacy.activity_types() IS 'What an advocate can be asked for.';
