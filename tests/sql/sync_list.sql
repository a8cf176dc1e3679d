-- A full read: what it has not seen is gone, but only when that can be believed.
BEGIN;
SELECT plan(50);

SELECT advocacy.source_register('sf', 'salesforce', 1, '3650 days');
SELECT advocacy.stage_prepare();

-- One commit of a full read of contacts: their ids, whether it is the last, when.
CREATE FUNCTION pg_temp.read_all(ids text[], complete boolean, at timestamptz, cursor text DEFAULT 'c') RETURNS bigint
LANGUAGE sql AS $$
	INSERT INTO pg_temp.stage_contact (remote_id, modified_at, deleted, last_name, advocate)
	SELECT i, '2026-01-01', false, i, i = 'c1' FROM unnest(ids) AS i;
	SELECT a.rows_changed FROM advocacy.sync_apply('sf', 'contact', cursor, complete, at, cardinality(ids), 1, at, at, 'all', at) AS a
$$;
CREATE FUNCTION pg_temp.some(first integer, last integer) RETURNS text[]
LANGUAGE sql AS $$ SELECT array_agg('c' || n) FROM generate_series(first, last) AS n $$;
CREATE FUNCTION pg_temp.living() RETURNS bigint
LANGUAGE sql AS $$ SELECT count(*) FROM advocacy.contact WHERE NOT deleted $$;
CREATE FUNCTION pg_temp.stream() RETURNS advocacy.sync_stream
LANGUAGE sql AS $$ SELECT y FROM advocacy.sync_stream AS y WHERE stream = 'contact' $$;

CREATE FUNCTION pg_temp.unjudged(source text, stream text) RETURNS boolean
LANGUAGE sql AS $$ SELECT p.unjudged FROM advocacy.stream_plan(source, stream, '1 day', '15 min') AS p $$;

SELECT results_eq($$ SELECT cursor, full_cursor, full_due_s, prove FROM advocacy.stream_plan('sf', 'contact', '1 day', '15 min') $$,
	$$ VALUES (NULL::text, NULL::text, 0::bigint, true) $$, 'of a stream that was never read everything is due');
SELECT ok(pg_temp.unjudged('sf', 'contact'), 'and no brake judges it');
SELECT is(pg_temp.read_all(pg_temp.some(1, 60), false, '2026-06-01 10:00Z', 'half'), 60::bigint, 'a first load begins');
SELECT is((pg_temp.stream()).full_cursor, 'half', 'its cursor is that of a full read');
SELECT is((pg_temp.stream()).cursor, NULL, 'and not one for changes');
SELECT ok(NOT pg_temp.unjudged('sf', 'contact'), 'who has come as an advocate may leave again before it is through: that is judged');
SELECT ok(pg_temp.unjudged('hs', 'contact'), 'which says nothing of another source''s');
SELECT is((SELECT count(*) FROM advocacy.sync_listing), 0::bigint, 'where nothing was known nothing can be missed');
SELECT is(pg_temp.read_all(pg_temp.some(61, 100), true, '2026-06-01 10:10Z', 'changes'), 40::bigint, 'it goes on and ends');
SELECT is((pg_temp.stream()).cursor, 'changes', 'with the cursor for changes');
SELECT is((pg_temp.stream()).full_cursor, NULL, 'and no full read under way');
SELECT ok(NOT pg_temp.unjudged('sf', 'contact'), 'what comes now is judged');
SELECT is((pg_temp.stream()).full_rows, 100::bigint, 'the records are counted');
SELECT results_eq($$ SELECT full_due_s, prove FROM advocacy.stream_plan('sf', 'contact', '1 day', '15 min', '2026-06-01 22:10Z') $$,
	$$ VALUES (43200::bigint, true) $$, 'the next full read is due a day later');
SELECT results_eq($$ SELECT full_due_s, prove FROM advocacy.stream_plan('sf', 'contact', '0', '1 day', '2026-06-01 22:10Z') $$,
	$$ VALUES (NULL::bigint, false) $$, 'or never, and what was proved a moment ago need not be proved again');

-- A look at some records before all others: they count as read, but the full read begins behind them, and misses none.
CREATE FUNCTION pg_temp.untouched() RETURNS boolean
LANGUAGE sql AS $$ SELECT p.untouched FROM advocacy.stream_plan('looked', 'contact', '1 day', '15 min') AS p $$;
SELECT advocacy.source_register('looked', 'salesforce', 1, '3650 days');
SELECT ok(pg_temp.untouched(), 'of a stream that was never read nothing has come');
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, deleted, last_name) SELECT 'l' || n, '2026-01-01', false, n FROM generate_series(1, 9) AS n;
SELECT advocacy.sync_apply('looked', 'contact', NULL, false, NULL, 9, 1, '2026-06-01 10:00Z', '2026-06-01 10:00Z', 'all');
SELECT ok(NOT pg_temp.untouched(), 'after a look some has');
SELECT results_eq($$ SELECT cursor, full_cursor, full_rows, full_due_s FROM advocacy.stream_plan('looked', 'contact', '1 day', '15 min') $$,
	$$ VALUES (NULL::text, NULL::text, 0::bigint, 0::bigint) $$, 'and all is still to be read, from the beginning');
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, deleted, last_name) SELECT 'l' || n, '2026-01-01', false, n FROM generate_series(5, 40) AS n;
SELECT advocacy.sync_apply('looked', 'contact', 'half', false, NULL, 36, 1, '2026-06-01 10:05Z', '2026-06-01 10:05Z', 'all');
SELECT is((SELECT full_rows FROM advocacy.stream_plan('looked', 'contact', '1 day', '15 min')), 36::bigint, 'its progress is its own');
SELECT is((SELECT count(*) FROM advocacy.sync_listing), 0::bigint, 'it still is a first load, of which no list is kept');
SELECT is((SELECT string_agg(rows_read || ' ' || calls, '') FROM advocacy.sync_stream WHERE source = 'looked'), '45 2', 'all is counted');
DELETE FROM advocacy.contact WHERE source = 'looked';
DELETE FROM advocacy.sync_stream WHERE source = 'looked';
SELECT advocacy.sync_apply('looked', 'contact', 'begun', false, NULL, 0, 1, '2026-06-01 10:10Z', '2026-06-01 10:10Z', 'all');
SELECT ok(NOT pg_temp.untouched(), 'a full read that kept its place before its first record has begun, and is not begun anew by a look');
DELETE FROM advocacy.sync_stream WHERE source = 'looked';
SELECT advocacy.source_report('looked', 'contact', 'throttled', 'throttled', 'not now', '2026-06-01 10:10Z');
SELECT ok(pg_temp.untouched(), 'a run that was refused at once has read nothing');
SELECT advocacy.sync_apply('looked', 'contact', NULL, false, NULL, 0, 1, '2026-06-01 10:10Z', '2026-06-01 10:10Z', 'all');
SELECT ok(NOT pg_temp.untouched(), 'where a look brought nothing there is no second one');
DELETE FROM advocacy.sync_stream WHERE source = 'looked';

-- A run that is broken off, be it by the vendor's "not now", makes those after it cautious: until the next that is through for
-- changes, and until all is read for full reads.
CREATE FUNCTION pg_temp.cautious() RETURNS text
LANGUAGE sql AS $$ SELECT format('%s %s', broken_off, full_broken_off) FROM advocacy.stream_plan('sf', 'contact', '1 day', '15 min') $$;
SELECT is(pg_temp.cautious(), 'f f', 'what was read to the end is gone on with as usual');
SELECT advocacy.source_report('sf', 'contact', 'throttled', 'throttled', 'not now', '2026-06-01 11:00Z');
SELECT is(pg_temp.cautious(), 't t', 'after a "not now" with caution');
SELECT advocacy.sync_apply('sf', 'contact', 'changes', true, NULL, 0, 1, '2026-06-01 11:05Z', '2026-06-01 11:05Z');
SELECT is(pg_temp.cautious(), 'f t', 'changes that are through say nothing of the full read');

-- Second full read, in two parts; c99 and c100 are not there any more.
SELECT pg_temp.read_all(pg_temp.some(1, 50), false, '2026-06-02 10:00Z', 'half');
SELECT is((SELECT count(*) FROM advocacy.sync_listing), 50::bigint, 'now a list is kept');
SELECT is((pg_temp.stream()).cursor, 'changes', 'the cursor for changes stays meanwhile');
SELECT is((SELECT full_cursor FROM advocacy.stream_plan('sf', 'contact', '1 day', '15 min')), 'half', 'the full read goes on there');
SELECT pg_temp.read_all(pg_temp.some(51, 98), true, '2026-06-02 10:10Z', NULL);
SELECT is((pg_temp.stream()).cursor, 'changes', 'a full read beside changes leaves their cursor');
SELECT is(pg_temp.cautious(), 'f f', 'but this one, which is through, does');
SELECT is(pg_temp.living(), 100::bigint, 'who is missing once is not gone');
SELECT is((SELECT string_agg(remote_id, ',' ORDER BY remote_id) FROM advocacy.contact WHERE missing_since IS NOT NULL), 'c100,c99',
	'but is remembered');
SELECT is((SELECT count(*) FROM advocacy.sync_listing), 0::bigint, 'the list is done with');

-- Third: c99 is there again.
SELECT pg_temp.read_all(pg_temp.some(1, 99), true, '2026-06-03 10:00Z', NULL);
SELECT is((SELECT string_agg(remote_id, ',') FROM advocacy.contact WHERE deleted), 'c100', 'who is missing twice is gone');
SELECT is((SELECT missing_since FROM advocacy.contact WHERE remote_id = 'c99'), NULL, 'who is back is not missed any more');

-- One who is gone and comes back.
SELECT pg_temp.read_all(pg_temp.some(1, 100), true, '2026-06-04 10:00Z', NULL);
SELECT is(pg_temp.living(), 100::bigint, 'a record that comes again lives again');

-- Two reads right after each other prove no more than one.
SELECT pg_temp.read_all(pg_temp.some(2, 100), true, '2026-06-05 10:00Z', NULL);
SELECT pg_temp.read_all(pg_temp.some(2, 100), true, '2026-06-05 10:20Z', NULL);
SELECT is(pg_temp.living(), 100::bigint, 'two reads within an hour count as one');
SELECT is((SELECT reasons::text FROM advocacy.advocate_availability), '{"missing in sf","not linked to an account"}',
	'meanwhile nobody asks an advocate who may be gone');
SELECT ok(EXISTS (SELECT FROM advocacy.explain_advocate((SELECT advocate_id FROM advocacy.advocate)) AS e
	WHERE e.fact LIKE 'Since %Jun%2026% reading everything of sf has not brought the contact any more.'
	   OR e.fact LIKE 'Since 2026-06-05%reading everything of sf has not brought the contact any more.'), 'and explain says why');
SELECT pg_temp.read_all(pg_temp.some(1, 100), true, '2026-06-05 12:00Z', NULL);

-- Most are missing: that is a broken read, not news.
SELECT pg_temp.read_all(pg_temp.some(1, 70), true, '2026-06-06 10:00Z', NULL);
SELECT pg_temp.read_all(pg_temp.some(1, 70), true, '2026-06-07 10:00Z', NULL);
SELECT is(pg_temp.living(), 100::bigint, 'when many are missing at once nothing is inferred');
SELECT is((SELECT count(*) FROM advocacy.contact WHERE missing_since IS NOT NULL), 0::bigint, 'nor remembered');
SELECT is((SELECT count(*) FROM advocacy.field_drift WHERE kind = 'incomplete' AND resolved_at IS NULL), 1::bigint,
	'but people can see it');
SELECT is((SELECT count(*) FROM advocacy.outbox WHERE kind = 'field_drift'), 1::bigint, 'and are told once');
SELECT pg_temp.read_all(pg_temp.some(1, 100), true, '2026-06-08 10:00Z', NULL);
SELECT is((SELECT count(*) FROM advocacy.field_drift WHERE kind = 'incomplete' AND resolved_at IS NULL), 0::bigint,
	'until a read is whole again');

-- A record that changed while we read may have stood where we had been already.
UPDATE advocacy.contact SET modified_at = '2026-06-09 09:30Z' WHERE remote_id = 'c7';
SELECT pg_temp.read_all(pg_temp.some(8, 100) || pg_temp.some(1, 6), true, '2026-06-09 10:00Z', NULL);
SELECT is((SELECT missing_since FROM advocacy.contact WHERE remote_id = 'c7'), NULL, 'what changed a moment ago is not missing');

-- The list is lost with the server: the full read begins anew.
SELECT pg_temp.read_all(pg_temp.some(1, 50), false, '2026-06-10 10:00Z', 'half');
DELETE FROM advocacy.sync_listing;
SELECT is((SELECT full_cursor FROM advocacy.stream_plan('sf', 'contact', '1 day', '15 min', '2026-06-10 10:01Z')), NULL,
	'without its list a full read begins anew');
SELECT is((pg_temp.stream()).full_began_at, NULL, 'and nothing is inferred from its first half');
SELECT throws_ok($$ SELECT * FROM advocacy.sync_apply('sf', 'contact', 'x', true, now(), 0, 0, now(), now(), 'some') $$, '22023',
	'unknown mode "some"', 'another mode is refused');
SELECT * FROM finish();
ROLLBACK;
