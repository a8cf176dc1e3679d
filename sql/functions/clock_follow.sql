-- clock_follow(subject_kind, subject_id, happened, holds, at, reason) -> void
--
-- Purpose:    lets the clocks of a subject follow what happened to it. Each policy names its conditions as sets of words;
--             in this order: cancel, fulfil, start again, pause, resume, start (stop over pause over start).
-- Parameters: subject_kind  request, suspension, nomination, asset; subject_id  its key;
--             happened  the moves just made and the states just entered; holds  what is so now (states, reasons to wait);
--             at  when it happened, by its source; reason  for the log.
-- Returns:    nothing.
-- Writes:     sla_clock, clock_event, outbox. Notifies advocacy_deadline. Locks the subject's clocks in id order.
--
-- A breach that came before is recorded first, and one that truly came after is taken back: the verdict doesn't depend on
-- whether anybody had looked. A start within reopen_s of the end continues the same cycle; a later one begins another.
CREATE OR REPLACE FUNCTION advocacy.clock_follow(
	subject_kind text, subject_id bigint, happened text[], holds text[], at timestamptz, reason text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	clock  advocacy.sla_clock;
	policy advocacy.sla_policy;
	asked  text;
	team   text;
	moved  boolean := false;
	breached boolean;
	act    text;
	change advocacy.clock_event;
BEGIN
	FOR clock IN
		SELECT k.* FROM advocacy.sla_clock AS k
		WHERE (k.subject_kind, k.subject_id) = (subject_kind, subject_id) AND k.ended_at IS NULL
		ORDER BY k.clock_id FOR UPDATE
	LOOP
		SELECT p.* INTO STRICT policy FROM advocacy.sla_policy AS p WHERE p.policy_id = clock.policy_id;
		team := coalesce((SELECT policy.owners ->> h FROM unnest(holds) AS h WHERE policy.owners ? h LIMIT 1), policy.owed_by);
		act := CASE WHEN happened && policy.cancels THEN 'cancel'
		            WHEN happened && policy.fulfils THEN 'fulfil'
		            WHEN policy.supersedes AND happened && policy.starts THEN 'supersede'
		            WHEN clock.state = 'running' AND holds && policy.pauses THEN 'pause'
		            WHEN clock.state = 'paused' AND NOT holds && policy.pauses THEN 'resume' END;
		CONTINUE WHEN act IS NULL AND (team = clock.owner OR clock.state = 'paused');
		moved := true;
		breached := false;

		IF clock.state = 'running' AND clock.breached_at IS NULL AND policy.breaches AND clock.breach_at < at THEN
			clock := advocacy.clock_breach(clock, at);
			PERFORM advocacy.clock_tell(clock, 'sla_breach', at, jsonb_build_object('percent', 100));
			breached := true;
		END IF;
		change := NULL;
		IF act IN ('cancel', 'fulfil', 'supersede', 'pause')
		   AND (at < clock.breached_at OR at = clock.breached_at AND clock.breach_cause = 'time') THEN
			-- What paused before it was late can be late all the same: it had used up a target that it got while it was paused.
			IF act = 'pause' THEN
				SELECT e.* INTO change FROM advocacy.clock_event AS e
				WHERE e.clock_id = clock.clock_id AND e.event = 'retarget' AND e.occurred_at > at
				  AND (e.details ->> 'target_s')::bigint < (advocacy.clock_stop(clock, at)).spent_s
				ORDER BY e.event_id LIMIT 1;
			END IF;
			IF change.occurred_at = clock.breached_at THEN
				change := NULL;
			ELSE
				clock := advocacy.clock_unbreach(clock, at, concat_ws(' ', reason, 'happened before the breach'));
			END IF;
		END IF;
		IF act IS NULL OR act = 'resume' AND team <> clock.owner THEN
			clock := advocacy.clock_log(clock, 'hand', at, at, reason, jsonb_build_object('owner', team));
		END IF;
		IF act IS NOT NULL THEN
			clock := advocacy.clock_log(clock, act, at, at, CASE act WHEN 'pause' THEN
				(SELECT h FROM unnest(holds) AS h WHERE h = ANY (policy.pauses) LIMIT 1) ELSE reason END);
			-- Where the breach is told only now, its end would silence both.
			IF clock.state = 'met_late' AND NOT breached THEN
				PERFORM advocacy.clock_tell(clock, 'sla_fulfilled', at, jsonb_build_object('late_s', clock.spent_s - clock.target_s));
			END IF;
		END IF;
		IF change.event_id IS NOT NULL THEN
			clock := advocacy.clock_breach_by_change(clock, change.occurred_at, change.reason, change.details ->> 'party', at);
		END IF;
	END LOOP;

	FOR asked IN
		SELECT DISTINCT p.metric FROM advocacy.sla_policy AS p
		WHERE p.active AND p.subject_kind = subject_kind AND p.starts && happened
		  AND NOT EXISTS (SELECT FROM advocacy.sla_clock AS k
		                  WHERE (k.subject_kind, k.subject_id, k.metric) = (subject_kind, subject_id, p.metric)
		                    AND k.ended_at IS NULL)
		ORDER BY p.metric
	LOOP
		policy := advocacy.clock_policy(subject_kind, subject_id, asked);
		CONTINUE WHEN policy.policy_id IS NULL OR NOT policy.starts && happened OR (policy.fulfils || policy.cancels) && happened;
		team := coalesce((SELECT policy.owners ->> h FROM unnest(holds) AS h WHERE policy.owners ? h LIMIT 1), policy.owed_by);
		SELECT k.* INTO clock FROM advocacy.sla_clock AS k
		WHERE (k.subject_kind, k.subject_id, k.metric) = (subject_kind, subject_id, asked)
		ORDER BY k.cycle DESC LIMIT 1 FOR UPDATE;
		IF FOUND AND clock.state <> 'superseded' AND clock.final_at > clock.ended_at AND at <= clock.final_at THEN
			clock := advocacy.clock_log(clock, 'reopen', at, at, reason);
			-- Ended before it got a smaller target, as we learnt late: now it goes on, and has used that up.
			IF clock.breached_at IS NULL AND clock.spent_s > clock.target_s AND policy.breaches THEN
				SELECT e.* INTO change FROM advocacy.clock_event AS e
				WHERE e.clock_id = clock.clock_id AND e.event = 'retarget' ORDER BY e.event_id DESC LIMIT 1;
				clock := advocacy.clock_breach_by_change(clock, at, change.reason, change.details ->> 'party', at);
			END IF;
			IF team <> clock.owner THEN
				clock := advocacy.clock_log(clock, 'hand', at, at, reason, jsonb_build_object('owner', team));
			END IF;
			moved := true;
		ELSE
			PERFORM advocacy.clock_start(subject_kind, subject_id, asked, at, team);
		END IF;
	END LOOP;
	IF moved THEN
		PERFORM pg_notify('advocacy_deadline', '');
	END IF;
END
$$;

COMMENT ON FUNCTION advocacy.clock_follow(text, bigint, text[], text[], timestamptz, text) IS
	'Lets the clocks of a subject follow what happened to it, by the conditions that the policies name.';
