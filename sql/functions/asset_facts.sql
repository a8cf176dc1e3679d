-- asset_facts: what a message about something published begins with.
-- Parameters: asset, an asset_id. Returns: what consent_facts says of its advocate; and {"asset", "title", "place",
-- "activity_type", "due_at"}; what isn't known is left out. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.asset_facts(asset bigint) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT advocacy.consent_facts(s.advocate_id) || jsonb_strip_nulls(jsonb_build_object('asset', s.asset_id, 'title', s.title,
		'place', s.place, 'activity_type', s.activity_type, 'due_at', (
			SELECT advocacy.sync_time_text(k.due_at) FROM advocacy.sla_clock AS k
			 WHERE (k.subject_kind, k.subject_id) = ('asset', s.asset_id) ORDER BY k.cycle DESC LIMIT 1)))
	  FROM advocacy.asset AS s WHERE s.asset_id = asset_facts.asset
$$;
COMMENT ON FUNCTION advocacy.asset_facts(bigint) IS 'What a message about something published begins with.';
