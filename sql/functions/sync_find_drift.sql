-- sync_find_drift: finds fields that became null, or unreadable, for nearly everybody at once, before anything is stored.
-- Of such a field nothing is stored: the stage gets the values that are known, so no rule changes its outcome. Looked at
-- are the signals, and the columns that decide who is at risk or may be asked. A deleted record tells nothing.
-- Parameters: source; stream; first, whether the stream was never complete: then nothing was known that could be lost; at.
-- Returns: nothing. Writes: the stage tables; field_drift, outbox (through drift_judge and drift_open).
CREATE OR REPLACE FUNCTION advocacy.sync_find_drift(source text, stream text, first boolean, at timestamptz DEFAULT now())
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
#variable_conflict use_column
DECLARE
	many constant bigint := 20;
	drifting text[];
	suspect text[];
	kept text[];
	one record;
	counted record;
	total bigint;
BEGIN
	SELECT array_agg(d.field) INTO drifting FROM advocacy.field_drift AS d
	 WHERE d.source = sync_find_drift.source AND d.stream = sync_find_drift.stream
	   AND (d.resolved_at IS NULL OR (d.accepted_by IS NOT NULL AND d.lapsed_at IS NULL));

	IF NOT first OR drifting IS NOT NULL THEN
		SELECT array_agg(f.key) INTO suspect
		  -- (Keys rather than jsonb_each, which makes a table of each record. OFFSET 0: each value is got once.)
		  FROM (SELECT j.key
		          FROM (SELECT k.key, k.signals ->> k.key AS value
		                  FROM (SELECT s.signals, jsonb_object_keys(
		                               CASE WHEN jsonb_typeof(s.signals) = 'object' THEN s.signals ELSE '{}' END) AS key
		                          FROM pg_temp.stage_account AS s
		                         WHERE s.signals IS NOT NULL AND s.deleted IS NOT TRUE) AS k
		                OFFSET 0) AS j
		         GROUP BY j.key
		        HAVING count(*) FILTER (WHERE advocacy.signal_value(j.value) IS NULL) >= 10 OR j.key = ANY (drifting)) AS f;
		-- Most of those that have none never had one: so few have to be looked up to know that all is well (see drift_judge).
		SELECT array_agg(f.key) INTO suspect
		  FROM (SELECT k.key FROM unnest(suspect) AS k (key)
		         WHERE k.key = ANY (drifting)
		            OR (SELECT count(*) >= 10
		                  FROM (SELECT FROM pg_temp.stage_account AS s
		                         CROSS JOIN LATERAL (SELECT t.account_id FROM advocacy.account_source AS t
		                                              WHERE t.source = sync_find_drift.source AND t.remote_id = s.remote_id OFFSET 0) AS t
		                         CROSS JOIN LATERAL (SELECT g.value FROM advocacy.signal AS g
		                                              WHERE g.account_id = t.account_id AND g.name = k.key
		                                                AND g.source = sync_find_drift.source OFFSET 0) AS g
		                         WHERE jsonb_typeof(s.signals) = 'object' AND s.deleted IS NOT TRUE AND s.signals ? k.key
		                           AND advocacy.signal_value(s.signals ->> k.key) IS NULL AND g.value IS NOT NULL
		                         LIMIT 10) AS l)) AS f;
		IF suspect IS NOT NULL THEN
			FOR one IN
				SELECT j.key AS field, count(g.value) AS had,
				       count(g.value) FILTER (WHERE advocacy.signal_value(j.value) IS NULL) AS lost,
				       count(*) FILTER (WHERE advocacy.signal_value(j.value) IS NOT NULL) AS known
				  FROM pg_temp.stage_account AS s
				 CROSS JOIN LATERAL jsonb_each_text(s.signals) AS j
				  LEFT JOIN advocacy.account_source AS t
				    ON t.source = sync_find_drift.source AND t.remote_id = s.remote_id
				  LEFT JOIN advocacy.signal AS g
				    ON g.account_id = t.account_id AND g.name = j.key AND g.source = sync_find_drift.source
				 WHERE jsonb_typeof(s.signals) = 'object' AND s.deleted IS NOT TRUE AND j.key = ANY (suspect)
				 GROUP BY j.key ORDER BY j.key
			LOOP
				IF advocacy.drift_judge(sync_find_drift.source, sync_find_drift.stream, one.field, one.had, one.lost, one.known,
				                        sync_find_drift.at) THEN
					kept := kept || one.field;
				END IF;
			END LOOP;
			IF kept IS NOT NULL THEN
				UPDATE pg_temp.stage_account AS s SET signals = s.signals - kept
				 WHERE jsonb_typeof(s.signals) = 'object' AND s.signals ?| kept;
			END IF;
		END IF;

		FOR one IN
			SELECT c.entity, c.field FROM (VALUES ('support_case', 'priority'), ('support_case', 'escalated'),
			       ('support_case', 'closed'), ('contact', 'opted_out'), ('contact', 'advocate')) AS c (entity, field)
		LOOP
			EXECUTE format('SELECT count(*) >= 10 AS many FROM (SELECT FROM pg_temp.%I AS s
				WHERE s.%I IS NULL AND s.deleted IS NOT TRUE LIMIT 10) AS n', 'stage_' || one.entity, one.field) INTO counted;
			CONTINUE WHEN NOT counted.many AND one.field <> ALL (coalesce(drifting, '{}'));
			EXECUTE format('SELECT count(t.%1$I) AS had, count(t.%1$I) FILTER (WHERE s.%1$I IS NULL) AS lost,
					count(s.%1$I) AS known
				  FROM pg_temp.%2$I AS s LEFT JOIN advocacy.%3$I AS t ON t.source = $1 AND t.remote_id = s.remote_id
				 WHERE s.deleted IS NOT TRUE', one.field, 'stage_' || one.entity, one.entity)
				INTO counted USING source;
			IF advocacy.drift_judge(sync_find_drift.source, sync_find_drift.stream, one.field, counted.had, counted.lost,
			                        counted.known, sync_find_drift.at) THEN
				EXECUTE format('UPDATE pg_temp.%2$I AS s SET %1$I = t.%1$I FROM advocacy.%3$I AS t
					WHERE t.source = $1 AND t.remote_id = s.remote_id AND t.%1$I IS NOT NULL',
					one.field, 'stage_' || one.entity, one.entity) USING source;
			END IF;
		END LOOP;
	END IF;

	-- Unreadable: a record that holds such a field is set aside as a whole, so what is stored stays anyway.
	IF EXISTS (SELECT FROM pg_temp.stage_rejected) OR drifting IS NOT NULL THEN
		SELECT (SELECT count(*) FROM pg_temp.stage_account) + (SELECT count(*) FROM pg_temp.stage_staff)
		       + (SELECT count(*) FROM pg_temp.stage_contact) + (SELECT count(*) FROM pg_temp.stage_support_case)
		       + (SELECT count(*) FROM pg_temp.stage_opportunity) + (SELECT count(*) FROM pg_temp.stage_request)
		       + (SELECT count(*) FROM pg_temp.stage_observation) + (SELECT count(*) FROM pg_temp.stage_rejected)
		  INTO total;
		FOR one IN
			SELECT r.field, count(*) AS bad, min(r.reason) AS reason FROM pg_temp.stage_rejected AS r
			 WHERE r.field IS NOT NULL GROUP BY r.field
			HAVING count(*) * 2 >= total AND total >= many ORDER BY r.field
		LOOP
			PERFORM advocacy.drift_open(sync_find_drift.source, sync_find_drift.stream, one.field, 'unreadable',
				format('not readable in %s of %s records: %s', one.bad, total, one.reason), one.bad, sync_find_drift.at);
		END LOOP;
		UPDATE advocacy.field_drift AS d
		   SET recovered = d.recovered + b.good,
		       resolved_at = CASE WHEN d.recovered + b.good >= many THEN coalesce(d.resolved_at, sync_find_drift.at)
		                          ELSE d.resolved_at END,
		       resolution = CASE WHEN d.recovered + b.good >= many THEN coalesce(d.resolution, 'readable again') ELSE d.resolution END,
		       lapsed_at = CASE WHEN d.accepted_by IS NOT NULL AND d.recovered + b.good >= many THEN sync_find_drift.at END
		  FROM (SELECT o.drift_id, total - (SELECT count(*) FROM pg_temp.stage_rejected AS r WHERE r.field = o.field) AS good
		          FROM advocacy.field_drift AS o) AS b
		 WHERE b.drift_id = d.drift_id AND d.source = sync_find_drift.source AND d.stream = sync_find_drift.stream
		   AND d.kind = 'unreadable' AND (d.resolved_at IS NULL OR (d.accepted_by IS NOT NULL AND d.lapsed_at IS NULL))
		   AND b.good * 2 > total;
	END IF;
END $$;
COMMENT ON FUNCTION advocacy.sync_find_drift(text, text, boolean, timestamptz) IS
	'Finds fields that became null or unreadable for nearly all staged records at once, and keeps what was stored of them.';
