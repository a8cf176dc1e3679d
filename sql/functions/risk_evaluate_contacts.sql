-- risk_evaluate_contacts: judges advocates by the rules over their contact's own signals (contact.NAME).
--   enter   the value meets it, and is not older than the rule's lapse
--   clear   the value meets the condition to clear, or has lapsed; unknown and in between: as before
-- A value's age is that of the signal NAME_at of the same contact (seconds or milliseconds since 1970), where there is one;
-- else it counts from when the record that brought it was changed.
-- Parameters: advocates, ids; at; cycle, the decision_cycle that decides (NULL: none).
-- Returns: how many causes opened or ended. Writes: what suspension_open and suspension_close write.
CREATE OR REPLACE FUNCTION advocacy.risk_evaluate_contacts(advocates bigint[], at timestamptz, cycle bigint DEFAULT NULL)
RETURNS integer LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
	one record;
	decided integer := 0;
BEGIN
	IF NOT EXISTS (SELECT FROM advocacy.risk_rule AS u WHERE u.active AND u.signal LIKE 'contact.%' AND u.action = 'suspend') THEN
		RETURN 0;
	END IF;
	FOR one IN
		SELECT v.*, o.suspension_id,
		       advocacy.risk_meets(v.value, v.enter_operator, v.enter_value)
		       AND (v.lapse IS NULL OR seen.at + v.lapse > risk_evaluate_contacts.at) AS enters,
		       advocacy.risk_meets(v.value, v.clear_operator, v.clear_value)
		       OR seen.at + v.lapse <= risk_evaluate_contacts.at AS clears,
		       seen.at AS seen_at
		  FROM (SELECT a.advocate_id, c.contact_id, c.source, c.remote_id, c.modified_at, u.*,
		               n.name, advocacy.signal_value(c.signals -> n.name) AS value,
		               advocacy.signal_value(c.signals -> (n.name || '_at')) AS time
		          FROM (SELECT DISTINCT n.id FROM unnest(risk_evaluate_contacts.advocates) AS n (id)) AS w
		          JOIN advocacy.advocate AS a ON a.advocate_id = w.id AND a.retired_at IS NULL
		          JOIN advocacy.contact AS c ON c.contact_id = a.contact_id
		          JOIN advocacy.risk_rule AS u ON u.active AND u.signal LIKE 'contact.%' AND u.action = 'suspend'
		         CROSS JOIN LATERAL (SELECT substr(u.signal, length('contact.') + 1) AS name) AS n) AS v
		  LEFT JOIN advocacy.suspension AS o ON o.advocate_id = v.advocate_id AND o.cause = 'own' AND o.rule = v.rule
		       AND o.closed_at IS NULL
		  LEFT JOIN LATERAL (
			SELECT s.evidence ->> 'observed_at' AS observed_at FROM advocacy.suspension AS s
			 WHERE s.advocate_id = v.advocate_id AND s.cause = 'own' AND s.rule = v.rule
			   AND (s.evidence ->> 'value')::numeric = v.value
			 ORDER BY s.suspension_id DESC LIMIT 1) AS b ON true
		 CROSS JOIN LATERAL (SELECT CASE WHEN abs(v.time) < 1e14 THEN to_timestamp(
			(CASE WHEN abs(v.time) >= 1e11 THEN v.time / 1000 ELSE v.time END)::double precision)
			ELSE coalesce(b.observed_at::timestamptz, v.modified_at, risk_evaluate_contacts.at) END AS at) AS seen
		 ORDER BY v.advocate_id, v.rule
	LOOP
		IF one.enters THEN
			PERFORM advocacy.suspension_open(one.advocate_id, one.rule, one.severity,
				format('%s %s of the contact in %s is %s %s', one.name, trim_scale(one.value), one.source, one.enter_operator,
				       trim_scale(one.enter_value)),
				jsonb_build_object('rule', one.rule, 'version', one.version, 'severity', one.severity, 'signal', one.signal,
					'value', one.value, 'source', one.source, 'remote_id', one.remote_id, 'contact_id', one.contact_id,
					'observed_at', advocacy.sync_time_text(one.seen_at),
					'threshold', one.enter_operator || ' ' || trim_scale(one.enter_value)),
				one.seen_at + one.lapse, NULL, risk_evaluate_contacts.at, risk_evaluate_contacts.cycle);
			decided := decided + (one.suspension_id IS NULL)::integer;
		ELSIF one.clears AND one.suspension_id IS NOT NULL THEN
			PERFORM advocacy.suspension_close(one.advocate_id, one.rule,
				CASE WHEN one.seen_at + one.lapse <= risk_evaluate_contacts.at THEN 'it is too long ago'
				     ELSE format('%s of the contact in %s is %s', one.name, one.source, trim_scale(one.value)) END,
				NULL, risk_evaluate_contacts.at, risk_evaluate_contacts.cycle);
			decided := decided + 1;
		END IF;
	END LOOP;
	RETURN decided;
END $$;
COMMENT ON FUNCTION advocacy.risk_evaluate_contacts(bigint[], timestamptz, bigint) IS
	'Judges advocates by the rules over their contact''s own signals; returns how many causes opened or ended.';
