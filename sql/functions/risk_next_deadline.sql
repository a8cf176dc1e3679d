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
		(SELECT min(b.opened_at) + interval '72 hours' FROM advocacy.decision_batch AS b WHERE b.decision IS NULL),
		(SELECT min(r.clear_due_at) FROM advocacy.risk AS r
		   JOIN advocacy.risk_rule AS u ON u.rule = r.rule AND u.active AND u.date_side IS NOT NULL
		  WHERE r.cleared_at IS NULL AND r.clear_due_at <= risk_next_deadline.at),
		(SELECT min(r.clear_due_at) FROM advocacy.risk AS r JOIN advocacy.risk_rule AS u ON u.rule = r.rule AND u.active
		  WHERE r.cleared_at IS NULL AND r.clear_due_at > risk_next_deadline.at),
		(SELECT min(r.clear_due_at)
		   FROM advocacy.risk AS r
		   JOIN advocacy.risk_leaving((SELECT array_agg(d.account_id) FROM advocacy.risk AS d
		            WHERE d.cleared_at IS NULL AND d.clear_due_at <= risk_next_deadline.at), risk_next_deadline.at) AS l
		     ON l.risk_id = r.risk_id
		  WHERE r.cleared_at IS NULL AND r.clear_due_at <= risk_next_deadline.at
		    AND l.known > 0 AND l.unwell = 0 AND l.unscored = 0 AND l.stale = 0
		    AND EXISTS (SELECT FROM advocacy.risk AS d
		                 WHERE d.cleared_at IS NULL AND d.clear_due_at <= risk_next_deadline.at)))
$$;
COMMENT ON FUNCTION advocacy.risk_next_deadline(timestamptz) IS
	'When risk_fire has something to do next; NULL for never. Risks that only a stale source keeps open don''t count.';
