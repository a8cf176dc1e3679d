-- A field that becomes null, or unreadable, for nearly everybody at once is reported once, and changes no rule's outcome.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();
SELECT advocacy.source_register('gs', 'gainsight', 1, '36500 days'), advocacy.stage_prepare();
SELECT advocacy.risk_rule_define('health', 'health_score', '<', 60, '>', 75), advocacy.risk_rule_define('escalated', 'open_escalations', '>', 0, '=', 0);
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
CREATE FUNCTION pg_temp.feed(first integer, last integer, score text, at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals)
	SELECT 'a' || n, at, 'Account ' || n, CASE WHEN score <> '-' THEN jsonb_build_object('health_score', score::jsonb, 'nps', n) ELSE '{"nps": 5}' END FROM generate_series(first, last) AS n;
	SELECT * INTO r FROM advocacy.sync_apply('gs', 'account', NULL, true, at, 1, 1, at, at);
	RETURN format('%s/%s', r.risks_opened, r.risks_cleared);
END $$;
CREATE FUNCTION pg_temp.known() RETURNS bigint LANGUAGE sql AS $$ SELECT count(g.value) FROM advocacy.signal AS g WHERE g.name = 'health_score' $$;
CREATE FUNCTION pg_temp.told() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM advocacy.outbox AS o WHERE o.kind = 'field_drift' $$;
CREATE FUNCTION pg_temp.drift(name text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(d.kind || ': ' || d.detail || coalesce(' (' || d.resolution || ')', ''), ' | ' ORDER BY d.drift_id) FROM advocacy.field_drift AS d WHERE d.field = $1 $$;

SELECT pg_temp.feed(1, 30, 'null', '2025-01-01');
SELECT is(pg_temp.drift('health_score'), NULL, 'what was never scored doesn''t drift');
SELECT pg_temp.feed(1, 30, '90', '2025-01-02'), pg_temp.feed(1, 5, '20', '2025-01-03');
SELECT is(pg_temp.feed(21, 29, 'null', '2025-01-04'), '0/0', 'nine that lose their value are nine');
SELECT is(pg_temp.known(), 21::bigint, 'it is taken');
SELECT pg_temp.feed(1, 30, '90', '2025-01-05'), pg_temp.feed(1, 5, '20', '2025-01-06');
SELECT is(pg_temp.feed(1, 30, 'null', '2025-01-07'), '0/0', 'all at once:');
SELECT is(pg_temp.known(), 30::bigint, 'nothing of the field is stored');
SELECT is((SELECT count(*) FROM advocacy.risk WHERE cleared_at IS NULL), 5::bigint, 'no rule changes its outcome');
SELECT is(pg_temp.drift('health_score'), 'null_for_all: null in 30 of 30 records that had a value', 'it is reported');
SELECT results_eq($$SELECT facts - 'accept' - 'event' - 'at' FROM advocacy.outbox WHERE kind = 'field_drift'$$,
	$$VALUES ('{"source":"gs","stream":"account","field":"health_score","kind":"null_for_all","detail":"null in 30 of 30 records that had a value","count":"30","rules":[{"rule":"health"}]}'::jsonb)$$, 'and told, with the rules that use it');
SELECT is((SELECT count(*) FROM advocacy.signal WHERE name = 'nps' AND observed_at = '2025-01-07'), 30::bigint, 'all else is stored');
SELECT pg_temp.feed(1, 30, 'null', '2025-01-08'), pg_temp.feed(3, 3, 'null', '2025-01-09');
SELECT is(pg_temp.known(), 30::bigint, 'also of single records later');
SELECT is(pg_temp.told(), 1::bigint, 'once');
SELECT is((SELECT count(*) FROM advocacy.field_drift WHERE last_seen_at = '2025-01-08'), 1::bigint, 'one row');
SELECT pg_temp.feed(1, 3, '80', '2025-01-10');
SELECT is((SELECT resolved_at FROM advocacy.field_drift), NULL, 'three values are not yet back');
SELECT is(pg_temp.feed(1, 30, '80', '2025-01-11'), '0/5', 'values come back: the rules judge again');
SELECT is(pg_temp.drift('health_score'), 'null_for_all: null in 30 of 30 records that had a value (values came back)', 'over by itself');
SELECT is((SELECT full_read_at FROM advocacy.sync_stream), NULL, 'what was dropped meanwhile is read again');
-- Accepted.
SELECT pg_temp.feed(1, 30, 'null', '2025-01-12');
SELECT is(pg_temp.told(), 2::bigint, 'the next time is told again');
SELECT throws_ok($$SELECT advocacy.drift_accept('gs', 'account', 'health_score', ' ')$$, '22023', NULL, 'not accepted without a reason');
SELECT throws_ok($$SELECT advocacy.drift_accept('gs', 'account', 'nps', 'why')$$, 'P0002', NULL, 'nor what doesn''t drift');
SELECT isnt(advocacy.drift_accept('gs', 'account', 'health_score', 'we stopped scoring', 'mary', '2025-01-13'), NULL, 'accepted by a person');
SELECT pg_temp.feed(1, 30, 'null', '2025-01-14');
SELECT is(pg_temp.known(), 0::bigint, 'the nulls are taken');
SELECT is(pg_temp.told(), 2::bigint, 'silently');
SELECT is((SELECT action || ' ' || subject FROM advocacy.audit_log WHERE actor = 'mary'), 'drift_accept gs account health_score', 'audited');
SELECT pg_temp.feed(1, 30, '80', '2025-01-15'), pg_temp.feed(1, 30, 'null', '2025-01-16');
SELECT is(pg_temp.told(), 3::bigint, 'accepted until values came back');
SELECT pg_temp.feed(1, 30, '-', '2025-01-17');
SELECT is(pg_temp.known(), 30::bigint, 'a member that is absent says nothing');
-- Nearly all: 27 of 30, and the values that come with it aren't believed.
SELECT pg_temp.feed(1, 30, '80', '2025-01-18');
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals)
SELECT 'a' || n, '2025-01-19', 'Account ' || n, jsonb_build_object('health_score', CASE WHEN n > 27 THEN '1'::jsonb ELSE 'null' END) FROM generate_series(1, 30) AS n;
SELECT is((SELECT risks_opened FROM advocacy.sync_apply('gs', 'account', NULL, true, '2025-01-19', 1, 1, '2025-01-19', '2025-01-19')), 0, 'nothing of the field is believed');
SELECT is(pg_temp.known(), 30::bigint, 'nine tenths are nearly all');
SELECT pg_temp.feed(1, 30, '80', '2025-01-20');
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals)
SELECT 'a' || n, '2025-01-21', 'Account ' || n, jsonb_build_object('health_score', CASE WHEN n > 26 THEN '80'::jsonb ELSE 'null' END) FROM generate_series(1, 30) AS n;
SELECT advocacy.sync_apply('gs', 'account', NULL, true, '2025-01-21', 1, 1, '2025-01-21', '2025-01-21');
SELECT is(pg_temp.known(), 4::bigint, 'less than that is not');

-- Columns that rules use.
CREATE FUNCTION pg_temp.cases(escalated boolean, at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
	INSERT INTO pg_temp.stage_support_case (remote_id, modified_at, account_remote_id, number, escalated, closed)
	SELECT 'k' || n, at, 'a' || n, n::text, CASE WHEN n <= 3 THEN escalated ELSE NOT escalated END, false FROM generate_series(1, 12) AS n;
	SELECT * INTO r FROM advocacy.sync_apply('gs', 'support_case', NULL, true, at, 1, 1, at, at);
	RETURN format('%s/%s', r.risks_opened, r.risks_cleared);
END $$;
SELECT is(pg_temp.cases(true, '2025-02-01'), '3/0', '(three are escalated)');
SELECT is(pg_temp.cases(NULL, '2025-02-02'), '0/0', 'a column that is null for all clears nothing');
SELECT is(pg_temp.drift('escalated'), 'null_for_all: null in 12 of 12 records that had a value', 'and is reported');
SELECT is(pg_temp.cases(false, '2025-02-03'), '9/3', 'until values come back');

-- Unreadable.
DELETE FROM advocacy.outbox;
CREATE FUNCTION pg_temp.bad(good integer, bad integer, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name) SELECT 'b' || n, at, 'B' || n FROM generate_series(1, good) AS n;
	INSERT INTO pg_temp.stage_rejected (remote_id, field, reason, raw) SELECT 'r' || n, 'arr', 'is not a number', '"x"' || at FROM generate_series(1, bad) AS n;
	PERFORM advocacy.sync_apply('gs', 'account', NULL, true, at, 1, 1, at, at);
END $$;
SELECT pg_temp.bad(9, 10, '2025-03-01');
SELECT is(pg_temp.drift('arr'), NULL, 'nineteen records are too few to tell');
SELECT is((SELECT string_agg(kind, ' ') FROM advocacy.outbox), 'records_rejected', 'they are told as ever');
DELETE FROM advocacy.outbox;
SELECT pg_temp.bad(10, 10, '2025-03-02');
SELECT is(pg_temp.drift('arr'), 'unreadable: not readable in 10 of 20 records: is not a number', 'half of twenty is drift');
SELECT pg_temp.bad(0, 40, '2025-03-03');
SELECT is((SELECT string_agg(kind, ' ') FROM advocacy.outbox), 'field_drift', 'with one message for all of it');
SELECT pg_temp.bad(19, 0, '2025-03-04');
SELECT is((SELECT resolved_at FROM advocacy.field_drift WHERE field = 'arr'), NULL, 'nineteen good ones are not enough');
SELECT pg_temp.bad(1, 0, '2025-03-05');
SELECT is(pg_temp.drift('arr'), 'unreadable: not readable in 40 of 40 records: is not a number (readable again)', 'twenty are');

-- By the vendor's description.
DELETE FROM advocacy.outbox;
SELECT is(advocacy.drift_report('gs', 'account', 'nps', 'vanished', 'the object has no field NPS__gc', '2025-04-01'), true, 'a field that vanished');
SELECT is(advocacy.drift_report('gs', 'account', 'nps', 'type_changed', 'NPS__gc is text', '2025-04-02'), false, 'known already');
SELECT is(pg_temp.drift('nps'), 'type_changed: NPS__gc is text', 'follows what is seen');
SELECT is(pg_temp.told(), 1::bigint, 'told once');
SELECT throws_ok($$SELECT advocacy.drift_report('gs', 'account', 'nps', 'null_for_all', 'x')$$, '22023', NULL, 'another kind is refused');
SELECT pg_temp.feed(1, 30, '80', '2025-04-03');
SELECT is((SELECT count(*) FROM advocacy.signal WHERE name = 'nps' AND observed_at = '2025-04-03'), 30::bigint, 'values that come all the same end it');
SELECT is(advocacy.drift_report('gs', 'account', 'nps', 'vanished', 'x', '2025-04-04'), true, 'again');
SELECT is(ARRAY[advocacy.drift_clear('gs', 'account', 'nps', '2025-04-05'), advocacy.drift_clear('gs', 'account', 'nps', '2025-04-05')], '{t,f}', 'the daemon ends it, once');

-- What ends a drift has all records read anew, also those that a full read under way has read already.
CREATE FUNCTION pg_temp.reads() RETURNS text LANGUAGE sql AS $$
	SELECT format('%s %s', y.full_read_at IS NULL, y.full_cursor) FROM advocacy.sync_stream AS y WHERE y.source = 'gs' AND y.stream = 'account' $$;
CREATE FUNCTION pg_temp.read() RETURNS void LANGUAGE sql AS $$
	UPDATE advocacy.sync_stream SET full_read_at = '2025-05-01', full_cursor = 'half', full_began_at = '2025-05-01', full_rows = 5 WHERE source = 'gs' AND stream = 'account' $$;
SELECT advocacy.drift_report('gs', 'account', 'nps', 'vanished', 'x', '2025-05-02'), advocacy.drift_report('gs', 'account', 'arr', 'type_changed', 'y', '2025-05-02'), pg_temp.read();
SELECT advocacy.drift_describe('gs', 'account', '[{"field": "nps", "kind": "vanished", "detail": "x"}]', '2025-05-03');
SELECT is((SELECT string_agg(field, ' ') FROM advocacy.field_drift WHERE kind IN ('vanished', 'type_changed') AND resolved_at IS NULL), 'nps', 'what a description does not name is well again');
SELECT is(pg_temp.reads(), 't ', 'so all records are due, from the first');
SELECT pg_temp.read(), advocacy.drift_describe('gs', 'account', '[{"field": "nps", "kind": "vanished", "detail": "x"}]', '2025-05-04');
SELECT is(pg_temp.reads(), 'f half', 'the same description again changes nothing');
SELECT advocacy.drift_describe('gs', 'account', '[]', '2025-05-05');
SELECT is((SELECT count(*) FROM advocacy.field_drift WHERE kind IN ('vanished', 'type_changed') AND resolved_at IS NULL), 0::bigint, 'an empty one ends all');
SELECT pg_temp.feed(1, 30, '80', '2025-06-01'), pg_temp.feed(1, 30, 'null', '2025-06-02');
UPDATE advocacy.sync_stream SET full_read_at = '2025-06-03' WHERE source = 'gs' AND stream = 'account';
SELECT pg_temp.feed(1, 30, 'null', '2025-06-03');
SELECT is((SELECT full_read_at FROM advocacy.sync_stream WHERE source = 'gs' AND stream = 'account'), '2025-06-03', 'while values are missing nothing is due');
SELECT pg_temp.feed(1, 30, '80', '2025-06-04');
SELECT is((SELECT full_read_at FROM advocacy.sync_stream WHERE source = 'gs' AND stream = 'account'), NULL, 'when they come back all records are');

-- The other columns that rules and advocates hang on.
CREATE FUNCTION pg_temp.people(opted_out boolean, advocate boolean, closed boolean, at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, opted_out, advocate)
	SELECT 'p' || n, at, 'a' || n, format('p%s@x.example', n), 'P', opted_out, advocate FROM generate_series(1, 12) AS n;
	INSERT INTO pg_temp.stage_support_case (remote_id, modified_at, account_remote_id, number, priority, escalated, closed)
	SELECT 'q' || n, at, 'a' || n, n::text, 'P4', false, closed FROM generate_series(1, 12) AS n;
	PERFORM advocacy.sync_apply('gs', 'contact', NULL, true, at, 1, 1, at, at);
	RETURN (SELECT format('%s %s %s', count(c.opted_out), count(c.advocate), (SELECT count(k.closed) FROM advocacy.support_case AS k WHERE k.remote_id LIKE 'q%'))
	          FROM advocacy.contact AS c WHERE c.remote_id LIKE 'p%');
END $$;
SELECT is(pg_temp.people(false, true, true, '2025-07-01'), '12 12 12', '(all have values)');
SELECT is(pg_temp.people(NULL, true, true, '2025-07-02'), '12 12 12', 'opted_out');
SELECT is(pg_temp.people(false, NULL, true, '2025-07-03'), '12 12 12', 'advocate');
SELECT is(pg_temp.people(false, true, NULL, '2025-07-04'), '12 12 12', 'closed');
SELECT is((SELECT string_agg(field, ' ' ORDER BY field) FROM advocacy.field_drift WHERE kind = 'null_for_all' AND first_seen_at >= '2025-07-01'), 'advocate closed opted_out', 'each is told');
SELECT * FROM finish();
ROLLBACK;
