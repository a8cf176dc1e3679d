-- sla_policy_define(entry, at) -> text
--
-- Purpose:    makes one promise hold for new clocks. Versions are immutable: the definition it already has changes nothing,
--             another one is the next version, and clocks that run stay on theirs.
-- Parameters: entry  {"name", "metric", "calendar"} and, where it is to be otherwise than shipped (clock_metrics):
--             "target_s", "business_day_s" (28800), "priority", "activity_types", "segments", "regions" (of which subjects;
--             none: of all), "order" (100; the lowest that matches holds, then the one with the most conditions),
--             "start", "fulfil", "cancel", "pause" (lists of moves and states), "reopen_s", "pause_cap_s" (10 days),
--             "thresholds" ([[75, "owner"], ...]: percent of the target and who is told, silent, owner or manager),
--             "ladder" ([{"role", "after_s"}, ...]: who hears of a breach, how much business time after it), "repeat_s",
--             "passes" (1 to 9), "owners" ({state: team}), "owed_by", "owed_to"; at  now.
-- Returns:    "sla NAME: version N", or NULL when nothing changed. Raises 22023 naming the entry and the value, P0002 for a
--             calendar that there is none of.
-- Writes:     sla_policy.
CREATE OR REPLACE FUNCTION advocacy.sla_policy_define(entry jsonb, at timestamptz DEFAULT now())
RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	this   constant text := entry ->> 'name';
	policy advocacy.sla_policy;
	newest advocacy.sla_policy;
BEGIN
	policy := advocacy.sla_policy_read(entry, at);
	PERFORM advocacy.calendar_newest(policy.calendar);
	SELECT p.* INTO newest FROM advocacy.sla_policy AS p WHERE p.name = this ORDER BY p.version DESC LIMIT 1;
	policy.version := newest.version;
	policy.policy_id := newest.policy_id;
	newest.created_at := at;
	IF newest = policy THEN
		RETURN NULL;
	END IF;
	UPDATE advocacy.sla_policy AS p SET active = false WHERE p.active AND p.name = this;
	policy.version := coalesce(newest.version, 0) + 1;
	policy.policy_id := nextval('advocacy.sla_policy_policy_id_seq');
	INSERT INTO advocacy.sla_policy OVERRIDING SYSTEM VALUE SELECT policy.*;
	RETURN format('sla %s: version %s', this, policy.version);
END
$$;

COMMENT ON FUNCTION advocacy.sla_policy_define(jsonb, timestamptz) IS
	'Makes one promise hold for new clocks, as its next version; NULL when it is what holds already.';
