-- request_intake: files the requests that reps have submitted in the CRM, and cancels those that they took back there.
-- A record is taken once it says that it is submitted. An incomplete one is refused with what request_submit says, and
-- its rep is told once; when the record is corrected it is tried again. A deal that isn't here yet is waited for, a day
-- at most: deals come by a stream of their own. What was submitted long ago is no request any more: a first load would
-- file the CRM's whole past. After that its request follows its end, its priority, its exposure and its day, each once it says
-- another word than before: what people decided here meanwhile stays, and an empty field says nothing, since one that the vendor
-- has lost is empty for everybody. A word that isn't known is told to the rep and changes nothing. The rest of it isn't followed.
-- Parameters: source; at. The changed records are those of this connection's stage_request, without duplicates.
-- Returns: how many records were new or changed. Writes: request_record; what request_submit, request_cancel
-- and request_follow_record write; outbox (request_refused), crm_flag.
CREATE OR REPLACE FUNCTION advocacy.request_intake(source text, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	oldest constant interval := '30 days';
	patience constant interval := '1 day';
	ended bigint;
	changed bigint;
	filing advocacy.request_record;
	submitted timestamptz;
	filed bigint;
	deal bigint;
	rep text;
	urgency text;
	shown text;
	needed timestamptz;
	zone text;
	next_state text;
	problem text;
	problem_field text;
	taken advocacy.request_record[] := '{}';
BEGIN
	IF to_regclass('pg_temp.stage_request') IS NULL THEN
		PERFORM advocacy.stage_prepare(); -- a connection that has staged nothing yet; a filing may wait all the same
	END IF;
	-- A tombstone tells nothing but that it is one; that of a record never known is no news.
	UPDATE advocacy.request_record AS t
	   SET deleted = true, modified_at = coalesce(s.modified_at, t.modified_at), considered = false
	  FROM pg_temp.stage_request AS s
	 WHERE s.deleted AND t.source = request_intake.source AND t.remote_id = s.remote_id AND NOT t.deleted;
	GET DIAGNOSTICS ended = ROW_COUNT;
	INSERT INTO advocacy.request_record AS t (source, remote_id, modified_at, opportunity_remote_id, activity_type,
		justification, audience, outcome, needed_by, priority, exposure, requested_by_remote_id, requested_by_email,
		submitted, submitted_at, cancelled)
	SELECT request_intake.source, s.remote_id, s.modified_at, s.opportunity_remote_id, s.activity_type, s.justification,
	       s.audience, s.outcome, s.needed_by, s.priority, s.exposure, s.requested_by_remote_id, s.requested_by_email,
	       coalesce(s.submitted, false), s.submitted_at, coalesce(s.cancelled, false)
	  FROM pg_temp.stage_request AS s
	 WHERE s.deleted IS NOT TRUE
	 ORDER BY s.remote_id
	ON CONFLICT (source, remote_id) DO UPDATE
	   SET modified_at = excluded.modified_at, deleted = false, opportunity_remote_id = excluded.opportunity_remote_id,
	       activity_type = excluded.activity_type, justification = excluded.justification, audience = excluded.audience,
	       outcome = excluded.outcome, needed_by = excluded.needed_by, priority = excluded.priority,
	       exposure = excluded.exposure, requested_by_remote_id = excluded.requested_by_remote_id,
	       requested_by_email = excluded.requested_by_email, submitted = excluded.submitted,
	       submitted_at = excluded.submitted_at, cancelled = excluded.cancelled, considered = false
	 WHERE (excluded.modified_at >= t.modified_at OR excluded.modified_at IS NULL OR t.modified_at IS NULL)
	   AND (t.deleted, t.opportunity_remote_id, t.activity_type, t.justification, t.audience, t.outcome, t.needed_by,
	        t.priority, t.exposure, t.requested_by_remote_id, t.requested_by_email, t.submitted, t.submitted_at, t.cancelled)
	       IS DISTINCT FROM
	       (false, excluded.opportunity_remote_id, excluded.activity_type, excluded.justification, excluded.audience,
	        excluded.outcome, excluded.needed_by, excluded.priority, excluded.exposure,
	        excluded.requested_by_remote_id, excluded.requested_by_email, excluded.submitted, excluded.submitted_at, excluded.cancelled);
	GET DIAGNOSTICS changed = ROW_COUNT;

	-- A day ends where the program works.
	SELECT k.time_zone INTO zone
	  FROM advocacy.sla_policy AS p JOIN advocacy.calendar AS k ON k.name = p.calendar
	 WHERE p.metric = 'connect' AND p.active ORDER BY p.policy_id, k.version DESC LIMIT 1;

	FOR filing IN
		SELECT t.* FROM advocacy.request_record AS t
		 WHERE t.source = request_intake.source AND (NOT t.considered OR t.state = 'waiting')
		 ORDER BY t.submitted_at, t.modified_at, t.remote_id
	LOOP
		submitted := least(coalesce(filing.submitted_at, filing.modified_at, at), at);
		filed := filing.request_id;
		next_state := NULL;
		problem := NULL;
		problem_field := NULL;
		deal := NULL;
		urgency := nullif(lower(btrim(filing.priority)), '');
		shown := nullif(lower(btrim(filing.exposure)), '');
		needed := (filing.needed_by + 1)::timestamp AT TIME ZONE coalesce(zone, 'UTC'); -- by a day: by its end

		IF filed IS NOT NULL THEN
			next_state := filing.state;
			IF filing.deleted OR filing.cancelled THEN
				next_state := 'withdrawn';
				PERFORM advocacy.request_cancel(filed, format('taken back in %s', filing.source),
					filing.requested_by_email,
					greatest(at, (SELECT max(e.occurred_at) FROM advocacy.request_event AS e WHERE e.request_id = filed)))
				   FROM advocacy.request AS r
				  WHERE r.request_id = filed
				    AND r.state IN (SELECT e.from_state FROM advocacy.request_edges() AS e WHERE e.move = 'cancel');
			ELSE
				BEGIN
					PERFORM advocacy.request_follow_record(filed, nullif(urgency, filing.priority_taken),
						nullif(shown, filing.exposure_taken),
						CASE WHEN filing.needed_by <> filing.needed_by_taken THEN needed END, format('changed in %s', filing.source), at);
				EXCEPTION WHEN SQLSTATE '22023' THEN
					GET STACKED DIAGNOSTICS problem = MESSAGE_TEXT, problem_field = COLUMN_NAME;
				END;
			END IF;
		ELSIF filing.deleted OR filing.cancelled THEN
			next_state := 'withdrawn';
		ELSIF NOT filing.submitted THEN
			next_state := 'draft';
		ELSIF submitted < at - oldest THEN
			next_state := 'past';
		ELSIF filing.opportunity_remote_id IS NOT NULL THEN
			SELECT o.opportunity_id INTO deal FROM advocacy.opportunity AS o
			 WHERE o.source = filing.source AND o.remote_id = filing.opportunity_remote_id AND NOT o.deleted;
			IF deal IS NULL AND coalesce(filing.waiting_since, at) > at - patience THEN
				next_state := 'waiting';
			ELSIF deal IS NULL THEN
				next_state := 'refused';
				problem := format('there is no opportunity "%s"', left(filing.opportunity_remote_id, 60));
				problem_field := 'opportunity';
			END IF;
		END IF;

		rep := coalesce(nullif(btrim(filing.requested_by_email), ''),
			(SELECT f.email FROM advocacy.staff AS f
			  WHERE f.source = filing.source AND f.remote_id = filing.requested_by_remote_id));
		IF next_state IS NULL THEN
			urgency := coalesce(urgency, 'normal');
			BEGIN
				-- "Reference Call" and "reference-call" are reference_call.
				filed := advocacy.request_submit(opportunity => deal,
					activity_type => regexp_replace(lower(btrim(filing.activity_type)), '[^a-z0-9]+', '_', 'g'),
					justification => filing.justification, audience => filing.audience, outcome => filing.outcome,
					needed_by => needed,
					requested_by => rep, priority => urgency, at => submitted, exposure => shown);
				next_state := 'filed';
			EXCEPTION WHEN SQLSTATE '22023' OR SQLSTATE 'P0002' OR SQLSTATE '55000' THEN
				GET STACKED DIAGNOSTICS problem = MESSAGE_TEXT, problem_field = COLUMN_NAME;
				next_state := 'refused';
			END;
		END IF;

		IF NOT filing.considered OR next_state <> filing.state THEN
			UPDATE advocacy.request_record AS t
			   SET considered = true, state = next_state, request_id = filed, refusal = problem,
			       priority_taken = coalesce(CASE WHEN filed IS NOT NULL AND problem IS NULL THEN urgency END, t.priority_taken),
			       needed_by_taken = coalesce(CASE WHEN filed IS NOT NULL AND problem IS NULL THEN filing.needed_by END, t.needed_by_taken),
			       exposure_taken = coalesce(CASE WHEN filed IS NOT NULL AND problem IS NULL THEN shown END, t.exposure_taken),
			       refused_field = nullif(problem_field, ''),
			       waiting_since = CASE WHEN next_state = 'waiting' THEN coalesce(t.waiting_since, at) END
			 WHERE t.source = filing.source AND t.remote_id = filing.remote_id;
			taken := taken || filing;
		END IF;
		IF problem IS NOT NULL THEN
			PERFORM advocacy.outbox_put('request_refused',
				format('request:%s:%s:refused:%s', filing.source, filing.remote_id, md5(concat_ws(' ', filed, problem))),
				jsonb_build_object('source', filing.source, 'filing', filing.remote_id,
					'opportunity', (SELECT o.name FROM advocacy.opportunity AS o WHERE o.opportunity_id = deal),
					'refused_field', nullif(problem_field, ''), 'refusal', problem, 'requested_by', rep,
					'at', advocacy.sync_time_text(at))
				|| CASE WHEN filed IS NULL THEN '{}' ELSE advocacy.request_facts(filed) END, 5, at);
		END IF;
	END LOOP;
	PERFORM advocacy.writeback_follow_requests(taken, at);
	RETURN ended + changed;
END $$;
COMMENT ON FUNCTION advocacy.request_intake(text, timestamptz) IS
	'Files the requests that reps have submitted in the CRM, refuses incomplete ones, and cancels what was taken back there.';
