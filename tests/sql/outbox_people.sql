-- Messages to people, answers in threads, edits: what a claim says of them, and what a delivery leads to.
BEGIN;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();
DELETE FROM advocacy.route; DELETE FROM advocacy.message_kind; DELETE FROM advocacy.channel_status; DELETE FROM advocacy.outbox;
INSERT INTO advocacy.route (route, kinds, channel, recipient) VALUES ('all', '{*}', 'c', 'owner');
INSERT INTO advocacy.message_kind (kind, audience, severity, follows, mutes) VALUES
	('advocate_suspended', 'csm', 'danger', '{}', '{}'), ('advocate_reinstated', 'csm', 'good', '{advocate_suspended}', '{}'),
	('sla_warning', 'rep', 'warning', '{}', '{}'), ('sla_breach', 'rep', 'danger', '{}', '{sla_warning}');
INSERT INTO advocacy.staff (source, remote_id, email, manager_remote_id) VALUES ('s', 'u1', 'dana@n.example', 'u2'), ('s', 'u2', 'boss@n.example', NULL);
CREATE FUNCTION pg_temp.at(hour numeric) RETURNS timestamptz LANGUAGE sql AS $$ SELECT '2026-11-02 09:00Z'::timestamptz + hour * interval '1 hour' $$;
CREATE FUNCTION pg_temp.put(kind text, event text, hour numeric) RETURNS void LANGUAGE sql AS $$
	SELECT advocacy.outbox_put(kind, kind || event, jsonb_build_object('event', event, 'csm_email', 'Dana@n.example', 'requested_by', 'rep@n.example'), 5, pg_temp.at(hour)) $$;
CREATE TEMP TABLE now (outbox_id bigint, kind text, recipient text, recipient_user text, recipient_place text, thread_place text,
	thread_id text, is_edit boolean, lost_at timestamptz);
CREATE FUNCTION pg_temp.claim(hour numeric) RETURNS text LANGUAGE sql AS $$
	DELETE FROM now;
	INSERT INTO now SELECT c.outbox_id, c.kind, c.recipient, c.recipient_user, c.recipient_place, c.thread_place, c.thread_id, c.is_edit, c.lost_at
	  FROM advocacy.outbox_claim('d', '{c}', '1 minute', pg_temp.at(hour)) AS c;
	SELECT concat_ws(' ', kind, recipient, recipient_user, recipient_place, thread_place, thread_id, CASE WHEN is_edit THEN 'edit' END) FROM now $$;
CREATE FUNCTION pg_temp.sent(hour numeric, place text, id text) RETURNS boolean LANGUAGE sql AS $$
	SELECT advocacy.outbox_sent(n.outbox_id, 'd', 'text', pg_temp.at(hour), place, id) FROM now AS n $$;

SELECT pg_temp.put('advocate_suspended', 'r1', 0);
SELECT is(pg_temp.claim(0), 'advocate_suspended dana@n.example', 'to the person it is for, whose place has to be asked');
SELECT advocacy.person_found('c', 'Dana@n.example', 'U1', 'D1', pg_temp.at(0));
SELECT is(pg_temp.sent(0, 'D1', '1.1'), true, 'it stands somewhere');
SELECT results_eq($$SELECT recipient, place, message_id, subject FROM advocacy.notification$$, $$VALUES ('dana@n.example', 'D1', '1.1', 'r1')$$, '... which is remembered');
SELECT is(pg_temp.claim(0.1), NULL, 'a problem is nobody''s answer');
SELECT pg_temp.put('advocate_reinstated', 'r1', 1);
SELECT is(pg_temp.claim(1), 'advocate_reinstated dana@n.example U1 D1 D1 1.1', 'its end is told in its thread');
SELECT pg_temp.sent(1, 'D1', '1.2');
SELECT is(pg_temp.claim(1), 'advocate_reinstated dana@n.example U1 D1 D1 1.1 edit', '... and the problem is edited to show it');
SELECT pg_temp.sent(1, 'D1', '1.1');
SELECT is(pg_temp.claim(1.1), NULL, '... once');
SELECT pg_temp.put('advocate_suspended', 'r2', 25);
SELECT is(pg_temp.claim(25), 'advocate_suspended dana@n.example', 'after a day the place is asked anew');

-- Nobody there: the manager, then the channel; what was known of them is forgotten.
SELECT is(advocacy.outbox_redirect(outbox_id, 'x', 'gone', pg_temp.at(25)), false, 'not by somebody else') FROM now;
SELECT is(advocacy.outbox_redirect(outbox_id, 'd', 'gone', pg_temp.at(25)), true, 'the person can''t be reached') FROM now;
SELECT is((SELECT count(*) FROM advocacy.person_place), 0::bigint, '... and what was known is forgotten');
SELECT is(pg_temp.claim(25), 'advocate_suspended boss@n.example', '... so it goes to the manager, at once');
SELECT advocacy.outbox_redirect(outbox_id, 'd', 'gone', pg_temp.at(25)) FROM now;
SELECT is(pg_temp.claim(25), 'advocate_suspended', '... and at last to the channel');
SELECT pg_temp.sent(25, 'C1', '1.3');

-- What says more is a message of its own, and the other one is edited.
SELECT pg_temp.put('sla_warning', 'q1', 26);
SELECT is(pg_temp.claim(26), 'sla_warning rep@n.example', 'a warning');
SELECT pg_temp.sent(26, 'D2', '2.1');
SELECT pg_temp.put('sla_breach', 'q1', 27);
SELECT is(pg_temp.claim(27), 'sla_breach rep@n.example', 'a breach is no answer to it, which would be overlooked');
SELECT pg_temp.sent(27, 'D2', '2.2');
SELECT is(pg_temp.claim(27), 'sla_breach rep@n.example D2 2.1 edit', '... but the warning is edited');
SELECT pg_temp.sent(27, 'D2', '2.1');

-- A lost answer: since when to look, and what is certain.
SELECT pg_temp.put('sla_warning', 'q3', 28);
SELECT pg_temp.claim(28);
SELECT is((SELECT lost_at FROM now), NULL, 'nothing is lost at first');
SELECT advocacy.outbox_unknown(outbox_id, 'd', 'timed out', '0', pg_temp.at(28.1)) FROM now;
SELECT pg_temp.claim(28.2);
SELECT is((SELECT lost_at FROM now), pg_temp.at(28), 'since the try began');
SELECT advocacy.outbox_unknown(outbox_id, 'd', 'timed out', '0', pg_temp.at(28.3)) FROM now;
SELECT pg_temp.claim(28.4);
SELECT is((SELECT lost_at FROM now), pg_temp.at(28), '... the first of them');
SELECT advocacy.outbox_sent(outbox_id, 'd', 'text', pg_temp.at(28.5), 'D2', '2.3', may_repeat => false) FROM now;
SELECT is((SELECT possibly_repeated FROM advocacy.notification WHERE message_id = '2.3'), false, 'what was found stands there once');
-- A webhook says nothing of where it stands: no thread, no edit.
SELECT pg_temp.put('sla_breach', 'q4', 29);
SELECT pg_temp.claim(29);
SELECT advocacy.outbox_sent(outbox_id, 'd', 'text', pg_temp.at(29)) FROM now;
SELECT is(pg_temp.claim(29.1), NULL, 'nothing to edit');
SELECT * FROM finish();
ROLLBACK;
