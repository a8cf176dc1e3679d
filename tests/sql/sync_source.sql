-- Sources that fail and recover: who is told, and when not.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(18);
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
SELECT * FROM finish();
ROLLBACK;
