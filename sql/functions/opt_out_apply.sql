-- opt_out_apply: who opted out in their source is taken off what they were asked for, as by a withdrawn consent: the reps are
-- told that somebody else is looked for, the CSM why.
-- Parameters: advocates, ids, locked by the caller; verdict, as advocate.opt_out; at.
-- Returns: of how many advocates requests were stopped.
-- Writes: advocate; request (rematch), outbox (consent_withdrawn, key optout:ADVOCATE:TIME).
CREATE OR REPLACE FUNCTION advocacy.opt_out_apply(advocates bigint[], verdict text, at timestamptz) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
	one record;
	stopped integer := 0;
BEGIN
	UPDATE advocacy.advocate AS a SET opt_out = opt_out_apply.verdict, opt_out_at = opt_out_apply.at
	 WHERE a.advocate_id = ANY (opt_out_apply.advocates);
	FOR one IN
		SELECT q.advocate_id, c.source, array_agg('REQ-' || q.request_id ORDER BY q.request_id) AS requests
		  FROM advocacy.request AS q
		  JOIN advocacy.advocate AS a ON a.advocate_id = q.advocate_id
		  JOIN advocacy.contact AS c ON c.contact_id = a.contact_id
		 WHERE q.advocate_id = ANY (opt_out_apply.advocates)
		   AND q.state IN ('proposed', 'awaiting_csm', 'awaiting_advocate', 'scheduled', 'suspended_hold')
		 GROUP BY q.advocate_id, c.source ORDER BY q.advocate_id
	LOOP
		PERFORM advocacy.request_rematch(one.advocate_id, opt_out_apply.at, NULL, true);
		PERFORM advocacy.outbox_put('consent_withdrawn',
			format('optout:%s:%s', one.advocate_id, advocacy.sync_time_text(opt_out_apply.at)),
			advocacy.consent_facts(one.advocate_id) || jsonb_build_object('scope', 'all', 'reason', 'opted out in ' || one.source,
				'actor', one.source, 'requests', to_jsonb(one.requests), 'at', advocacy.sync_time_text(opt_out_apply.at)),
			2::smallint, opt_out_apply.at);
		stopped := stopped + 1;
	END LOOP;
	RETURN stopped;
END $$;
COMMENT ON FUNCTION advocacy.opt_out_apply(bigint[], text, timestamptz) IS
	'Takes those who opted out in their source off what they were asked for and tells the people concerned; returns of how many.';
