-- risk_evaluate_contacts: judges advocates by the rules over their contact's own signals (contact.NAME).
--   enter   the value meets it, and is not older than the rule's lapse
--   clear   the value meets the condition to clear, or has lapsed; unknown and in between: as before. What came by a merge (see
--           sync_merge_advocates) isn't outweighed by what the surviving contact had said before
-- A value's age is that of the signal NAME_at of the same contact (seconds or milliseconds since 1970), where there is one;
-- else it counts from when the record that brought it was changed.
-- What would take too many advocates out at once (brake_exceeded) is held until a person decides: the cause is open as a hold,
-- in silence, and open requests go on. What a person rejected of it doesn't open again until the contact has another value.
-- Who is enrolled at this moment has nothing to lose, and isn't counted.
-- Parameters: advocates, ids; at; cycle, the decision_cycle that decides (NULL: none).
-- Returns: the suspensions that opened, in the order of the advocates; NULL: none. Their open requests are for the caller, when no
-- more advocates are to be locked: request_follow_causes. Writes: what suspension_open, suspension_close and brake_hold write, but no request.
CREATE OR REPLACE FUNCTION advocacy.risk_evaluate_contacts(advocates bigint[], at timestamptz, cycle bigint DEFAULT NULL)
RETURNS bigint[] LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
	one record;
	cause jsonb;
	causes jsonb[] := '{}';
	suspected bigint[];
	feed text;
	recent integer;
	most integer;
	batch bigint;
	made bigint;
	begun bigint[];
BEGIN
	IF NOT EXISTS (SELECT FROM advocacy.risk_rule AS u WHERE u.active AND u.signal LIKE 'contact.%' AND u.action = 'suspend') THEN
		RETURN NULL;
	END IF;
	FOR one IN
		SELECT v.*, o.suspension_id, o.evidence ? 'batch' AND o.severity = 'hold' AS held, j.suspension_id AS rejection,
		       advocacy.risk_meets(v.value, v.enter_operator, v.enter_value)
		       AND j.value IS DISTINCT FROM v.value
		       AND (v.lapse IS NULL OR seen.at + v.lapse > risk_evaluate_contacts.at) AS enters,
		       (advocacy.risk_meets(v.value, v.clear_operator, v.clear_value)
		        OR seen.at + v.lapse <= risk_evaluate_contacts.at)
		       AND NOT coalesce(o.evidence ? 'merged_at' AND CASE WHEN abs(v.time) < 1e14
		               THEN seen.at <= (o.evidence ->> 'observed_at')::timestamptz
		               ELSE seen.at < (o.evidence ->> 'merged_at')::timestamptz - interval '1 minute' END, false) AS clears,
		       j.value <> v.value AS changed, seen.at AS seen_at
		  FROM (SELECT a.advocate_id, a.enrolled_at, c.contact_id, c.source, c.remote_id, c.modified_at, u.*,
		               n.name, advocacy.signal_value(c.signals ->> n.name) AS value,
		               advocacy.signal_value(c.signals ->> (n.name || '_at')) AS time
		          FROM (SELECT DISTINCT n.id FROM unnest(risk_evaluate_contacts.advocates) AS n (id)) AS w
		          JOIN advocacy.advocate AS a ON a.advocate_id = w.id AND a.retired_at IS NULL
		          JOIN advocacy.contact AS c ON c.contact_id = a.contact_id
		          JOIN advocacy.risk_rule AS u ON u.active AND u.signal LIKE 'contact.%' AND u.action = 'suspend'
		         CROSS JOIN LATERAL (SELECT substr(u.signal, length('contact.') + 1) AS name) AS n) AS v
		  LEFT JOIN advocacy.suspension AS o ON o.advocate_id = v.advocate_id AND o.cause = 'own' AND o.rule = v.rule
		       AND o.closed_at IS NULL
		  LEFT JOIN LATERAL (
			SELECT s.suspension_id, (s.evidence ->> 'value')::numeric AS value FROM advocacy.suspension AS s
			 WHERE s.advocate_id = v.advocate_id AND s.cause = 'own' AND s.rule = v.rule AND s.evidence ? 'rejected'
			 ORDER BY s.suspension_id DESC LIMIT 1) AS j ON true
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
		IF one.changed THEN
			UPDATE advocacy.suspension AS s SET evidence = s.evidence - 'rejected' WHERE s.suspension_id = one.rejection;
		END IF;
		IF one.enters AND one.held IS NOT TRUE THEN
			causes := causes || jsonb_build_object('advocate', one.advocate_id, 'known', one.suspension_id, 'until', one.seen_at + one.lapse,
				'suspect', one.severity NOT IN ('caution', 'hold') AND one.suspension_id IS NULL
				           AND one.enrolled_at IS DISTINCT FROM risk_evaluate_contacts.at,
				'reason', format('%s %s of the contact in %s is %s %s', one.name, trim_scale(one.value), one.source, one.enter_operator,
				       trim_scale(one.enter_value)),
				'evidence', jsonb_build_object('rule', one.rule, 'version', one.version, 'severity', one.severity, 'signal', one.signal,
					'value', one.value, 'source', one.source, 'remote_id', one.remote_id, 'contact_id', one.contact_id,
					'observed_at', advocacy.sync_time_text(one.seen_at),
					'threshold', one.enter_operator || ' ' || trim_scale(one.enter_value)));
		ELSIF one.clears AND one.suspension_id IS NOT NULL THEN
			PERFORM advocacy.suspension_close(one.advocate_id, one.rule,
				CASE WHEN one.seen_at + one.lapse <= risk_evaluate_contacts.at THEN 'it is too long ago'
				     ELSE format('%s of the contact in %s is %s', one.name, one.source, trim_scale(one.value)) END,
				NULL, risk_evaluate_contacts.at, risk_evaluate_contacts.cycle);
		END IF;
	END LOOP;

	SELECT array_agg(DISTINCT (c ->> 'advocate')::bigint), min(c -> 'evidence' ->> 'source') INTO suspected, feed
	  FROM unnest(causes) AS c WHERE (c ->> 'suspect')::boolean;
	IF suspected IS NOT NULL THEN
		SELECT count(DISTINCT s.advocate_id) INTO recent
		  FROM advocacy.suspension AS s
		 WHERE s.cause = 'own' AND s.opened_by = 'rule' AND s.opened_at > risk_evaluate_contacts.at - interval '24 hours'
		   AND s.severity NOT IN ('caution', 'hold') AND s.evidence ->> 'source' = feed AND s.advocate_id <> ALL (suspected);
		most := advocacy.brake_exceeded(cardinality(suspected), recent);
		IF most IS NOT NULL OR advocacy.brake_waiting('contact', feed) IS NOT NULL THEN
			batch := advocacy.brake_hold('contact', feed, suspected, recent, most,
				(SELECT jsonb_agg(jsonb_build_object('rule', g.rule, 'count', g.times::text) ORDER BY g.times DESC, g.rule)
				   FROM (SELECT c -> 'evidence' ->> 'rule' AS rule, count(*) AS times FROM unnest(causes) AS c
				          WHERE (c ->> 'suspect')::boolean GROUP BY 1) AS g), risk_evaluate_contacts.at);
		END IF;
	END IF;
	-- All advocates before anybody's requests, as everywhere.
	PERFORM FROM advocacy.advocate AS a
	 WHERE a.advocate_id IN (SELECT (c ->> 'advocate')::bigint FROM unnest(causes) AS c) ORDER BY a.advocate_id FOR NO KEY UPDATE;
	FOREACH cause IN ARRAY causes LOOP
		made := advocacy.suspension_open((cause ->> 'advocate')::bigint, cause -> 'evidence' ->> 'rule',
			CASE WHEN batch IS NOT NULL AND (cause ->> 'suspect')::boolean THEN 'hold' ELSE cause -> 'evidence' ->> 'severity' END,
			cause ->> 'reason',
			cause -> 'evidence' || CASE WHEN batch IS NOT NULL AND (cause ->> 'suspect')::boolean
			                            THEN jsonb_build_object('batch', batch) ELSE '{}' END,
			(cause ->> 'until')::timestamptz, NULL, risk_evaluate_contacts.at, risk_evaluate_contacts.cycle, false);
		IF made IS DISTINCT FROM (cause ->> 'known')::bigint THEN
			begun := begun || made;
		END IF;
	END LOOP;
	RETURN begun;
END $$;
COMMENT ON FUNCTION advocacy.risk_evaluate_contacts(bigint[], timestamptz, bigint) IS
	'Judges advocates by the rules over their contact''s own signals, or holds what is too much at once; returns the suspensions that opened.';
