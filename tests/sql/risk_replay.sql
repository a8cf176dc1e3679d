-- slow
-- What was decided can be decided again: the stored observations, judged by the stored versions of the rules, give the same
-- risks at the same times, also across a change of the policy and the end of a rule.
SET client_min_messages = warning;
SELECT plan(7);
\ir simulation/driver.psql
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
SELECT advocacy.policy_setting_define('breaker_percent', '100'), advocacy.policy_setting_define('breaker_least', '100000');
CREATE FUNCTION pg_temp.decisions() RETURNS TABLE (account text, rule text, version integer, opened_at timestamptz, cleared_at timestamptz, why text, value text, previous text, observations text, pinned_at timestamptz) LANGUAGE sql AS $$
	SELECT a.remote_id, r.rule, r.rule_version, r.opened_at, r.cleared_at, r.clear_evidence ->> 'reason', r.evidence ->> 'value', r.evidence ->> 'previous', r.evidence ->> 'observations', r.pinned_at
	  FROM advocacy.risk AS r JOIN advocacy.account AS a USING (account_id) $$;
CREATE TEMPORARY TABLE day AS SELECT t AS at FROM generate_series('2025-01-02'::timestamptz, '2025-03-10', '12 hours') AS t;
SELECT advocacy.risk_rule_define('low', 'health_score', '<', 60, '>', 75, '7 days', 'suspend', 'soft', 2, '6 hours', 2, '6 hours', '7 days', 3, at => '2025-01-01'),
       advocacy.risk_rule_define('drop', 'health_score', '<', 75, '>', 75, '3 days', flaps => 4, drop_points => 20, drop_within => '14 days', at => '2025-01-01'),
       advocacy.risk_rule_define('very low', 'health_score', '<', 40, '>', 75, '7 days', 'suspend', 'hard', at => '2025-01-01');
SELECT pg_temp.sim_open('gs', 40, '2025-01-01'), pg_temp.sim_open('hs', 40, '2025-01-01 01:00');
-- The sources score at their own pace, round to fives, so that many scores are the same again; they are read more often than that.
DO $$
DECLARE d record;
BEGIN
	FOR d IN SELECT t.at FROM day AS t ORDER BY t.at LOOP
		IF d.at = '2025-02-05' THEN
			PERFORM advocacy.risk_rule_define('low', 'health_score', '<', 65, '>', 70, '5 days', 'suspend', 'soft', 3, '6 hours', 1, '0', '0', 3, at => d.at - interval '1 hour');
			PERFORM advocacy.risk_evaluate(NULL, d.at - interval '1 hour');
		ELSIF d.at = '2025-02-25' THEN
			PERFORM advocacy.risk_rule_retire('drop', d.at - interval '1 hour');
		END IF;
		INSERT INTO pg_temp.reading (source, n, signals, own)
		SELECT s, n, jsonb_build_object('health_score', 5 * round((68 + 22 * sin(n + extract(epoch FROM d.at) / 86400 / (2 + n % 9)) + 12 * pg_temp.chance(s, n::text, d.at::text))::numeric / 5)), d.at - interval '10 minutes'
		  FROM unnest('{gs,hs}'::text[]) AS s, generate_series(1, 40) AS n
		 WHERE pg_temp.chance(s, n::text, d.at::text, 'scored') > 0
		ON CONFLICT ON CONSTRAINT reading_pkey DO UPDATE SET signals = excluded.signals, own = excluded.own;
		PERFORM pg_temp.sim_poll('gs', d.at), pg_temp.sim_poll('hs', d.at + interval '1 hour');
		COMMIT;
	END LOOP;
END $$;
CREATE TEMPORARY TABLE decided AS SELECT * FROM pg_temp.decisions();
SELECT cmp_ok((SELECT count(*) FROM decided), '>', 80::bigint, 'there is something to see');
SELECT cmp_ok((SELECT count(*) FROM decided WHERE rule = 'low' AND version = 2), '>', 10::bigint, 'by the new version too');
SELECT cmp_ok((SELECT count(*) FROM decided WHERE why = 'the rule was retired'), '>', 0::bigint, 'and some ended with a rule');
SELECT cmp_ok((SELECT count(*) FROM advocacy.signal_history WHERE repeated), '>', 50::bigint, 'what counted though it was the same again is kept');

-- Forget all but the history and the versions, and judge again.
CREATE TEMPORARY TABLE observed AS SELECT h.*, a.remote_id FROM advocacy.signal_history AS h JOIN advocacy.account AS a USING (account_id);
CREATE TEMPORARY TABLE known_version AS SELECT v.* FROM advocacy.risk_rule_version AS v;
DELETE FROM advocacy.suspension; DELETE FROM advocacy.risk; DELETE FROM advocacy.risk_observation; DELETE FROM advocacy.signal; DELETE FROM advocacy.signal_history;
DELETE FROM advocacy.decision_cycle; DELETE FROM advocacy.field_drift; DELETE FROM advocacy.outbox; DELETE FROM advocacy.risk_rule_version; DELETE FROM advocacy.risk_rule; DELETE FROM pg_temp.reading;
UPDATE advocacy.sync_stream SET last_success_at = '2025-01-01';
CREATE PROCEDURE pg_temp.again(source text, at timestamptz) LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, domain, signals)
	SELECT o.remote_id, o.observed_at, replace(o.remote_id, 'a', 'Account '), o.remote_id || '.example', jsonb_build_object(o.name, o.value)
	  FROM observed AS o WHERE o.source = again.source AND o.recorded_at = again.at;
	UPDATE advocacy.account_source AS s SET modified_at = NULL WHERE s.source = again.source;
	PERFORM advocacy.sync_apply(again.source, 'account', NULL, true, again.at, 1, 1, again.at, again.at);
	PERFORM advocacy.deadlines_fire(again.at);
	COMMIT;
END $$;
DO $$
DECLARE
	d record;
	v record;
BEGIN
	FOR d IN SELECT s.source, t.at + CASE s.source WHEN 'hs' THEN interval '1 hour' ELSE '0' END AS at FROM (SELECT at FROM day UNION ALL SELECT '2025-01-01') AS t, (VALUES ('gs'), ('hs')) AS s (source) ORDER BY 2 LOOP
		FOR v IN DELETE FROM known_version AS k WHERE k.since <= d.at RETURNING k.* LOOP
			IF v.definition IS NULL THEN
				PERFORM advocacy.risk_rule_retire(v.rule, v.since);
			ELSE
				INSERT INTO advocacy.risk_rule SELECT (jsonb_populate_record(NULL::advocacy.risk_rule, v.definition || jsonb_build_object('rule', v.rule, 'version', v.version, 'active', true, 'changed_at', v.since))).*
				ON CONFLICT (rule) DO NOTHING;
				IF NOT FOUND THEN
					DELETE FROM advocacy.risk_observation WHERE rule = v.rule;
					UPDATE advocacy.risk_rule AS r SET version = v.version, signal = n.signal, enter_value = n.enter_value, clear_value = n.clear_value, clear_hold = n.clear_hold, enter_observations = n.enter_observations,
						enter_apart = n.enter_apart, clear_observations = n.clear_observations, clear_apart = n.clear_apart, dwell = n.dwell
					  FROM jsonb_populate_record(NULL::advocacy.risk_rule, v.definition) AS n WHERE r.rule = v.rule;
				END IF;
				PERFORM advocacy.risk_evaluate(NULL, v.since);
			END IF;
		END LOOP;
		CALL pg_temp.again(d.source, d.at);
	END LOOP;
END $$;
SELECT is((SELECT count(*) FROM pg_temp.decisions()), (SELECT count(*) FROM decided), 'judged again there are as many decisions');
SELECT is((SELECT count(*) FROM (TABLE decided EXCEPT SELECT * FROM pg_temp.decisions()) AS d), 0::bigint, 'each of them is there');
SELECT is((SELECT count(*) FROM (SELECT * FROM pg_temp.decisions() EXCEPT TABLE decided) AS d), 0::bigint, 'and no other');
SELECT * FROM finish();
