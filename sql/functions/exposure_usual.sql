-- exposure_usual: how widely an activity shows the customer, where the request says nothing: what is published is public, what
-- stands in an offer names them, a talk among few stays internal.
-- Parameters: activity_type. Returns: one of exposures(). Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.exposure_usual(activity_type text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN activity_type IN ('case_study', 'video_testimonial', 'quote', 'event_talk', 'review') THEN 'public'
	            WHEN activity_type = 'rfp_support' THEN 'named' ELSE 'internal' END
$$;
COMMENT ON FUNCTION advocacy.exposure_usual(text) IS 'How widely an activity shows the customer, where the request says nothing.';
