-- risk_evaluate_for: opens and clears risks of accounts, and lets the suspensions of their advocates follow.
--   enter   the worst fresh, known value of any source counts
--   clear   all sources that know the signal are fresh, none says "not scored", all are well; then clear_hold has to
--           pass, and it has to be so at its end too
-- A rule may want several observations in a row (risk_count), a drop (risk_dropped), a least time (dwell); and what comes
-- and goes too often stays open: a return waits while the next fall would be one change too many, and what is one too many
-- waits until a person looks (risk_flapping). Nobody who came back is suspended softly again within 24 hours; what is low
-- then still is judged when they are over. Rules over dates: risk_evaluate_dates.
-- Unknown and stale values neither open nor clear; those of a stream that was never complete open, for as long as its load can be
-- under way: when it is through they aren't read anew. What a person rejected as broken data (risk_reject) doesn't open
-- again until the source gives another value, nor is decided anew what a person took back (decisions_undo). Where one apply of a source would suspend too many, risk_hold holds them.
-- Parameters: accounts (NULL: all); at; source, stream: what is being applied right now and so is fresh (NULL:
-- nothing); quiet: the first load whose messages are folded into one ("SOURCE:STREAM"; NULL: tell each).
-- guard: whether too many that are well again at once wait for a person (NULL: where a source is given; see risk_gate).
-- observed: why what the stream says is only observed (sync_observe; NULL: it counts): then all it would do waits for a person.
-- Returns: how many risks opened and cleared, how many advocates were suspended and are available again.
-- Writes: risk, risk_due, decision_cycle (one row, if anything was decided); suspension, outbox (through risk_hold and suspension_follow).
CREATE OR REPLACE FUNCTION advocacy.risk_evaluate_for(accounts bigint[], at timestamptz, source text, stream text, quiet text,
	guard boolean DEFAULT NULL, observed text DEFAULT NULL)
RETURNS TABLE (risks_opened integer, risks_cleared integer, suspended integer, reinstated integer)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
#variable_conflict use_column
DECLARE
	wanted bigint[] := accounts;
	opened_now bigint[];
	dated boolean := EXISTS (SELECT FROM advocacy.risk_rule AS u WHERE u.active AND u.date_side IS NOT NULL);
	opened_dated bigint[];
	cleared_dated integer := 0;
	cycle constant bigint := nextval('advocacy.decision_cycle_cycle_id_seq');
	batch bigint;
	risky bigint[];
	kept bigint[];
	guarded constant boolean := coalesce(guard, source IS NOT NULL) AND quiet IS NULL;
	held integer := 0;
	pinned bigint[];
	changes bigint[];
	flapping constant boolean := EXISTS (SELECT FROM advocacy.risk_rule AS u WHERE u.active AND u.flaps > 0);
BEGIN
	PERFORM advocacy.sync_lock();
	IF wanted IS NULL THEN
		SELECT array_agg(DISTINCT s.account_id) INTO wanted FROM advocacy.signal AS s
		  JOIN advocacy.risk_rule AS u ON u.signal = s.name AND u.active;
		IF dated THEN
			wanted := wanted || ARRAY(SELECT a.account_id FROM advocacy.account AS a WHERE a.renewal_on IS NOT NULL);
		END IF;
	END IF;

	IF EXISTS (SELECT FROM advocacy.risk_rule AS u
	            WHERE u.active AND (u.enter_observations > 1 OR u.clear_observations > 1)) THEN
		PERFORM advocacy.risk_count(wanted, risk_evaluate_for.at, risk_evaluate_for.source, risk_evaluate_for.stream);
	END IF;

	IF flapping THEN
		DELETE FROM advocacy.risk_due AS d USING unnest(wanted) AS w (account_id), advocacy.risk_rule AS u
		 WHERE d.account_id = w.account_id AND d.due_at <= risk_evaluate_for.at AND u.rule = d.rule AND u.date_side IS NULL;
	END IF;
	WITH ruled AS MATERIALIZED (
		-- What the evidence says of the rule, once.
		SELECT u.*, jsonb_strip_nulls(jsonb_build_object('rule', u.rule, 'version', u.version, 'severity', u.severity,
			'signal', u.signal,
			'threshold', u.enter_operator || ' ' || trim_scale(u.enter_value)
			    || CASE WHEN u.drop_points IS NULL THEN '' ELSE format(' and fell %s or more within %s',
			            trim_scale(u.drop_points), advocacy.sync_duration_text(u.drop_within)) END,
			'observations', CASE WHEN u.enter_observations > 1 THEN u.enter_observations END)) AS says
		  FROM advocacy.risk_rule AS u WHERE u.active AND u.date_side IS NULL
	), opened AS (
		INSERT INTO advocacy.risk (account_id, rule, rule_version, opened_at, opened_in, evidence)
		SELECT w.account_id, w.rule, w.version, risk_evaluate_for.at, cycle,
		       w.says || jsonb_build_object(
			'value', w.value, 'source', w.source, 'stream', w.stream, 'remote_id', w.remote_id,
			'observed_at', advocacy.sync_time_text(w.observed_at),
			'previous', (SELECT h.value FROM advocacy.signal_history AS h
				WHERE h.account_id = w.account_id AND h.name = w.signal AND h.source = w.source AND NOT h.repeated
				ORDER BY h.observed_at DESC, h.recorded_at DESC, h.value IS DISTINCT FROM w.value, h.value OFFSET 1 LIMIT 1))
		       || CASE WHEN w.drop_points IS NULL AND w.signal <> 'open_escalations' THEN '{}' ELSE jsonb_strip_nulls(jsonb_build_object(
			'fell_from', CASE WHEN w.drop_points IS NOT NULL THEN advocacy.risk_dropped(w.account_id, w.signal, w.source,
			    w.value, w.drop_points, w.drop_within, risk_evaluate_for.at) END,
			'cases', CASE WHEN w.signal = 'open_escalations' THEN advocacy.risk_cases(w.account_id, w.source) END)) END
		  FROM (SELECT DISTINCT ON (s.account_id, u.rule)
		               s.account_id, u.rule, u.version, u.signal, u.says, u.drop_points, u.drop_within, s.source, a.remote_id,
		               s.stream, s.value, s.observed_at
		          FROM unnest(wanted) AS w (account_id)
		          JOIN advocacy.signal AS s ON s.account_id = w.account_id
		          JOIN advocacy.account_source AS a
		            ON a.account_id = s.account_id AND a.source = s.source AND NOT a.deleted
		          JOIN ruled AS u ON u.signal = s.name
		          JOIN advocacy.source_status AS o ON o.source = s.source
		          LEFT JOIN advocacy.sync_stream AS y ON y.source = s.source AND y.stream = s.stream
		         WHERE advocacy.risk_meets(s.value, u.enter_operator, u.enter_value)
		           AND ((s.source = risk_evaluate_for.source AND s.stream = risk_evaluate_for.stream)
		                OR coalesce(y.last_success_at, y.last_started_at) >= risk_evaluate_for.at - o.stale_after)
		           AND (u.enter_observations = 1
		                OR EXISTS (SELECT FROM advocacy.risk_observation AS c
		                            WHERE c.account_id = s.account_id AND c.rule = u.rule AND c.source = s.source
		                              AND NOT c.clearing AND c.counted >= u.enter_observations))
		           AND (u.drop_points IS NULL
		                OR advocacy.risk_dropped(s.account_id, s.name, s.source, s.value, u.drop_points, u.drop_within,
		                                         risk_evaluate_for.at) IS NOT NULL)
		           AND NOT EXISTS (SELECT FROM advocacy.risk AS r
		                            WHERE r.account_id = s.account_id AND r.rule = u.rule AND r.cleared_at IS NULL)
		           AND NOT EXISTS (SELECT FROM advocacy.risk AS r
		                            WHERE r.account_id = s.account_id AND r.rule = u.rule AND r.held_batch IS NOT NULL
		                              AND r.clear_evidence ? 'rejected_by'
		                              AND NOT EXISTS (SELECT FROM advocacy.signal_history AS h
		                                               WHERE h.account_id = s.account_id AND h.name = s.name
		                                                 AND h.source = s.source AND h.recorded_at > r.cleared_at AND NOT h.repeated))
		           AND NOT EXISTS (SELECT FROM advocacy.risk AS r
		                            WHERE r.account_id = s.account_id AND r.rule = u.rule AND r.undone_at IS NOT NULL
		                              AND r.clear_evidence ? 'rejected_by'
		                              AND NOT EXISTS (SELECT FROM advocacy.signal_history AS h
		                                               WHERE h.account_id = s.account_id AND h.name = s.name
		                                                 AND h.source = s.source AND h.recorded_at > r.undone_at AND NOT h.repeated))
		           AND CASE WHEN u.flaps > 0 AND u.severity = 'soft'
		                         AND EXISTS (SELECT FROM advocacy.advocate AS v WHERE v.account_id = s.account_id)
		                    THEN NOT advocacy.risk_came_back(s.account_id, risk_evaluate_for.at) ELSE true END
		         ORDER BY s.account_id, u.rule,
		               CASE left(u.enter_operator, 1) WHEN '<' THEN s.value WHEN '>' THEN -s.value END, s.source,
		               a.remote_id) AS w
		 -- (No ON CONFLICT: nobody else decides meanwhile, see sync_lock, and a row that might be taken back is dearer.)
		 ORDER BY w.account_id, w.rule
		RETURNING risk_id)
	SELECT array_agg(o.risk_id) INTO opened_now FROM opened AS o;
	IF dated THEN
		SELECT d.opened, d.cleared, d.kept INTO opened_dated, cleared_dated, kept
		  FROM advocacy.risk_evaluate_dates(ARRAY(SELECT DISTINCT n.account_id FROM unnest(wanted) AS n (account_id)),
			risk_evaluate_for.at, cycle, CASE WHEN guarded THEN risk_evaluate_for.source END,
			risk_evaluate_for.observed IS NOT NULL) AS d;
		opened_now := opened_now || opened_dated;
	END IF;
	risks_opened := coalesce(cardinality(opened_now), 0);
	IF risk_evaluate_for.observed IS NOT NULL THEN
		batch := advocacy.risk_observe(wanted, risk_evaluate_for.source, risk_evaluate_for.stream, risk_evaluate_for.observed,
			risk_evaluate_for.at);
	ELSIF opened_now IS NOT NULL AND risk_evaluate_for.source IS NOT NULL AND risk_evaluate_for.quiet IS NULL THEN
		batch := advocacy.risk_hold(opened_now, risk_evaluate_for.source, risk_evaluate_for.stream, risk_evaluate_for.at);
	END IF;

	IF batch IS NOT NULL THEN
		SELECT count(DISTINCT a.advocate_id) INTO held
		  FROM advocacy.risk AS r JOIN advocacy.advocate AS a ON a.account_id = r.account_id AND a.retired_at IS NULL
		 WHERE r.held_batch = batch AND r.held_at IS NOT NULL;
	END IF;
	IF opened_now IS NOT NULL AND flapping THEN
		SELECT array_agg(f.risk_id ORDER BY f.risk_id), array_agg(f.changes ORDER BY f.risk_id) INTO pinned, changes
		  FROM advocacy.risk_flapping(opened_now, risk_evaluate_for.at, false) AS f;
		PERFORM advocacy.risk_pin(pinned, changes, risk_evaluate_for.at, risk_evaluate_for.quiet);
	END IF;

	-- Not those that have just opened: what meets the one condition can't meet the other (risk_rule_define).
	risky := ARRAY(
		SELECT DISTINCT o.account_id
		  FROM (SELECT k.account_id, k.opened_in FROM advocacy.risk AS k
		         WHERE risk_evaluate_for.accounts IS NULL AND k.cleared_at IS NULL
		        UNION ALL
		        SELECT k.account_id, k.opened_in FROM unnest(risk_evaluate_for.accounts) AS w (account_id)
		         CROSS JOIN LATERAL (SELECT r.account_id, r.opened_in FROM advocacy.risk AS r
		                              WHERE r.account_id = w.account_id AND r.cleared_at IS NULL OFFSET 0) AS k) AS o
		 WHERE o.opened_in IS DISTINCT FROM cycle);
	risks_cleared := cleared_dated;
	IF risky <> '{}' THEN -- mostly it is nobody, and planning the rest would be most of it
		WITH verdict AS (
			SELECT r.risk_id, l.observations, u.clear_operator || ' ' || trim_scale(u.clear_value) AS threshold, u.clear_hold,
			       r.opened_at + u.dwell AS least, l.awaited,
			       CASE WHEN r.pinned_at IS NOT NULL OR l.unwell > 0 OR l.unscored > 0 OR NOT n.news THEN NULL
			            WHEN l.known > 0 AND l.stale = 0 THEN coalesce(r.well_since, risk_evaluate_for.at)
			            ELSE r.well_since END AS well_since,
			       r.pinned_at IS NULL AND l.known > 0 AND l.unwell = 0 AND l.unscored = 0 AND l.stale = 0 AND n.news
			       AND r.clear_batch IS NULL AS well, r.clear_batch
			  FROM advocacy.risk AS r
			  JOIN advocacy.risk_leaving(risky, risk_evaluate_for.at, risk_evaluate_for.source, risk_evaluate_for.stream) AS l
			    ON l.risk_id = r.risk_id
			  JOIN advocacy.risk_rule AS u ON u.rule = r.rule
			 -- What cleared it was taken back by a person: the same values don't clear it again.
			 CROSS JOIN LATERAL (SELECT r.undone_at IS NULL OR EXISTS (SELECT FROM advocacy.signal_history AS h
				WHERE h.account_id = r.account_id AND h.name = u.signal AND h.recorded_at > r.undone_at AND NOT h.repeated) AS news) AS n
		), due AS (
			SELECT v.*, CASE WHEN v.well_since IS NOT NULL AND v.awaited = 0 AND v.clear_batch IS NULL
			                 THEN greatest(v.well_since + v.clear_hold, v.least) END AS due_at FROM verdict AS v
		), differing AS (
			SELECT v.*, v.well AND coalesce(v.due_at <= risk_evaluate_for.at, false) AS clear
			  FROM due AS v JOIN advocacy.risk AS r ON r.risk_id = v.risk_id
			 WHERE (r.well_since, r.clear_due_at) IS DISTINCT FROM (v.well_since, v.due_at)
			    OR (v.well AND v.due_at <= risk_evaluate_for.at)
			 ORDER BY v.risk_id
		), flapping AS MATERIALIZED (
			SELECT f.* FROM advocacy.risk_flapping((SELECT array_agg(d.risk_id) FROM differing AS d WHERE d.clear),
				risk_evaluate_for.at, true) AS f
		), gated AS MATERIALIZED (
			SELECT g.risk_id FROM advocacy.risk_gate(CASE WHEN guarded THEN
				(SELECT array_agg(d.risk_id) FROM differing AS d WHERE d.clear AND d.risk_id NOT IN (SELECT f.risk_id FROM flapping AS f)) END,
				risk_evaluate_for.source, risk_evaluate_for.observed IS NOT NULL, risk_evaluate_for.at) AS g (risk_id)
		), waiting AS (
			UPDATE advocacy.risk AS r SET well_since = d.well_since, clear_due_at = f.until
			  FROM differing AS d JOIN flapping AS f ON f.risk_id = d.risk_id
			 WHERE r.risk_id = d.risk_id AND f.until IS NOT NULL
			   AND (r.well_since, r.clear_due_at) IS DISTINCT FROM (d.well_since, f.until)
		), judged AS (
			UPDATE advocacy.risk AS r
			   SET well_since = d.well_since, clear_due_at = d.due_at,
			       clear_batch = CASE WHEN d.well_since IS NOT NULL THEN r.clear_batch END,
			       cleared_at = CASE WHEN d.clear THEN risk_evaluate_for.at END,
			       cleared_in = CASE WHEN d.clear THEN cycle END,
			       clear_evidence = CASE WHEN d.clear THEN jsonb_build_object(
			           'reason', 'all sources are well again', 'threshold', d.threshold,
			           'held', advocacy.sync_duration_text(d.clear_hold),
			           'well_since', advocacy.sync_time_text(d.well_since), 'observations', d.observations)
			           || CASE WHEN guarded THEN '{"gated": true}'::jsonb ELSE '{}' END END
			  FROM differing AS d
			 WHERE d.risk_id = r.risk_id AND r.cleared_at IS NULL AND d.risk_id NOT IN (SELECT f.risk_id FROM flapping AS f)
			   AND d.risk_id NOT IN (SELECT g.risk_id FROM gated AS g)
			RETURNING r.account_id, r.rule, r.cleared_at
		), again AS (
			INSERT INTO advocacy.risk_due AS d (account_id, rule, due_at)
			SELECT j.account_id, j.rule, j.cleared_at + interval '24 hours'
			  FROM judged AS j JOIN advocacy.risk_rule AS u ON u.rule = j.rule AND u.flaps > 0 AND u.action = 'suspend'
			 WHERE j.cleared_at IS NOT NULL
			   AND EXISTS (SELECT FROM advocacy.advocate AS a WHERE a.account_id = j.account_id AND a.retired_at IS NULL)
			ON CONFLICT ON CONSTRAINT risk_due_pkey DO UPDATE SET due_at = excluded.due_at)
		SELECT (SELECT count(j.cleared_at) FROM judged AS j) + cleared_dated,
		       array_agg(f.risk_id ORDER BY f.risk_id) FILTER (WHERE f.until IS NULL),
		       array_agg(f.changes ORDER BY f.risk_id) FILTER (WHERE f.until IS NULL), kept || (SELECT array_agg(g.risk_id) FROM gated AS g)
		  INTO risks_cleared, pinned, changes, kept FROM flapping AS f;
		PERFORM advocacy.risk_pin(pinned, changes, risk_evaluate_for.at, risk_evaluate_for.quiet);
	END IF;
	IF kept IS NOT NULL THEN
		PERFORM advocacy.risk_hold_clear(kept, risk_evaluate_for.source, risk_evaluate_for.stream, risk_evaluate_for.at,
			risk_evaluate_for.observed);
	END IF;

	SELECT f.suspended, f.reinstated INTO suspended, reinstated
	  FROM advocacy.suspension_follow(risk_evaluate_for.accounts, risk_evaluate_for.at, risk_evaluate_for.quiet, cycle) AS f;
	IF risks_opened > 0 OR risks_cleared > 0 OR suspended > 0 OR reinstated > 0 THEN
		INSERT INTO advocacy.decision_cycle (cycle_id, source, stream, decided_at, risks_opened, risks_cleared, suspended,
			reinstated, held)
		VALUES (cycle, risk_evaluate_for.source, risk_evaluate_for.stream, risk_evaluate_for.at, risks_opened, risks_cleared,
			suspended, reinstated, held);
	END IF;
	RETURN NEXT;
END $$;
COMMENT ON FUNCTION advocacy.risk_evaluate_for(bigint[], timestamptz, text, text, text, boolean, text) IS
	'risk_evaluate during an apply: the stream being applied counts as fresh, and a first load may keep quiet.';
