-- What isn't worth telling isn't told: silences, ends of what nobody heard of, what is superseded or doubtful, too many;
-- several messages at once are one; quiet hours; a month of a program.
BEGIN;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();
DELETE FROM advocacy.route; DELETE FROM advocacy.message_kind; DELETE FROM advocacy.channel_status; DELETE FROM advocacy.policy_setting;
SELECT advocacy.policy_setting_define('weekly_most', '5');
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'c');
INSERT INTO advocacy.message_kind (kind, audience, severity, follows, mutes) VALUES
	('advocate_suspended', 'csm', 'danger', '{}', '{}'), ('advocate_reinstated', 'csm', 'good', '{advocate_suspended}', '{}'),
	('sla_warning', 'rep', 'warning', '{}', '{}'), ('sla_breach', 'rep', 'danger', '{}', '{sla_warning}'),
	('source_failing', 'ops', 'danger', '{}', '{}'), ('digest_csm', 'csm', 'info', '{}', '{}');
CREATE FUNCTION pg_temp.at(day numeric) RETURNS timestamptz LANGUAGE sql AS $$ SELECT '2026-11-02 09:00Z'::timestamptz + day * interval '1 day' $$;
CREATE FUNCTION pg_temp.put(kind text, event text, who text, day numeric, priority integer DEFAULT 5, more jsonb DEFAULT '{}') RETURNS void LANGUAGE sql AS $$
	SELECT advocacy.outbox_put(kind, kind || event || day, jsonb_build_object('event', event, 'csm_email', who, 'requested_by', who) || more,
	                           priority, pg_temp.at(day)) $$;
-- Sends all that is due; what was sent, in order.
CREATE FUNCTION pg_temp.send(day numeric) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	one record;
	said text[] := '{}';
BEGIN
	LOOP
		SELECT * INTO one FROM advocacy.outbox_claim('d', '{c,x}', '1 minute', pg_temp.at(day));
		EXIT WHEN one.outbox_id IS NULL;
		PERFORM advocacy.outbox_sent(one.outbox_id, 'd', one.kind, pg_temp.at(day));
		said := said || (one.kind || CASE one.kind WHEN 'several' THEN '(' || (one.facts ->> 'count') || ')' ELSE '' END);
	END LOOP;
	RETURN nullif(array_to_string(said, ' '), '');
END $$;
CREATE FUNCTION pg_temp.why(event text, day numeric) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(o.kind || ' ' || o.state || coalesce(': ' || o.last_error, ''), ', ' ORDER BY o.outbox_id) FROM advocacy.outbox AS o
	 WHERE o.subject = event AND o.created_at = pg_temp.at(day) $$;

-- Recovery only after a problem.
SELECT pg_temp.put('advocate_reinstated', 'r1', 'dana', 0);
SELECT is(pg_temp.send(0), NULL, 'the end of what nobody was told of');
SELECT is(pg_temp.why('r1', 0), 'advocate_reinstated muted: nobody was told that it had begun', '... and why');
SELECT pg_temp.put('advocate_suspended', 'r2', 'dana', 0), pg_temp.put('advocate_reinstated', 'r2', 'dana', 0);
SELECT is(pg_temp.send(0), NULL, 'over before it was told: neither');
SELECT is(pg_temp.why('r2', 0), 'advocate_suspended muted: it was over before it was told, advocate_reinstated muted: nobody was told that it had begun', '... and why');
SELECT pg_temp.put('advocate_suspended', 'r3', 'dana', 0.1);
SELECT is(pg_temp.send(0.1), 'advocate_suspended', 'a problem');
SELECT pg_temp.put('advocate_reinstated', 'r3', 'dana', 0.2);
SELECT is(pg_temp.send(0.2), 'advocate_reinstated', '... and its end');

-- What says more mutes what says less.
SELECT pg_temp.put('sla_warning', 'q1', 'rep', 1), pg_temp.put('sla_breach', 'q1', 'rep', 1);
SELECT is(pg_temp.send(1), 'sla_breach', 'a breach makes the warning superfluous');
SELECT pg_temp.put('sla_warning', 'q2', 'rep', 1.1);
SELECT is(pg_temp.send(1.1), 'sla_warning', '... but not that of another request');

-- Doubtful: its source fails, and people were told of that.
INSERT INTO advocacy.source_status (source, connector, failing_since, told_at) VALUES ('zz', 'x', pg_temp.at(1), pg_temp.at(1));
SELECT pg_temp.put('advocate_suspended', 's1', 'lee', 1.2, 5, '{"source": "zz"}'), pg_temp.put('advocate_suspended', 's2', 'lee', 1.2, 3, '{"source": "zz"}'),
	pg_temp.put('advocate_suspended', 's3', 'lee', 1.2, 5, '{"source": "other"}');
SELECT is(pg_temp.send(1.2), 'advocate_suspended advocate_suspended', 'a failing source mutes what relies on it, not a hard one');
SELECT is(pg_temp.why('s1', 1.2), 'advocate_suspended muted: the source zz fails', '... and why');

-- Silences.
SELECT throws_ok($$SELECT advocacy.notification_silence(NULL, NULL, NULL, NULL, now() + '1 day', 'x')$$, '22023', NULL, 'a silence of everything is refused');
SELECT throws_ok($$SELECT advocacy.notification_silence('advocate_suspended', NULL, NULL, NULL, now() + '91 days', 'x')$$, '22023', NULL, '... one without a near end');
SELECT throws_ok($$SELECT advocacy.notification_silence('advocate_suspended', NULL, NULL, NULL, now() + '1 day', ' ')$$, '22023', NULL, '... without a reason');
SELECT throws_ok($$SELECT advocacy.notification_silence('weather', NULL, NULL, NULL, now() + '1 day', 'x')$$, 'P0002', NULL, '... of an unknown kind');
SELECT throws_ok($$SELECT advocacy.notification_silence(NULL, NULL, -1, NULL, now() + '1 day', 'x')$$, 'P0002', NULL, '... of an unknown account');
SELECT throws_ok($$SELECT advocacy.notification_silence(NULL, NULL, NULL, 'nowhere', now() + '1 day', 'x')$$, 'P0002', NULL, '... of an unknown channel');
CREATE TEMP TABLE made AS SELECT advocacy.notification_silence('advocate_suspended', 'PAT', NULL, NULL, pg_temp.at(3), 'on leave', 'ann', pg_temp.at(2)) AS id;
SELECT pg_temp.put('advocate_suspended', 'p1', 'pat', 2.1), pg_temp.put('advocate_suspended', 'p2', 'lee', 2.1);
SELECT is(pg_temp.send(2.1), 'advocate_suspended', 'silenced for one person');
SELECT is(pg_temp.why('p1', 2.1), 'advocate_suspended muted: silenced until 2026-11-05T09:00:00Z by ann: on leave', '... and why');
SELECT pg_temp.put('advocate_suspended', 'p3', 'pat', 3.1);
SELECT is(pg_temp.send(3.1), 'advocate_suspended', '... until it ends');
SELECT throws_ok(format('SELECT advocacy.notification_silence_end(%s, ''back'', ''ann'', pg_temp.at(3.1))', id), 'P0002', NULL, 'what is over can''t be ended') FROM made;
UPDATE made SET id = advocacy.notification_silence(NULL, 'pat', NULL, NULL, pg_temp.at(9), 'on leave', 'ann', pg_temp.at(3.2));
SELECT advocacy.notification_silence_end(id, 'back', 'ann', pg_temp.at(3.3)) FROM made;
SELECT pg_temp.put('advocate_suspended', 'p4', 'pat', 3.4);
SELECT is(pg_temp.send(3.4), 'advocate_suspended', '... or is ended');
SELECT is((SELECT count(*) FROM advocacy.audit_log WHERE action LIKE 'notification_silence%' AND actor = 'ann'), 3::bigint, 'all of it is audited');

-- Together.
SELECT pg_temp.put('advocate_suspended', 't' || n, 'sam', 4) FROM generate_series(1, 30) AS n;
SELECT pg_temp.put('advocate_suspended', 'u' || n, 'kim', 4) FROM generate_series(1, 2) AS n;
SELECT pg_temp.put('source_failing', 'w' || n, NULL, 4) FROM generate_series(1, 4) AS n;
SELECT is(pg_temp.send(4), 'advocate_suspended advocate_suspended source_failing source_failing source_failing source_failing several(30)',
	'30 risk events of one run are one message to their owner; two aren''t put together, nor what is for nobody in particular');
SELECT is((SELECT count(DISTINCT folded_into) || ' ' || count(*) FROM advocacy.outbox WHERE state = 'folded'), '1 30', '... and each says by which it was told');
SELECT is((SELECT jsonb_array_length(facts -> 'items') || ' ' || (facts -> 'items' -> 0 ->> 'kind') || ' ' || (facts -> 'items' -> 0 -> 'facts' ->> 'event')
	FROM advocacy.outbox WHERE kind = 'several'), '30 advocate_suspended t1', '... which has them all, in order');
SELECT pg_temp.put('advocate_reinstated', 't5', 'sam', 4.1);
SELECT is(pg_temp.send(4.1), 'advocate_reinstated', 'what was told together counts as told');
SELECT advocacy.policy_setting_define('together', '0');
SELECT pg_temp.put('advocate_suspended', 'v' || n, 'max', 4.2) FROM generate_series(1, 3) AS n;
SELECT is(pg_temp.send(4.2), 'advocate_suspended advocate_suspended advocate_suspended', 'never together, if the policy says so');

-- No more than the week's share.
SELECT pg_temp.put('advocate_suspended', 'y' || n, 'max', 5) FROM generate_series(1, 4) AS n;
SELECT is(pg_temp.send(5), 'advocate_suspended advocate_suspended', 'five a week');
SELECT is(pg_temp.why('y3', 5), 'advocate_suspended muted: max had 5 messages within a week', '... and why');
SELECT pg_temp.put('advocate_suspended', 'yh', 'max', 5.1, 3), pg_temp.put('digest_csm', 'yd', 'max', 5.1);
SELECT is(pg_temp.send(5.1), 'advocate_suspended digest_csm', '... but for what is hard, and digests');
SELECT pg_temp.put('advocate_suspended', 'yw', 'max', 13);
SELECT is(pg_temp.send(13), 'advocate_suspended', '... until the week is over');
SELECT advocacy.policy_setting_define('together', '3');

-- Quiet hours: the person's own calendar.
SELECT advocacy.calendar_define('berlin', 'Europe/Berlin', '{"mon": [["09:00","17:00"]], "tue": [["09:00","17:00"]], "wed": [["09:00","17:00"]], "thu": [["09:00","17:00"]], "fri": [["09:00","17:00"]]}', '{}', '2026-11-01');
SELECT advocacy.calendar_define('york', 'America/New_York', '{"mon": [["09:00","17:00"]], "tue": [["09:00","17:00"]], "wed": [["09:00","17:00"]], "thu": [["09:00","17:00"]], "fri": [["09:00","17:00"]]}', '{}', '2026-11-01');
SELECT advocacy.policy_setting_define('quiet_calendars', '["berlin", "york"]');
INSERT INTO advocacy.staff (source, remote_id, email, time_zone) VALUES ('s', 'ny', 'Ny@n.example', 'America/New_York');
SELECT is(advocacy.outbox_opens_at('any@n.example', '2026-11-06 20:00Z'), '2026-11-09 08:00Z', 'Friday evening: Monday at nine, in the first calendar');
SELECT is(advocacy.outbox_opens_at('ny@n.example', '2026-11-06 20:00Z'), '2026-11-06 20:00Z', '... which in New York is still Friday afternoon');
SELECT is(advocacy.outbox_opens_at('ny@n.example', '2026-11-06 22:00Z'), '2026-11-09 14:00Z', '... and then Monday at nine there');
SELECT pg_temp.put('advocate_suspended', 'n1', 'any@n.example', 4.5), pg_temp.put('source_failing', 'n2', NULL, 4.5);
SELECT is(pg_temp.send(4.5), 'source_failing', 'at night only what is for nobody in particular');
SELECT is(pg_temp.send(6.9), NULL, '... over the weekend, too');
SELECT is(pg_temp.send(7), 'advocate_suspended', '... until Monday');
INSERT INTO advocacy.request (activity_type, justification, audience, outcome, requested_by, state, scheduled_for) VALUES
	('reference_call', 'x', 'x', 'x', 'rep', 'scheduled', pg_temp.at(8)), ('reference_call', 'x', 'x', 'x', 'rep', 'scheduled', pg_temp.at(20));
CREATE FUNCTION pg_temp.request(soon boolean) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_array('REQ-' || CASE WHEN soon THEN max(request_id) - 1 ELSE max(request_id) END) FROM advocacy.request $$;
SELECT pg_temp.put('advocate_suspended', 'n3', 'any@n.example', 7.6, 3, jsonb_build_object('severity', 'hard', 'requests', pg_temp.request(false)));
SELECT is(pg_temp.send(7.6), NULL, 'a hard suspension waits as well');
SELECT pg_temp.put('advocate_suspended', 'n4', 'any@n.example', 7.6, 5, jsonb_build_object('severity', 'soft', 'requests', pg_temp.request(true)));
SELECT is(pg_temp.send(7.6), NULL, '... and a soft one that touches tomorrow''s call');
SELECT pg_temp.put('advocate_suspended', 'n5', 'any@n.example', 7.6, 3, jsonb_build_object('severity', 'hard', 'requests', pg_temp.request(true)));
SELECT is(pg_temp.send(7.6), 'advocate_suspended', '... but not a hard one that does');
-- Two days are two of their calendar, after today.
CREATE FUNCTION pg_temp.urgent(at timestamptz, call timestamptz) RETURNS boolean LANGUAGE sql AS $$
	UPDATE advocacy.request SET scheduled_for = call WHERE 'REQ-' || request_id = pg_temp.request(false) ->> 0;
	SELECT advocacy.outbox_is_urgent('advocate_suspended', jsonb_build_object('severity', 'hard', 'csm_email', 'any@n.example', 'requests', pg_temp.request(false)), at) $$;
SELECT is(pg_temp.urgent('2026-11-06 20:00Z', '2026-11-10 15:00Z') || ' ' || pg_temp.urgent('2026-11-06 20:00Z', '2026-11-11 08:30Z'), 'true false', 'on Friday evening Tuesday is near, Wednesday isn''t');
SELECT is(pg_temp.urgent('2026-11-08 12:00Z', '2026-11-10 15:00Z') || ' ' || pg_temp.urgent('2026-11-08 12:00Z', '2026-11-11 08:30Z'), 'true false', '... nor on Sunday');
SELECT advocacy.calendar_define('berlin', 'Europe/Berlin', '{"mon": [["09:00","17:00"]], "wed": [["09:00","17:00"]]}', '{2026-11-09}', '2026-11-05');
SELECT is(pg_temp.urgent('2026-11-06 20:00Z', '2026-11-16 15:00Z') || ' ' || pg_temp.urgent('2026-11-06 20:00Z', '2026-11-16 17:30Z'), 'true false', '... and days off are none');
SELECT advocacy.policy_setting_define('quiet_calendars', NULL);

-- A month of 35 advocates, 5 CSMs and 10 reps, with far more trouble than there is: every advocate's account falls and
-- recovers every four days or so, in runs of three hours.
DELETE FROM advocacy.notification; DELETE FROM advocacy.outbox;
SELECT setseed(0.5);
CREATE FUNCTION pg_temp.month() RETURNS TABLE (owner text, week integer, told bigint) LANGUAGE plpgsql AS $$
DECLARE
	day numeric := 30;
	turn integer;
	bad boolean[] := array_fill(false, ARRAY[35]);
	since integer[] := array_fill(0, ARRAY[35]);
BEGIN
	FOR turn IN 1 .. 28 * 8 LOOP
		day := 30 + turn / 8.0;
		FOR n IN 1 .. 35 LOOP
			CONTINUE WHEN random() > 1.0 / 16;
			IF bad[n] THEN
				PERFORM pg_temp.put('advocate_reinstated', 'm' || n || '-' || since[n], 'csm' || n % 5, day);
			ELSE
				since[n] := turn;
				PERFORM pg_temp.put('advocate_suspended', 'm' || n || '-' || since[n], 'csm' || n % 5, day);
			END IF;
			bad[n] := NOT bad[n];
		END LOOP;
		IF random() < 0.3 THEN
			PERFORM pg_temp.put('sla_warning', 'q' || turn, 'rep' || turn % 10, day);
		END IF;
		PERFORM pg_temp.send(day);
	END LOOP;
	RETURN QUERY SELECT o.owner, floor(extract(epoch FROM o.ended_at - pg_temp.at(30)) / 604800)::integer, count(*)
		FROM advocacy.outbox AS o WHERE o.state = 'sent' AND o.audience = 'csm' GROUP BY 1, 2;
END $$;
CREATE TEMP TABLE month AS SELECT * FROM pg_temp.month();
SELECT cmp_ok((SELECT max(told) FROM month), '<=', 5::bigint, 'a simulated month: at most five messages a CSM a week');
SELECT cmp_ok((SELECT count(*) FROM month), '>=', 15::bigint, '... of which they had some');
SELECT cmp_ok((SELECT count(*) FROM advocacy.outbox WHERE audience = 'csm'), '>', 300::bigint, '... for there was much to tell');
SELECT is((SELECT count(*) FROM advocacy.outbox WHERE state IN ('pending', 'sending') OR state = 'muted' AND last_error IS NULL), 0::bigint,
	'... and everything was told, or says why not');
SELECT is((SELECT count(*) FROM advocacy.outbox WHERE audience = 'rep' AND state <> 'sent'), 0::bigint, '... to the reps all of it');
SELECT * FROM finish();
ROLLBACK;
