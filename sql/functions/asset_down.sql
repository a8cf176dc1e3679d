-- asset_down(asset, evidence, actor, at) -> void
--
-- Purpose:    somebody attests that what was published is down: its clock is met.
-- Parameters: asset  asset_id; evidence  what shows it, such as "404 since noon, cache cleared";
--             actor  the person, NULL for session_user; at  when it came down.
-- Returns:    nothing. Raises P0002 for an unknown asset, 55000 for one that is down already, 22023 without evidence, and for a
--             time before it was to come down.
-- Writes:     asset, sla_clock, clock_event, audit_log. Locks the asset, then its clocks.
CREATE OR REPLACE FUNCTION advocacy.asset_down(
	asset bigint, evidence text, actor text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	who  constant text := coalesce(nullif(btrim(asset_down.actor), ''), session_user);
	this advocacy.asset;
BEGIN
	IF btrim(coalesce(asset_down.evidence, '')) = '' THEN
		RAISE EXCEPTION 'that something is down needs evidence' USING ERRCODE = '22023', COLUMN = 'evidence',
			HINT = 'Say what shows it, such as "the page answers 404, the cache is cleared".';
	END IF;
	SELECT s.* INTO this FROM advocacy.asset AS s WHERE s.asset_id = asset_down.asset FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no asset %', coalesce(asset_down.asset::text, 'null')
			USING ERRCODE = 'P0002', HINT = 'advocacy.takedown_waiting lists what is to come down.';
	END IF;
	IF this.state = 'down' THEN
		RAISE EXCEPTION 'asset % is down since % already', this.asset_id, advocacy.sync_time_text(this.down_at) USING ERRCODE = '55000';
	END IF;
	IF at IS NULL OR NOT isfinite(at) OR at < coalesce(this.withdrawn_at, this.published_at) THEN
		RAISE EXCEPTION 'asset % can''t have come down at %', this.asset_id, coalesce(at::text, 'null') USING ERRCODE = '22023',
			COLUMN = 'at', HINT = 'A time after ' || advocacy.sync_time_text(coalesce(this.withdrawn_at, this.published_at)) || '.';
	END IF;
	UPDATE advocacy.asset AS s SET state = 'down', down_at = asset_down.at, down_by = who, evidence = btrim(asset_down.evidence)
	WHERE s.asset_id = this.asset_id;
	INSERT INTO advocacy.audit_log (at, actor, action, subject, reason, details)
	VALUES (asset_down.at, who, 'asset_down', 'asset ' || this.asset_id, asset_down.evidence,
	        jsonb_build_object('from', this.state, 'role', session_user));
	PERFORM advocacy.clock_follow('asset', this.asset_id, '{down}', '{}', asset_down.at, 'down');
END
$$;

COMMENT ON FUNCTION advocacy.asset_down(bigint, text, text, timestamptz) IS
	'Somebody attests that what was published is down (audited): its clock is met.';
