-- writeback_follow_requests: makes what reps read on the requests that they filed in a CRM what it has to be: what has become of
-- each, and why where it is refused or waits. Only what the rep typed and what they are waited for is ever said there: no
-- advocate's name, and no word that somebody wrote for colleagues. A draft shows nothing, nor does what was submitted too long
-- ago to be filed.
-- Parameters: records that may have changed, or whose requests may (NULL: all of them); at.
-- Returns: how many flags changed. Writes: crm_flag. Locks the requests. Notifies advocacy_writeback.
CREATE OR REPLACE FUNCTION advocacy.writeback_follow_requests(records advocacy.request_record[], at timestamptz) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
	everything constant boolean := writeback_follow_requests.records IS NULL;
	most constant integer := 255; -- characters: a text field of Salesforce's
	touched integer;
	dropped integer;
BEGIN
	IF writeback_follow_requests.records = '{}'
	   OR NOT EXISTS (SELECT FROM advocacy.crm_target AS t WHERE t.entity = 'request') THEN
		RETURN 0;
	END IF;
	-- Two who change one request at a time wait for each other here, and the second one sees both changes.
	PERFORM FROM advocacy.request AS r
	  WHERE r.request_id IN (SELECT n.request_id FROM unnest(writeback_follow_requests.records) AS n)
	  ORDER BY r.request_id FOR NO KEY UPDATE;
	SELECT advocacy.writeback_wish(array_agg((t.source, 'request', t.remote_id, NULL, NULL, s.state, g.words ->> s.state,
			left(regexp_replace(s.reason, '\s+', ' ', 'g'), most))::advocacy.crm_wish), writeback_follow_requests.at)
	  INTO touched
	  FROM (SELECT n.source, n.remote_id FROM unnest(writeback_follow_requests.records) AS n
	        UNION
	        SELECT o.source, o.remote_id FROM advocacy.request_record AS o WHERE everything) AS k
	  JOIN advocacy.request_record AS t ON t.source = k.source AND t.remote_id = k.remote_id
	  JOIN advocacy.crm_target AS g ON g.source = t.source AND g.entity = 'request'
	  LEFT JOIN advocacy.request AS r ON r.request_id = t.request_id
	  CROSS JOIN LATERAL (
		SELECT CASE WHEN r.request_id IS NOT NULL THEN r.state
		            WHEN t.state IN ('waiting', 'refused') THEN t.state
		            WHEN t.state = 'withdrawn' THEN 'cancelled' END AS state,
		       CASE WHEN t.state = 'waiting'
		            THEN format('opportunity: the deal "%s" is not known here yet; it is waited for a day at the most',
		                        left(t.opportunity_remote_id, 60))
		            WHEN t.refusal IS NOT NULL THEN t.refusal
		            WHEN r.waiting_on IS NOT NULL THEN 'waits for the ' || r.waiting_on END AS reason) AS s
	 WHERE NOT t.deleted;
	DELETE FROM advocacy.crm_flag AS f
	 USING (SELECT n.source, n.remote_id FROM unnest(writeback_follow_requests.records) AS n
	        UNION
	        SELECT o.source, o.remote_id FROM advocacy.crm_flag AS o WHERE everything AND o.entity = 'request') AS k
	 WHERE f.entity = 'request' AND f.source = k.source AND f.remote_id = k.remote_id
	   AND NOT EXISTS (SELECT FROM advocacy.request_record AS t
	                    WHERE t.source = f.source AND t.remote_id = f.remote_id AND NOT t.deleted);
	GET DIAGNOSTICS dropped = ROW_COUNT;
	RETURN touched + dropped;
END $$;
COMMENT ON FUNCTION advocacy.writeback_follow_requests(advocacy.request_record[], timestamptz) IS
	'Makes what reps read on the requests that they filed in a CRM what it has to be; returns how many flags changed.';
