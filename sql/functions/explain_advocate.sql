-- explain_advocate: every fact that decides whether an advocate is available, in sentences, the verdict first.
-- The same rules as the view advocate_availability, with their evidence; also for a time in the past, as far as rows with
-- a time tell: enrolment, suspensions, held batches, overrides, the requests they were on and were taken off, and what the
-- sources had said by then. The first row's detail has the state, by the same words as the view. What has no time
-- (opted out, account deleted, link) is told as it is now, and a source that was read since then counts as fresh then.
-- Parameters: advocate, an advocate_id; at.
-- Returns: ordinal; fact, a sentence; detail, what it rests on. Refuses an unknown advocate.
-- Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.explain_advocate(advocate bigint, at timestamptz DEFAULT now())
RETURNS TABLE (ordinal integer, fact text, detail jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	person record;
	reasons text[] := '{}';
	capped text[] := '{}';
	effect text;
	unknown_since timestamptz;
	asked boolean;
	severities text[] := '{}';
	since timestamptz;
	facts jsonb := '[]';
	line record;
BEGIN
	SELECT a.*, c.opted_out, CASE WHEN NOT c.deleted THEN c.missing_since END AS contact_missing_since,
	       c.source AS contact_source, c.remote_id AS contact_remote_id, t.name AS account_name, t.deleted AS account_deleted, t.created_at AS account_created_at,
	       coalesce(t.name, t.source || ' ' || t.remote_id) AS account_text
	  INTO person
	  FROM advocacy.advocate AS a JOIN advocacy.contact AS c ON c.contact_id = a.contact_id
	  LEFT JOIN advocacy.account AS t ON t.account_id = a.account_id
	 WHERE a.advocate_id = explain_advocate.advocate;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no advocate %', explain_advocate.advocate
			USING ERRCODE = 'P0002', HINT = 'Look the advocate up in advocacy.advocate_availability.';
	END IF;

	IF person.enrolled_at > explain_advocate.at THEN
		reasons := reasons || 'not enrolled yet'::text;
		facts := facts || jsonb_build_object('fact', format('Enrolled only at %s.',
			advocacy.sync_time_text(person.enrolled_at)), 'detail', '{}'::jsonb);
	END IF;
	IF person.retired_at <= explain_advocate.at THEN
		reasons := reasons || 'retired'::text;
		facts := facts || jsonb_build_object('fact', format('Retired since %s: %s.',
			advocacy.sync_time_text(person.retired_at), person.retire_reason), 'detail', '{}'::jsonb);
	END IF;
	FOR line IN
		SELECT s.*, r.well_since, r.clear_due_at, u.flaps,
		       r.clear_due_at > greatest(r.well_since + u.clear_hold, r.opened_at + u.dwell) AS waits, r.pinned_at <= explain_advocate.at AS pinned, r.clear_batch,
		       (SELECT max(m.value::timestamptz) FROM jsonb_each_text(r.merged) AS m
		         WHERE r.well_since IS NULL AND m.value::timestamptz <= explain_advocate.at) AS merged_at,
		       EXISTS (SELECT FROM advocacy.decision_batch AS b
		                WHERE b.batch_id = r.clear_batch AND b.opened_at <= explain_advocate.at
		                  AND (b.decided_at IS NULL OR b.decided_at > explain_advocate.at)) AS kept, r.evidence ->> 'changes' AS changes,
		       advocacy.risk_clears_when(u) AS clears_when
		  FROM advocacy.suspension AS s
		  LEFT JOIN advocacy.risk AS r ON r.risk_id = s.risk_id
		  LEFT JOIN advocacy.risk_rule AS u ON u.rule = s.rule
		 WHERE s.advocate_id = person.advocate_id AND s.opened_at <= explain_advocate.at
		   AND (s.closed_at IS NULL OR s.closed_at > explain_advocate.at) ORDER BY s.suspension_id
	LOOP
		reasons := reasons || advocacy.suspension_reason(line.cause, line.severity, line.rule);
		severities := severities || CASE WHEN line.cause = 'consent' THEN 'withdrawn' ELSE coalesce(line.severity, 'soft') END;
		since := least(since, line.opened_at);
		effect := CASE line.severity WHEN 'caution' THEN 'Only with the CSM''s yes' WHEN 'hold' THEN 'Not matched'
			WHEN 'ineligible' THEN 'Ineligible' WHEN 'withdrawn' THEN 'Withdrawn' WHEN 'left' THEN 'Has left' ELSE 'Suspended' END;
		facts := facts || jsonb_build_object('fact', CASE
			WHEN line.cause IN ('risk', 'own') THEN format('%s since %s by rule %s: %s.', effect,
				advocacy.sync_time_text(line.opened_at), line.rule, line.reason)
			WHEN line.cause = 'person' THEN format('%s since %s by %s%s: %s.', effect, advocacy.sync_time_text(line.opened_at),
				line.opened_by, coalesce(' until ' || advocacy.sync_time_text(line.until), ''), line.reason)
			ELSE format('Consent withdrawn at %s: %s.', advocacy.sync_time_text(line.opened_at), line.reason) END,
			'detail', line.evidence || jsonb_build_object('suspension_id', line.suspension_id, 'cause', line.cause));
		IF line.kept THEN
			facts := facts || jsonb_build_object('fact', format(
				'That is over by what the sources say, but too many would be available again at once; a person must decide: '
				'advocacy.risk_release(%1$s) or advocacy.risk_reject(%1$s).', line.clear_batch), 'detail', '{}'::jsonb);
		END IF;
		IF line.closed_at IS NOT NULL THEN
			facts := facts || jsonb_build_object('fact', format('That ended at %s: %s.',
				advocacy.sync_time_text(line.closed_at), line.close_reason), 'detail', '{}'::jsonb);
			CONTINUE;
		END IF;
		IF line.answer_due_at IS NOT NULL THEN
			facts := facts || jsonb_build_object('fact', CASE
				WHEN line.answered_at IS NULL OR line.answered_at > explain_advocate.at THEN format(
				'Open requests go on until the CSM answers (advocacy.risk_confirm, advocacy.risk_override), at the longest until %s.',
				advocacy.sync_time_text(line.answer_due_at))
				WHEN line.answered_by = 'time' THEN format('Nobody answered by %s, so open requests went on without them.',
				advocacy.sync_time_text(line.answer_due_at))
				ELSE format('Confirmed at %s by %s.', advocacy.sync_time_text(line.answered_at), line.answered_by) END,
				'detail', '{}'::jsonb);
		END IF;
		IF line.review_since <= explain_advocate.at THEN
			facts := facts || jsonb_build_object('fact', format(
				'That is over since %s by what the sources say; it waits for the CSM''s yes: advocacy.advocate_reinstate(%s, reason).',
				advocacy.sync_time_text(line.review_since), person.advocate_id), 'detail', '{}'::jsonb);
			CONTINUE;
		END IF;
		CONTINUE WHEN line.kept;
		facts := facts || jsonb_build_object('fact', CASE line.cause
			WHEN 'own' THEN CASE WHEN line.until IS NULL THEN 'It ends when its cause is over.'
			                     ELSE format('It ends at %s at the latest.', advocacy.sync_time_text(line.until)) END
			WHEN 'risk' THEN CASE WHEN line.pinned THEN format(
				'It came and went %s times within 30 days and stays until a person looks: advocacy.risk_unpin(%s, reason). ',
				line.changes, line.risk_id) ELSE '' END
				|| 'Available again when, in all sources that know it, ' || line.clears_when
				|| CASE WHEN line.merged_at IS NOT NULL THEN format(
				            '; it is of a record that was merged at %s, and what the other had said before doesn''t count.',
				            advocacy.sync_time_text(line.merged_at))
				        WHEN line.clear_due_at IS NULL THEN '.'
				        ELSE format('; well since %s, due at %s%s.', advocacy.sync_time_text(line.well_since),
				                    advocacy.sync_time_text(line.clear_due_at), CASE WHEN line.waits THEN format(
				                    ' and no sooner, so that nobody comes and goes more than %s times within 30 days', line.flaps - 1)
				                    ELSE '' END) END
			WHEN 'person' THEN 'Available again when a person lifts it: advocacy.advocate_reinstate.'
			ELSE 'Available again when consent is given anew.' END, 'detail', '{}'::jsonb);
	END LOOP;
	FOR line IN
		SELECT r.held_batch, min(r.opened_at) AS held_at, min(r.evidence -> 'held' ->> 'count') AS advocates,
		       min(r.evidence -> 'held' ->> 'limit') AS most, min(r.evidence -> 'held' ->> 'observed') AS observed,
		       min(r.evidence -> 'held' ->> 'source') AS observer, min(r.evidence ->> 'source') AS source,
		       string_agg(DISTINCT r.rule, ', ' ORDER BY r.rule) AS rules, jsonb_agg(r.evidence ORDER BY r.risk_id) AS evidence
		  FROM advocacy.risk AS r
		  JOIN advocacy.risk_rule AS u ON u.rule = r.rule AND u.active AND u.action = 'suspend'
		 WHERE r.account_id = person.account_id AND r.held_batch IS NOT NULL AND r.opened_at <= explain_advocate.at
		   AND (r.cleared_at IS NULL OR r.cleared_at > explain_advocate.at)
		   AND (r.held_at IS NOT NULL
		        OR EXISTS (SELECT FROM advocacy.audit_log AS l
		                    WHERE l.action = 'risk_release' AND l.subject = 'batch ' || r.held_batch
		                      AND l.at > explain_advocate.at))
		   AND (person.retired_at <= explain_advocate.at) IS NOT TRUE
		   AND NOT EXISTS (SELECT FROM advocacy.risk_override AS o
		                    WHERE (o.advocate_id = person.advocate_id OR o.account_id = person.account_id)
		                      AND o.made_at <= explain_advocate.at AND o.until > explain_advocate.at
		                      AND (o.ended_at IS NULL OR o.ended_at > explain_advocate.at)
		                      AND coalesce(o.rule = r.rule, u.severity NOT IN ('hard', 'ineligible')))
		 GROUP BY r.held_batch ORDER BY r.held_batch
	LOOP
		reasons := reasons || CASE WHEN line.observed IS NOT NULL
			THEN format('held: %s is only observed; a person must approve what it says', line.observer)
			ELSE format('held: %s advocates would have been suspended at once; a person must decide', line.advocates) END;
		facts := facts || jsonb_build_object('fact', CASE WHEN line.observed IS NOT NULL THEN format(
			'Held since %s: %s %s, so what it says is only observed; it would suspend by rule %s.',
			advocacy.sync_time_text(line.held_at), line.observer, CASE line.observed WHEN 'first' THEN 'is read for the first time'
				WHEN 'mapping' THEN 'is mapped otherwise than before' ELSE 'was rejected the last time' END, line.rules)
			ELSE format('Held since %s: one run of %s would have suspended %s advocates at once, more than %s, this one by rule %s.',
			advocacy.sync_time_text(line.held_at), line.source, line.advocates, line.most, line.rules) END,
			'detail', jsonb_build_object('batch', line.held_batch, 'evidence', line.evidence));
		facts := facts || jsonb_build_object('fact', format(
			'A person must decide: advocacy.risk_release(%1$s) suspends them, advocacy.risk_reject(%1$s) calls it broken data.',
			line.held_batch), 'detail', '{}'::jsonb);
	END LOOP;
	FOR line IN
		SELECT o.* FROM advocacy.risk_override AS o
		 WHERE (o.advocate_id = person.advocate_id OR o.account_id = person.account_id)
		   AND o.made_at <= explain_advocate.at AND o.until > explain_advocate.at
		   AND (o.ended_at IS NULL OR o.ended_at > explain_advocate.at) ORDER BY o.override_id
	LOOP
		facts := facts || jsonb_build_object('fact', format('Overridden by %s until %s, %s: %s.', line.made_by,
			advocacy.sync_time_text(line.until),
			coalesce('rule ' || line.rule, 'all rules but hard and ineligible ones'), line.reason),
			'detail', jsonb_build_object('override_id', line.override_id, 'rule', line.rule,
				'of', CASE WHEN line.account_id IS NULL THEN 'advocate' ELSE 'account' END,
				'made_at', advocacy.sync_time_text(line.made_at)));
	END LOOP;
	FOR line IN
		SELECT c.* FROM advocacy.consent AS c
		 WHERE c.contact_id = ANY (person.former_contacts || person.contact_id) AND c.recorded_at <= explain_advocate.at
		 ORDER BY c.consent_id
	LOOP
		facts := facts || jsonb_build_object('fact', concat_ws(' ',
			CASE WHEN line.given_at IS NULL THEN 'Withdrew their consent' ELSE 'Consented' END || ' to '
				|| CASE line.scope WHEN 'all' THEN 'everything' ELSE replace(line.scope, '_', ' ') END,
			CASE WHEN line.given_at IS NOT NULL THEN format('from %s until %s, by %s', advocacy.sync_time_text(line.given_at),
				advocacy.sync_time_text(line.until), line.source) END,
			CASE WHEN line.given_at IS NULL THEN 'at ' || advocacy.sync_time_text(line.withdrawn_at)
			     WHEN line.withdrawn_at <= explain_advocate.at
			     THEN '- withdrawn at ' || advocacy.sync_time_text(line.withdrawn_at) END) || '.',
			'detail', jsonb_build_object('consent_id', line.consent_id, 'scope', line.scope, 'recorded_by', line.recorded_by));
	END LOOP;
	FOR line IN
		SELECT v.request_id, v.activity_type, v.recorded_at, e.to_state, e.occurred_at, l.occurred_at AS left_at, l.reason AS left_reason
		  FROM (SELECT o.request_id, o.activity_type, max(o.recorded_at) AS recorded_at FROM advocacy.activity AS o
		         WHERE o.advocate_id = person.advocate_id AND o.request_id IS NOT NULL AND o.recorded_at <= explain_advocate.at
		         GROUP BY o.request_id, o.activity_type) AS v
		 CROSS JOIN LATERAL (
			SELECT n.to_state, n.occurred_at FROM advocacy.request_event AS n
			 WHERE n.request_id = v.request_id AND n.occurred_at <= explain_advocate.at ORDER BY n.event_id DESC LIMIT 1) AS e
		  LEFT JOIN LATERAL (
			SELECT n.occurred_at, n.reason FROM advocacy.request_event AS n
			 WHERE n.request_id = v.request_id AND n.occurred_at BETWEEN v.recorded_at AND explain_advocate.at
			   AND n.to_state IN ('matching', 'declined', 'expired', 'cancelled', 'unfulfillable', 'completed')
			 ORDER BY n.event_id LIMIT 1) AS l ON true
		 -- What they are on, and what they were taken off since the oldest of what stands against them.
		 WHERE l.occurred_at IS NULL OR l.occurred_at >= since
		 ORDER BY v.request_id
	LOOP
		facts := facts || jsonb_build_object('fact', CASE WHEN line.left_at IS NULL
			THEN format('On REQ-%s (%s) since %s; it is %s since %s.', line.request_id, replace(line.activity_type, '_', ' '),
				advocacy.sync_time_text(line.recorded_at), replace(line.to_state, '_', ' '), advocacy.sync_time_text(line.occurred_at))
			ELSE format('Off REQ-%s (%s) since %s%s.', line.request_id, replace(line.activity_type, '_', ' '),
				advocacy.sync_time_text(line.left_at), coalesce(': ' || line.left_reason, '')) END,
			'detail', jsonb_build_object('request_id', line.request_id, 'state', line.to_state, 'on', line.left_at IS NULL));
	END LOOP;
	IF NOT advocacy.consent_allows(person.former_contacts || person.contact_id, NULL, explain_advocate.at)
		AND 'consent withdrawn' <> ALL (reasons) THEN
		reasons := reasons || 'no valid consent'::text;
		facts := facts || jsonb_build_object('fact',
			'No consent to any activity is valid; available again when one is recorded: advocacy.consent_record.',
			'detail', '{}'::jsonb);
	END IF;
	FOR line IN SELECT c.* FROM advocacy.advocate_caps(person.advocate_id, NULL, explain_advocate.at) AS c LOOP
		capped := capped || ('resting: ' || line.reason);
		facts := facts || jsonb_build_object('fact', format('Has done enough for now: %s.', line.reason),
			'detail', jsonb_build_object('cap', line.cap, 'used', line.used, 'allowed', line.allowed,
				'free_at', advocacy.sync_time_text(line.free_at)));
	END LOOP;
	IF person.opted_out THEN
		reasons := reasons || 'opted out'::text;
		facts := facts || jsonb_build_object('fact', format('The contact has opted out in %s.', person.contact_source),
			'detail', jsonb_build_object('source', person.contact_source, 'remote_id', person.contact_remote_id));
	END IF;
	IF person.contact_missing_since <= explain_advocate.at THEN
		reasons := reasons || ('missing in ' || person.contact_source)::text;
		facts := facts || jsonb_build_object('fact', format(
			'Since %s reading everything of %s has not brought the contact any more.',
			advocacy.sync_time_text(person.contact_missing_since), person.contact_source),
			'detail', jsonb_build_object('source', person.contact_source, 'remote_id', person.contact_remote_id));
	END IF;
	IF person.account_id IS NULL THEN
		reasons := reasons || 'not linked to an account'::text;
		facts := facts || jsonb_build_object('fact', 'The contact is not linked to an account that is synced.',
			'detail', jsonb_build_object('source', person.contact_source, 'remote_id', person.contact_remote_id));
	ELSIF person.account_deleted THEN
		reasons := reasons || 'account deleted'::text;
		facts := facts || jsonb_build_object('fact', format('The account %s is deleted in every source.', person.account_text),
			'detail', jsonb_build_object('account_id', person.account_id));
	END IF;
	SELECT i.* INTO line FROM advocacy.identity_review AS i
	 WHERE i.opened_at <= explain_advocate.at AND (i.resolved_at IS NULL OR i.resolved_at > explain_advocate.at)
	   AND i.candidates @> jsonb_build_array(jsonb_build_object('account_id', person.account_id))
	 ORDER BY i.review_id LIMIT 1;
	IF FOUND THEN
		reasons := reasons || 'identity in doubt'::text;
		facts := facts || jsonb_build_object('fact', format(
			'Since %s it isn''t certain which records are this customer''s (%s %s: %s); a person decides: advocacy.account_link, advocacy.account_split.',
			advocacy.sync_time_text(line.opened_at), replace(line.shared_by, '_', ' '), line.shared, line.reason),
			'detail', jsonb_build_object('review_id', line.review_id, 'records', line.records));
	END IF;

	IF person.account_id IS NOT NULL THEN
		SELECT CASE WHEN bool_or(f.known) THEN NULL ELSE max(f.until) END, count(*) > 0
		  INTO unknown_since, asked
		  FROM (SELECT s.value IS NOT NULL AND y.last_success_at >= explain_advocate.at - o.stale_after AS known,
		               CASE WHEN s.value IS NULL THEN s.observed_at
		                    ELSE coalesce(y.last_success_at + o.stale_after, s.observed_at) END AS until
		          FROM advocacy.signal_at(person.account_id, explain_advocate.at) AS s
		          JOIN advocacy.source_status AS o ON o.source = s.source
		          LEFT JOIN advocacy.sync_stream AS y ON y.source = s.source AND y.stream = s.stream
		         WHERE s.name = 'health_score'
		           AND EXISTS (SELECT FROM advocacy.account_source AS x
		                        WHERE x.account_id = person.account_id AND x.source = s.source AND NOT x.deleted)) AS f;
		IF NOT asked AND EXISTS (SELECT FROM advocacy.risk_rule AS u WHERE u.active AND u.signal = 'health_score') THEN
			unknown_since := person.account_created_at;
		END IF;
		IF unknown_since < explain_advocate.at - interval '7 days' THEN
			reasons := reasons || 'health unknown'::text;
			facts := facts || jsonb_build_object('fact', format('The health of %s is unknown since %s, longer than 7 days.',
				person.account_text, advocacy.sync_time_text(unknown_since)),
				'detail', jsonb_build_object('since', advocacy.sync_time_text(unknown_since)));
			facts := facts || jsonb_build_object('fact', 'Available again when a source gives a fresh health score.',
				'detail', '{}'::jsonb);
		ELSIF unknown_since IS NOT NULL THEN
			facts := facts || jsonb_build_object('fact', format('The health of %s is unknown since %s.',
				person.account_text, advocacy.sync_time_text(unknown_since)),
				'detail', jsonb_build_object('since', advocacy.sync_time_text(unknown_since)));
		END IF;
		FOR line IN
			SELECT s.name, s.source, s.value, s.observed_at, y.last_success_at,
			       coalesce(y.last_success_at >= explain_advocate.at - o.stale_after, false) AS fresh
			  FROM advocacy.signal_at(person.account_id, explain_advocate.at) AS s
			  JOIN advocacy.source_status AS o ON o.source = s.source
			  LEFT JOIN advocacy.sync_stream AS y ON y.source = s.source AND y.stream = s.stream
			 ORDER BY s.name, s.source
		LOOP
			facts := facts || jsonb_build_object('fact', format('%s says %s %s, observed at %s; %s.', line.source, line.name,
				coalesce(trim_scale(line.value)::text, 'not scored'), advocacy.sync_time_text(line.observed_at),
				CASE WHEN line.last_success_at > explain_advocate.at THEN 'as far as was known then'
				     WHEN line.fresh THEN 'fresh, last read at ' || advocacy.sync_time_text(line.last_success_at)
				     WHEN line.last_success_at IS NULL THEN 'not read completely yet'
				     ELSE 'stale, last read at ' || advocacy.sync_time_text(line.last_success_at) END),
				'detail', jsonb_build_object('source', line.source, 'signal', line.name, 'value', line.value,
					'fresh', line.fresh, 'observed_at', advocacy.sync_time_text(line.observed_at)));
		END LOOP;
	END IF;

	reasons := reasons || capped;
	RETURN QUERY
	SELECT 1, CASE WHEN reasons = '{}' THEN 'Available.' ELSE 'Not available: ' || array_to_string(reasons, '; ') || '.' END,
	       jsonb_build_object('advocate_id', person.advocate_id, 'available', reasons = '{}', 'state', CASE
	           WHEN 'withdrawn' = ANY (severities) OR person.opted_out THEN 'withdrawn'
	           WHEN 'retired' = ANY (reasons) OR person.account_deleted OR 'left' = ANY (severities) THEN 'left'
	           WHEN 'ineligible' = ANY (severities) OR 'no valid consent' = ANY (reasons) THEN 'ineligible'
	           WHEN severities && '{soft,hard}' THEN 'suspended'
	           WHEN reasons = '{}' THEN 'eligible'
	           WHEN cardinality(reasons) - cardinality(capped) = cardinality(array_positions(severities, 'caution')) THEN 'caution'
	           ELSE 'hold' END, 'reasons', to_jsonb(reasons),
	                          'account_id', person.account_id, 'at', advocacy.sync_time_text(explain_advocate.at))
	UNION ALL
	SELECT f.place::integer + 1, f.item ->> 'fact', f.item -> 'detail'
	  FROM jsonb_array_elements(facts) WITH ORDINALITY AS f (item, place)
	 ORDER BY 1;
END $$;
COMMENT ON FUNCTION advocacy.explain_advocate(bigint, timestamptz) IS
	'Every fact that decides whether an advocate is available, in sentences, the verdict first.';
