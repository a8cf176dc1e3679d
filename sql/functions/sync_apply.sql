-- sync_apply: merges what this connection has staged, judges the accounts that changed, and moves the cursor: at a
-- checkpoint or at the end of a run, as one transaction. What is staged twice, or was applied before, changes nothing.
-- Parameters: source; stream; cursor, where the next run goes on (NULL at the end of a full read: the one that is stored
-- goes on; before its first place: that of a look at some records before all others); complete, whether the run is
-- through; complete_until, up to when nothing can be missing any more (NULL: as before); rows_read, calls: of this run
-- since the last apply; started_at, of the run; at; mode, changes or all: whether the run reads what changed or every
-- record; fresh_until, up to when changes have been seen; expected, how many records the vendor says a full read has.
-- Returns: one row: records that were new or changed; records newly rejected; risks opened and cleared; advocates
-- suspended, and available again.
-- Messages: one per risk (see suspension_follow); records_rejected once a run; while a stream has never completed, what
-- would be told is folded into one first_load_summary when it does.
-- Writes: staff, account, account_source, contact, support_case, opportunity, signal, signal_history, risk, advocate,
-- suspension, decision_cycle, request_record, identity_review, field_drift, rejected_record, sync_stream, sync_run, source_status, outbox;
-- the stage and work tables.
--
-- What is staged is small beside what is stored, and what is stored is mostly in memory: with the default random_page_cost
-- the planner reads whole tables for each checkpoint, and a first load slows down as it goes. Small samples do for ANALYZE
-- of the stages.
CREATE OR REPLACE FUNCTION advocacy.sync_apply(source text, stream text, cursor text, complete boolean,
	complete_until timestamptz, rows_read bigint, calls bigint, started_at timestamptz, at timestamptz DEFAULT now(),
	mode text DEFAULT 'changes', fresh_until timestamptz DEFAULT NULL, expected bigint DEFAULT NULL,
	mapping text DEFAULT NULL)
RETURNS TABLE (rows_changed bigint, rows_rejected bigint, risks_opened integer, risks_cleared integer,
	suspended integer, reinstated integer)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off
SET random_page_cost = 1.1 SET default_statistics_target = 3 AS $$
#variable_conflict use_column
DECLARE
	before advocacy.sync_stream;
	stale_after interval;
	first_load boolean;
	deciding boolean;
	quiet text;
	observed text;
	stage text;
	child text;
	filled boolean;
	staged text[] := '{}';
	touched bigint[];
	causes bigint[];
	missing bigint;
BEGIN
	SELECT s.stale_after INTO stale_after FROM advocacy.source_status AS s WHERE s.source = sync_apply.source;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'source "%" is not registered', sync_apply.source
			USING ERRCODE = '23503', HINT = 'The daemon makes it known when it first works on it, with the policy.';
	END IF;
	IF mode IS NULL OR mode NOT IN ('changes', 'all') THEN
		RAISE EXCEPTION 'unknown mode "%"', mode USING ERRCODE = '22023', HINT = 'Use changes or all.';
	END IF;
	-- A checkpoint doesn't wait for the disk: rows and cursor are lost together or not at all, and whatever acts on one (an
	-- outbox row is claimed before it is sent) commits behind it in the same log.
	IF NOT complete THEN
		PERFORM set_config('synchronous_commit', 'off', true);
	END IF;

	-- A connection that never staged a row has no stage tables: making them would be most of what an empty run writes.
	IF to_regclass('pg_temp.stage_account') IS NULL AND mode = 'all' THEN
		PERFORM advocacy.stage_prepare();
	END IF;
	FOREACH stage IN ARRAY CASE WHEN to_regclass('pg_temp.stage_account') IS NULL THEN '{}'::text[]
		ELSE ARRAY['account', 'staff', 'contact', 'support_case', 'opportunity', 'request', 'association', 'observation',
			'rejected'] END LOOP
		EXECUTE format('SELECT EXISTS (SELECT FROM pg_temp.%I)', 'stage_' || stage) INTO filled;
		IF filled THEN
			staged := staged || stage;
			-- A stamp from the future says nothing, or true ones would be taken for old until then.
			IF stage NOT IN ('association', 'rejected') THEN
				EXECUTE format('UPDATE pg_temp.%I SET modified_at = NULL WHERE modified_at > $1', 'stage_' || stage)
					USING sync_apply.at + interval '5 minutes';
			END IF;
			-- Once: what emptying a stage leaves of that still tells that its ids differ, and its size is seen anyway.
			IF NOT EXISTS (SELECT FROM pg_stats AS k WHERE k.schemaname = pg_my_temp_schema()::regnamespace::text
			                                           AND k.tablename = 'stage_' || stage) THEN
				EXECUTE format('ANALYZE pg_temp.%I (remote_id)', 'stage_' || stage);
			END IF;
		END IF;
	END LOOP;
	rows_changed := 0;
	rows_rejected := 0;

	-- A run that brings nothing and decides nothing holds up nobody, and makes no work tables: their catalog rows would be
	-- most of what it writes.
	deciding := staged <> '{}' OR mode = 'all'
	   OR EXISTS (SELECT FROM advocacy.sync_stream AS y WHERE y.source = sync_apply.source AND y.stream = sync_apply.stream
	                                                    AND (y.last_success_at < sync_apply.at - stale_after
	                                                         OR (y.last_success_at IS NULL AND y.rows_read > 0)))
	   OR EXISTS (SELECT FROM advocacy.risk AS r WHERE r.cleared_at IS NULL AND r.clear_due_at <= sync_apply.at);
	IF deciding THEN
		PERFORM advocacy.sync_lock();
		PERFORM advocacy.sync_work_prepare();
	END IF;
	-- Behind that lock (see there): a dry run or a person who has it may come to this stream.
	INSERT INTO advocacy.sync_stream (source, stream) VALUES (sync_apply.source, sync_apply.stream) ON CONFLICT DO NOTHING;
	SELECT y.* INTO before FROM advocacy.sync_stream AS y
	 WHERE y.source = sync_apply.source AND y.stream = sync_apply.stream FOR UPDATE;
	first_load := before.last_success_at IS NULL;
	quiet := CASE WHEN first_load THEN sync_apply.source || ':' || sync_apply.stream END;
	observed := advocacy.sync_observe(sync_apply.source, sync_apply.stream, sync_apply.mapping);
	IF staged <> '{}' THEN
		PERFORM advocacy.sync_stage_dedupe();
		PERFORM advocacy.contact_keep_erased(sync_apply.source, sync_apply.stream);
		PERFORM advocacy.sync_forget_unknown(sync_apply.source, e.entity)
		   FROM unnest(staged) AS e (entity) WHERE e.entity NOT IN ('request', 'association', 'observation', 'rejected');
	END IF;
	IF mode = 'all' THEN
		missing := advocacy.sync_list(sync_apply.source, sync_apply.stream, sync_apply.complete, sync_apply.at);
		IF missing > 0 AND sync_apply.stream <> ALL (staged) THEN
			staged := staged || sync_apply.stream;
		END IF;
	END IF;

	IF staged <> '{}' THEN
		PERFORM advocacy.writeback_forget_echo(sync_apply.source);
		PERFORM advocacy.sync_keep_vanished(sync_apply.source, sync_apply.stream);
		PERFORM advocacy.sync_find_drift(sync_apply.source, sync_apply.stream, first_load, sync_apply.at);
		IF 'account' = ANY (staged) AND NOT first_load THEN
			PERFORM advocacy.sync_find_reordered(sync_apply.source, sync_apply.stream, observed = 'mapping', mode = 'all', sync_apply.at);
		END IF;
		-- Known before the signals are stored, since it says which stream brings the cases.
		UPDATE advocacy.sync_stream AS y
		   SET entities = ARRAY(SELECT unnest(y.entities) UNION
		                        SELECT u.kind FROM unnest(staged) AS u (kind) WHERE u.kind NOT IN ('association', 'observation', 'rejected')
		                        ORDER BY 1)
		 WHERE y.source = sync_apply.source AND y.stream = sync_apply.stream
		   AND NOT y.entities @> ARRAY(SELECT u.kind FROM unnest(staged) AS u (kind)
		                               WHERE u.kind NOT IN ('association', 'observation', 'rejected'));
		IF 'staff' = ANY (staged) THEN
			rows_changed := rows_changed + advocacy.sync_merge_staff(sync_apply.source, sync_apply.at);
		END IF;
		IF 'account' = ANY (staged) THEN
			rows_changed := rows_changed + advocacy.sync_merge_account(sync_apply.source, sync_apply.stream, sync_apply.at);
		END IF;
		IF 'account' = ANY (staged) AND EXISTS (SELECT FROM advocacy.risk_rule AS u
		                                         WHERE u.active AND u.date_side IS NOT NULL AND u.signal = 'renewal_on') THEN
			INSERT INTO pg_temp.work_evaluate
			SELECT t.account_id FROM pg_temp.work_change AS c
			  JOIN advocacy.account_source AS t ON t.source = sync_apply.source AND t.remote_id = c.remote_id;
		END IF;
		FOREACH child IN ARRAY '{contact,support_case,opportunity}'::text[] LOOP
			IF staged && ARRAY[child, 'association'] THEN
				rows_changed := rows_changed + advocacy.sync_merge_child(child, sync_apply.source, sync_apply.at);
			END IF;
		END LOOP;
		IF EXISTS (SELECT FROM pg_temp.work_refresh) THEN
			PERFORM advocacy.account_refresh(
				(SELECT array_agg(DISTINCT r.account_id) FROM pg_temp.work_refresh AS r), sync_apply.at);
		END IF;
		IF 'observation' = ANY (staged) THEN
			PERFORM advocacy.sync_merge_observation(sync_apply.source, sync_apply.stream, sync_apply.at);
		END IF;
		PERFORM advocacy.sync_follow_advocates(sync_apply.source, sync_apply.at);
		causes := advocacy.sync_judge_contacts(sync_apply.at);
		PERFORM advocacy.writeback_follow_contacts(sync_apply.at);
		IF EXISTS (SELECT FROM pg_temp.work_child AS w WHERE w.entity = 'support_case') THEN
			PERFORM advocacy.signal_refresh_escalations(
				(SELECT array_agg(DISTINCT x.account_id) FROM pg_temp.work_child AS w
				  CROSS JOIN LATERAL (VALUES (w.old_account_id), (w.account_id)) AS x (account_id)
				  WHERE w.entity = 'support_case' AND x.account_id IS NOT NULL), sync_apply.at);
		END IF;
		rows_rejected := advocacy.sync_merge_rejected(sync_apply.source, sync_apply.stream, sync_apply.started_at, sync_apply.at);
	END IF;

	-- The accounts that changed; what is due; when a source comes back from being stale, all that it knows; and, when a first load
	-- is through, what it alone kept at risk: until then it counted as stale, and what it brought isn't read anew.
	IF deciding THEN
		SELECT array_agg(DISTINCT t.account_id) INTO touched
		  FROM (SELECT w.account_id FROM pg_temp.work_evaluate AS w
		        UNION ALL
		        SELECT r.account_id FROM advocacy.risk AS r WHERE r.cleared_at IS NULL AND r.clear_due_at <= sync_apply.at
		        UNION ALL
		        SELECT s.account_id FROM advocacy.signal AS s
		         WHERE sync_apply.complete AND before.last_success_at < sync_apply.at - stale_after
		           AND s.source = sync_apply.source AND s.stream = sync_apply.stream
		        UNION ALL
		        SELECT r.account_id FROM advocacy.risk AS r
		          JOIN advocacy.risk_rule AS u ON u.rule = r.rule
		          JOIN advocacy.signal AS s ON s.account_id = r.account_id AND s.name = u.signal
		         WHERE sync_apply.complete AND first_load AND r.cleared_at IS NULL
		           AND s.source = sync_apply.source AND s.stream = sync_apply.stream
		           AND advocacy.risk_meets(s.value, u.clear_operator, u.clear_value)) AS t
		 WHERE t.account_id IS NOT NULL;
	END IF;
	risks_opened := 0;
	risks_cleared := 0;
	suspended := 0;
	reinstated := 0;
	IF touched IS NOT NULL THEN
		SELECT e.risks_opened, e.risks_cleared, e.suspended, e.reinstated
		  INTO risks_opened, risks_cleared, suspended, reinstated
		  FROM advocacy.risk_evaluate_for(touched, sync_apply.at, sync_apply.source, sync_apply.stream, quiet,
			observed => observed) AS e;
	END IF;

	IF touched IS NOT NULL THEN
		PERFORM advocacy.disagreement_follow(touched, sync_apply.at);
	END IF;
	PERFORM advocacy.request_follow_causes(causes, sync_apply.at);
	IF deciding THEN
		PERFORM advocacy.request_follow_contacts(
			ARRAY(SELECT w.id FROM pg_temp.work_child AS w WHERE w.entity = 'contact'), sync_apply.source, sync_apply.at);
	END IF;
	-- After all that locks advocates: requests come after them everywhere.
	IF 'request' = ANY (staged) OR EXISTS (SELECT FROM advocacy.request_record AS t
	                                       WHERE t.source = sync_apply.source AND t.state = 'waiting') THEN
		rows_changed := rows_changed + advocacy.request_intake(sync_apply.source, sync_apply.at);
	END IF;
	IF deciding THEN
		PERFORM advocacy.request_follow_deals(
			ARRAY(SELECT w.id FROM pg_temp.work_child AS w WHERE w.entity = 'opportunity'), sync_apply.at);
	END IF;

	UPDATE advocacy.sync_stream AS y
	   SET cursor = CASE WHEN mode = 'changes' THEN sync_apply.cursor
	                     WHEN sync_apply.complete THEN coalesce(sync_apply.cursor, y.cursor) ELSE y.cursor END,
	       full_cursor = CASE WHEN mode = 'all' THEN CASE WHEN NOT sync_apply.complete THEN sync_apply.cursor END
	                          ELSE y.full_cursor END,
	       full_rows = y.full_rows + CASE WHEN mode = 'all' AND (sync_apply.complete OR sync_apply.cursor IS NOT NULL)
	                                      THEN coalesce(sync_apply.rows_read, 0) ELSE 0 END,
	       full_expected = CASE WHEN mode = 'all' THEN sync_apply.expected ELSE y.full_expected END,
	       full_read_at = CASE WHEN mode = 'all' AND sync_apply.complete THEN sync_apply.at ELSE y.full_read_at END,
	       fresh_until = CASE WHEN sync_apply.complete THEN greatest(y.fresh_until, sync_apply.fresh_until)
	                          ELSE y.fresh_until END,
	       complete_until = CASE WHEN sync_apply.complete THEN greatest(y.complete_until, sync_apply.complete_until)
	                             ELSE y.complete_until END,
	       proved_at = CASE WHEN sync_apply.complete AND sync_apply.complete_until IS NOT NULL THEN sync_apply.at
	                        ELSE y.proved_at END,
	       last_started_at = sync_apply.started_at,
	       last_success_at = CASE WHEN sync_apply.complete THEN sync_apply.at ELSE y.last_success_at END,
	       rows_read = y.rows_read + coalesce(sync_apply.rows_read, 0),
	       rows_changed = y.rows_changed + sync_apply.rows_changed,
	       rows_rejected = y.rows_rejected + sync_apply.rows_rejected,
	       calls = y.calls + coalesce(sync_apply.calls, 0),
	       calls_day = today.day,
	       calls_today = coalesce(sync_apply.calls, 0) + CASE WHEN y.calls_day = today.day THEN y.calls_today ELSE 0 END
	  FROM (SELECT (sync_apply.at AT TIME ZONE 'UTC')::date AS day) AS today
	 WHERE y.source = sync_apply.source AND y.stream = sync_apply.stream;
	IF missing < 0 THEN
		PERFORM advocacy.drift_open(sync_apply.source, sync_apply.stream, 'all records', 'incomplete',
			'Reading everything brought far fewer records than are known; none is taken as gone.', NULL, sync_apply.at);
	ELSIF mode = 'all' AND sync_apply.complete THEN
		UPDATE advocacy.field_drift AS d SET resolved_at = sync_apply.at, resolution = 'reading everything was whole again'
		 WHERE d.source = sync_apply.source AND d.stream = sync_apply.stream AND d.kind = 'incomplete' AND d.resolved_at IS NULL;
	END IF;
	IF mode = 'all' AND sync_apply.complete THEN
		PERFORM advocacy.sync_list_forget(sync_apply.source, sync_apply.stream);
	END IF;
	IF sync_apply.complete THEN
		PERFORM advocacy.source_report(sync_apply.source, sync_apply.stream, 'current', NULL, NULL, sync_apply.at);
		IF observed IS NOT NULL THEN
			PERFORM advocacy.observed_tell(sync_apply.source, sync_apply.at);
			UPDATE advocacy.sync_stream AS y SET observed = NULL
			 WHERE y.source = sync_apply.source AND y.stream = sync_apply.stream AND y.observed IS NOT NULL
			   AND (first_load OR mode = 'all');
		END IF;
		IF first_load THEN
			PERFORM advocacy.sync_tell_first_load(sync_apply.source, sync_apply.stream, sync_apply.at);
		END IF;
	END IF;
	INSERT INTO advocacy.sync_run (source, stream, started_at, ended_at, outcome, rows_read, rows_changed, rows_rejected, calls)
	SELECT sync_apply.source, sync_apply.stream, sync_apply.started_at, sync_apply.at,
	       CASE WHEN sync_apply.complete THEN 'complete' ELSE 'checkpoint' END,
	       coalesce(sync_apply.rows_read, 0), sync_apply.rows_changed, sync_apply.rows_rejected, coalesce(sync_apply.calls, 0)
	 WHERE sync_apply.rows_changed > 0 OR sync_apply.rows_rejected > 0;
	PERFORM advocacy.stage_clear();
	IF sync_apply.rows_changed > 0 THEN
		PERFORM advocacy.sync_analyze();
	END IF;
	RETURN NEXT;
END $$;
COMMENT ON FUNCTION advocacy.sync_apply(text, text, text, boolean, timestamptz, bigint, bigint, timestamptz, timestamptz, text, timestamptz, bigint, text) IS
	'Merges what this connection has staged, judges the accounts that changed and moves the cursor, all in one transaction; what was applied before changes nothing.';
