-- opt_out_judge: takes the advocates who opted out in a source off what they were asked for, unless they are too many at once
-- (brake_exceeded): a consent field that was mapped the wrong way round looks like everybody opting out. Either way nobody of
-- them is asked for anything new, since the contact says so. Held are they by an own cause, "opt-out held", and open requests
-- stay as they are until a person decides (risk_release, risk_reject), for 72 hours, or until the contact says otherwise.
-- Parameters: advocates, ids, locked by the caller; source, whose contacts they are; at.
-- Returns: of how many advocates requests were stopped.
-- Writes: advocate, suspension, decision_batch, outbox (withdrawals_held); and what opt_out_apply writes.
CREATE OR REPLACE FUNCTION advocacy.opt_out_judge(advocates bigint[], source text, at timestamptz) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
	news bigint[];
	recent integer;
	most integer;
	batch bigint;
BEGIN
	-- Who came in opted out was never available: nothing is taken from anybody.
	UPDATE advocacy.advocate AS a SET opt_out = 'known', opt_out_at = opt_out_judge.at
	  FROM advocacy.contact AS c
	 WHERE a.advocate_id = ANY (advocates) AND c.contact_id = a.contact_id AND c.opted_out AND a.opt_out IS NULL
	   AND a.enrolled_at = opt_out_judge.at;
	SELECT array_agg(a.advocate_id ORDER BY a.advocate_id) INTO news
	  FROM advocacy.advocate AS a JOIN advocacy.contact AS c ON c.contact_id = a.contact_id AND c.opted_out
	 WHERE a.advocate_id = ANY (advocates) AND a.retired_at IS NULL AND a.opt_out IS NULL
	   AND NOT EXISTS (SELECT FROM advocacy.suspension AS s
	                    WHERE s.advocate_id = a.advocate_id AND s.cause = 'own' AND s.rule = 'opt-out held' AND s.closed_at IS NULL);
	IF news IS NULL THEN
		RETURN 0;
	END IF;
	SELECT count(*) INTO recent
	  FROM advocacy.advocate AS a JOIN advocacy.contact AS c ON c.contact_id = a.contact_id AND c.source = opt_out_judge.source
	 WHERE a.opt_out = 'followed' AND a.opt_out_at > opt_out_judge.at - interval '24 hours';
	most := advocacy.brake_exceeded(cardinality(news), recent);
	IF most IS NULL AND advocacy.brake_waiting('opt_out', opt_out_judge.source) IS NULL THEN
		RETURN advocacy.opt_out_apply(news, 'followed', opt_out_judge.at);
	END IF;
	batch := advocacy.brake_hold('opt_out', opt_out_judge.source, news, recent, most,
		jsonb_build_array(jsonb_build_object('rule', 'opted out', 'count', cardinality(news)::text)), opt_out_judge.at);
	INSERT INTO advocacy.suspension (advocate_id, cause, rule, severity, reason, evidence, opened_at, opened_by)
	SELECT a.advocate_id, 'own', 'opt-out held', 'hold', 'opted out in ' || c.source || ', as many others at once; a person must decide',
	       jsonb_build_object('batch', batch, 'source', c.source, 'contact_id', c.contact_id), opt_out_judge.at, 'rule'
	  FROM advocacy.advocate AS a JOIN advocacy.contact AS c ON c.contact_id = a.contact_id
	 WHERE a.advocate_id = ANY (news) ORDER BY a.advocate_id;
	RETURN 0;
END $$;
COMMENT ON FUNCTION advocacy.opt_out_judge(bigint[], text, timestamptz) IS
	'Takes those who opted out in a source off what they were asked for, or holds that for a person when they are too many at once.';
