-- What reps read on the requests that they filed in the CRM: what has become of each, and why where it is refused or waits.
BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL jit = off;
SELECT plan(34);
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
SELECT advocacy.stage_prepare(), advocacy.source_register('crm', 'salesforce', 1), advocacy.source_register('hub', 'hubspot', 2);
INSERT INTO pg_temp.stage_opportunity (remote_id, modified_at, name) VALUES ('D1', '2026-11-01', 'Acme, 200 seats');
SELECT advocacy.sync_apply('crm', 'opportunity', 'c', true, '2026-11-01', 1, 1, '2026-11-02', '2026-11-02');
INSERT INTO pg_temp.stage_support_case (remote_id, modified_at, subject, closed) VALUES ('R1', '2026-11-23 15:00Z', 'a reference', false);
SELECT advocacy.sync_apply('crm', 'support_case', 'c', true, '2026-11-01', 1, 1, '2026-11-02', '2026-11-02');

CREATE FUNCTION pg_temp.words() RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_object_agg(w, upper(w)) FROM unnest('{waiting,refused,submitted,triaged,matching,proposed,awaiting_csm,awaiting_advocate,scheduled,'
		'suspended_hold,held,feedback_due,completed,declined,expired,cancelled,unfulfillable}'::text[]) AS w $$;
CREATE FUNCTION pg_temp.read(at timestamptz) RETURNS bigint LANGUAGE sql AS
$$ SELECT a.rows_changed FROM advocacy.sync_apply('crm', 'request', 'c', true, at, 1, 1, at, at) AS a $$;
CREATE FUNCTION pg_temp.stage(remote_id text, modified_at timestamptz, VARIADIC changes text[] DEFAULT '{}') RETURNS void
LANGUAGE sql AS $$
	INSERT INTO pg_temp.stage_request SELECT (jsonb_populate_record(NULL::advocacy.stage_request,
		jsonb_build_object('remote_id', remote_id, 'modified_at', modified_at, 'opportunity_remote_id', 'D1',
			'activity_type', 'Reference Call', 'justification', 'security worries', 'audience', 'their CISO',
			'outcome', 'a yes', 'needed_by', '2026-12-04', 'requested_by_email', 'rep@example.com', 'submitted', true)
		|| CASE WHEN changes = '{}' THEN '{}' ELSE jsonb_object(changes) END)).*
$$;
CREATE FUNCTION pg_temp.flag(remote_id text) RETURNS text LANGUAGE sql AS
$$ SELECT coalesce((SELECT concat_ws(' | ', coalesce(f.wanted, '-'), f.wanted_reason, f.delivery) FROM advocacy.crm_flag AS f WHERE f.remote_id = $1), 'none') $$;
-- Sends all that is due; what went out.
CREATE FUNCTION pg_temp.send(at timestamptz) RETURNS text LANGUAGE sql AS $$
	WITH c AS MATERIALIZED (SELECT * FROM advocacy.writeback_claim('crm', 200, '2 minutes', at))
	SELECT string_agg(concat_ws('=', c.remote_id, coalesce(c.wanted, '-'), c.reason), ', ' ORDER BY c.remote_id) FROM c $$;
CREATE FUNCTION pg_temp.settle(at timestamptz, verdict text DEFAULT 'sent') RETURNS integer LANGUAGE sql AS $$
	SELECT advocacy.writeback_settle('crm', 'request', array_agg(f.remote_id), array_agg(verdict), array_agg(''::text), array_agg('no'::text), 1,
		at - interval '1 second', at + interval '1 second', NULL, at) FROM advocacy.crm_flag AS f WHERE f.delivery = 'sending' $$;
CREATE FUNCTION pg_temp.request(remote_id text) RETURNS bigint LANGUAGE sql AS
$$ SELECT t.request_id FROM advocacy.request_record AS t WHERE t.remote_id = $1 $$;

-- Nothing is mapped to be written: nothing is kept.
SELECT pg_temp.stage('R0', '2026-11-23 14:00Z', 'outcome', NULL);
SELECT pg_temp.read('2026-11-23 14:01Z');
SELECT is((SELECT count(*) FROM advocacy.crm_flag), 0::bigint, 'without a target there are no flags');
SELECT throws_ok($$SELECT advocacy.writeback_register('crm', jsonb_build_object('request', jsonb_build_object('fields', 'R.S', 'words', pg_temp.words() - 'held')))$$,
	'22023', NULL, 'each state of a request needs its word');
SELECT throws_ok($$SELECT advocacy.writeback_register('crm', '{"staff": {"fields": "x", "words": {"eligible": "a", "caution": "a", "suspended": "a", "ineligible": "a", "withdrawn": "a", "left": "a"}}}')$$,
	'23514', NULL, 'nothing is written onto anything else');

-- A target: what is known already, too. Nothing is sent before a person says so.
SELECT is(advocacy.writeback_register('crm', jsonb_build_object('request', jsonb_build_object('fields', 'Case.State__c, Why__c', 'words', pg_temp.words())), '2026-11-23 14:02Z'), true, 'a target');
SELECT is(pg_temp.flag('R0'), 'REFUSED | the request is incomplete: outcome missing | pending', 'what was refused shows it, with the field');
SELECT is(pg_temp.send('2026-11-23 14:03Z'), NULL, 'nothing is sent yet');
SELECT advocacy.writeback_start('crm', 'looked at it', 'mary', '2026-11-23 14:04Z');
SELECT is(pg_temp.send('2026-11-23 14:05Z'), 'R0=REFUSED=the request is incomplete: outcome missing', 'then it is, the reason with it');
SELECT is(pg_temp.settle('2026-11-23 14:05Z'), 0, 'and stands there');
SELECT is(pg_temp.flag('R0'), 'REFUSED | the request is incomplete: outcome missing | current', 'current');

-- Our own write comes back as no news, whether the record is read as a request or as a case.
SELECT pg_temp.stage('R0', '2026-11-23 14:05Z', 'outcome', NULL);
SELECT is(pg_temp.read('2026-11-23 14:06Z'), 0::bigint, 'the request is as it was');
SELECT is(pg_temp.send('2026-11-23 14:06Z'), NULL, 'and nothing is written again');

-- Another reason is written; the state is the same.
SELECT pg_temp.stage('R0', '2026-11-23 14:10Z', 'outcome', 'a yes', 'audience', ' ');
SELECT pg_temp.read('2026-11-23 14:11Z');
SELECT is(pg_temp.send('2026-11-23 14:11Z'), 'R0=REFUSED=the request is incomplete: audience missing', 'another field is missing');
-- While that is under way it is mended: what arrives late doesn't count as what is wanted.
SELECT pg_temp.stage('R0', '2026-11-23 14:12Z');
SELECT pg_temp.read('2026-11-23 14:13Z');
SELECT pg_temp.settle('2026-11-23 14:13Z');
SELECT is(pg_temp.flag('R0'), 'SUBMITTED | pending', 'mended: submitted, and no reason any more');
SELECT is(pg_temp.send('2026-11-23 14:14Z'), 'R0=SUBMITTED', 'which is written next');
SELECT is(advocacy.writeback_recover('crm', '2026-11-23 14:14Z'), 1, 'its sender dies');
SELECT is(pg_temp.send('2026-11-23 14:15Z'), 'R0=SUBMITTED', 'the next one makes sure');
SELECT pg_temp.settle('2026-11-23 14:15Z', 'refused');
SELECT is(pg_temp.flag('R0'), 'SUBMITTED | refused', 'a record that the vendor refuses waits for a day');
SELECT is(advocacy.writeback_report() #>> '{0,refused}', '1', 'status tells of it');

-- A draft shows nothing; a deal that isn't here yet is waited for; what is silent for a day is refused.
SELECT pg_temp.stage('R1', '2026-11-23 15:00Z', 'submitted', 'false');
SELECT pg_temp.stage('R2', '2026-11-23 15:00Z', 'opportunity_remote_id', 'D2');
SELECT pg_temp.stage('R3', '2026-11-23 15:00Z', 'submitted_at', '2026-10-01 12:00Z');
SELECT pg_temp.stage('R4', '2026-11-23 15:00Z', 'activity_type', E'free\n' || repeat('lunch', 80));
SELECT pg_temp.read('2026-11-23 15:01Z');
SELECT is(pg_temp.flag('R1'), 'none', 'a draft shows nothing');
SELECT is(pg_temp.flag('R2'), 'WAITING | opportunity: the deal "D2" is not known here yet; it is waited for a day at the most | pending', 'a request waits for its deal');
SELECT is(pg_temp.flag('R3'), 'none', 'what is long past shows nothing');
SELECT is((SELECT length(wanted_reason) || ' ' || left(wanted_reason, 35) FROM advocacy.crm_flag WHERE remote_id = 'R4'), '255 unknown activity_type "free_lunchlu', 'a reason is one line, no longer than a field');
SELECT pg_temp.read('2026-11-24 15:30Z');
SELECT is(pg_temp.flag('R2'), 'REFUSED | there is no opportunity "D2" | pending', 'then it is refused');

-- Its life; what people write for each other stays here.
SELECT pg_temp.stage('R1', '2026-11-25 14:00Z');
SELECT pg_temp.read('2026-11-25 14:01Z');
SELECT advocacy.request_acknowledge(pg_temp.request('R1'), 'ann', '2026-11-25 14:10Z');
SELECT is(pg_temp.flag('R1'), 'TRIAGED | pending', 'triaged');
SELECT advocacy.request_wait(pg_temp.request('R1'), 'rep', 'which of their offices?', 'ann', '2026-11-25 14:20Z');
SELECT is(pg_temp.flag('R1'), 'TRIAGED | waits for the rep | pending', 'it waits for the rep');
SELECT advocacy.request_resume(pg_temp.request('R1'), 'ann', '2026-11-25 14:30Z');
SELECT is(pg_temp.flag('R1'), 'TRIAGED | pending', 'no more');
SELECT pg_temp.stage('R1', '2026-11-25 14:40Z', 'priority', 'yesterday');
SELECT pg_temp.read('2026-11-25 14:41Z');
SELECT is(pg_temp.flag('R1'), 'TRIAGED | unknown priority "yesterday" | pending', 'what was changed and isn''t followed is said, too');
SELECT pg_temp.stage('R1', '2026-11-25 14:42Z');
SELECT pg_temp.read('2026-11-25 14:43Z');
SELECT advocacy.request_decline(pg_temp.request('R1'), 'Dana''s health is bad', 'program', 'ann', '2026-11-25 14:50Z');
SELECT is(pg_temp.flag('R1'), 'DECLINED | pending', 'declined, and not why');
SELECT is((SELECT count(*) FROM advocacy.crm_flag WHERE entity = 'request' AND (advocate_id, account_id) IS DISTINCT FROM (NULL, NULL)), 0::bigint, 'no advocate, no account');

-- A record that is a case as well: the case is no newer for what we wrote.
SELECT pg_temp.send('2026-11-25 14:51Z'), pg_temp.settle('2026-11-25 14:51Z');
INSERT INTO pg_temp.stage_support_case (remote_id, modified_at, subject, closed) VALUES ('R1', '2026-11-25 14:51Z', 'a reference', false);
SELECT is((SELECT a.rows_changed FROM advocacy.sync_apply('crm', 'support_case', 'c', true, '2026-11-25 14:52Z', 1, 1, '2026-11-25 14:52Z', '2026-11-25 14:52Z') AS a), 0::bigint, 'our write is no news of the case');
INSERT INTO pg_temp.stage_support_case (remote_id, modified_at, subject, closed) VALUES ('R1', '2026-11-25 14:51Z', 'a reference', true);
SELECT is((SELECT a.rows_changed FROM advocacy.sync_apply('crm', 'support_case', 'c', true, '2026-11-25 14:53Z', 1, 1, '2026-11-25 14:53Z', '2026-11-25 14:53Z') AS a), 1::bigint, 'closed in that very second is');

-- Taken back; gone; no longer mapped.
SELECT pg_temp.stage('R2', '2026-11-25 15:00Z', 'cancelled', 'true');
SELECT pg_temp.read('2026-11-25 15:01Z');
SELECT is(pg_temp.flag('R2'), 'CANCELLED | pending', 'what was never filed can be taken back');
INSERT INTO pg_temp.stage_request (remote_id, modified_at, deleted) VALUES ('R2', '2026-11-25 15:10Z', true);
SELECT pg_temp.read('2026-11-25 15:11Z');
SELECT is(pg_temp.flag('R2'), 'none', 'what is gone shows nothing');
SELECT advocacy.writeback_register('crm', '{}', '2026-11-25 15:20Z');
SELECT is((SELECT count(*) FROM advocacy.crm_flag), 0::bigint, 'what is no longer mapped is forgotten');
SELECT * FROM finish();
ROLLBACK;
