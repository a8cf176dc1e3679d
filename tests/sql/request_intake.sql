-- Requests filed in the CRM: each is filed once, an incomplete one is refused once with its field, and the rep can take
-- it back there.
BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL jit = off;
SELECT plan(70);

SELECT count(*) FROM advocacy.policy_apply('{"calendars":[{"name":"r","time_zone":"America/New_York","weekly_hours":{"mon":[["09:00","17:00"]],"tue":[["09:00","17:00"]],"wed":[["09:00","17:00"]],"thu":[["09:00","17:00"]],"fri":[["09:00","17:00"]]}}],
	"slas":[{"name":"ack","metric":"acknowledge","calendar":"r","target_s":14400,"thresholds":[[75,"owner"]]},
	        {"name":"connect","metric":"connect","calendar":"r","target_s":86400,"thresholds":[[75,"owner"]]},
	        {"name":"fast","metric":"connect","priority":"expedite","calendar":"r","target_s":28800,"thresholds":[]}],
	"routes":[{"name":"all","kinds":["*"],"channel":"program"}]}', '2026-11-01Z') \g /dev/null
SELECT advocacy.stage_prepare();
SELECT advocacy.source_register('crm', 'salesforce', 1);
INSERT INTO pg_temp.stage_staff (remote_id, modified_at, email, name) VALUES ('U1', '2026-11-01', 'rep@example.com', 'Rep');
SELECT advocacy.sync_apply('crm', 'staff', 'c', true, '2026-11-01', 1, 1, '2026-11-02', '2026-11-02');
INSERT INTO pg_temp.stage_opportunity (remote_id, modified_at, name) VALUES ('D1', '2026-11-01', 'Acme, 200 seats');
SELECT advocacy.sync_apply('crm', 'opportunity', 'c', true, '2026-11-01', 1, 1, '2026-11-02', '2026-11-02');

CREATE FUNCTION pg_temp.read(at timestamptz, mode text DEFAULT 'changes') RETURNS bigint LANGUAGE sql AS
$$ SELECT a.rows_changed FROM advocacy.sync_apply('crm', 'request', 'c', true, at, 1, 1, at, at, mode) AS a $$;
CREATE FUNCTION pg_temp.stage(remote_id text, modified_at timestamptz, VARIADIC changes text[] DEFAULT '{}') RETURNS void
LANGUAGE sql AS $$
	INSERT INTO pg_temp.stage_request SELECT (jsonb_populate_record(NULL::advocacy.stage_request,
		jsonb_build_object('remote_id', remote_id, 'modified_at', modified_at, 'opportunity_remote_id', 'D1',
			'activity_type', 'Reference Call', 'justification', 'security worries', 'audience', 'their CISO',
			'outcome', 'a yes', 'needed_by', '2026-12-04', 'requested_by_remote_id', 'U1', 'submitted', true)
		|| CASE WHEN changes = '{}' THEN '{}' ELSE jsonb_object(changes) END)).*
$$;
CREATE FUNCTION pg_temp.record(remote_id text) RETURNS text LANGUAGE sql AS
$$ SELECT concat_ws('|', t.state, r.state, t.refused_field, t.refusal) FROM advocacy.request_record AS t
	LEFT JOIN advocacy.request AS r USING (request_id) WHERE t.remote_id = $1 $$;

-- Filed.
SELECT pg_temp.stage('R1', '2026-11-23 15:00Z', 'submitted', 'false');
SELECT is(pg_temp.read('2026-11-23 15:01Z'), 1::bigint, 'a draft is kept');
SELECT is(pg_temp.record('R1'), 'draft', 'and not filed');
SELECT pg_temp.stage('R1', '2026-11-23 16:00Z');
SELECT is(pg_temp.read('2026-11-23 16:05Z'), 1::bigint, 'once it is submitted');
SELECT is(pg_temp.record('R1'), 'filed|submitted', 'it is filed');
SELECT results_eq($$SELECT r.activity_type, r.justification, r.audience, r.outcome, r.needed_by, r.requested_by, r.priority, r.submitted_at, o.remote_id
	FROM advocacy.request AS r JOIN advocacy.opportunity AS o USING (opportunity_id)$$,
	$$VALUES ('reference_call', 'security worries', 'their CISO', 'a yes', '2026-12-05 00:00 America/New_York'::timestamptz, 'rep@example.com', 'normal', '2026-11-23 16:00Z'::timestamptz, 'D1')$$,
	'with what it says: needed by the end of the day where the program works, submitted when the rep did');
SELECT is((SELECT k.started_at FROM advocacy.sla_clock AS k WHERE k.metric = 'acknowledge'), '2026-11-23 16:00Z'::timestamptz,
	'its clocks run from then on, not from when we read it');
SELECT is((SELECT count(*) FROM advocacy.outbox WHERE kind = 'request_received'), 1::bigint, 'the program is told');
SELECT pg_temp.stage('R1', '2026-11-23 16:00Z');
SELECT is(pg_temp.read('2026-11-23 16:10Z', 'all'), 0::bigint, 'read again it changes nothing');
SELECT pg_temp.stage('R1', '2026-11-23 17:00Z', 'justification', 'price worries');
SELECT pg_temp.read('2026-11-23 17:05Z');
SELECT is((SELECT count(*) FROM advocacy.request), 1::bigint, 'changed after that it is not filed twice');
SELECT pg_temp.stage('R1', '2026-11-23 15:30Z', 'cancelled', 'true');
SELECT is(pg_temp.read('2026-11-23 17:10Z'), 0::bigint, 'an older version says nothing');

-- Refused, once, until it is corrected.
SELECT pg_temp.stage('R2', '2026-11-23 15:00Z', 'audience', '  ', 'outcome', NULL);
SELECT pg_temp.stage('R3', '2026-11-23 15:00Z', 'activity_type', 'Free lunch');
SELECT pg_temp.stage('R4', '2026-11-23 15:00Z', 'requested_by_remote_id', 'U9');
SELECT pg_temp.read('2026-11-23 17:20Z');
SELECT is(pg_temp.record('R2'), 'refused|audience|the request is incomplete: audience, outcome missing', 'what is missing is named');
SELECT is(pg_temp.record('R3'), 'refused|activity_type|unknown activity_type "free_lunch"', 'what is wrong is named');
SELECT is(pg_temp.record('R4'), 'refused|requested_by|the request is incomplete: requested_by missing', 'nobody to answer');
SELECT is((SELECT count(*) FROM advocacy.request), 1::bigint, 'none is filed');
SELECT results_eq($$SELECT o.facts ->> 'filing', o.facts ->> 'refused_field', o.facts ->> 'requested_by' FROM advocacy.outbox AS o
	WHERE o.kind = 'request_refused' ORDER BY 1$$,
	$$VALUES ('R2', 'audience', 'rep@example.com'), ('R3', 'activity_type', 'rep@example.com'), ('R4', 'requested_by', NULL)$$,
	'each is told with its field and its rep');
SELECT pg_temp.stage('R2', '2026-11-23 17:30Z', 'audience', '', 'outcome', NULL);
SELECT pg_temp.read('2026-11-23 17:31Z');
SELECT is((SELECT count(*) FROM advocacy.outbox WHERE kind = 'request_refused'), 3::bigint, 'the same refusal is told once');
SELECT pg_temp.stage('R2', '2026-11-23 18:00Z', 'priority', 'Expedite');
SELECT pg_temp.read('2026-11-23 18:05Z');
SELECT is(pg_temp.record('R2'), 'filed|submitted', 'corrected it is filed');
SELECT is((SELECT r.priority FROM advocacy.request AS r JOIN advocacy.request_record AS t USING (request_id) WHERE t.remote_id = 'R2'),
	'expedite', 'with its priority');

-- How widely the customer is shown.
SELECT is((SELECT r.exposure FROM advocacy.request AS r JOIN advocacy.request_record AS t USING (request_id) WHERE t.remote_id = 'R2'),
	'internal', 'a record that doesn''t say how widely shows the customer as its activity does');
SELECT pg_temp.stage('E1', '2026-11-23 18:00Z', 'exposure', ' Named ');
SELECT pg_temp.stage('E2', '2026-11-23 18:00Z', 'exposure', 'everywhere');
SELECT pg_temp.stage('E3', '2026-11-23 18:00Z', 'exposure', ' ', 'priority', '', 'activity_type', 'Quote');
SELECT pg_temp.read('2026-11-23 18:05Z');
SELECT is((SELECT string_agg(t.remote_id || ' ' || r.exposure || ' ' || r.priority, ', ' ORDER BY 1) FROM advocacy.request AS r
	JOIN advocacy.request_record AS t USING (request_id) WHERE t.remote_id LIKE 'E%'), 'E1 named normal, E3 public normal', 'otherwise as it says');
SELECT is(pg_temp.record('E2'), 'refused|exposure|unknown exposure "everywhere"', 'what isn''t known is refused, with its field');
SELECT pg_temp.stage('E2', '2026-11-23 18:06Z', 'exposure', 'public');
SELECT is(pg_temp.read('2026-11-23 18:07Z'), 1::bigint, 'corrected in nothing but that');
SELECT is(pg_temp.record('E2'), 'filed|submitted', 'it is filed');

-- The deal is not here yet.
SELECT pg_temp.stage('R5', '2026-11-23 18:00Z', 'opportunity_remote_id', 'D5');
SELECT pg_temp.stage('R6', '2026-11-23 18:00Z', 'opportunity_remote_id', 'D6');
SELECT pg_temp.stage('R7', '2026-11-23 18:00Z', 'opportunity_remote_id', NULL);
SELECT pg_temp.read('2026-11-23 18:10Z');
SELECT is(pg_temp.record('R5'), 'waiting', 'a request waits for its deal');
SELECT is(pg_temp.record('R7'), 'refused|opportunity|the request is incomplete: opportunity missing', 'one without a deal is refused');
INSERT INTO pg_temp.stage_opportunity (remote_id, modified_at, name) VALUES ('D5', '2026-11-23 18:00Z', 'Bolt');
SELECT advocacy.sync_apply('crm', 'opportunity', 'c', true, '2026-11-23 18:20Z', 1, 1, '2026-11-23 18:20Z', '2026-11-23 18:20Z');
SELECT is(pg_temp.record('R5'), 'filed|submitted', 'and is filed when it comes');
SELECT is((SELECT r.submitted_at FROM advocacy.request AS r JOIN advocacy.request_record AS t USING (request_id) WHERE t.remote_id = 'R5'),
	'2026-11-23 18:00Z'::timestamptz, 'as of when the rep submitted it');
SELECT is(pg_temp.record('R6'), 'waiting', 'the other goes on waiting');
SELECT is(pg_temp.read('2026-11-23 19:00Z'), 0::bigint, 'which changes nothing');
SELECT pg_temp.read('2026-11-24 18:30Z');
SELECT is(pg_temp.record('R6'), 'refused|opportunity|there is no opportunity "D6"', 'a day at most');

-- Taken back in the CRM.
SELECT pg_temp.stage('R1', '2026-11-25 10:00Z', 'cancelled', 'true');
INSERT INTO pg_temp.stage_request (remote_id, modified_at, deleted) VALUES ('R2', '2026-11-25 10:00Z', true), ('R3', NULL, true), ('R99', NULL, true);
SELECT is(pg_temp.read('2026-11-25 10:05Z'), 3::bigint, 'the end of a record that was never known is no news');
SELECT is(pg_temp.record('R1'), 'withdrawn|cancelled', 'cancelled there is cancelled here');
SELECT is(pg_temp.record('R2'), 'withdrawn|cancelled', 'deleted likewise');
SELECT is(pg_temp.record('R3'), 'withdrawn', 'a refused one is refused no longer');
SELECT is((SELECT string_agg(DISTINCT k.state, ',') FROM advocacy.sla_clock AS k JOIN advocacy.request_record AS t USING (request_id)
	WHERE t.remote_id IN ('R1', 'R2') AND k.metric = 'connect'), 'cancelled', 'their clocks stop');
SELECT is((SELECT e.reason FROM advocacy.request_event AS e JOIN advocacy.request_record AS t USING (request_id)
	WHERE t.remote_id = 'R1' AND e.move = 'cancel'), 'taken back in crm', 'with the reason');
SELECT advocacy.request_decline(t.request_id, 'nobody fits', at => '2026-11-25 11:00Z') FROM advocacy.request_record AS t WHERE t.remote_id = 'R5';
SELECT pg_temp.stage('R5', '2026-11-25 12:00Z', 'opportunity_remote_id', 'D5', 'cancelled', 'true');
SELECT pg_temp.read('2026-11-25 12:05Z');
SELECT is(pg_temp.record('R5'), 'withdrawn|declined', 'what has ended here is not ended again');

-- Changed in the CRM after it was filed: how urgent it is, and how widely the customer is shown.
CREATE FUNCTION pg_temp.now_is(remote_id text) RETURNS text LANGUAGE sql AS
$$ SELECT concat_ws(' ', r.priority, r.exposure, p.name) FROM advocacy.request_record AS t JOIN advocacy.request AS r USING (request_id)
	LEFT JOIN advocacy.sla_clock AS k ON k.request_id = r.request_id AND k.metric = 'connect' LEFT JOIN advocacy.sla_policy AS p USING (policy_id)
	WHERE t.remote_id = $1 $$;
CREATE FUNCTION pg_temp.id(remote_id text) RETURNS bigint LANGUAGE sql AS
$$ SELECT t.request_id FROM advocacy.request_record AS t WHERE t.remote_id = $1 $$;
CREATE FUNCTION pg_temp.told(remote_id text) RETURNS bigint LANGUAGE sql AS
$$ SELECT count(*) FROM advocacy.outbox WHERE kind = 'request_prioritized' AND facts ->> 'request' = 'REQ-' || pg_temp.id($1) $$;
SELECT pg_temp.stage('P1', '2026-11-25 10:00Z');
SELECT pg_temp.read('2026-11-25 10:00Z');
SELECT pg_temp.stage('P1', '2026-11-25 10:05Z', 'priority', ' Normal ', 'exposure', 'Internal');
SELECT pg_temp.read('2026-11-25 10:06Z');
SELECT is(pg_temp.now_is('P1'), 'normal internal connect', 'what was meant anyway changes nothing');
SELECT pg_temp.stage('P1', '2026-11-25 10:10Z', 'priority', 'Expedite');
SELECT is(pg_temp.read('2026-11-25 10:11Z'), 1::bigint, 'a record becomes urgent');
SELECT is(pg_temp.now_is('P1'), 'expedite internal fast', 'and its request with it, on the promise for that');
SELECT is((SELECT concat_ws(' ', l.actor, l.reason, l.details ->> 'to', l.at AT TIME ZONE 'UTC') FROM advocacy.audit_log AS l
	WHERE l.action = 'request_prioritize' AND l.subject = 'REQ-' || pg_temp.id('P1')),
	'rep@example.com changed in crm expedite 2026-11-25 10:11:00', 'audited as the rep''s wish');
SELECT pg_temp.stage('P1', '2026-11-25 10:10Z', 'priority', 'Expedite');
SELECT is(pg_temp.read('2026-11-25 10:20Z', 'all'), 0::bigint, 'read again it is no news');
SELECT advocacy.request_prioritize(pg_temp.id('P1'), 'normal', 'it can wait', 'ann', '2026-11-25 10:30Z');
SELECT pg_temp.stage('P1', '2026-11-25 10:40Z', 'priority', 'EXPEDITE', 'justification', 'price worries');
SELECT pg_temp.read('2026-11-25 10:41Z');
SELECT is(pg_temp.now_is('P1'), 'normal internal connect', 'what people decided here stays, whatever else changes there');
SELECT pg_temp.stage('P1', '2026-11-25 10:50Z', 'priority', NULL);
SELECT pg_temp.read('2026-11-25 10:51Z');
SELECT pg_temp.stage('P1', '2026-11-25 10:52Z', 'priority', 'expedite');
SELECT pg_temp.read('2026-11-25 10:53Z');
SELECT is(pg_temp.now_is('P1'), 'normal internal connect', '... and a field that is empty for a while is no other word');
SELECT is(pg_temp.told('P1'), 2::bigint, 'each change is told once');
SELECT pg_temp.stage('P1', '2026-11-25 10:53Z', 'priority', 'normal');
SELECT pg_temp.read('2026-11-25 10:54Z');
SELECT pg_temp.stage('P1', '2026-11-25 10:55Z', 'priority', 'expedite', 'exposure', 'public');
SELECT pg_temp.read('2026-11-25 10:56Z');
SELECT is(pg_temp.now_is('P1'), 'expedite public fast', 'the next change counts again; and how widely is followed, too');
SELECT pg_temp.stage('P1', '2026-11-25 11:00Z', 'priority', 'asap', 'exposure', 'named');
SELECT lives_ok($$SELECT pg_temp.read('2026-11-25 11:01Z')$$, 'a word that isn''t known stops no reading');
SELECT is(pg_temp.record('P1') || ' ' || pg_temp.now_is('P1'), 'filed|submitted|priority|unknown priority "asap" expedite public fast', 'nothing of that is taken over');
SELECT is((SELECT concat_ws(' ', facts ->> 'request', facts ->> 'opportunity', facts ->> 'refused_field', facts ->> 'requested_by', facts ->> 'filing') FROM advocacy.outbox
	WHERE kind = 'request_refused' AND facts ->> 'filing' = 'P1'), 'REQ-' || pg_temp.id('P1') || ' Acme, 200 seats priority rep@example.com P1', 'and the rep is told which and why');
SELECT pg_temp.stage('P1', '2026-11-25 11:10Z', 'priority', 'expedite', 'exposure', 'loud');
SELECT pg_temp.read('2026-11-25 11:11Z');
SELECT is(pg_temp.record('P1') || ' ' || pg_temp.now_is('P1'), 'filed|submitted|exposure|unknown exposure "loud" expedite public fast', 'likewise how widely');
SELECT pg_temp.stage('P1', '2026-11-25 11:20Z', 'priority', 'normal', 'exposure', 'named');
SELECT pg_temp.read('2026-11-25 11:21Z');
SELECT is(pg_temp.record('P1') || ' ' || pg_temp.now_is('P1'), 'filed|submitted normal named connect', 'mended it is taken');
SELECT advocacy.request_acknowledge(pg_temp.id('P1'), 'ann', '2026-12-25Z');
SELECT pg_temp.stage('P1', '2026-11-25 11:30Z', 'priority', 'expedite', 'exposure', 'logo', 'needed_by', '2026-12-24');
SELECT lives_ok($$SELECT pg_temp.read('2026-11-25 11:31Z')$$, 'nor does a move that a person dated ahead');
SELECT is(pg_temp.now_is('P1'), 'expedite logo fast', 'it is followed all the same');
SELECT is((SELECT r.needed_by FROM advocacy.request AS r WHERE r.request_id = pg_temp.id('P1')), '2026-12-25 00:00 America/New_York'::timestamptz, 'the day, too');
SELECT advocacy.request_decline(pg_temp.id('P1'), 'nobody fits', at => '2026-12-25 11:00Z');
SELECT pg_temp.stage('P1', '2026-11-25 11:40Z', 'priority', 'asap', 'exposure', 'loud');
SELECT pg_temp.read('2026-11-25 11:41Z');
SELECT pg_temp.stage('P1', '2026-11-25 11:50Z', 'priority', 'normal', 'exposure', 'public');
SELECT pg_temp.read('2026-11-25 11:51Z');
SELECT is(pg_temp.record('P1') || ' ' || pg_temp.now_is('P1'), 'filed|declined expedite logo fast', 'what has ended follows nothing');
SELECT is((SELECT count(*) FROM advocacy.outbox WHERE kind = 'request_refused' AND facts ->> 'filing' = 'P1'), 2::bigint, 'nor is anything told of it');

-- The day.
CREATE FUNCTION pg_temp.day(remote_id text) RETURNS text LANGUAGE sql AS
$$ SELECT r.needed_by AT TIME ZONE 'America/New_York' || ' ' || (SELECT count(*) FROM advocacy.outbox WHERE kind = 'request_redated' AND facts ->> 'request' = 'REQ-' || r.request_id)
	FROM advocacy.request AS r WHERE r.request_id = pg_temp.id($1) $$;
SELECT pg_temp.stage('P2', '2026-11-25 11:52Z');
SELECT pg_temp.read('2026-11-25 11:52Z');
SELECT pg_temp.stage('P2', '2026-11-25 11:53Z', 'needed_by', '2026-12-10', 'audience', 'their CIO');
SELECT pg_temp.read('2026-11-25 11:53Z');
SELECT is(pg_temp.day('P2'), '2026-12-11 00:00:00 1', 'needed later there is needed later here, told once');
SELECT advocacy.request_redate(pg_temp.id('P2'), '2026-12-20 05:00Z', 'they have time', 'ann', '2026-11-25 11:54Z');
SELECT pg_temp.stage('P2', '2026-11-25 11:54:30Z', 'needed_by', '2026-12-10');
SELECT pg_temp.read('2026-11-25 11:54:30Z');
SELECT pg_temp.stage('P2', '2026-11-25 11:55Z', 'needed_by', NULL);
SELECT pg_temp.read('2026-11-25 11:55Z');
SELECT is(pg_temp.day('P2'), '2026-12-20 00:00:00 2', 'what people decided here stays, and an emptied field says nothing');
SELECT pg_temp.stage('P2', '2026-11-25 11:56Z', 'needed_by', '2026-11-20', 'priority', 'expedite');
SELECT pg_temp.read('2026-11-25 11:56Z');
SELECT is(pg_temp.day('P2') || ' ' || pg_temp.record('P2'), '2026-12-20 00:00:00 2 filed|submitted|needed_by|request REQ-' || pg_temp.id('P2') || ' can''t be needed by 2026-11-21T05:00:00Z: that is over', 'a day that is over is told to the rep');
SELECT is(pg_temp.now_is('P2'), 'normal internal connect', '... and nothing of that record is followed');
SELECT pg_temp.stage('P2', '2026-11-25 11:57Z', 'needed_by', '2026-11-30', 'priority', 'expedite');
SELECT pg_temp.read('2026-11-25 11:57Z');
SELECT is(pg_temp.day('P2') || ' ' || pg_temp.record('P2'), '2026-12-01 00:00:00 3 filed|submitted', 'until it is mended');
SELECT is(pg_temp.now_is('P2'), 'expedite internal fast', '... with all that it says');

-- The past.
SELECT pg_temp.stage('R8', '2026-11-25 12:00Z', 'submitted_at', '2026-10-01 12:00Z');
SELECT pg_temp.stage('R9', '2026-11-25 12:00Z', 'submitted_at', '2026-12-01 12:00Z');
SELECT pg_temp.read('2026-11-25 12:10Z');
SELECT is(pg_temp.record('R8'), 'past', 'what was submitted long ago is not filed');
SELECT is((SELECT r.submitted_at FROM advocacy.request AS r JOIN advocacy.request_record AS t USING (request_id) WHERE t.remote_id = 'R9'),
	'2026-11-25 12:10Z'::timestamptz, 'nor is anything filed in the future');

-- A move that a person dated ahead keeps nothing from being taken back, let alone the source from being read.
SELECT pg_temp.stage('R10', '2026-11-25 13:00Z');
SELECT pg_temp.read('2026-11-25 13:01Z');
SELECT advocacy.request_acknowledge(t.request_id, 'ann', '2026-12-25Z') FROM advocacy.request_record AS t WHERE t.remote_id = 'R10';
SELECT pg_temp.stage('R10', '2026-11-25 13:10Z', 'cancelled', 'true');
SELECT lives_ok($$SELECT pg_temp.read('2026-11-25 13:11Z')$$, 'the source is read');
SELECT is(pg_temp.record('R10'), 'withdrawn|cancelled', 'and the request is taken back');

-- A connection that has staged nothing yet looks after what waits.
SELECT pg_temp.stage('R11', '2026-11-25 13:00Z', 'opportunity_remote_id', 'D11');
SELECT pg_temp.read('2026-11-25 13:20Z');
DO $$ BEGIN EXECUTE (SELECT 'DROP TABLE ' || string_agg(c.oid::regclass::text, ', ') FROM pg_class AS c
	WHERE c.relnamespace = pg_my_temp_schema() AND c.relkind = 'r' AND c.relname ~ '^(stage|work)_'); END $$;
SELECT lives_ok($$SELECT pg_temp.read('2026-11-25 13:25Z')$$, 'a new connection reads a source that has nothing new');
SELECT pg_temp.read('2026-11-26 14:00Z');
SELECT is(pg_temp.record('R11'), 'refused|opportunity|there is no opportunity "D11"', 'and the filing waits no longer than a day');

-- A deal that was closed meanwhile.
INSERT INTO pg_temp.stage_opportunity (remote_id, modified_at, name, closed) VALUES ('D8', '2026-11-20', 'Lost, 9 seats', true);
SELECT advocacy.sync_apply('crm', 'opportunity', 'c', true, '2026-11-20', 1, 1, '2026-11-24', '2026-11-24');
SELECT pg_temp.stage('R80', '2026-11-23 18:00Z', 'opportunity_remote_id', 'D8');
SELECT pg_temp.read('2026-11-24 18:01Z');
SELECT alike(pg_temp.record('R80'), 'refused|opportunity|opportunity % ("Lost, 9 seats") is closed', 'no reference for a closed deal');
SELECT is((SELECT facts ->> 'refused_field' FROM advocacy.outbox WHERE kind = 'request_refused' AND facts ->> 'filing' = 'R80'), 'opportunity', '... and the rep is told');
SELECT * FROM finish();
ROLLBACK;
