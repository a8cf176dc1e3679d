-- commitment_attainment(quarter, at) -> agreement, version, commitment, owed_by, owed_to, kind, done, due, attainment
--
-- Purpose:    how much of each commitment was kept in a quarter, by one formula for every team: timed: clocks met of those
--             with a verdict; counted: done of at_least, no more than all; cadence: spans of every_days with an event in them
--             of those that are over; attested: the last yes or no.
-- Parameters: quarter  any day of it; at  now: what is due after it isn't yet.
-- Returns:    a row per commitment of the versions that held (signed by both, the newest by the quarter's end or by now);
--             attainment is NULL when nothing was due. Quarters begin at midnight UTC.
-- Writes:     nothing.
--
-- Of clocks count those that ended in the quarter: met, met_late, and cancelled after a breach. Not those cancelled before,
-- those late by a change of the party they are owed to, nor those whose breach isn't verified yet.
CREATE OR REPLACE FUNCTION advocacy.commitment_attainment(quarter date, at timestamptz DEFAULT now())
RETURNS TABLE (agreement text, version integer, commitment text, owed_by text, owed_to text, kind text, done bigint, due bigint,
	attainment numeric)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH w AS (
		SELECT date_trunc('quarter', quarter::timestamp) AT TIME ZONE 'UTC' AS from_at,
		       (date_trunc('quarter', quarter::timestamp) + interval '3 months') AT TIME ZONE 'UTC' AS to_at
	), held AS (
		SELECT DISTINCT ON (a.name) a.agreement_id, a.name, a.version, a.signed_at FROM advocacy.agreement AS a CROSS JOIN w
		WHERE a.signed_at < least(w.to_at, at) ORDER BY a.name, a.version DESC
	), counted AS (
		SELECT h.name AS agreement, h.version, c.name AS commitment, c.owed_by, c.owed_to, c.kind, c.at_least, n.done, n.due
		FROM held AS h CROSS JOIN w
		JOIN advocacy.commitment AS c USING (agreement_id)
		CROSS JOIN LATERAL (
			SELECT count(*) FILTER (WHERE k.state = 'met') AS done, count(*) AS due
			FROM advocacy.sla_clock AS k JOIN advocacy.sla_policy AS p USING (policy_id)
			WHERE c.kind = 'timed' AND k.metric = c.metric AND p.owed_by = c.owed_by AND p.owed_to = c.owed_to
			  AND k.ended_at >= w.from_at AND k.ended_at < least(w.to_at, at) AND NOT k.excluded AND k.unverified IS NULL
			  AND (k.state IN ('met', 'met_late') OR k.breached_at IS NOT NULL)
			HAVING c.kind = 'timed'
			UNION ALL
			SELECT count(*), c.at_least FROM advocacy.commitment_observation AS o
			WHERE o.agreement = h.name AND o.commitment = c.name AND o.happened_at >= w.from_at AND o.happened_at < least(w.to_at, at)
			HAVING c.kind = 'counted'
			UNION ALL
			SELECT count(*) FILTER (WHERE EXISTS (
				SELECT FROM advocacy.commitment_observation AS o
				WHERE o.agreement = h.name AND o.commitment = c.name
				  AND o.happened_at >= s.from_at AND o.happened_at < s.from_at + c.every_days * interval '24 hours')), count(*)
			FROM generate_series(greatest(w.from_at, date_trunc('day', h.signed_at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'), w.to_at,
			                     c.every_days * interval '24 hours') AS s (from_at)
			WHERE s.from_at + c.every_days * interval '24 hours' <= least(w.to_at, at)
			HAVING c.kind = 'cadence'
			UNION ALL
			SELECT count(*) FILTER (WHERE l.kept), count(*) FROM (
				SELECT o.kept FROM advocacy.commitment_observation AS o
				WHERE o.agreement = h.name AND o.commitment = c.name AND o.happened_at >= w.from_at AND o.happened_at < least(w.to_at, at)
				ORDER BY o.happened_at DESC, o.observation_id DESC LIMIT 1) AS l
			HAVING c.kind = 'attested'
		) AS n (done, due)
	)
	SELECT c.agreement, c.version, c.commitment, c.owed_by, c.owed_to, c.kind, c.done, c.due,
	       CASE WHEN c.due > 0 THEN least(1, round(c.done::numeric / c.due, 4)) END
	FROM counted AS c ORDER BY c.agreement, c.owed_by, c.commitment
$$;

COMMENT ON FUNCTION advocacy.commitment_attainment(date, timestamptz) IS
	'How much of each commitment was kept in a quarter, by one formula for every team.';
