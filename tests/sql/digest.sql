-- The week, told once to each who has something to be told: CSMs, reps, the program team; each in their own morning.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();
INSERT INTO advocacy.opportunity (opportunity_id, source, remote_id) OVERRIDING SYSTEM VALUE VALUES (-99, 'none', '-99');
SELECT advocacy.source_register('gs', 'gainsight', 1, '36500 days'), advocacy.stage_prepare();
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
INSERT INTO advocacy.message_kind (kind, audience, severity, follows) VALUES ('advocate_suspended', 'csm', 'danger', '{}'),
	('advocate_reinstated', 'csm', 'good', '{advocate_suspended}'), ('digest_csm', 'csm', 'info', '{}'), ('digest_rep', 'rep', 'info', '{}'),
	('digest_program', 'program', 'info', '{}'), ('source_failing', 'ops', 'danger', '{}'), ('request_received', 'rep', 'info', '{}'),
	('sla_warning', 'rep', 'warning', '{}');
SELECT advocacy.risk_rule_define('renewal', 'x', '>', 0, '<=', 0, '0', 'suspend', 'caution'),
       advocacy.risk_rule_define('bad', 'y', '>', 0, '<=', 0, '0', 'suspend', 'hard');
CREATE FUNCTION pg_temp.say(account text, csm text, signals jsonb, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, csm_email, signals) VALUES (account, at, account, csm, signals);
	PERFORM advocacy.sync_apply('gs', 'account', NULL, true, at, 1, 1, at, at);
END $$;
-- The digests since, each as its owner and what it says, without times; all else is forgotten.
CREATE FUNCTION pg_temp.told() RETURNS text LANGUAGE sql AS $$
	WITH d AS (DELETE FROM advocacy.outbox AS o WHERE NOT untold AND folded_into IS NULL
	           AND NOT EXISTS (SELECT FROM advocacy.outbox AS f WHERE f.folded_into = o.outbox_id) RETURNING *)
	SELECT string_agg(format('%s: %s%s', coalesce(d.owner, 'program'),
		(SELECT string_agg(e.key || ' ' || translate(e.value::text, '[]"', ''), '; ' ORDER BY e.key) FROM jsonb_each(d.facts) AS e
		  WHERE e.key NOT IN ('from', 'at', 'week', 'csm_email', 'requested_by', 'owner', 'items')),
		(SELECT string_agg(format(' | %s %s', i ->> 'kind', concat_ws(' ', i -> 'facts' ->> 'account', i -> 'facts' ->> 'rule', i -> 'facts' ->> 'request',
			i -> 'facts' ->> 'standing', i -> 'facts' ->> 'source', translate(i -> 'facts' ->> 'advocates', '[]"', ''))), '') FROM jsonb_array_elements(d.facts -> 'items') AS i)),
		E'\n' ORDER BY d.outbox_id) FROM d WHERE d.kind LIKE 'digest%' $$;
CREATE FUNCTION pg_temp.send(at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE one record; said text[] := '{}';
BEGIN
	LOOP
		SELECT * INTO one FROM advocacy.outbox_claim('d', '{ops}', '1 minute', send.at);
		EXIT WHEN one.outbox_id IS NULL;
		PERFORM advocacy.outbox_sent(one.outbox_id, 'd', one.kind, send.at);
		said := said || one.kind;
	END LOOP;
	RETURN nullif(array_to_string(said, ' '), '');
END $$;
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate)
SELECT a || n, '2025-01-01', a, a || n || '@' || a || '.example', a || n, true
  FROM unnest('{acme,globex,hooli,initech}'::text[]) AS a CROSS JOIN generate_series(1, 2) AS n;
SELECT pg_temp.say(v.a, v.csm, '{"x": 0, "y": 0}', '2025-01-01')
  FROM (VALUES ('acme', 'Ann@x.example'), ('globex', 'ann@x.example'), ('hooli', 'bob@x.example'), ('initech', NULL)) AS v (a, csm);
DELETE FROM advocacy.outbox;

-- When. (The 1st of January 2025 is a Wednesday.)
SELECT advocacy.digest_fire('2025-01-02');
SELECT is(advocacy.digest_next_at(), NULL, 'never, if the policy says nothing');
SELECT advocacy.policy_setting_define('digest_day', '"mon"');
SELECT is(advocacy.digest_fire('2025-01-02'), 0, 'nothing is due yet');
SELECT is(advocacy.digest_next_at(), '2025-01-06 09:00+00'::timestamptz, 'Monday at nine');
SELECT is(advocacy.deadline_next(), '2025-01-06 09:00+00'::timestamptz, 'is a deadline like any other');
SELECT advocacy.policy_setting_define('digest_day', '"sun"'), advocacy.policy_setting_define('digest_hour', '0');
SELECT advocacy.digest_fire('2025-01-02 01:00+00');
SELECT is(advocacy.digest_next_at(), '2025-01-05 00:00+00'::timestamptz, 'moved by the policy');
SELECT advocacy.policy_setting_define('digest_day', '"never"');
SELECT advocacy.digest_fire('2025-01-02 01:00+00');
SELECT is(advocacy.digest_next_at(), NULL, '... to never');
SELECT advocacy.policy_setting_define('digest_day', '"mon"'), advocacy.policy_setting_define('digest_hour', '9');
SELECT advocacy.calendar_define('office', 'America/New_York', '{"mon": [["09:00", "17:00"]], "tue": [["10:00", "17:00"]]}', '{2025-01-06}', '2025-01-01');
SELECT advocacy.policy_setting_define('quiet_calendars', '["office"]');
INSERT INTO advocacy.staff (source, remote_id, email, time_zone) VALUES ('s', '1', 'Bob@x.example', 'Asia/Tokyo'), ('s', '2', 'ann@x.example', 'Mars/Olympus'), ('s', '3', 'x', ' ');
SELECT is(advocacy.digest_zone('bob@x.example') || ' ' || advocacy.digest_zone('ann@x.example') || ' ' || advocacy.digest_zone(NULL),
	'Asia/Tokyo America/New_York America/New_York', 'in the person''s own time zone, if there is such a one; else in the calendar''s');
SELECT advocacy.digest_fire('2025-01-02 02:00+00');
SELECT is((SELECT string_agg(zone || ' ' || to_char(due_at AT TIME ZONE 'UTC', 'Dy HH24:MI'), ', ' ORDER BY zone) FROM advocacy.digest_turn),
	'America/New_York Mon 14:00, Asia/Tokyo Mon 00:00', 'each has its own Monday');

-- Nothing to tell.
SELECT is((SELECT fired FROM advocacy.deadlines_fire('2025-01-06 14:00+00')), 0, 'a week without anything: nobody is written to');
SELECT is(advocacy.digest_next_at(), '2025-01-13 00:00+00'::timestamptz, '... until the next');

-- A CSM's week.
SELECT advocacy.request_submit(-99, 'quote', 'why', 'CIO', 'win', '2025-03-01', 'Sam@x.example', at => '2025-01-06 20:00+00') AS request \gset
SELECT advocacy.request_match(:request, (SELECT a.advocate_id FROM advocacy.advocate AS a JOIN advocacy.contact AS c USING (contact_id) WHERE c.first_name = 'acme1'),
	'mary', at => '2025-01-06 21:00+00');
SELECT advocacy.request_ask(:request, 'csm', 'mary', at => '2025-01-06 21:00+00');
SELECT pg_temp.say('acme', 'Ann@x.example', '{"x": 1}', '2025-01-07'), pg_temp.say('globex', 'ann@x.example', '{"y": 1}', '2025-01-08'),
       pg_temp.say('hooli', 'bob@x.example', '{"x": 1, "y": 1}', '2025-01-08'), pg_temp.say('initech', NULL, '{"x": 1}', '2025-01-09');
SELECT advocacy.consent_record(c.contact_id, 'all', '2025-02-01', '2025-01-01', at => '2025-01-10') FROM advocacy.contact AS c WHERE c.first_name = 'acme2';
SELECT pg_temp.told();
SELECT is((SELECT fired FROM advocacy.deadlines_fire('2025-01-13 00:00+00')), 1, 'Monday in Tokyo');
SELECT is(pg_temp.told(), 'bob@x.example: advocate_count 2; newly_suspended hooli1, hooli2', 'who was suspended; no caution of somebody whom something worse keeps away');
SELECT is((SELECT fired FROM advocacy.deadlines_fire('2025-01-13 14:00+00')), 3, '... and in New York');
SELECT is(pg_temp.told(), E'ann@x.example: advocate_count 4; consents_ending acme2; newly_suspended globex1, globex2; requests REQ-' || :request || E' | advocate_caution acme renewal acme1, acme2\n'
	|| 'program: advocate_count 8; newly_suspended 4; requests_new 1; requests_open 1; stale_sources gs; suspended_now 4 | advocate_caution initech renewal initech1, initech2' || E'\n'
	|| 'sam@x.example: requests REQ-' || :request || ' | request_standing REQ-' || :request || ' awaiting_csm', 'each is told their own; the program team what is for nobody');
SELECT is((SELECT fired FROM advocacy.deadlines_fire('2025-01-13 14:00:01+00')), 0, 'told once');
SELECT advocacy.request_answer(:request, 'csm', false, at => '2025-01-14');
SELECT advocacy.request_cancel(:request, 'not needed', 'sam@x.example', at => '2025-01-15');
SELECT pg_temp.say('globex', 'ann@x.example', '{"y": 0}', '2025-01-16');
DELETE FROM advocacy.outbox;
SELECT is(advocacy.digest_fire('2025-01-29 12:00+00'), 3, 'late, as nobody looked for two weeks: once');
SELECT is(pg_temp.told(), E'ann@x.example: advocate_count 4; consents_ending acme2; reinstated globex1, globex2\nprogram: advocate_count 8; reinstated 2; stale_sources gs; suspended_now 2\nsam@x.example: closed REQ-' || :request,
	'what has changed since; that somebody is suspended as before is no news, and a caution is told once');
SELECT is((SELECT string_agg(to_char(due_at AT TIME ZONE 'UTC', 'Mon DD'), ' ' ORDER BY zone) FROM advocacy.digest_turn), 'Feb 03 Feb 03', '... and then on Monday again');
SELECT advocacy.policy_setting_define('digest_day', '"thu"');
SELECT advocacy.digest_fire('2025-01-29 13:00+00');
SELECT is((SELECT string_agg(to_char(due_at AT TIME ZONE zone, 'Mon DD'), ' ' ORDER BY zone) FROM advocacy.digest_turn), 'Feb 06 Feb 06', 'a day moved within a week that was told: the next week''s');

-- What was muted.
SELECT advocacy.policy_setting_define('quiet_calendars', NULL), advocacy.policy_setting_define('together', '0');
CREATE FUNCTION pg_temp.put(kind text, event text, facts jsonb, at timestamptz, priority integer DEFAULT 5) RETURNS integer LANGUAGE sql AS $$
	SELECT advocacy.outbox_put(kind, kind || event, jsonb_build_object('event', event) || facts, priority, at) $$;
SELECT advocacy.notification_silence(NULL, 'bob@x.example', NULL, NULL, '2025-02-20', 'on leave', 'bob', '2025-01-30'),
       advocacy.notification_silence('source_failing', NULL, NULL, NULL, '2025-02-20', 'known', 'ops', '2025-01-30');
SELECT pg_temp.put('advocate_suspended', 'r1', '{"csm_email": "bob@x.example", "account": "hooli"}', '2025-01-31'),
       pg_temp.put('advocate_suspended', 'r2', '{"csm_email": "bob@x.example", "account": "over"}', '2025-01-31'),
       pg_temp.put('advocate_suspended', 'r3', '{"csm_email": "bob@x.example", "account": "hard"}', '2025-02-01', 3),
       pg_temp.put('source_failing', 'z', '{"source": "gs"}', '2025-01-31');
SELECT is(pg_temp.send('2025-02-01'), NULL, 'silence');
SELECT pg_temp.put('advocate_reinstated', 'r2', '{"csm_email": "bob@x.example", "account": "over"}', '2025-02-02');
SELECT is(pg_temp.send('2025-02-02'), NULL, '... also of the end');
SELECT is((SELECT string_agg(subject || ' ' || state || ' ' || untold, ', ' ORDER BY outbox_id) FROM advocacy.outbox), 'r1 muted true, r2 muted true, r3 muted true, z muted true, r2 muted true', 'what was silenced waits for a digest');
SELECT advocacy.digest_fire('2025-02-06 00:00+00');
SELECT is(pg_temp.send('2025-02-06 00:00+00'), 'digest_csm', 'which is sent though its reader is silenced');
SELECT is((SELECT string_agg(i -> 'facts' ->> 'account', ' ') || ' ' || (facts ->> 'not_told') FROM advocacy.outbox, jsonb_array_elements(facts -> 'items') AS i WHERE kind = 'digest_csm' AND state = 'sent' GROUP BY facts),
	'hard hooli 2', '... and tells it, the most urgent first; not what is over');
SELECT is((SELECT string_agg(subject || ' ' || state || ' ' || untold || ' ' || (folded_into IS NOT NULL), ', ' ORDER BY outbox_id) FROM advocacy.outbox WHERE kind LIKE 'advocate%'),
	'r1 folded false true, r2 muted false false, r3 folded false true, r2 muted false false', '... each says by which it was told');
SELECT pg_temp.put('advocate_reinstated', 'r1', '{"csm_email": "bob@x.example", "account": "hooli"}', '2025-02-21');
SELECT is(pg_temp.send('2025-02-21'), 'advocate_reinstated', 'what a digest told counts as told: its end is news');
SELECT advocacy.digest_fire('2025-02-06 14:00+00');
SELECT is((SELECT i -> 'facts' ->> 'source' FROM advocacy.outbox, jsonb_array_elements(facts -> 'items') AS i WHERE kind = 'digest_program' AND state = 'pending'),
	'gs', 'what was for nobody in particular stands in the program''s');
-- The week's share; and a silence of the digest itself.
SELECT advocacy.policy_setting_define('weekly_most', '1');
SELECT pg_temp.put('advocate_suspended', 's' || n, '{"csm_email": "ann@x.example"}', '2025-02-10') FROM generate_series(1, 3) AS n;
SELECT pg_temp.send('2025-02-10');
SELECT is((SELECT count(*) FROM advocacy.outbox WHERE untold AND last_error LIKE '% messages within a week'), 2::bigint, 'what was too much waits for a digest');
SELECT advocacy.notification_silence('digest_csm', 'ann@x.example', NULL, NULL, '2025-03-01', 'I don''t read them', 'ann', '2025-02-11');
SELECT advocacy.digest_fire('2025-02-13 14:00+00');
SELECT is(pg_temp.send('2025-02-13 14:00+00'), 'digest_program', 'a digest that is silenced itself isn''t sent');
SELECT is((SELECT count(*) FROM advocacy.outbox WHERE untold), 0::bigint, '... nor told elsewhere');
-- What was put together with more than a message shows.
SELECT advocacy.policy_setting_define('weekly_most', '0'), advocacy.policy_setting_define('together', '3');
SELECT pg_temp.put('advocate_suspended', 'w' || n, '{"csm_email": "kim@x.example"}', '2025-02-14') FROM generate_series(1, 12) AS n;
SELECT is(pg_temp.send('2025-02-14 12:00+00'), 'several', 'twelve at once are one');
SELECT advocacy.digest_fire('2025-02-20 14:00+00');
SELECT is((SELECT string_agg(i -> 'facts' ->> 'event', ' ' ORDER BY i -> 'facts' ->> 'event') FROM advocacy.outbox, jsonb_array_elements(facts -> 'items') AS i WHERE kind = 'digest_csm' AND owner = 'kim@x.example'), 'w11 w12',
	'... of which it doesn''t show all: the digest has the rest');
SELECT pg_temp.send('2025-02-20 14:00+00');
-- A clock that was a year ahead for a moment; somebody whose name is longer than any address.
SELECT advocacy.digest_fire('2026-02-20'), advocacy.digest_fire('2025-02-20 14:01+00');
SELECT is((SELECT max(due_at) FROM advocacy.digest_turn), '2025-02-27 14:00+00'::timestamptz, 'a clock that was ahead leaves no year without digests');
SELECT advocacy.request_submit(-99, 'quote', 'why', 'CIO', 'win', '2025-12-01', (SELECT string_agg(md5(n::text), '') FROM generate_series(1, 300) AS n), at => '2025-02-21') \g /dev/null
SELECT pg_temp.put('advocate_suspended', 'long', jsonb_build_object('csm_email', (SELECT string_agg(md5(n::text), '') FROM generate_series(1, 300) AS n)), '2025-02-21');
SELECT pg_temp.send('2025-02-21 12:00+00');
SELECT lives_ok($$SELECT advocacy.digest_fire('2025-02-27 14:00+00')$$, 'no name is too long for the others to be told');
SELECT is((SELECT state || coalesce(owner, ' to nobody in particular') FROM advocacy.outbox WHERE subject = 'long'), 'sent to nobody in particular', '... and what is for such a one is told');
-- A time zone that a newer tzdata knows no more, as it does the names of old.
INSERT INTO advocacy.digest_turn (zone, since, due_at, setting) SELECT 'Old/Name', '2025-02-20', '2025-02-27 14:00+00', setting FROM advocacy.digest_turn LIMIT 1;
SELECT lives_ok($$SELECT advocacy.digest_fire('2025-02-27 14:00+00')$$, 'a time zone that is gone stops nobody''s digest, nor the other deadlines');
-- Without digests nothing waits for one.
SELECT advocacy.policy_setting_define('digest_day', NULL);
SELECT advocacy.digest_fire('2025-02-21');
SELECT pg_temp.put('advocate_suspended', 't1', '{"csm_email": "bob@x.example"}', '2025-02-19');
SELECT pg_temp.send('2025-02-19');
SELECT is((SELECT state || ' ' || untold FROM advocacy.outbox WHERE subject = 't1'), 'muted false', 'where there are no digests, nothing waits for one');
SELECT * FROM finish();
ROLLBACK;
