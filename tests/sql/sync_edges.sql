-- What an apply keeps to where a reading goes odd ways: late pages, records that come twice, stamps from the future,
-- tombstones, lists with holes, figures that would go back, days that end.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(54);
SELECT advocacy.source_register('sf', 'salesforce', 1, '3650 days'), advocacy.source_register('hs', 'hubspot', 2, '3650 days');
SELECT advocacy.stage_prepare();

CREATE FUNCTION pg_temp.apply(source text, stream text, at timestamptz) RETURNS text LANGUAGE sql AS $$
	SELECT format('%s/%s', a.rows_changed, a.rows_rejected) FROM advocacy.sync_apply($1, $2, 'c', true, $3, 1, 1, $3, $3) AS a $$;
CREATE FUNCTION pg_temp.person(id text) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', c.last_name, c.email, CASE WHEN c.deleted THEN 'deleted' END) FROM advocacy.contact AS c WHERE c.remote_id = $1 $$;

-- --- old over new --------------------------------------------------------------------------------------------------
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, last_name, email) VALUES ('P1', '2026-05-02', 'New', 'new@x.example');
SELECT pg_temp.apply('sf', 'contact', '2026-05-02 01:00Z');
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, last_name, email) VALUES ('P1', '2026-05-01', 'Old', 'old@x.example');
SELECT is(pg_temp.apply('sf', 'contact', '2026-05-02 02:00Z'), '0/0', 'an older state of a child that comes late is no change');
SELECT is(pg_temp.person('P1'), 'New new@x.example', 'and overwrites nothing');
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, last_name) VALUES ('P1', '2026-05-04', 'Newest'), ('P1', '2026-05-03', 'Newer');
INSERT INTO pg_temp.stage_staff (remote_id, modified_at, name) VALUES ('P1', '2026-05-04', 'Second'), ('P1', '2026-05-03', 'First');
SELECT lives_ok($$SELECT pg_temp.apply('sf', 'contact', '2026-05-04 01:00Z')$$, 'two states of one record may come in one run');
SELECT is(pg_temp.person('P1') || ', ' || (SELECT name FROM advocacy.staff), 'Newest, Second', 'the newest counts, of people of ours too');

-- --- a stamp from the future -----------------------------------------------------------------------------------------
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, last_name) VALUES ('P2', '2031-01-01', 'Ahead');
SELECT pg_temp.apply('sf', 'contact', '2026-05-05');
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, last_name) VALUES ('P2', '2026-05-06', 'True');
SELECT pg_temp.apply('sf', 'contact', '2026-05-06 01:00Z');
SELECT is(pg_temp.person('P2'), 'True', 'a stamp from the future does not make true ones old');

-- --- tombstones ------------------------------------------------------------------------------------------------------
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, deleted) VALUES ('P2', '2026-05-07', true), ('P0', '2026-05-07', true);
SELECT is(pg_temp.apply('sf', 'contact', '2026-05-07 01:00Z'), '1/0', 'the end of a record that was never known is no news');
SELECT is(pg_temp.person('P2'), 'True deleted', 'a tombstone keeps what it does not carry');
SELECT is((SELECT count(*) FROM advocacy.contact WHERE remote_id = 'P0'), 0::bigint, 'and makes no record');

-- --- what comes twice ------------------------------------------------------------------------------------------------
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name) VALUES ('X', '2026-05-01', 'X Corp'), ('Y', '2026-05-01', 'Y Corp');
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, last_name) VALUES ('1', '2026-05-01', 'One');
INSERT INTO pg_temp.stage_support_case (remote_id, modified_at, number) VALUES ('1', '2026-05-01', '1');
INSERT INTO pg_temp.stage_association VALUES ('contact', '1', 'X'), ('support_case', '1', 'Y');
SELECT pg_temp.apply('hs', 'contact', '2026-05-08');
SELECT is((SELECT c.account_remote_id || k.account_remote_id FROM advocacy.contact AS c, advocacy.support_case AS k
	WHERE c.source = 'hs' AND k.source = 'hs'), 'XY', 'the same id of two kinds of record has two associations');
INSERT INTO pg_temp.stage_rejected (remote_id, field, reason, raw) VALUES ('R1', 'arr', 'first', '1'), ('R1', 'arr', 'last', '2');
SELECT is(pg_temp.apply('sf', 'account', '2026-05-08'), '0/1', 'a record that is rejected twice in one run is rejected once');
SELECT is((SELECT reason FROM advocacy.rejected_record WHERE remote_id = 'R1'), 'last', 'as it came last');
INSERT INTO pg_temp.stage_observation (remote_id, modified_at, account_remote_id, included, signals)
VALUES ('F1', '2026-05-09', 'X', true, '{"adoption": 70}'), ('F1', '2026-05-08', 'X', true, '{"adoption": 10}');
SELECT pg_temp.apply('hs', 'observation', '2026-05-09 01:00Z');
SELECT is((SELECT value FROM advocacy.signal WHERE name = 'adoption'), 70::numeric, 'of two observations in one run the newest counts');
INSERT INTO pg_temp.stage_observation (remote_id, modified_at, account_remote_id, included, signals)
VALUES ('F1', '2026-05-10', 'X', false, '{"usage": 7}'), ('F1', '2026-05-09', 'X', true, '{"usage": 5}');
SELECT pg_temp.apply('hs', 'observation', '2026-05-10');
SELECT is((SELECT count(*) FROM advocacy.signal WHERE name = 'usage'), 0::bigint, 'also where it says that it does not count any more');
INSERT INTO pg_temp.stage_request (remote_id, modified_at, justification) VALUES ('Q0', '2026-05-10', 'new'), ('Q0', '2026-05-09', 'old');
SELECT is(pg_temp.apply('hs', 'request', '2026-05-10'), '1/0', 'two states of one request are one');

-- --- rejected, and good again ------------------------------------------------------------------------------------------
INSERT INTO pg_temp.stage_rejected (remote_id, field, reason, raw) VALUES ('F2', 'adoption', 'not a number', '{}');
SELECT is(pg_temp.apply('hs', 'observation', '2026-05-10'), '0/1', 'an observation is rejected');
INSERT INTO pg_temp.stage_observation (remote_id, modified_at, account_remote_id, included, signals)
VALUES ('F2', '2026-05-11', 'Y', true, '{"adoption": 80}');
SELECT pg_temp.apply('hs', 'observation', '2026-05-11 01:00Z');
SELECT isnt((SELECT resolved_at FROM advocacy.rejected_record WHERE remote_id = 'F2'), NULL, 'a good one resolves it');
INSERT INTO pg_temp.stage_rejected (remote_id, field, reason, raw) VALUES ('Q1', 'needed_by', 'not a date', '{}');
SELECT is(pg_temp.apply('hs', 'request', '2026-05-10'), '0/1', 'so is a request');
INSERT INTO pg_temp.stage_request (remote_id, modified_at) VALUES ('Q1', '2026-05-11');
SELECT pg_temp.apply('hs', 'request', '2026-05-11 01:00Z');
SELECT isnt((SELECT resolved_at FROM advocacy.rejected_record WHERE remote_id = 'Q1'), NULL, 'and resolved');
INSERT INTO pg_temp.stage_observation (remote_id, modified_at, account_remote_id, included, signals)
SELECT 'G' || n, '2026-05-12', 'X', false, '{}' FROM generate_series(1, 80) AS n;
INSERT INTO pg_temp.stage_rejected (remote_id, field, reason, raw) SELECT 'B' || n, 'score', 'no', '{}' FROM generate_series(1, 20) AS n;
SELECT pg_temp.apply('hs', 'observation', '2026-05-12');
SELECT is((SELECT count(*) FROM advocacy.field_drift WHERE kind = 'unreadable'), 0::bigint, 'twenty unreadable observations of a hundred are not half of them');

INSERT INTO pg_temp.stage_rejected (remote_id, field, reason, raw) VALUES ('R1', 'arr', 'last', '2');
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name) VALUES ('R1', '2026-05-01', 'An older state');
SELECT is(pg_temp.apply('sf', 'account', '2026-05-12'), '1/0', 'what comes good and bad in one run is not rejected anew');
SELECT is((SELECT resolved_at FROM advocacy.rejected_record WHERE remote_id = 'R1'), NULL, 'nor is it good again');

-- --- merges --------------------------------------------------------------------------------------------------------------
CREATE FUNCTION pg_temp.score(id text, points integer, at timestamptz) RETURNS text LANGUAGE sql AS $$
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals) VALUES (id, at, id, jsonb_build_object('health', points));
	SELECT pg_temp.apply('sf', 'account', at + interval '1 minute') $$;
CREATE FUNCTION pg_temp.merged(loser text, survivor text, at timestamptz) RETURNS text LANGUAGE sql AS $$
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, deleted, merged_into_remote_id) VALUES (loser, at, true, survivor);
	SELECT pg_temp.apply('sf', 'account', at + interval '1 minute') $$;
SELECT pg_temp.score('S', 90, '2026-05-01'), pg_temp.score('L', 20, '2026-05-10'), pg_temp.merged('L', 'S', '2026-05-13');
SELECT results_eq($$SELECT g.value FROM advocacy.signal AS g JOIN advocacy.account_source AS s USING (account_id)
	WHERE g.name = 'health' AND s.source = 'sf' AND s.remote_id IN ('S', 'L')$$, $$VALUES (90::numeric), (90)$$,
	'of two that were merged the survivor''s word counts, though the other''s is later');
SELECT pg_temp.score('M1', 50, '2026-05-01'), pg_temp.score('M2', 60, '2026-05-01'), pg_temp.merged('M1', 'M2', '2026-05-13'), pg_temp.merged('M2', 'M1', '2026-05-13');
SELECT results_eq($$SELECT count(DISTINCT account_id), string_agg(link_reason, ' ') FROM advocacy.account_source WHERE remote_id IN ('M1', 'M2')$$,
	$$VALUES (2::bigint, 'own own')$$, 'a ring of merges has no survivor, and joins nobody');

-- --- fields that the vendor has lost ------------------------------------------------------------------------------------
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, industry) VALUES ('A1', '2026-05-01', 'Acme', 'Mining');
SELECT pg_temp.apply('sf', 'account', '2026-05-12');
SELECT advocacy.drift_report('sf', 'account', 'industry', 'vanished', 'Account has no field Industry', '2026-05-12');
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name) VALUES ('A1', '2026-05-13', 'Acme Inc');
SELECT pg_temp.apply('sf', 'account', '2026-05-13 01:00Z');
SELECT results_eq($$SELECT name, industry FROM advocacy.account_source WHERE remote_id = 'A1'$$, $$VALUES ('Acme Inc', 'Mining')$$,
	'of a field that vanished what was known stays, the others go on');

-- --- a list with holes ----------------------------------------------------------------------------------------------------
CREATE FUNCTION pg_temp.read_all(ids text[], at timestamptz) RETURNS bigint LANGUAGE sql AS $$
	INSERT INTO pg_temp.stage_opportunity (remote_id, modified_at, name) SELECT i, '2026-01-01', i FROM unnest(ids) AS i;
	SELECT a.rows_changed FROM advocacy.sync_apply('sf', 'opportunity', NULL, true, at, 1, 1, at, at, 'all', at) AS a $$;
CREATE FUNCTION pg_temp.deals() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(o.remote_id, ' ' ORDER BY o.remote_id) FROM advocacy.opportunity AS o WHERE NOT o.deleted $$;
CREATE FUNCTION pg_temp.incomplete() RETURNS bigint LANGUAGE sql AS $$
	SELECT count(*) FROM advocacy.field_drift AS d WHERE d.kind = 'incomplete' AND d.resolved_at IS NULL $$;
SELECT pg_temp.read_all('{o1}', '2026-05-01');
SELECT pg_temp.read_all('{}', '2026-05-02'), pg_temp.read_all('{}', '2026-05-03');
SELECT is(pg_temp.deals(), 'o1', 'that nothing comes at all takes nothing for gone, were it one record');
SELECT is(pg_temp.incomplete(), 1::bigint, 'it is told');
SELECT isnt(advocacy.drift_accept('sf', 'opportunity', 'all records', 'we deleted it', 'mary', '2026-05-03 01:00Z'), NULL, 'a person may say that it is so');
SELECT pg_temp.read_all('{}', '2026-05-04'), pg_temp.read_all('{}', '2026-05-05');
SELECT is(pg_temp.deals(), NULL, 'then it is gone');
SELECT pg_temp.read_all('{o1,o2,o3}', '2026-05-06');
SELECT is(pg_temp.deals(), 'o1 o2 o3', 'there are some again');
SELECT pg_temp.read_all('{}', '2026-05-07'), pg_temp.read_all('{}', '2026-05-08');
SELECT is(pg_temp.deals(), 'o1 o2 o3', 'what was said then was not said for ever');
SELECT pg_temp.read_all('{o1,o2,o3,o4}', '2026-05-09');
INSERT INTO pg_temp.stage_rejected (remote_id, field, reason, raw) VALUES ('o3', 'name', 'unreadable', '{}');
SELECT pg_temp.read_all('{o1,o2,o4}', '2026-05-10');
INSERT INTO pg_temp.stage_rejected (remote_id, field, reason, raw) VALUES ('o3', 'name', 'unreadable', '{}');
SELECT pg_temp.read_all('{o1,o2,o4}', '2026-05-11');
SELECT is(pg_temp.deals(), 'o1 o2 o3 o4', 'what came and could not be read is there');
SELECT pg_temp.read_all('{o1,o2,o4}', '2026-05-12');
UPDATE advocacy.opportunity SET modified_at = '2026-05-12 23:30Z' WHERE remote_id = 'o3';
SELECT pg_temp.read_all('{o1,o2}', '2026-05-13');
SELECT is(pg_temp.deals(), 'o1 o2 o3 o4', 'what changed as we began lives, though it was missed before, and others are missed now');
SELECT pg_temp.read_all('{o1,o2,o4}', '2026-05-14');
SELECT is(pg_temp.deals(), 'o1 o2 o4', 'and is gone when it is missed still');

-- Records of many advocates: sooner too many than of nobody's.
CREATE FUNCTION pg_temp.people(first integer, at timestamptz) RETURNS bigint LANGUAGE sql AS $$
	INSERT INTO pg_temp.stage_contact (remote_id, modified_at, last_name, email, advocate)
	SELECT 'c' || n, '2026-01-01', 'N' || n, format('n%s@x.example', n), n <= 5 FROM generate_series(first, 100) AS n;
	SELECT a.rows_changed FROM advocacy.sync_apply('hs', 'contact', NULL, true, at, 1, 1, at, at, 'all', at) AS a $$;
UPDATE advocacy.contact SET deleted = true WHERE source = 'hs';
SELECT pg_temp.people(1, '2026-05-20');
SELECT pg_temp.people(4, '2026-05-21'), pg_temp.people(4, '2026-05-22');
SELECT is((SELECT count(*) FROM advocacy.contact WHERE source = 'hs' AND deleted AND remote_id LIKE 'c%'), 3::bigint, 'three advocates may leave at once');
SELECT pg_temp.people(1, '2026-05-23');
SELECT pg_temp.people(6, '2026-05-24'), pg_temp.people(6, '2026-05-25');
SELECT is((SELECT count(*) FROM advocacy.contact WHERE source = 'hs' AND deleted AND remote_id LIKE 'c%'), 0::bigint, 'five are too many to be believed');
SELECT is((SELECT count(*) FROM advocacy.field_drift WHERE source = 'hs' AND kind = 'incomplete' AND resolved_at IS NULL), 1::bigint, 'which is told');

-- --- a load that is not through ------------------------------------------------------------------------------------------
SELECT advocacy.source_register('gs', 'gainsight', 3, '3650 days'), advocacy.risk_rule_define('low', 'score', '<', 60, '>', 75),
       advocacy.risk_rule_define('loud', 'open_escalations', '>', 0, '=', 0);
CREATE FUNCTION pg_temp.checkpoint(stream text, at timestamptz) RETURNS text LANGUAGE sql AS $$
	SELECT format('%s %s', a.risks_opened, a.suspended) FROM advocacy.sync_apply('gs', $1, 'half', false, NULL, 1, 1, $2, $2, 'all') AS a $$;
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, last_name, email, advocate)
VALUES ('v1', '2026-06-01', 'g1', 'Early', 'early@x.example', true);
SELECT is(pg_temp.checkpoint('contact', '2026-06-01 01:00Z'), '0 0', '(an advocate comes before the account)');
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals) VALUES ('g1', '2026-06-01', 'Poor', '{"score": 10}');
SELECT is(pg_temp.checkpoint('account', '2026-06-01 02:00Z'), '1 1', 'an account at risk is protected at the checkpoint, long before its load is through');
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, last_name, email, advocate)
VALUES ('v2', '2026-06-01', 'g1', 'Late', 'late@x.example', true);
SELECT is(pg_temp.checkpoint('contact', '2026-06-01 03:00Z'), '0 1', 'and so is an advocate who comes after it');
INSERT INTO pg_temp.stage_support_case (remote_id, modified_at, account_remote_id, escalated, closed) VALUES ('k1', '2026-06-01', 'g2', true, false);
SELECT is(pg_temp.checkpoint('support_case', '2026-06-01 04:00Z'), '0 0', '(a case that escalates comes before its account)');
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, last_name, email, advocate)
VALUES ('v3', '2026-06-01', 'g2', 'Angry', 'angry@x.example', true);
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals) VALUES ('g2', '2026-06-01', 'Loud', '{"score": 90}');
SELECT is(pg_temp.checkpoint('account', '2026-06-01 05:00Z'), '1 1', 'which is at risk by it once it comes: the case isn''t read anew when its load is through');
SELECT is((SELECT count(*) FROM advocacy.sync_stream WHERE source = 'gs' AND last_success_at IS NULL), 3::bigint, '(no load is)');
SELECT advocacy.risk_rule_define('low', 'score', '<', 5, '>', 6, '0');
SELECT is((SELECT e.risks_cleared FROM advocacy.risk_evaluate(NULL, '2026-06-01 06:00Z') AS e), 0, 'what another rule would end waits for the load');
SELECT is((SELECT concat_ws(' ', a.rows_changed, a.risks_cleared) FROM advocacy.sync_apply('gs', 'account', 'c', true, '2026-06-01 07:00Z', 0, 1,
	'2026-06-01 07:00Z', '2026-06-01 07:00Z') AS a), '0 1', 'and ends when that is through, though the last of it brings nothing');

-- --- figures ------------------------------------------------------------------------------------------------------------
CREATE FUNCTION pg_temp.run(at timestamptz, complete boolean, until timestamptz, fresh timestamptz, calls bigint) RETURNS text LANGUAGE sql AS $$
	SELECT a.rows_changed::text FROM advocacy.sync_apply('sf', 'staff', 'c', complete, until, 1, calls, at, at, 'changes', fresh) AS a;
	SELECT format('%s %s', to_char(y.fresh_until AT TIME ZONE 'UTC', 'HH24:MI'), to_char(y.complete_until AT TIME ZONE 'UTC', 'HH24:MI'))
	  FROM advocacy.sync_stream AS y WHERE y.source = 'sf' AND y.stream = 'staff' $$;
CREATE FUNCTION pg_temp.plan(at timestamptz) RETURNS text LANGUAGE sql AS $$
	SELECT format('%s %s', p.prove, p.calls_today) FROM advocacy.stream_plan('sf', 'staff', '1 day', '15 min', at) AS p $$;
DELETE FROM advocacy.sync_stream WHERE source = 'sf' AND stream <> 'staff';
SELECT is(pg_temp.run('2026-06-01 23:00Z', true, '2026-06-01 22:50Z', '2026-06-01 22:59Z', 5), '22:59 22:50', 'fresh and complete are two figures');
SELECT is(pg_temp.plan('2026-06-01 23:10Z'), 'f 5', 'what was proved a moment ago need not be');
SELECT is(pg_temp.run('2026-06-01 23:10Z', true, NULL, '2026-06-01 23:09Z', 2), '23:09 22:50', 'a fresh run moves the one');
SELECT is(pg_temp.plan('2026-06-01 23:16Z'), 't 7', 'and proves nothing');
SELECT is(pg_temp.run('2026-06-01 23:20Z', false, '2026-06-01 23:10Z', '2026-06-01 23:19Z', 3), '23:09 22:50', 'a checkpoint moves neither');
SELECT is(pg_temp.run('2026-06-01 23:30Z', true, '2026-06-01 22:00Z', '2026-06-01 23:00Z', 1), '23:09 22:50', 'and neither goes back');
SELECT is(pg_temp.plan('2026-06-01 23:40Z'), 'f 11', 'the day''s calls are counted');
SELECT is(pg_temp.plan('2026-06-02 00:01Z'), 't 0', 'and begin anew at midnight');
SELECT pg_temp.run('2026-06-02 00:10Z', true, NULL, NULL, 4);
SELECT is(pg_temp.plan('2026-06-02 00:11Z'), 't 4', 'without those of the day before');
SELECT is((SELECT calls FROM advocacy.sync_stream WHERE source = 'sf' AND stream = 'staff'), 15::bigint, 'all of them are kept as a sum');
SELECT * FROM finish();
ROLLBACK;
