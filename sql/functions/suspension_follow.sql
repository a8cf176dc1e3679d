-- suspension_follow: makes the suspensions by rules what they have to be, and tells people.
-- An advocate who isn't retired is suspended while an active rule that suspends has an open risk at their account. What
-- that means goes by the rule's severity:
--   hard         people are told, open requests follow (request_follow_suspension)
--   soft         people are told; requests of whom nobody was asked yet follow too, a call that is agreed only when the CSM
--                says so (risk_confirm) or says nothing until answer_due_at (risk_fire)
--   ineligible   as hard, without a message about the advocate
--   caution      not matched without the CSM's yes; hold: not matched; both silent, and open requests go on
-- A risk that is held (risk_hold) suspends nobody, nor one that a person overrides (risk_override).
-- What a person or a withdrawn consent suspended is never touched here.
-- What is over by a rule that wants a yes (risk_rule.confirm) stays, in silence, until a person gives it: the CSM is asked
-- once (reinstatement_review), and advocate_reinstate is the yes.
-- One message per risk: advocate_suspended when somebody was suspended by it, advocate_reinstated when somebody is
-- available again by its end. Of several risks that end at once, the latest names the advocate.
-- Parameters: accounts (NULL: all); at; quiet: a first load, whose messages sync_apply folds into one (NULL: tell);
-- cycle, the decision_cycle that decides (NULL: none).
-- Returns: how many advocates were suspended, how many are available again. Writes: suspension, outbox; request.
CREATE OR REPLACE FUNCTION advocacy.suspension_follow(accounts bigint[], at timestamptz DEFAULT now(), quiet text DEFAULT NULL,
	cycle bigint DEFAULT NULL)
RETURNS TABLE (suspended integer, reinstated integer)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
	ended bigint[];
	begun bigint[];
	asked bigint[];
	raised bigint[];
	overridden constant boolean := EXISTS (SELECT FROM advocacy.risk_override AS o WHERE o.ended_at IS NULL);
	message record;
	concerned boolean; -- whether any of them has an advocate at all: in a first load none has
	wanted bigint[] := suspension_follow.accounts; -- never NULL: a plan for "all, or these" reads whole tables for a few
BEGIN
	IF wanted IS NULL THEN
		wanted := ARRAY(SELECT r.account_id FROM advocacy.risk AS r WHERE r.cleared_at IS NULL
		                UNION
		                SELECT r.account_id FROM advocacy.suspension AS s JOIN advocacy.risk AS r ON r.risk_id = s.risk_id
		                 WHERE s.closed_at IS NULL);
	END IF;
	WITH over AS (
		SELECT s.suspension_id,
		       CASE WHEN a.retired_at IS NOT NULL THEN 'the advocate was retired'
		            WHEN r.account_id IS DISTINCT FROM a.account_id THEN 'the advocate belongs to another account now'
		            WHEN r.cleared_at IS NOT NULL THEN 'the risk was cleared: ' || (r.clear_evidence ->> 'reason')
		            ELSE 'the rule no longer suspends' END AS reason,
		       -- Over by what the sources say, and so a question for the CSM; not when people decided it, nor the rule's end.
		       a.retired_at IS NULL AND r.account_id IS NOT DISTINCT FROM a.account_id AND u.active AND u.action = 'suspend'
		       AND u.confirm AND (r.clear_evidence ? 'observations' OR r.clear_evidence ? 'date') AS asks
		  FROM advocacy.suspension AS s
		  JOIN advocacy.advocate AS a ON a.advocate_id = s.advocate_id
		  JOIN advocacy.risk AS r ON r.risk_id = s.risk_id
		  JOIN advocacy.risk_rule AS u ON u.rule = r.rule
		 WHERE s.closed_at IS NULL AND s.cause = 'risk'
		   AND s.suspension_id IN (
			SELECT o.suspension_id FROM advocacy.risk AS k JOIN advocacy.suspension AS o ON o.risk_id = k.risk_id
			 WHERE k.account_id = ANY (wanted) AND o.closed_at IS NULL
			UNION ALL
			SELECT o.suspension_id FROM advocacy.advocate AS k JOIN advocacy.suspension AS o ON o.advocate_id = k.advocate_id
			 WHERE k.account_id = ANY (wanted) AND o.closed_at IS NULL AND o.cause = 'risk')
		   AND NOT (a.retired_at IS NULL AND r.account_id IS NOT DISTINCT FROM a.account_id AND r.cleared_at IS NULL
		            AND u.active AND u.action = 'suspend')
		   AND NOT (s.review_since IS NOT NULL AND a.retired_at IS NULL AND r.account_id IS NOT DISTINCT FROM a.account_id
		            AND u.active AND u.confirm)
		 ORDER BY s.suspension_id
		   FOR UPDATE OF s
	), waiting AS (
		UPDATE advocacy.suspension AS s SET review_since = suspension_follow.at
		  FROM over AS o WHERE o.suspension_id = s.suspension_id AND o.asks
		RETURNING s.suspension_id
	), closed AS (
		UPDATE advocacy.suspension AS s
		   SET closed_at = suspension_follow.at, closed_by = 'rule', close_reason = o.reason,
		       closed_in = suspension_follow.cycle
		  FROM over AS o WHERE o.suspension_id = s.suspension_id AND o.asks IS NOT TRUE
		RETURNING s.suspension_id)
	SELECT (SELECT array_agg(c.suspension_id) FROM closed AS c), (SELECT array_agg(w.suspension_id) FROM waiting AS w)
	  INTO ended, asked;

	concerned := EXISTS (SELECT FROM unnest(wanted) AS w (account_id)
	                      CROSS JOIN LATERAL (SELECT FROM advocacy.advocate AS a
	                                           WHERE a.account_id = w.account_id AND a.retired_at IS NULL OFFSET 0) AS a);
	-- Locked in id order, so that nobody is matched while being suspended. (Not FOR UPDATE: that would also wait for, and
	-- deadlock with, the foreign key check of a request that names the advocate.)
	PERFORM FROM advocacy.advocate AS a
	 WHERE concerned AND a.retired_at IS NULL AND a.advocate_id IN (
		SELECT v.advocate_id FROM advocacy.risk AS r
		  JOIN advocacy.risk_rule AS u ON u.rule = r.rule AND u.active AND u.action = 'suspend'
		  JOIN advocacy.advocate AS v ON v.account_id = r.account_id AND v.retired_at IS NULL
		 WHERE r.cleared_at IS NULL AND r.held_at IS NULL
		   AND r.account_id = ANY (wanted)
		   AND NOT (overridden AND advocacy.risk_overridden(v.advocate_id, v.account_id, r.rule, u.severity,
		                                                   suspension_follow.at))
		   AND NOT EXISTS (SELECT FROM advocacy.suspension AS o
		                    WHERE o.advocate_id = v.advocate_id AND o.risk_id = r.risk_id AND o.closed_at IS NULL))
	 ORDER BY a.advocate_id
	   FOR NO KEY UPDATE OF a;
	WITH opened AS (
		INSERT INTO advocacy.suspension AS s (advocate_id, cause, risk_id, rule, severity, reason, evidence, opened_at,
			opened_by, opened_in, answer_due_at)
		SELECT a.advocate_id, 'risk', r.risk_id, r.rule, u.severity,
		       CASE WHEN r.evidence ? 'date'
		            THEN format('%s of %s is %s: %s', u.signal, r.evidence ->> 'source', r.evidence ->> 'date',
		                        r.evidence ->> 'threshold')
		            ELSE format('%s %s of %s is %s', u.signal, coalesce(trim_scale((r.evidence ->> 'value')::numeric)::text, 'unknown'),
		              coalesce(r.evidence ->> 'source', 'unknown'), coalesce(r.evidence ->> 'threshold', 'risky')) END,
		       r.evidence || CASE WHEN suspension_follow.quiet IS NULL THEN '{}'
		                          ELSE jsonb_build_object('first_load', suspension_follow.quiet) END,
		       suspension_follow.at, 'rule', suspension_follow.cycle,
		       CASE u.severity WHEN 'soft' THEN advocacy.suspension_answer_due(a.advocate_id, suspension_follow.at) END
		  FROM advocacy.risk AS r
		  JOIN advocacy.risk_rule AS u ON u.rule = r.rule AND u.active AND u.action = 'suspend'
		  JOIN advocacy.advocate AS a ON a.account_id = r.account_id AND a.retired_at IS NULL
		 WHERE concerned AND r.cleared_at IS NULL AND r.held_at IS NULL
		   AND r.account_id = ANY (wanted)
		   AND NOT (overridden AND advocacy.risk_overridden(a.advocate_id, a.account_id, r.rule, u.severity,
		                                                   suspension_follow.at))
		   AND NOT EXISTS (SELECT FROM advocacy.suspension AS o
		                    WHERE o.advocate_id = a.advocate_id AND o.risk_id = r.risk_id AND o.closed_at IS NULL)
		 ORDER BY a.advocate_id, r.risk_id
		ON CONFLICT (advocate_id, risk_id) WHERE closed_at IS NULL AND cause = 'risk' DO NOTHING
		RETURNING s.suspension_id)
	SELECT array_agg(o.suspension_id) INTO begun FROM opened AS o;

	-- What waits for a yes has come back instead.
	IF begun IS NOT NULL THEN
		UPDATE advocacy.suspension AS s
		   SET closed_at = suspension_follow.at, closed_by = 'rule', close_reason = 'the risk came back before a yes',
		       closed_in = suspension_follow.cycle
		  FROM advocacy.suspension AS n
		 WHERE n.suspension_id = ANY (begun) AND s.advocate_id = n.advocate_id AND s.rule = n.rule
		   AND s.review_since IS NOT NULL AND s.closed_at IS NULL AND s.suspension_id <> n.suspension_id;
	END IF;

	-- A rule whose severity was changed: its suspensions go with it. One that was silent so far is told and acted on now.
	WITH changed AS (
		UPDATE advocacy.suspension AS s
		   SET severity = u.severity,
		       answer_due_at = CASE u.severity WHEN 'soft' THEN advocacy.suspension_answer_due(s.advocate_id, suspension_follow.at) END
		  FROM advocacy.risk_rule AS u, advocacy.suspension AS b
		 WHERE u.rule = s.rule AND u.severity <> s.severity AND s.closed_at IS NULL AND s.cause = 'risk'
		   AND suspension_follow.accounts IS NULL AND b.suspension_id = s.suspension_id
		RETURNING s.suspension_id, u.severity, b.severity AS before)
	SELECT array_agg(c.suspension_id) INTO raised FROM changed AS c
	 WHERE c.severity IN ('soft', 'hard') AND c.before NOT IN ('soft', 'hard')
	    OR c.severity = 'hard' AND c.before = 'soft' OR c.severity = 'ineligible' AND c.before IN ('caution', 'hold', 'soft');
	begun := begun || raised;

	SELECT count(DISTINCT s.advocate_id) INTO suspended
	  FROM advocacy.suspension AS s WHERE s.suspension_id = ANY (begun) AND s.severity NOT IN ('caution', 'hold');
	SELECT count(DISTINCT s.advocate_id) INTO reinstated
	  FROM advocacy.suspension AS s JOIN advocacy.advocate AS a ON a.advocate_id = s.advocate_id
	 WHERE s.suspension_id = ANY (ended) AND a.retired_at IS NULL
	   AND NOT EXISTS (SELECT FROM advocacy.suspension AS o WHERE o.advocate_id = s.advocate_id AND o.closed_at IS NULL);

	IF begun IS NOT NULL AND suspension_follow.quiet IS NULL THEN
		FOR message IN
			SELECT r.risk_id, u.severity,
			       -- After an override it is told anew.
			       coalesce(':' || (SELECT max(o.closed_by_override) FROM advocacy.suspension AS o WHERE o.risk_id = r.risk_id), '')
			           AS again, f.facts || jsonb_build_object(
			       'advocates', b.advocates, 'severity', u.severity, 'requests', b.requests,
			       'answer_by', advocacy.sync_time_text(b.answer_by),
			       'at', advocacy.sync_time_text(suspension_follow.at)) AS facts
			  FROM (SELECT s.risk_id, jsonb_agg(DISTINCT n.name) AS advocates,
			               coalesce(jsonb_agg(DISTINCT 'REQ-' || q.request_id) FILTER (WHERE q.request_id IS NOT NULL), '[]')
			                   AS requests, min(s.answer_due_at) AS answer_by
			          FROM advocacy.suspension AS s
			         CROSS JOIN LATERAL (SELECT advocacy.advocate_name(s.advocate_id) AS name) AS n
			          LEFT JOIN advocacy.request AS q ON q.advocate_id = s.advocate_id
			           AND q.state IN ('submitted', 'triaged', 'matching', 'proposed', 'awaiting_csm', 'awaiting_advocate',
			                           'scheduled', 'suspended_hold')
			         WHERE s.suspension_id = ANY (begun) AND s.severity IN ('soft', 'hard') GROUP BY s.risk_id) AS b
			  JOIN advocacy.risk AS r ON r.risk_id = b.risk_id
			  JOIN advocacy.risk_rule AS u ON u.rule = r.rule
			 CROSS JOIN LATERAL (SELECT advocacy.risk_facts(r.risk_id) AS facts) AS f
			 ORDER BY r.risk_id
		LOOP
			PERFORM advocacy.outbox_put('advocate_suspended', 'suspended:risk:' || message.risk_id || message.again, message.facts,
				CASE message.severity WHEN 'hard' THEN 3 ELSE 5 END::smallint, suspension_follow.at);
		END LOOP;
	END IF;

	IF ended IS NOT NULL AND suspension_follow.quiet IS NULL THEN
		FOR message IN
			SELECT b.risk_id, advocacy.risk_facts(b.risk_id) || jsonb_build_object(
			       'advocates', b.advocates, 'still_suspended', b.still,
			       'suspended_at', advocacy.sync_time_text(b.suspended_at),
			       'at', advocacy.sync_time_text(suspension_follow.at)) AS facts
			  FROM (SELECT s.risk_id, min(s.opened_at) AS suspended_at,
			               jsonb_agg(DISTINCT n.name) FILTER (WHERE n.free AND n.latest) AS advocates,
			               coalesce(jsonb_agg(DISTINCT n.name) FILTER (WHERE NOT n.free), '[]') AS still
			          FROM advocacy.suspension AS s
			          JOIN advocacy.advocate AS a ON a.advocate_id = s.advocate_id AND a.retired_at IS NULL
			         CROSS JOIN LATERAL (SELECT advocacy.advocate_name(s.advocate_id) AS name,
			               NOT EXISTS (SELECT FROM advocacy.suspension AS o
			                            WHERE o.advocate_id = s.advocate_id AND o.closed_at IS NULL) AS free,
			               NOT EXISTS (SELECT FROM advocacy.suspension AS o
			                            WHERE o.advocate_id = s.advocate_id AND o.suspension_id = ANY (ended)
			                              AND (o.severity IN ('soft', 'hard'), o.risk_id)
			                                  > (s.severity IN ('soft', 'hard'), s.risk_id)) AS latest) AS n
			         -- Nobody was told of a silent one, so its end is only told where it kept an advocate away after the end
			         -- of one that was told.
			         WHERE s.suspension_id = ANY (ended)
			           AND (s.severity IN ('soft', 'hard')
			                OR EXISTS (SELECT FROM advocacy.suspension AS o
			                            WHERE o.advocate_id = s.advocate_id AND o.severity IN ('soft', 'hard')
			                              AND o.closed_at >= s.opened_at AND o.suspension_id <> ALL (ended)))
			         GROUP BY s.risk_id) AS b
			 WHERE b.advocates IS NOT NULL ORDER BY b.risk_id
		LOOP
			PERFORM advocacy.outbox_put('advocate_reinstated', 'reinstated:risk:' || message.risk_id, message.facts,
				5::smallint, suspension_follow.at);
		END LOOP;
	END IF;

	IF asked IS NOT NULL AND suspension_follow.quiet IS NULL THEN
		FOR message IN
			SELECT b.risk_id, advocacy.risk_facts(b.risk_id) - 'clears_when' || jsonb_build_object('advocates', b.advocates,
			       'suspended_at', advocacy.sync_time_text(b.suspended_at), 'release', b.release,
			       'at', advocacy.sync_time_text(suspension_follow.at)) AS facts
			  FROM (SELECT s.risk_id, min(s.opened_at) AS suspended_at,
			               jsonb_agg(DISTINCT advocacy.advocate_name(s.advocate_id)) AS advocates,
			               format('SELECT advocacy.advocate_reinstate(''%s'', ''REASON'')', min(s.advocate_id)) AS release
			          FROM advocacy.suspension AS s WHERE s.suspension_id = ANY (asked) GROUP BY s.risk_id) AS b
			 ORDER BY b.risk_id
		LOOP
			PERFORM advocacy.outbox_put('reinstatement_review', 'review:risk:' || message.risk_id, message.facts,
				5::smallint, suspension_follow.at);
		END LOOP;
	END IF;

	-- It locks advocates whose suspensions ended: before the first request is locked.
	PERFORM advocacy.writeback_follow(CASE WHEN suspension_follow.accounts IS NOT NULL THEN ARRAY(SELECT s.advocate_id
		FROM advocacy.suspension AS s WHERE s.suspension_id = ANY (ended || begun)) END, suspension_follow.at);
	FOR message IN
		SELECT s.advocate_id, min(s.severity) FILTER (WHERE s.severity <> 'soft') AS worse FROM advocacy.suspension AS s
		 WHERE s.suspension_id = ANY (begun) AND s.severity IN ('soft', 'hard', 'ineligible')
		   AND EXISTS (SELECT FROM advocacy.request AS q WHERE q.advocate_id = s.advocate_id
		                AND q.state IN ('proposed', 'awaiting_csm', 'scheduled', 'suspended_hold'))
		 GROUP BY s.advocate_id ORDER BY s.advocate_id
	LOOP
		PERFORM advocacy.request_follow_suspension(message.advocate_id, coalesce(message.worse, 'soft'), suspension_follow.at);
	END LOOP;
	PERFORM advocacy.clock_follow_suspensions(ended, 'closed', suspension_follow.at);
	PERFORM advocacy.clock_follow_suspensions(begun, 'opened', suspension_follow.at);
	RETURN NEXT;
END $$;
COMMENT ON FUNCTION advocacy.suspension_follow(bigint[], timestamptz, text, bigint) IS
	'Makes the suspensions by rules of accounts (NULL: all) what they have to be, takes suspended advocates off open requests and tells people.';
