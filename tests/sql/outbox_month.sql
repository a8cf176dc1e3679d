-- slow
-- A month of a program of 35 advocates at 35 accounts, with 5 CSMs and 10 reps, under the shipped kinds and defaults: health
-- wanders as scores do, reps ask for references, everybody answers. No CSM gets more than five messages a week, digests apart.
SET client_min_messages = warning;
SELECT no_plan();
INSERT INTO advocacy.opportunity (opportunity_id, source, remote_id) OVERRIDING SYSTEM VALUE VALUES (-99, 'none', '-99');
\ir simulation/driver.psql
CREATE TEMPORARY TABLE shipped (line text);
\copy shipped FROM PROGRAM 'awk -F" = " "/^\\[message /{kind=substr(\$1,10,length(\$1)-10)} /^(audience|severity|follows|mutes) =/{print kind \"|\" \$1 \"|\" \$2}" "$TOP/etc/messages.conf"'
INSERT INTO advocacy.message_kind (kind, audience, severity, follows, mutes)
SELECT k, max(v) FILTER (WHERE p = 'audience'), max(v) FILTER (WHERE p = 'severity'),
       coalesce(string_to_array(max(v) FILTER (WHERE p = 'follows'), ', '), '{}'), coalesce(string_to_array(max(v) FILTER (WHERE p = 'mutes'), ', '), '{}')
  FROM (SELECT split_part(line, '|', 1) AS k, split_part(line, '|', 2) AS p, split_part(line, '|', 3) AS v FROM shipped) AS s GROUP BY k;
INSERT INTO advocacy.route (route, kinds, channel, recipient) VALUES ('all', '{*}', 'people', 'owner');
-- Who is at risk in the first week is no test of the breaker.
SELECT advocacy.policy_setting_define('breaker_percent', '100'), advocacy.policy_setting_define('breaker_least', '1000'), advocacy.policy_setting_define('reinstate_least', '1000');
SELECT advocacy.policy_setting_define('digest_day', '"mon"'), advocacy.policy_setting_define('quiet_calendars', '["office"]'),
       advocacy.policy_setting_define('review_calendar', '"office"'), advocacy.policy_setting_define('caps', NULL), advocacy.policy_setting_define('repeat_after_s', '86400');
SELECT advocacy.calendar_define('office', 'America/New_York', '{"mon": [["09:00","17:00"]], "tue": [["09:00","17:00"]], "wed": [["09:00","17:00"]], "thu": [["09:00","17:00"]], "fri": [["09:00","17:00"]]}', '{}', '2025-01-01');
SELECT * FROM advocacy.policy_apply('{"slas": [{"name": "a", "metric": "acknowledge", "calendar": "office", "target_s": 14400}, {"name": "c", "metric": "connect", "calendar": "office", "target_s": 86400},
	{"name": "q", "metric": "csm_consent", "calendar": "office", "target_s": 28800}]}', '2025-01-01') \g /dev/null
SELECT advocacy.risk_rule_define('health_low', 'health_score', '<', 60, '>', 75, '7 days', flaps => 3),
       advocacy.risk_rule_define('health_drop', 'health_score', '<', 75, '>', 75, '7 days', flaps => 3, drop_points => 20, drop_within => '14 days'),
       advocacy.risk_rule_define('support_escalation', 'escalated', '>', 0, '=', 0, '2 days', 'suspend', 'hard'),
       advocacy.risk_rule_define('renewal_window', 'renewal_soon', '>', 0, '=', 0, '0', 'suspend', 'caution');
CREATE FUNCTION pg_temp.normal(seed text) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
	SELECT sqrt(-2 * ln(greatest(1e-12, abs(pg_temp.chance(seed, 'a'))))) * cos(pi() * pg_temp.chance(seed, 'b')) $$;
CREATE TEMPORARY TABLE account AS SELECT n, level, level AS x FROM (SELECT n, greatest(40, 84 + 9 * pg_temp.normal('level ' || n)) AS level FROM generate_series(1, 35) AS n) AS a;
SELECT pg_temp.sim_open('gs', 35, '2025-01-01', '36500 days');
-- (A Monday is the 6th.) Two runs a day; a tenth of what moves one moves all.
CREATE PROCEDURE pg_temp.live(first timestamptz, days integer) LANGUAGE plpgsql AS $$
DECLARE
	at timestamptz; one record; what text;
BEGIN
	FOR at IN SELECT generate_series(first, first + days * interval '1 day' - interval '1 second', '12 hours') LOOP
		UPDATE account AS a SET x = a.level + 0.95 * (a.x - a.level) + 1 * pg_temp.normal(at || ' ' || a.n) + 0.3 * pg_temp.normal('all ' || at)
		       - CASE WHEN pg_temp.chance(at::text, a.n::text, 'fall') > 0.999 THEN 30 ELSE 0 END;
		INSERT INTO pg_temp.reading (source, n, signals, own)
		SELECT 'gs', a.n, jsonb_build_object('health_score', round(greatest(0, least(100, a.x))::numeric),
		       'escalated', (pg_temp.chance(date_trunc('week', at)::text, a.n::text, 'case') > 0.97)::integer,
		       'renewal_soon', (a.n % 12 = extract(month FROM at)::integer)::integer), at FROM account AS a
		ON CONFLICT ON CONSTRAINT reading_pkey DO UPDATE SET signals = excluded.signals, own = excluded.own;
		INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, domain, csm_email, signals)
		SELECT 'a' || r.n, r.own, 'Account ' || r.n, 'a' || r.n || '.example', 'csm' || r.n % 5 || '@x.example', r.signals FROM pg_temp.reading AS r;
		PERFORM advocacy.sync_apply('gs', 'account', NULL, true, at, 1, 1, at, at);
		IF extract(isodow FROM at) < 6 AND extract(hour FROM at) = 16 THEN
			-- Each working day somebody asks for a reference, and what is open moves on by a step.
			FOR one IN SELECT r.request_id, r.state, r.advocate_id FROM advocacy.request AS r WHERE r.state IN ('submitted', 'triaged', 'matching', 'proposed', 'awaiting_csm', 'awaiting_advocate', 'scheduled', 'held', 'feedback_due')
			            AND r.updated_at < at - interval '20 hours' ORDER BY 1 LOOP
				BEGIN
					CASE WHEN one.state IN ('submitted', 'triaged', 'matching') THEN
						PERFORM advocacy.request_match(one.request_id, (SELECT m.advocate_id FROM advocacy.match_advocates(one.request_id, 1, at) AS m), 'mary', at);
					WHEN one.state = 'proposed' THEN PERFORM advocacy.request_ask(one.request_id, 'csm', 'mary', at);
					WHEN one.state = 'awaiting_csm' THEN PERFORM advocacy.request_answer(one.request_id, 'csm', true, at => at);
					WHEN one.state = 'awaiting_advocate' THEN PERFORM advocacy.request_schedule(one.request_id, at + interval '2 days', 'mary', at);
					WHEN one.state = 'scheduled' THEN PERFORM advocacy.request_held(one.request_id, NULL, 'mary', at);
					ELSE PERFORM advocacy.request_feedback(one.request_id, 5, 4, 'good', at => at); END CASE;
				EXCEPTION WHEN raise_exception OR object_not_in_prerequisite_state OR invalid_parameter_value OR no_data_found THEN NULL; -- nobody suits: the next day
				END;
			END LOOP;
			PERFORM advocacy.request_submit(-99, 'reference_call', 'why', 'CIO', 'win', at + interval '20 days', 'rep' || extract(doy FROM at)::integer % 10 || '@x.example', at => at);
		END IF;
		PERFORM advocacy.deadlines_fire(at);
		LOOP
			SELECT * INTO one FROM advocacy.outbox_claim('d', '{people}', '1 minute', at);
			EXIT WHEN one.outbox_id IS NULL;
			PERFORM advocacy.outbox_sent(one.outbox_id, 'd', one.kind, at);
		END LOOP;
		COMMIT;
	END LOOP;
END $$;
CALL pg_temp.live('2025-01-06 04:00+00', 7); -- a week in which everybody gets to know one another
DELETE FROM advocacy.notification;
CALL pg_temp.live('2025-01-13 04:00+00', 28);
CREATE TEMPORARY TABLE sent AS SELECT o.* FROM advocacy.outbox AS o JOIN advocacy.notification AS n USING (outbox_id);
SELECT cmp_ok((SELECT max(n) FROM (SELECT count(*) AS n FROM sent WHERE audience = 'csm' AND kind NOT LIKE 'digest%' GROUP BY owner, date_trunc('week', ended_at)) AS w), '<=', 5::bigint,
	'nobody who looks after accounts gets more than five messages a week');
SELECT diag(string_agg(format('%s %s', k.kind, k.n), ', ' ORDER BY k.n DESC)) FROM (SELECT kind, count(*) AS n FROM sent GROUP BY kind) AS k;
SELECT cmp_ok((SELECT count(*) FROM sent WHERE kind IN ('advocate_suspended', 'advocate_reinstated', 'several')), '>=', 3::bigint, '... though there was trouble');
SELECT cmp_ok((SELECT count(*) FROM sent WHERE kind = 'csm_asked'), '>=', 5::bigint, '... and they were asked');
SELECT cmp_ok((SELECT max(n) FROM (SELECT count(*) AS n FROM sent WHERE kind LIKE 'digest%' GROUP BY kind, owner, date_trunc('week', ended_at)) AS w), '<=', 1::bigint, 'one digest a week');
SELECT cmp_ok((SELECT max(n) FROM (SELECT count(*) AS n FROM sent WHERE audience = 'rep' AND kind NOT LIKE 'digest%' GROUP BY owner, date_trunc('week', ended_at)) AS w), '<=', 10::bigint, 'a rep with a request a week hears of each of its steps, and no more');
SELECT is((SELECT count(*) FROM advocacy.outbox WHERE state IN ('pending', 'sending', 'nowhere') AND created_at < '2025-02-07' OR state = 'muted' AND last_error IS NULL), 0::bigint, 'everything was told, or says why not');
SELECT * FROM finish();
