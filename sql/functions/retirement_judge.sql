-- retirement_judge: retires the advocates whose contacts say so, unless they are too many at once: a field that was mapped
-- anew, or emptied by an import, looks like everybody leaving. Then none of them is, and a person decides.
-- The limits are those of brake_exceeded; those who went in the last 24 hours with a person's yes don't count.
-- While a batch of the source waits, who else would leave joins it in silence. Held are advocates by an own cause of severity
-- hold, "retirement held": they aren't matched, nobody but the administrators is told, open requests go on. It ends by
-- risk_release, risk_reject, after 72 hours (risk_batches_expire), or when the contact says otherwise (retirement_follow).
-- That contacts are gone which a person has accepted as gone (drift_accept) isn't asked again.
-- Parameters: advocates, ids, who are looked at; source, whose contacts they are; at.
-- Returns: the accounts of those who were retired. Writes: advocate, suspension, and what brake_hold writes.
CREATE OR REPLACE FUNCTION advocacy.retirement_judge(advocates bigint[], source text, at timestamptz) RETURNS bigint[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
	leaving bigint[];
	all_gone boolean;
	recent integer;
	most integer;
	batch bigint;
	accounts bigint[];
BEGIN
	SELECT array_agg(a.advocate_id ORDER BY a.advocate_id), bool_and(c.deleted) INTO leaving, all_gone
	  FROM advocacy.advocate AS a
	  JOIN advocacy.contact AS c ON c.contact_id = a.contact_id
	 CROSS JOIN LATERAL (SELECT advocacy.retirement_reason(c.deleted, c.advocate, c.source, a.enrolled_by) AS reason) AS w
	 WHERE a.advocate_id = ANY (retirement_judge.advocates) AND a.retired_at IS NULL
	   AND w.reason IS DISTINCT FROM a.retire_rejected AND w.reason IS NOT NULL
	   AND NOT EXISTS (SELECT FROM advocacy.suspension AS s
	                    WHERE s.advocate_id = a.advocate_id AND s.cause = 'own' AND s.rule = 'retirement held' AND s.closed_at IS NULL);
	IF leaving IS NULL THEN
		RETURN NULL;
	END IF;
	PERFORM FROM advocacy.advocate AS a WHERE a.advocate_id = ANY (leaving) ORDER BY a.advocate_id FOR NO KEY UPDATE;

	SELECT count(*) INTO recent
	  FROM advocacy.advocate AS a JOIN advocacy.contact AS c ON c.contact_id = a.contact_id AND c.source = retirement_judge.source
	 WHERE a.retired_at > retirement_judge.at - interval '24 hours'
	   AND (a.retire_reason = 'contact deleted' OR a.retire_reason LIKE 'no longer marked as an advocate in %')
	   AND NOT EXISTS (SELECT FROM advocacy.suspension AS s
	                    WHERE s.advocate_id = a.advocate_id AND s.rule = 'retirement held' AND s.closed_at = a.retired_at);
	most := advocacy.brake_exceeded(cardinality(leaving), recent, recent);
	IF (most IS NULL AND advocacy.brake_waiting('retire', retirement_judge.source) IS NULL)
		OR (all_gone AND EXISTS (SELECT FROM advocacy.field_drift AS d
		                          WHERE d.source = retirement_judge.source AND d.stream = 'contact' AND d.kind = 'incomplete'
		                            AND d.accepted_by IS NOT NULL AND d.lapsed_at IS NULL)) THEN
		WITH retired AS (
			UPDATE advocacy.advocate AS a
			   SET retired_at = retirement_judge.at,
			       retire_reason = advocacy.retirement_reason(c.deleted, c.advocate, c.source, a.enrolled_by)
			  FROM advocacy.contact AS c
			 WHERE c.contact_id = a.contact_id AND a.advocate_id = ANY (leaving)
			RETURNING a.account_id)
		SELECT array_agg(r.account_id) INTO accounts FROM retired AS r;
		RETURN accounts;
	END IF;

	batch := advocacy.brake_hold('retire', retirement_judge.source, leaving, recent, most,
		(SELECT jsonb_agg(jsonb_build_object('rule', g.reason, 'count', g.times::text) ORDER BY g.times DESC, g.reason)
		   FROM (SELECT advocacy.retirement_reason(c.deleted, c.advocate, c.source, a.enrolled_by) AS reason, count(*) AS times
		           FROM advocacy.advocate AS a JOIN advocacy.contact AS c ON c.contact_id = a.contact_id
		          WHERE a.advocate_id = ANY (leaving) GROUP BY 1) AS g), retirement_judge.at);
	INSERT INTO advocacy.suspension (advocate_id, cause, rule, severity, reason, evidence, opened_at, opened_by)
	SELECT a.advocate_id, 'own', 'retirement held', 'hold',
	       advocacy.retirement_reason(c.deleted, c.advocate, c.source, a.enrolled_by) || ', as many others at once; a person must decide',
	       jsonb_build_object('batch', batch, 'source', c.source, 'contact_id', c.contact_id), retirement_judge.at, 'rule'
	  FROM advocacy.advocate AS a JOIN advocacy.contact AS c ON c.contact_id = a.contact_id
	 WHERE a.advocate_id = ANY (leaving) ORDER BY a.advocate_id;
	RETURN NULL;
END $$;
COMMENT ON FUNCTION advocacy.retirement_judge(bigint[], text, timestamptz) IS
	'Retires the advocates whose contacts say so, or holds them for a person when they are too many at once; returns the accounts of the retired.';
