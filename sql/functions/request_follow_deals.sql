-- request_follow_deals: a deal that is closed or gone needs no reference any more: its open requests are cancelled, at once and
-- in the transaction that brings the news. What is held already goes on.
-- Parameters: deals, opportunity_ids; at. Returns: how many requests were cancelled. Writes: as request_move.
CREATE OR REPLACE FUNCTION advocacy.request_follow_deals(deals bigint[], at timestamptz) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	one record;
	cancelled integer := 0;
BEGIN
	FOR one IN
		SELECT r.request_id, CASE WHEN o.deleted THEN 'the deal is gone' WHEN o.won THEN 'the deal is won' ELSE 'the deal is closed' END AS reason
		  FROM advocacy.opportunity AS o
		  JOIN advocacy.request AS r ON r.opportunity_id = o.opportunity_id
		 WHERE o.opportunity_id = ANY (deals) AND (o.closed OR o.deleted)
		   AND r.state IN ('submitted', 'triaged', 'matching', 'proposed', 'awaiting_csm', 'awaiting_advocate', 'scheduled', 'suspended_hold')
		 ORDER BY r.request_id FOR UPDATE OF r
	LOOP
		PERFORM advocacy.request_move(one.request_id, 'cancel', 'sync', one.reason,
			greatest(request_follow_deals.at, (SELECT max(e.occurred_at) FROM advocacy.request_event AS e WHERE e.request_id = one.request_id)));
		cancelled := cancelled + 1;
	END LOOP;
	RETURN cancelled;
END $$;
COMMENT ON FUNCTION advocacy.request_follow_deals(bigint[], timestamptz) IS
	'Cancels the open requests of deals that are closed or gone; returns how many.';
