-- clock_fire(at) -> integer
--
-- Purpose:    does everything that is due on any clock, its mark and its message in one transaction, each exactly once.
-- Parameters: at  now. A threshold is due at its instant, a breach later than breach_at.
-- Returns:    how many clocks fired.
-- Writes:     clock_event, sla_clock, outbox.
--
-- A clock is worth one message at a time, of the most serious thing that happened to it. What is older than an hour of
-- business time (nobody looked) goes into one digest for its owner, where there is more than one. A clock that somebody is
-- moving at this moment is passed over, so nobody ever waits for a lock behind this: its deadline still stands afterwards,
-- or the move itself has recorded the breach.
CREATE OR REPLACE FUNCTION advocacy.clock_fire(at timestamptz DEFAULT now())
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	clock  advocacy.sla_clock;
	did    record;
	told   jsonb[] := '{}';
	fired  integer := 0;
	digest record;
BEGIN
	FOR clock IN
		SELECT k.* FROM advocacy.sla_clock AS k
		JOIN advocacy.sync_stream AS y ON y.source = k.unverified
		WHERE k.unverified IS NOT NULL GROUP BY k.clock_id HAVING max(y.last_success_at) > k.breached_at
		ORDER BY k.clock_id
	LOOP
		SELECT k.* INTO clock FROM advocacy.sla_clock AS k WHERE k.clock_id = clock.clock_id FOR UPDATE SKIP LOCKED;
		IF FOUND AND clock.unverified IS NOT NULL THEN
			clock := advocacy.clock_log(clock, 'verify', at, at, clock.unverified || ' was read again');
		END IF;
	END LOOP;

	FOR clock IN
		SELECT k.* FROM advocacy.sla_clock AS k WHERE k.fire_at <= at ORDER BY k.clock_id FOR UPDATE SKIP LOCKED
	LOOP
		did := advocacy.clock_fire_one(clock, at);
		fired := fired + (did.clock IS DISTINCT FROM clock)::integer;
		CONTINUE WHEN did.kind IS NULL;
		clock := did.clock;
		IF advocacy.calendar_seconds(clock.calendar_id, least(did.happened_at, at), at) > 3600 THEN
			told := told || jsonb_build_object('owner', advocacy.clock_owner(clock), 'clock', to_jsonb(clock), 'kind', did.kind,
				'happened_at', did.happened_at, 'extra', did.extra);
		ELSE
			PERFORM advocacy.clock_tell(clock, did.kind, at, did.extra);
		END IF;
	END LOOP;

	FOR digest IN
		SELECT t ->> 'owner' AS owner, count(*) AS clocks, min((t ->> 'happened_at')::timestamptz) AS since,
		       min((t -> 'clock' ->> 'clock_id')::bigint) AS first_clock,
		       jsonb_agg(advocacy.clock_facts(jsonb_populate_record(NULL::advocacy.sla_clock, t -> 'clock'), at) || (t -> 'extra')
		                 || jsonb_build_object('kind', t ->> 'kind', 'happened_at',
		                                       advocacy.sync_time_text((t ->> 'happened_at')::timestamptz))
		                 ORDER BY t -> 'clock' -> 'clock_id') AS items
		FROM unnest(told) AS t GROUP BY 1 ORDER BY 1
	LOOP
		IF digest.clocks > 1 THEN
			PERFORM advocacy.outbox_put('sla_digest', format('digest:%s:%s:%s', digest.owner, advocacy.sync_time_text(at), digest.first_clock),
				jsonb_build_object('owner', digest.owner, 'clocks', digest.clocks, 'items', digest.items, 'first_at',
				                   advocacy.sync_time_text(digest.since), 'at', advocacy.sync_time_text(at),
				                   'blind_since', (SELECT advocacy.sync_time_text(l.looked_at) FROM advocacy.deadline_look AS l
				                                   WHERE at - l.looked_at > interval '5 minutes')), 2, at);
		ELSE
			PERFORM advocacy.clock_tell(jsonb_populate_record(NULL::advocacy.sla_clock, t -> 'clock'), t ->> 'kind', at, t -> 'extra')
			FROM unnest(told) AS t WHERE t ->> 'owner' = digest.owner;
		END IF;
	END LOOP;
	RETURN fired;
END
$$;

COMMENT ON FUNCTION advocacy.clock_fire(timestamptz) IS
	'Does everything that is due on any clock, each exactly once; answers how many clocks fired.';
