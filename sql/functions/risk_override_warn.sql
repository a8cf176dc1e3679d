-- risk_override_warn: tells the account's CSM a day before an override ends that the rules hold again then.
-- Parameters: at. Returns: how many. Writes: risk_override, outbox (override_expiring, key override:ID).
CREATE OR REPLACE FUNCTION advocacy.risk_override_warn(at timestamptz DEFAULT now()) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	one record;
	told integer := 0;
BEGIN
	FOR one IN
		UPDATE advocacy.risk_override AS o SET warned_at = risk_override_warn.at
		 WHERE o.ended_at IS NULL AND o.warned_at IS NULL AND o.until > risk_override_warn.at
		   AND o.until <= risk_override_warn.at + interval '1 day' AND o.until > o.made_at + interval '1 day'
		RETURNING o.*
	LOOP
		told := told + 1;
		PERFORM advocacy.outbox_put('override_expiring', 'override:' || one.override_id, jsonb_strip_nulls(jsonb_build_object(
			'account', coalesce(t.name, t.source || ' ' || t.remote_id), 'account_id', t.account_id::text, 'csm_email', t.csm_email,
			'advocates', (SELECT jsonb_agg(advocacy.advocate_name(v.advocate_id) ORDER BY v.advocate_id)
			                FROM advocacy.advocate AS v
			               WHERE v.retired_at IS NULL AND (v.advocate_id = one.advocate_id OR v.account_id = one.account_id)),
			'rule', one.rule, 'until', advocacy.sync_time_text(one.until), 'actor', one.made_by, 'reason', one.reason,
			'event', 'override-' || one.override_id, 'at', advocacy.sync_time_text(risk_override_warn.at))), 5, risk_override_warn.at)
		   FROM (SELECT) AS nothing
		   LEFT JOIN advocacy.advocate AS a ON a.advocate_id = one.advocate_id
		   LEFT JOIN advocacy.account AS t ON t.account_id = coalesce(one.account_id, a.account_id);
	END LOOP;
	RETURN told;
END $$;
COMMENT ON FUNCTION advocacy.risk_override_warn(timestamptz) IS
	'Tells the account''s CSM a day before an override ends; returns how many.';
