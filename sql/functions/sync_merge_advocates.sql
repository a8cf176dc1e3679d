-- sync_merge_advocates: the advocate behind a contact that was merged goes to the contact that survived, with
-- suspensions, requests and history. Looks at the contacts that changed (work_child) and at those merged into them.
--   The survivor is no advocate        the enrolment moves
--   The survivor is an advocate        the other enrolment ends as the same person; its requests, approvals and
--                                      publications go over, and what a person or a withdrawn consent suspended is
--                                      suspended there too, so that nobody becomes available by a merge
-- What the loser had said of themselves (an opinion of us, say) holds until the survivor says something newer.
-- Whom the sync retired while the survivor wasn't known comes back with it; whom a person retired stays retired.
-- Parameters: at.
-- Returns: how many enrolments moved or ended. Writes: advocate, suspension, request, activity, approval, asset; pg_temp.work_child, work_evaluate.
CREATE OR REPLACE FUNCTION advocacy.sync_merge_advocates(at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
#variable_conflict use_column
DECLARE
	bad constant text[] := '{caution,hold,ineligible,soft,hard,left,withdrawn}'; -- worse and worse
	one record;
	keeper bigint;
	losers bigint[];
	changed bigint := 0;
BEGIN
	IF NOT EXISTS (SELECT FROM advocacy.contact AS c WHERE c.merged_into_remote_id IS NOT NULL) THEN
		RETURN 0;
	END IF;
	losers := ARRAY(
		SELECT a.advocate_id FROM pg_temp.work_child AS w JOIN advocacy.contact AS c ON c.contact_id = w.id
		  JOIN advocacy.advocate AS a ON a.contact_id = c.contact_id
		 WHERE w.entity = 'contact' AND c.merged_into_remote_id IS NOT NULL AND c.deleted
		UNION
		SELECT a.advocate_id FROM pg_temp.work_child AS w JOIN advocacy.contact AS c ON c.contact_id = w.id
		  JOIN advocacy.contact AS l ON l.source = c.source AND l.merged_into_remote_id = c.remote_id
		  JOIN advocacy.advocate AS a ON a.contact_id = l.contact_id
		 WHERE w.entity = 'contact' AND l.merged_into_remote_id IS NOT NULL AND l.deleted);
	-- Requests that go over are locked here, and an apply goes on to lock advocates, whom nobody knows yet. Rare: so all are locked
	-- first, or a match, which takes an advocate and then a request, and the apply would wait for each other.
	IF EXISTS (SELECT FROM advocacy.request AS q WHERE q.advocate_id = ANY (losers)) THEN
		PERFORM FROM advocacy.advocate AS a ORDER BY a.advocate_id FOR NO KEY UPDATE;
	END IF;
	-- Few: only contacts with an enrolment. One after the other, so that three who were merged into one meet there.
	FOR one IN
		WITH RECURSIVE chain AS (
			SELECT a.advocate_id, c.contact_id, c.source, CASE WHEN c.deleted THEN c.merged_into_remote_id END AS next,
			       ARRAY[c.contact_id] AS path
			  FROM advocacy.advocate AS a JOIN advocacy.contact AS c ON c.contact_id = a.contact_id
			 WHERE a.advocate_id = ANY (losers)
			UNION ALL
			SELECT k.advocate_id, c.contact_id, c.source, CASE WHEN c.deleted THEN c.merged_into_remote_id END,
			       k.path || c.contact_id
			  FROM chain AS k JOIN advocacy.contact AS c ON c.source = k.source AND c.remote_id = k.next
			 WHERE c.contact_id <> ALL (k.path)
		), last AS (
			SELECT DISTINCT ON (k.advocate_id) k.advocate_id, k.path
			  FROM chain AS k ORDER BY k.advocate_id, cardinality(k.path) DESC
		)
		SELECT a.advocate_id, a.contact_id, a.account_id, a.enrolled_by, a.former_contacts, a.retired_at, a.retire_reason,
		       (SELECT jsonb_build_object('merged_at', advocacy.sync_time_text(coalesce(o.modified_at, sync_merge_advocates.at)))
		          FROM advocacy.contact AS o WHERE o.contact_id = a.contact_id) AS merged,
		       s.contact_id AS survivor_id, s.account_id AS survivor_account_id, s.deleted AS survivor_deleted
		  FROM last AS l
		  JOIN advocacy.advocate AS a ON a.advocate_id = l.advocate_id
		  JOIN advocacy.contact AS s ON s.contact_id = l.path[cardinality(l.path)]
		 WHERE s.contact_id <> a.contact_id
		   -- What has ended as the same person already has nothing left to give.
		   AND NOT (a.retired_at IS NOT NULL AND a.retire_reason LIKE 'the same person as advocate %')
		   AND NOT (s.deleted AND s.merged_into_remote_id IN (SELECT o.remote_id FROM advocacy.contact AS o
		                                                       WHERE o.source = s.source AND o.contact_id = ANY (l.path)))
		 ORDER BY a.retired_at IS NOT NULL, a.advocate_id
		   FOR NO KEY UPDATE OF a
	LOOP
		SELECT a.advocate_id INTO keeper FROM advocacy.advocate AS a
		 WHERE a.contact_id = one.survivor_id FOR NO KEY UPDATE;
		IF keeper IS NULL THEN
			keeper := one.advocate_id;
			UPDATE advocacy.advocate AS a
			   SET contact_id = one.survivor_id, account_id = one.survivor_account_id,
			       former_contacts = one.former_contacts || one.contact_id
			 WHERE a.advocate_id = keeper;
			UPDATE advocacy.suspension AS s SET evidence = s.evidence || one.merged
			 WHERE s.advocate_id = keeper AND s.closed_at IS NULL AND s.cause = 'own';
		ELSE
			UPDATE advocacy.advocate AS a SET former_contacts = a.former_contacts || one.former_contacts || one.contact_id
			 WHERE a.advocate_id = keeper;
			IF one.retired_at IS NULL THEN
				-- An enrolment that the sync itself had ended goes on with the one that joins it.
				UPDATE advocacy.advocate AS a SET retired_at = NULL, retire_reason = NULL
				 WHERE a.advocate_id = keeper AND a.retired_at IS NOT NULL
				   AND (a.retire_reason = 'contact deleted' OR a.retire_reason LIKE 'no longer marked as an advocate in %');
				UPDATE advocacy.advocate AS a
				   SET retired_at = sync_merge_advocates.at, retire_reason = 'the same person as advocate ' || keeper
				 WHERE a.advocate_id = one.advocate_id;
			END IF;
			-- Where both are suspended for the like, the worse of them holds, and for as long as either.
			UPDATE advocacy.suspension AS k
			   SET severity = CASE WHEN w.worse THEN w.severity ELSE k.severity END,
			       reason = CASE WHEN w.worse THEN w.reason ELSE k.reason END,
			       evidence = CASE WHEN w.worse THEN w.evidence || one.merged || jsonb_build_object('carried_over_from', w.suspension_id)
			                       ELSE k.evidence END,
			       until = CASE WHEN w.until IS NOT NULL AND k.until IS NOT NULL THEN greatest(k.until, w.until) END
			  FROM (SELECT s.*, o.suspension_id AS kept, array_position(bad, coalesce(s.severity, 'hard')) > array_position(bad, coalesce(o.severity, 'hard')) AS worse
			          FROM advocacy.suspension AS s
			          JOIN advocacy.suspension AS o ON o.advocate_id = keeper AND o.closed_at IS NULL AND o.cause = s.cause
			                                       AND o.rule IS NOT DISTINCT FROM s.rule
			         WHERE s.advocate_id = one.advocate_id AND s.closed_at IS NULL AND s.cause <> 'risk') AS w
			 WHERE k.suspension_id = w.kept;
			INSERT INTO advocacy.suspension (advocate_id, cause, rule, severity, reason, evidence, opened_at, opened_by, until)
			SELECT keeper, s.cause, s.rule, s.severity, s.reason, s.evidence || one.merged || jsonb_build_object('carried_over_from', s.suspension_id),
			       s.opened_at, s.opened_by, s.until
			  FROM advocacy.suspension AS s
			 WHERE s.advocate_id = one.advocate_id AND s.closed_at IS NULL AND s.cause <> 'risk'
			ON CONFLICT (advocate_id, cause, coalesce(rule, '')) WHERE closed_at IS NULL AND cause <> 'risk' DO NOTHING;
			UPDATE advocacy.risk_override AS o SET advocate_id = keeper WHERE o.advocate_id = one.advocate_id AND o.ended_at IS NULL;
			-- Who opted out before there was anything to take off is looked at again, with what there is now.
			IF EXISTS (SELECT FROM advocacy.request AS q WHERE q.advocate_id = one.advocate_id) THEN
				UPDATE advocacy.advocate AS a SET opt_out = NULL, opt_out_at = NULL
				 WHERE a.advocate_id = keeper AND a.opt_out <> 'rejected';
			END IF;
			UPDATE advocacy.request AS q SET advocate_id = keeper WHERE q.advocate_id = one.advocate_id;
			UPDATE advocacy.activity AS v SET advocate_id = keeper WHERE v.advocate_id = one.advocate_id;
			-- Whose yes it takes, and what is to come down, goes along. What was decided, or is written down, of the one they
			-- join stands.
			UPDATE advocacy.approval AS p SET advocate_id = keeper
			 WHERE p.advocate_id = one.advocate_id
			   AND NOT EXISTS (SELECT FROM advocacy.approval AS k
			                    WHERE k.advocate_id = keeper AND k.request_id = p.request_id AND k.approver = p.approver
			                      AND k.exposure = p.exposure AND k.state <> 'withdrawn');
			UPDATE advocacy.asset AS s SET advocate_id = keeper
			 WHERE s.advocate_id = one.advocate_id
			   AND NOT EXISTS (SELECT FROM advocacy.asset AS k
			                    WHERE k.advocate_id = keeper AND k.place = s.place AND k.state <> 'down');
			IF EXISTS (SELECT FROM advocacy.suspension AS s WHERE s.advocate_id = keeper AND s.closed_at IS NULL)
				OR EXISTS (SELECT FROM advocacy.advocate AS a WHERE a.advocate_id = keeper AND a.retired_at IS NOT NULL) THEN
				PERFORM advocacy.request_rematch(keeper, sync_merge_advocates.at, NULL,
					EXISTS (SELECT FROM advocacy.advocate AS a WHERE a.advocate_id = keeper AND a.retired_at IS NOT NULL)
					OR EXISTS (SELECT FROM advocacy.suspension AS s WHERE s.advocate_id = keeper AND s.closed_at IS NULL
					              AND (s.cause = 'consent' OR s.severity IN ('withdrawn', 'left'))));
			END IF;
		END IF;
		IF NOT one.survivor_deleted THEN
			UPDATE advocacy.advocate AS a SET retired_at = NULL, retire_reason = NULL
			 WHERE a.advocate_id = keeper AND a.retire_reason = 'contact deleted';
		END IF;
		-- The survivor is looked at like a contact that changed: enrolled or not, deleted or not.
		INSERT INTO pg_temp.work_child (entity, id, old_account_id, account_id)
		VALUES ('contact', one.survivor_id, one.survivor_account_id, one.survivor_account_id);
		INSERT INTO pg_temp.work_evaluate
		SELECT x.account_id FROM (VALUES (one.account_id), (one.survivor_account_id)) AS x (account_id)
		 WHERE x.account_id IS NOT NULL;
		changed := changed + 1;
	END LOOP;
	RETURN changed;
END $$;
COMMENT ON FUNCTION advocacy.sync_merge_advocates(timestamptz) IS
	'Lets the advocates behind contacts that were merged go to the contacts that survived; returns how many.';
