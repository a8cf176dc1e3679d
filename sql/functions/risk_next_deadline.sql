-- risk_next_deadline: when risk_fire has something to do next.
-- A risk that is overdue because a source is stale or doesn't know doesn't count: the next success of that source
-- judges it again, no timer can.
-- Parameters: at. Returns: an instant (in the past: at once), or NULL. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.risk_next_deadline(at timestamptz DEFAULT now()) RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT least(
		(SELECT min(d.due_at) FROM advocacy.risk_due AS d),
		(SELECT min(s.until) FROM advocacy.suspension AS s WHERE s.closed_at IS NULL AND s.until IS NOT NULL),
		(SELECT min(s.answer_due_at) FROM advocacy.suspension AS s
		  WHERE s.closed_at IS NULL AND s.answered_at IS NULL AND s.answer_due_at IS NOT NULL),
		(SELECT min(CASE WHEN o.warned_at IS NULL AND o.until > o.made_at + interval '1 day' THEN o.until - interval '1 day'
		                 ELSE o.until END) FROM advocacy.risk_override AS o WHERE o.ended_at IS NULL),
		(SELECT min(b.opened_at) + interval '72 hours' FROM advocacy.decision_batch AS b WHERE b.decision IS NULL AND b.observed IS NULL),
		-- In the order of the index risk_clearing, so that the first that counts is the answer and no more is read.
		(SELECT r.clear_due_at FROM advocacy.risk AS r
		  WHERE r.cleared_at IS NULL AND r.clear_due_at <= risk_next_deadline.at
		    AND EXISTS (SELECT FROM advocacy.risk_rule AS u WHERE u.rule = r.rule AND u.active AND u.date_side IS NOT NULL)
		  ORDER BY r.clear_due_at LIMIT 1),
		(SELECT r.clear_due_at FROM advocacy.risk AS r
		  WHERE r.cleared_at IS NULL AND r.clear_due_at > risk_next_deadline.at
		    AND EXISTS (SELECT FROM advocacy.risk_rule AS u WHERE u.rule = r.rule AND u.active)
		  ORDER BY r.clear_due_at LIMIT 1),
		-- (Never NULL, which would be all accounts; and not by an EXISTS, for which the planner reads the table.)
		(SELECT min(r.clear_due_at)
		   FROM advocacy.risk_leaving((SELECT coalesce(array_agg(d.account_id), '{}') FROM advocacy.risk AS d
		            WHERE d.cleared_at IS NULL AND d.clear_due_at <= risk_next_deadline.at), risk_next_deadline.at) AS l
		   JOIN advocacy.risk AS r ON r.risk_id = l.risk_id
		  WHERE r.cleared_at IS NULL AND r.clear_due_at <= risk_next_deadline.at
		    AND l.known > 0 AND l.unwell = 0 AND l.unscored = 0 AND l.stale = 0))
$$;
COMMENT ON FUNCTION advocacy.risk_next_deadline(timestamptz) IS
	'When risk_fire has something to do next; NULL for never. Risks that only a stale source keeps open don''t count.';
