-- brake_end_holds: ends what holds the advocates of a batch that is settled.
-- Parameters: batch; verdict, released, rejected or discarded; what was decided of, for the reason; by_whom; at; cycle.
-- Returns: whose holds ended, in order; NULL: nobody's. Writes: suspension.
CREATE OR REPLACE FUNCTION advocacy.brake_end_holds(batch bigint, verdict text, what text, by_whom text, at timestamptz, cycle bigint)
RETURNS bigint[]
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	WITH done AS (
		UPDATE advocacy.suspension AS s
		   SET closed_at = brake_end_holds.at, closed_by = by_whom, closed_in = brake_end_holds.cycle,
		       close_reason = CASE verdict WHEN 'released' THEN what || ' is right' WHEN 'rejected' THEN what || ' rests on wrong data'
		                                   ELSE 'nobody decided within 72 hours' END
		 WHERE s.cause = 'own' AND s.severity = 'hold' AND s.closed_at IS NULL
		   AND s.evidence ->> 'batch' = brake_end_holds.batch::text
		RETURNING s.advocate_id)
	SELECT array_agg(d.advocate_id ORDER BY d.advocate_id) FROM done AS d
$$;
COMMENT ON FUNCTION advocacy.brake_end_holds(bigint, text, text, text, timestamptz, bigint) IS
	'Ends what holds the advocates of a batch that is settled; returns whose holds ended.';
