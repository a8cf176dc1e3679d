-- sync_find_reordered: finds scores that turn the order of the accounts upside down, or mix it up, before anything is stored: a
-- scale that was turned round at the vendor, a scheme that was switched. Of such a score nothing is stored, as by sync_find_drift.
-- Looked at are the signals of active rules, where at least 30 staged records have a score, and had one, and no more than half
-- of them the same (what becomes the same for most is the breaker's business): their ranks, before and now, must correlate by 0.5 at least (Spearman). Once found, it is kept as it was also
-- where fewer come, until a reading of so many is in order again, a person accepts it, or it is mapped otherwise.
-- Parameters: source; stream; remapped, whether this is the first reading by another mapping, where another order is no
-- wonder; whole, whether all records are being read: else they count only where they are half of the source's at least, since those
-- that have just changed may well be in another order; at.
-- Returns: nothing. Writes: the stage tables; field_drift, sync_stream, outbox (through drift_open).
CREATE OR REPLACE FUNCTION advocacy.sync_find_reordered(source text, stream text, remapped boolean, whole boolean, at timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
#variable_conflict use_column
DECLARE
	many constant integer := 30;
	least constant float8 := 0.5;
	drift record;
	one record;
	kept text[];
BEGIN
	IF remapped THEN
		UPDATE advocacy.field_drift AS d SET resolved_at = sync_find_reordered.at, resolution = 'it is mapped otherwise now'
		 WHERE d.source = sync_find_reordered.source AND d.stream = sync_find_reordered.stream AND d.kind = 'reordered'
		   AND d.resolved_at IS NULL;
		RETURN;
	END IF;
	SELECT array_agg(d.field) INTO kept FROM advocacy.field_drift AS d
	 WHERE d.source = sync_find_reordered.source AND d.stream = sync_find_reordered.stream AND d.kind = 'reordered'
	   AND d.resolved_at IS NULL;
	-- Record by record: of a source that is new the planner knows nothing, takes it for empty, and would read all of it for each.
	FOR one IN
		WITH staged AS MATERIALIZED (
			SELECT s.remote_id, u.signal, advocacy.signal_value(s.signals ->> u.signal) AS value
			  FROM pg_temp.stage_account AS s
			  JOIN (SELECT DISTINCT o.signal FROM advocacy.risk_rule AS o
			         WHERE o.active AND o.date_side IS NULL AND o.signal NOT LIKE 'contact.%') AS u ON s.signals ? u.signal
			 WHERE s.deleted IS NOT TRUE AND jsonb_typeof(s.signals) = 'object'
			   -- So many at least, or there is nothing to tell.
			   AND (SELECT count(*) FROM (SELECT FROM pg_temp.stage_account LIMIT many) AS n) = many
		), known AS MATERIALIZED (
			SELECT t.account_id, k.signal, k.value
			  FROM staged AS k
			 CROSS JOIN LATERAL (SELECT a.account_id FROM advocacy.account_source AS a
			                      WHERE a.source = sync_find_reordered.source AND a.remote_id = k.remote_id OFFSET 0) AS t
			 WHERE k.value IS NOT NULL
		)
		SELECT r.field, count(*) AS records, corr(r.before, r.after) AS alike
		  FROM (SELECT p.*, rank() OVER (PARTITION BY p.field ORDER BY p.old) + (p.same_old - 1) / 2.0 AS before,
		               rank() OVER (PARTITION BY p.field ORDER BY p.new) + (p.same_new - 1) / 2.0 AS after
		          FROM (SELECT v.*, count(*) OVER (PARTITION BY v.field, v.old) AS same_old,
		                       count(*) OVER (PARTITION BY v.field, v.new) AS same_new
		                  FROM (SELECT k.signal AS field, g.value AS old, k.value AS new
		                          FROM known AS k
		                          JOIN advocacy.signal AS g ON g.account_id = k.account_id AND g.name = k.signal
		                           AND g.source = sync_find_reordered.source
		                         WHERE g.value IS NOT NULL) AS v) AS p) AS r
		 GROUP BY r.field
		HAVING count(*) >= many AND 2 * greatest(max(r.same_old), max(r.same_new)) <= count(*)
		 ORDER BY r.field
	LOOP
		SELECT d.drift_id, d.accepted_by, d.resolved_at INTO drift FROM advocacy.field_drift AS d
		 WHERE d.source = sync_find_reordered.source AND d.stream = sync_find_reordered.stream AND d.field = one.field
		   AND d.kind = 'reordered' AND (d.resolved_at IS NULL OR (d.accepted_by IS NOT NULL AND d.lapsed_at IS NULL))
		 ORDER BY d.resolved_at IS NOT NULL LIMIT 1;
		IF one.alike >= least THEN
			UPDATE advocacy.field_drift AS d
			   SET resolved_at = coalesce(d.resolved_at, sync_find_reordered.at),
			       resolution = coalesce(d.resolution, 'the order is as it was'),
			       lapsed_at = CASE WHEN d.accepted_by IS NOT NULL THEN sync_find_reordered.at END
			 WHERE d.drift_id = drift.drift_id;
			-- What it said meanwhile was not taken.
			UPDATE advocacy.sync_stream AS y SET full_read_at = NULL
			 WHERE drift.resolved_at IS NULL AND drift.drift_id IS NOT NULL
			   AND y.source = sync_find_reordered.source AND y.stream = sync_find_reordered.stream;
			kept := array_remove(kept, one.field);
		ELSIF drift.accepted_by IS NULL
			AND (whole OR 2 * one.records >= (SELECT count(*) FROM (SELECT FROM advocacy.account_source AS t
			                                  WHERE t.source = sync_find_reordered.source LIMIT 2 * one.records + 1) AS n)) THEN
			PERFORM advocacy.drift_open(sync_find_reordered.source, sync_find_reordered.stream, one.field, 'reordered',
				format('the order of %s accounts has changed: its rank correlation with the last reading is %s; a scale turned round, or another scheme?',
				       one.records, round(one.alike::numeric, 2)), one.records, sync_find_reordered.at);
			kept := kept || one.field;
		END IF;
	END LOOP;
	IF cardinality(kept) > 0 THEN
		UPDATE pg_temp.stage_account AS s SET signals = s.signals - kept
		 WHERE jsonb_typeof(s.signals) = 'object' AND s.signals ?| kept;
	END IF;
END $$;
COMMENT ON FUNCTION advocacy.sync_find_reordered(text, text, boolean, boolean, timestamptz) IS
	'Finds scores that turn the order of the accounts upside down, or mix it up, and keeps what was stored of them.';
