-- request_fire(at) -> integer
--
-- Purpose:    moves what time moves: a request that nobody could meet by the day on which it was needed has expired; one whose
--             feedback has been owed for 5 business days is overdue, and what the same rep asks for next is flagged; a
--             call about which the CSM didn't decide takes place, or is looked for anew; of one that had begun by then
--             people are asked whether it took place.
-- Parameters: at  now.
-- Returns:    how many were moved.
-- Writes:     as request_move; outbox (call_undecided; advocate_unavailable or request_scheduled).
--             A request that somebody is moving at this moment is passed over until next time.
CREATE OR REPLACE FUNCTION advocacy.request_fire(at timestamptz DEFAULT now())
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	one   record;
	fired integer := 0;
BEGIN
	FOR one IN
		SELECT r.request_id, r.updated_at FROM advocacy.request AS r
		WHERE r.state IN ('submitted', 'triaged', 'matching', 'proposed', 'awaiting_csm', 'awaiting_advocate')
		  AND r.needed_by < request_fire.at
		ORDER BY r.request_id FOR UPDATE SKIP LOCKED
	LOOP
		-- A person may have dated the last move ahead: what isn't ended now would be due again and again until then.
		PERFORM advocacy.request_move(one.request_id, 'expire', 'time', 'it was needed by then',
		                              greatest(request_fire.at, one.updated_at));
		fired := fired + 1;
	END LOOP;
	FOR one IN
		SELECT r.request_id FROM advocacy.request AS r
		WHERE r.state = 'held' AND advocacy.request_feedback_due_at(r.updated_at) <= request_fire.at
		ORDER BY r.request_id FOR UPDATE SKIP LOCKED
	LOOP
		PERFORM advocacy.request_move(one.request_id, 'overdue', 'time', 'no feedback in 5 business days', request_fire.at);
		fired := fired + 1;
	END LOOP;
	FOR one IN
		SELECT r.request_id, r.decide_by, advocacy.request_call_default(r.request_id, request_fire.at) AS verdict
		FROM advocacy.request AS r
		WHERE r.decide_by <= request_fire.at
		ORDER BY r.request_id FOR UPDATE SKIP LOCKED
	LOOP
		PERFORM advocacy.outbox_put('call_undecided', format('call:%s:undecided:%s', one.request_id,
				advocacy.sync_time_text(one.decide_by)),
			advocacy.request_call_facts(one.request_id, request_fire.at), 2, request_fire.at);
		IF one.verdict = 'replace' THEN
			PERFORM advocacy.request_rematch_one(one.request_id, request_fire.at);
		ELSIF one.verdict = 'ask' THEN
			PERFORM advocacy.request_move(one.request_id, 'keep', 'time', 'it had begun before anybody decided', request_fire.at);
		ELSE
			PERFORM advocacy.request_call_keep(one.request_id, 'keep', 'time', 'nobody decided in time', request_fire.at);
		END IF;
		fired := fired + 1;
	END LOOP;
	RETURN fired;
END
$$;

COMMENT ON FUNCTION advocacy.request_fire(timestamptz) IS
	'Lets requests expire that were needed by then, marks overdue feedback, and decides about calls where nobody did; answers how many.';
