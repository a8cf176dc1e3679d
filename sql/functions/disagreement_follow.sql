-- disagreement_follow: writes down of which customers sources say things more than 30 points apart about their health, since
-- when, and until when. Not scored is no opinion. Nobody is told: data_quality shows what has lasted for three days.
-- Parameters: accounts, those that changed; at. Returns: how many began or changed. Writes: source_disagreement.
CREATE OR REPLACE FUNCTION advocacy.disagreement_follow(accounts bigint[], at timestamptz) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
	begun bigint[];
BEGIN
	IF (SELECT count(*) FROM advocacy.source_status) < 2 THEN
		RETURN 0;
	END IF;
	-- (As an array of keys: most applies find none, and then only one index is read.)
	WITH opinion AS (
		SELECT s.account_id, s.source, s.value
		  FROM (SELECT DISTINCT t.id FROM unnest(disagreement_follow.accounts) AS t (id)) AS t
		  JOIN advocacy.signal AS s ON s.account_id = t.id AND s.name = 'health_score' AND s.value IS NOT NULL
	), apart AS (
		SELECT o.account_id, (array_agg(o.source ORDER BY o.value, o.source))[1] AS low_source, min(o.value) AS low,
		       (array_agg(o.source ORDER BY o.value DESC, o.source))[1] AS high_source, max(o.value) AS high
		  FROM opinion AS o GROUP BY o.account_id HAVING max(o.value) - min(o.value) > 30
	), kept AS (
		INSERT INTO advocacy.source_disagreement AS d (account_id, low_source, low, high_source, high, since)
		SELECT a.account_id, a.low_source, a.low, a.high_source, a.high, disagreement_follow.at
		  FROM apart AS a JOIN advocacy.account AS c ON c.account_id = a.account_id
		 ORDER BY a.account_id
		ON CONFLICT (account_id) WHERE ended_at IS NULL DO UPDATE
		   SET low_source = excluded.low_source, low = excluded.low, high_source = excluded.high_source, high = excluded.high
		RETURNING d.account_id
	)
	SELECT array_agg(k.account_id) INTO begun FROM kept AS k;
	UPDATE advocacy.source_disagreement AS d SET ended_at = disagreement_follow.at
	 WHERE d.ended_at IS NULL AND d.account_id = ANY (disagreement_follow.accounts) AND d.account_id <> ALL (coalesce(begun, '{}'));
	RETURN coalesce(cardinality(begun), 0);
END $$;
COMMENT ON FUNCTION advocacy.disagreement_follow(bigint[], timestamptz) IS
	'Writes down of which customers sources say very different things about their health; returns how many do.';
