-- Sources that fail and recover: who is told, and when not.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(34);
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
SELECT advocacy.source_register('sf', 'salesforce');
CREATE FUNCTION pg_temp.told() RETURNS text LANGUAGE sql AS $$ SELECT string_agg(o.kind, ' ' ORDER BY o.outbox_id) FROM advocacy.outbox AS o $$;

SELECT throws_ok($$SELECT advocacy.source_report('no', 'a', 'current')$$, '23503', NULL, 'an unknown source is refused');
SELECT throws_ok($$SELECT advocacy.source_report('sf', 'a', 'fine')$$, '22023', NULL, 'an unknown state too');
SELECT advocacy.source_report('sf', 'a', 'retrying', 'transient', 'timeout', '2025-01-01 00:00'), advocacy.source_report('sf', 'a', 'retrying', 'transient', 'timeout', '2025-01-01 00:01');
SELECT is(pg_temp.told(), NULL, 'two failures are nobody''s business');
SELECT advocacy.source_report('sf', 'a', 'current', NULL, NULL, '2025-01-01 00:02');
SELECT is(pg_temp.told(), NULL, 'nor their end');
SELECT advocacy.source_report('sf', 'a', 'retrying', 'transient', 'timeout', '2025-01-01 01:00') FROM generate_series(1, 5);
SELECT is(pg_temp.told(), 'source_failing', 'the third in a row is told, once');
SELECT is((SELECT dedup_key FROM advocacy.outbox), 'failing:sf:' || extract(epoch FROM '2025-01-01 01:00'::timestamptz)::bigint, 'under its key');
SELECT is((SELECT failures FROM advocacy.sync_stream), 5, 'failures are counted');
SELECT advocacy.source_report('sf', 'b', 'current', NULL, NULL, '2025-01-01 01:10');
SELECT is((SELECT state FROM advocacy.source_status), 'retrying', 'another stream''s success doesn''t end it');
SELECT advocacy.source_report('sf', 'a', 'paused', 'credentials', 'invalid_grant', '2025-01-01 01:20'), advocacy.source_report('sf', 'a', 'paused', 'credentials', 'invalid_grant', '2025-01-01 01:21');
SELECT is(pg_temp.told(), 'source_failing source_failing', 'that a person is needed is told once more');
SELECT advocacy.source_report('sf', 'a', 'current', NULL, NULL, '2025-01-01 02:00'), advocacy.source_report('sf', 'a', 'current', NULL, NULL, '2025-01-01 02:01');
SELECT is(pg_temp.told(), 'source_failing source_failing source_recovered', 'its end is told once');
SELECT is((SELECT facts ->> 'duration_s' FROM advocacy.outbox WHERE kind = 'source_recovered'), '3600', 'with how long it took');
SELECT advocacy.source_report('sf', 'a', 'throttled', 'throttled', 'daily limit', '2025-01-01 03:00') FROM generate_series(1, 5);
SELECT is((SELECT count(*) FROM advocacy.outbox), 3::bigint, 'being throttled is no failure');
SELECT is((SELECT state FROM advocacy.source_status), 'throttled', 'but a state');
CREATE FUNCTION pg_temp.shown(at timestamptz) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(format('%s: %s, %s, next in %s', y ->> 'stream', y ->> 'failures', coalesce(y ->> 'failure', 'well'), coalesce(y ->> 'next_run_s', '?')), '; ' ORDER BY y ->> 'stream')
	  FROM jsonb_array_elements(advocacy.status_report(shown.at) -> 'sources' -> 0 -> 'streams') AS y $$;
UPDATE advocacy.source_status SET poll = '5 min';
UPDATE advocacy.sync_stream SET last_success_at = '2025-01-01 02:59';
SELECT is(pg_temp.shown('2025-01-01 03:01'), 'a: 0, daily limit, next in ?; b: 0, well, next in ?', 'the stream says what it waits for; so does the other one');
SELECT advocacy.source_report('sf', 'b', 'current', NULL, NULL, '2025-01-01 03:01');
SELECT is(pg_temp.shown('2025-01-01 03:01'), 'a: 0, daily limit, next in ?; b: 0, well, next in 180', 'another stream that goes well leaves its sentence');
SELECT advocacy.source_report('sf', 'a', 'retrying', 'transient', 'timeout', '2025-01-01 03:02'), advocacy.source_report('sf', 'a', 'throttled', 'throttled', 'not now', '2025-01-01 03:03');
SELECT is(pg_temp.shown('2025-01-01 03:03'), 'a: 1, not now, next in ?; b: 0, well, next in ?', 'of one that fails the last word counts');
SELECT advocacy.source_report('sf', 'a', 'current', NULL, NULL, '2025-01-01 03:04');
SELECT is(pg_temp.shown('2025-01-01 03:04'), 'a: 0, well, next in 0; b: 0, well, next in 0', 'when it goes well nothing is wrong');
SELECT advocacy.source_report('sf', 'a', 'paused', 'credentials', 'invalid_grant', '2025-01-01 03:05');
SELECT is(pg_temp.shown('2025-01-01 03:05'), 'a: 1, invalid_grant, next in ?; b: 0, well, next in ?', 'a refused credential holds up all streams');
SELECT advocacy.source_report('sf', 'a', 'paused', 'permanent', 'no such field', '2025-01-01 03:06');
SELECT is(pg_temp.shown('2025-01-01 03:00'), 'a: 2, no such field, next in ?; b: 0, well, next in 240', 'a wrong query only its own');
DELETE FROM advocacy.outbox WHERE created_at >= '2025-01-01 03:00' OR facts ->> 'at' >= '2025-01-01T03';
SELECT advocacy.source_report('sf', 'a', 'current', NULL, NULL, '2025-01-01 03:30'), advocacy.source_report('sf', 'a', 'throttled', 'throttled', 'daily limit', '2025-01-01 03:31');
CREATE TEMPORARY TABLE here AS SELECT ctid AS place FROM advocacy.source_status;
SELECT advocacy.source_report('sf', 'a', 'throttled', 'throttled', 'daily limit', '2025-01-01 04:00');
SELECT is((SELECT ctid FROM advocacy.source_status), (SELECT place FROM here), 'the same again writes nothing');
SELECT advocacy.source_report('sf', NULL, 'paused', 'credentials', 'bad key', '2025-01-01 05:00');
SELECT is((SELECT count(*) FROM advocacy.outbox WHERE kind = 'source_failing'), 3::bigint, 'wrong credentials are told at once');

-- Any text that UTF-8 can say.
CREATE FUNCTION pg_temp.odd() RETURNS text LANGUAGE sql AS $$ SELECT E'%s % %% ''" \\ {"a":\t\n\r\u0001\u007f\u0085 \u00e9\u4e2d\U0001f642\ufeff\ufffd\u202e ' || repeat('x', 9000) $$;
SELECT advocacy.source_register('odd', 'hubspot');
SELECT lives_ok($$SELECT advocacy.source_report('odd', left(pg_temp.odd(), 40), 'paused', 'permanent', pg_temp.odd(), '2025-01-01 06:00')$$, 'odd characters are no trouble');
SELECT is((SELECT failure FROM advocacy.sync_stream WHERE source = 'odd'), pg_temp.odd(), 'and kept as they are');
SELECT is((SELECT facts ->> 'detail' FROM advocacy.outbox WHERE facts ->> 'source' = 'odd'), pg_temp.odd(), 'and told as they are');
-- A stream that the configuration has no more: nobody hears that it is old or failed, and what it said is still old.
SELECT advocacy.source_register('hs', 'hubspot', streams => '{account,contact}');
UPDATE advocacy.sync_stream SET last_success_at = now() - interval '1 hour' WHERE source <> 'hs';
INSERT INTO advocacy.sync_stream (source, stream, last_success_at, fresh_until, failures, failure_kind, failure)
VALUES ('hs', 'account', now(), now(), 0, NULL, NULL), ('hs', 'contact', now() - interval '3 days', now() - interval '3 days', 4, 'permanent', 'gone');
SELECT is(advocacy.source_register('hs', 'hubspot', streams => '{account,contact}'), false, 'the same streams again: nothing changes');
SELECT is(advocacy.source_register('hs', 'hubspot'), false, 'no word of streams changes none');
CREATE FUNCTION pg_temp.old() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(m.labels ->> 'stream', ' ') FROM advocacy.metric AS m
	 WHERE m.name = 'stream_fresh_lag_seconds' AND m.labels ->> 'source' = 'hs' AND m.value > 3600 $$;
SELECT is(pg_temp.old(), 'contact', 'a stream that is read has a lag');
SAVEPOINT old;
SELECT advocacy.source_fire(now());
SELECT isnt((SELECT stale_at FROM advocacy.source_status WHERE source = 'hs'), NULL, 'and makes its source stale');
ROLLBACK TO old;
SELECT is(advocacy.source_register('hs', 'hubspot', streams => '{account}'), true, 'it is taken out');
SELECT is(pg_temp.old(), NULL, 'then it has none');
SELECT advocacy.source_fire(now());
SELECT is((SELECT stale_at FROM advocacy.source_status WHERE source = 'hs'), NULL, 'and makes no source stale');
SELECT is((SELECT array[failures::text, failure] FROM advocacy.sync_stream WHERE source = 'hs' AND stream = 'contact'), '{0,NULL}', 'nor fails it any more');
SELECT throws_ok($$SELECT advocacy.resync_request('hs', 'contact')$$, '22023', NULL, 'nobody can wait for it to be read anew');
SELECT advocacy.source_register('hs', 'hubspot', streams => '{account,contact}');
SELECT is(pg_temp.old(), 'contact', 'put back it is as old as it is');
SELECT * FROM finish();
ROLLBACK;
