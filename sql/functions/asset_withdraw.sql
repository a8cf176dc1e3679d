-- asset_withdraw(advocate, scope, at) -> integer
--
-- Purpose:    consent is gone: what was published by it is to come down. Each asset is on a clock until somebody attests that it
--             is (asset_down).
-- Parameters: advocate  advocate_id, whose row the caller has locked; scope  'all' or an activity type; at  now.
-- Returns:    how many are to come down since now.
-- Writes:     asset, sla_clock, clock_event, outbox (takedown_wanted).
CREATE OR REPLACE FUNCTION advocacy.asset_withdraw(advocate bigint, scope text, at timestamptz)
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
		UPDATE advocacy.asset AS s SET state = 'withdrawn', withdrawn_at = greatest(asset_withdraw.at, s.published_at)
		WHERE s.advocate_id = asset_withdraw.advocate AND s.state = 'published' AND asset_withdraw.scope IN ('all', s.activity_type)
		RETURNING s.asset_id, s.withdrawn_at
	LOOP
		PERFORM advocacy.clock_follow('asset', one.asset_id, '{withdrawn}', '{}', one.withdrawn_at, 'consent is gone');
		PERFORM advocacy.outbox_put('takedown_wanted',
			format('asset:%s:withdrawn:%s', one.asset_id, advocacy.sync_time_text(one.withdrawn_at)),
			advocacy.asset_facts(one.asset_id) || jsonb_build_object('at', advocacy.sync_time_text(asset_withdraw.at)), 2,
			asset_withdraw.at);
		many := many + 1;
	END LOOP;
	RETURN many;
END
$$;

COMMENT ON FUNCTION advocacy.asset_withdraw(bigint, text, timestamptz) IS
	'What was published by a consent that is gone is to come down; answers how many.';
