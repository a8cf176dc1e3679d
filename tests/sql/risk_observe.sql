-- What a source says in its first reading, or by another mapping, is only observed: nobody is suspended or available again by
-- it, and only the administrators are told, until a person approves it.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(57);
SELECT advocacy.policy_setting_define('observe', NULL), advocacy.stage_prepare();
SELECT advocacy.source_register('gs', 'gainsight', 1, '36500 days'), advocacy.source_register('sf', 'salesforce', 2, '36500 days');
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('admins', '{suspensions_held,reinstatements_held,decisions_observed,first_load_summary}', 'admins'), ('people', '{*}', 'people');
SELECT advocacy.risk_rule_define('low', 'health_score', '<', 60, '>', 75), advocacy.risk_rule_define('escalated', 'open_escalations', '>', 0, '=', 0, '14 days', 'suspend', 'hard');
CREATE FUNCTION pg_temp.scores(first integer, last integer, low integer, day timestamptz) RETURNS void LANGUAGE sql AS $$
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, domain, signals)
	SELECT 'a' || n, day, 'Account ' || n, 'a' || n || '.example', jsonb_build_object('health_score', CASE WHEN n <= low THEN 40 ELSE 90 END) FROM generate_series(first, last) AS n $$;
CREATE FUNCTION pg_temp.people(first integer, last integer, day timestamptz) RETURNS void LANGUAGE sql AS $$
	INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate)
	SELECT 'c' || n, day, 'a' || n, 'c' || n || '@a' || n || '.example', 'Person ' || n, true FROM generate_series(first, last) AS n $$;
CREATE FUNCTION pg_temp.run(stream text, day timestamptz, mode text DEFAULT 'all', mapping text DEFAULT NULL, complete boolean DEFAULT true, source text DEFAULT 'gs') RETURNS text LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
	SELECT * INTO r FROM advocacy.sync_apply($6, $1, NULL, complete, day, 1, 1, day, day, mode, mapping => $4);
	PERFORM advocacy.deadlines_fire(day);
	RETURN format('%s/%s/%s/%s', r.risks_opened, r.risks_cleared, r.suspended, r.reinstated);
END $$;
CREATE FUNCTION pg_temp.told() RETURNS text LANGUAGE sql AS $$
	WITH d AS (DELETE FROM advocacy.outbox RETURNING outbox_id, channel, kind) SELECT string_agg(d.channel || ': ' || d.kind, ', ' ORDER BY d.outbox_id) FROM d $$;
CREATE FUNCTION pg_temp.away() RETURNS bigint LANGUAGE sql AS $$ SELECT count(DISTINCT advocate_id) FROM advocacy.suspension WHERE closed_at IS NULL $$;
CREATE FUNCTION pg_temp.waiting() RETURNS bigint LANGUAGE sql AS $$ SELECT max(batch_id) FROM advocacy.decision_batch WHERE decision IS NULL $$;

-- The first reading: accounts, in two pieces, then the people.
SELECT pg_temp.scores(1, 20, 2, '2025-01-01');
SELECT is(pg_temp.run('account', '2025-01-01', mapping => 'v1', complete => false), '2/0/0/0', 'accounts at risk are known');
SELECT pg_temp.scores(21, 30, 0, '2025-01-01');
SELECT is(pg_temp.run('account', '2025-01-01 00:01', mapping => 'v1'), '0/0/0/0', 'and more accounts');
SELECT is(pg_temp.waiting(), NULL, 'without an advocate there is nothing to ask');
SELECT pg_temp.people(1, 20, '2025-01-01');
SELECT is(pg_temp.run('contact', '2025-01-01 00:02', mapping => 'v1', complete => false), '0/0/0/0', 'the advocates: nobody is suspended');
SELECT is(pg_temp.told(), NULL, 'nobody is told before the reading is through');
SELECT pg_temp.people(21, 30, '2025-01-01');
SELECT pg_temp.run('contact', '2025-01-01 00:03', mapping => 'v1');
SELECT is(pg_temp.away(), 0::bigint, 'no suspension');
SELECT results_eq($$SELECT facts - 'at' - 'release' - 'reject' - 'event' - 'approve' - 'refuse' FROM advocacy.outbox WHERE kind = 'decisions_observed'$$,
	$$VALUES ('{"source": "gs", "stream": "contact", "count": "2", "what": "suspended", "why": "is read for the first time", "rules": [{"rule": "low", "count": "2"}], "accounts": ["Account 1", "Account 2"]}'::jsonb)$$, 'what would have been is told');
SELECT is((SELECT facts ->> 'approve' || ', ' || (facts ->> 'refuse') FROM advocacy.outbox WHERE kind = 'decisions_observed'), format('advocated decisions approve %1$s, advocated decisions reject %1$s', pg_temp.waiting()), 'with the two commands');
SELECT is(pg_temp.told(), 'admins: decisions_observed', 'to the administrators alone, once');
SELECT results_eq($$SELECT d ->> 'direction', d ->> 'advocates', d ->> 'observed' FROM jsonb_array_elements(advocacy.status_report() -> 'decisions') AS d$$, $$VALUES ('suspend', '2', 'first')$$, 'the status shows it');
SELECT is((SELECT string_agg(state || ' ' || array_to_string(reasons, '; '), ', ') FROM advocacy.advocate_availability WHERE name = 'Person 1'), 'hold held: gs is only observed; a person must approve what it says', 'they are not offered');
SELECT is((SELECT count(*) FROM advocacy.advocate_availability WHERE available), 28::bigint, 'everybody else is');
SELECT matches((SELECT string_agg(fact, ' ' ORDER BY ordinal) FROM advocacy.explain_advocate((SELECT advocate_id FROM advocacy.advocate_availability WHERE name = 'Person 1'))),
	'^Not available: held: gs is only observed; a person must approve what it says[.] Held since 2025-01-01T00:00:00Z: gs is read for the first time, so what it says is only observed; it would suspend by rule low[.] A person must decide', 'explained');

-- It waits, however long; what comes meanwhile joins it in silence.
SELECT is(advocacy.risk_next_deadline('2025-01-02'), NULL, 'no time ends it');
SELECT is(advocacy.risk_batches_expire('2025-03-01'), 0, 'nor three days');
SELECT pg_temp.scores(1, 3, 3, '2025-03-01');
SELECT is(pg_temp.run('account', '2025-03-01', 'changes', 'v1'), '1/0/0/0', 'another low score');
SELECT is(pg_temp.away(), 0::bigint, 'is held with it');
SELECT is(pg_temp.told(), NULL, 'in silence');
SELECT is(advocacy.risk_release(pg_temp.waiting(), 'mary', '2025-03-02'), 3, 'approved: they are suspended');
SELECT is(pg_temp.told(), 'admins: first_load_summary', 'and told in one message');
SELECT is((SELECT actor FROM advocacy.audit_log WHERE action = 'risk_release'), 'mary', 'audited');
SELECT pg_temp.scores(4, 4, 4, '2025-03-03');
SELECT is(pg_temp.run('account', '2025-03-03', 'changes', 'v1'), '1/0/1/0', 'from then on what it says counts');
SELECT is(pg_temp.told(), 'people: advocate_suspended', 'and is told');

-- A second source, of which nothing would follow, asks nobody; nor does one stream of it without a word about risk.
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, domain) SELECT 's' || n, '2025-03-04', 'Account ' || n, 'a' || n || '.example' FROM generate_series(1, 30) AS n;
SELECT is(pg_temp.run('account', '2025-03-04', source => 'sf'), '0/0/0/0', 'a new source without risks');
SELECT is(pg_temp.waiting(), NULL, 'asks nobody');
-- Its cases do: also those that speak for themselves.
INSERT INTO pg_temp.stage_support_case (remote_id, modified_at, account_remote_id, number, subject, priority, escalated, closed) SELECT 'k' || n, '2025-03-05', 's' || n, n::text, 'Down', 'P1', true, false FROM generate_series(10, 11) AS n;
SELECT is(pg_temp.run('support_case', '2025-03-05', source => 'sf'), '2/0/0/0', 'named cases in a first reading');
SELECT is(pg_temp.told(), 'admins: decisions_observed', 'are observed');
INSERT INTO pg_temp.stage_support_case (remote_id, modified_at, account_remote_id, number, subject, priority, escalated, closed) VALUES ('k12', '2025-03-06', 's12', '12', 'Down', 'P1', true, false);
SELECT is(pg_temp.run('support_case', '2025-03-06', 'changes', source => 'sf'), '1/0/1/0', 'later ones suspend, as ever');
SELECT is(pg_temp.told(), 'people: advocate_suspended', 'and are told');
-- Rejected: they are closed, and the next full reading is observed again.
SELECT is(advocacy.risk_reject(pg_temp.waiting(), 'mary', '2025-03-07'), 2, 'rejected');
SELECT is((SELECT observed FROM advocacy.sync_stream WHERE source = 'sf' AND stream = 'support_case'), 'rejected', 'so it is observed again');
INSERT INTO pg_temp.stage_support_case (remote_id, modified_at, account_remote_id, number, subject, priority, escalated, closed) SELECT 'k' || n, '2025-03-08', 's' || n, n::text, 'Down', 'P1', n <> 14, false FROM generate_series(10, 14) AS n;
UPDATE pg_temp.stage_support_case SET priority = 'P3' WHERE remote_id = 'k14';
SELECT is(pg_temp.run('support_case', '2025-03-08', source => 'sf'), '1/0/0/0', 'a new case in the next full reading; what was rejected stays away');
SELECT is((SELECT count(*) FROM advocacy.suspension WHERE rule = 'escalated' AND closed_at IS NULL), 1::bigint, 'suspends nobody');
SELECT is((SELECT facts ->> 'why' FROM advocacy.outbox WHERE kind = 'decisions_observed'), 'was rejected the last time', 'it says why');
SELECT is((SELECT observed FROM advocacy.sync_stream WHERE source = 'sf' AND stream = 'support_case'), NULL, 'that reading is through');
SELECT advocacy.risk_release(pg_temp.waiting(), 'mary', '2025-03-09'), pg_temp.told();
SELECT is((SELECT count(*) FROM advocacy.suspension WHERE rule = 'escalated' AND closed_at IS NULL), 2::bigint, 'approved');

-- Another mapping: both directions are observed, until a full reading is through and approved.
SELECT pg_temp.told();
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, domain, signals)
SELECT 'a' || n, '2025-04-01', 'Account ' || n, 'a' || n || '.example', jsonb_build_object('health_score', CASE WHEN n <= 3 THEN 95 WHEN n IN (7, 8) THEN 10 WHEN n = 4 THEN 40 ELSE 90 END) FROM generate_series(1, 15) AS n;
SELECT is(pg_temp.run('account', '2025-04-01', mapping => 'v2', complete => false), '2/0/0/0', 'half a reading by another mapping suspends nobody and lets nobody go');
SELECT is(pg_temp.told(), NULL, 'not told yet');
SELECT is((SELECT mapping || ' ' || observed FROM advocacy.sync_stream WHERE source = 'gs' AND stream = 'account'), 'v2 mapping', 'it is known as another one');
SELECT pg_temp.scores(16, 30, 0, '2025-04-01 00:01');
SELECT is(pg_temp.run('account', '2025-04-01 00:01', mapping => 'v2'), '0/0/0/0', 'the other half');
SELECT is(pg_temp.told(), 'admins: decisions_observed, admins: decisions_observed', 'told: who would be suspended, and who would be available again');
SELECT is((SELECT string_agg(direction || ' ' || advocates || ' ' || observed, ', ' ORDER BY direction) FROM advocacy.decision_batch WHERE decision IS NULL), 'reinstate 3 mapping, suspend 2 mapping', 'each with a batch');
SELECT is((SELECT observed FROM advocacy.sync_stream WHERE source = 'gs' AND stream = 'account'), NULL, 'the reading is through');
SELECT is(advocacy.risk_release((SELECT batch_id FROM advocacy.decision_batch WHERE decision IS NULL AND direction = 'reinstate'), 'mary', '2025-04-02'), 3, 'approved: they are back');
SELECT is(advocacy.risk_release((SELECT batch_id FROM advocacy.decision_batch WHERE decision IS NULL AND direction = 'suspend'), 'mary', '2025-04-02'), 2, 'and suspended');
SELECT is(pg_temp.told(), 'people: advocate_reinstated, people: advocate_reinstated, people: advocate_reinstated, people: advocate_suspended, people: advocate_suspended', 'told as ever');
SELECT pg_temp.scores(1, 30, 0, '2025-04-03');
UPDATE pg_temp.stage_account SET signals = CASE remote_id WHEN 'a8' THEN '{"health_score": 10}' ELSE '{"health_score": 41}' END::jsonb WHERE remote_id IN ('a8', 'a9');
SELECT is(pg_temp.run('account', '2025-04-03', mapping => 'v2'), '1/2/1/2', 'then it counts');
-- A mapping of which nothing follows asks nobody.
SELECT pg_temp.told(), pg_temp.scores(1, 30, 0, '2025-04-04');
UPDATE pg_temp.stage_account SET signals = CASE remote_id WHEN 'a8' THEN '{"health_score": 10}' ELSE '{"health_score": 41}' END::jsonb WHERE remote_id IN ('a8', 'a9');
SELECT is(pg_temp.run('account', '2025-04-04', mapping => 'v3'), '0/0/0/0', 'another field is mapped');
SELECT is(pg_temp.told(), NULL, 'nobody is asked');
SELECT is((SELECT observed FROM advocacy.sync_stream WHERE source = 'gs' AND stream = 'account'), NULL, 'and it counts again');

-- What waited and is over by itself asks for nothing that comes later, and waits no longer.
CREATE FUNCTION pg_temp.scored(low text, day timestamptz, mapping text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_temp.scores(1, 30, 0, day);
	UPDATE pg_temp.stage_account SET signals = CASE remote_id WHEN 'a9' THEN '{"health_score": 41}' ELSE '{"health_score": 10}' END::jsonb WHERE remote_id IN ('a8', 'a9', low);
	PERFORM pg_temp.run('account', day, mapping => mapping);
END $$;
SELECT pg_temp.scored('a15', '2025-04-05', 'v4');
SELECT is(pg_temp.told(), 'admins: decisions_observed', 'somebody is asked');
SELECT pg_temp.waiting() AS forgotten \gset
SELECT pg_temp.scored('none', '2025-04-06', 'v4'), pg_temp.told();
SELECT is((SELECT jsonb_array_length(advocacy.status_report() -> 'decisions')), 0, 'nobody answered, and it is over');
SELECT pg_temp.scored('a15', '2025-04-10', 'v5');
SELECT is(pg_temp.told(), 'admins: decisions_observed', 'the next mapping is asked about');
SELECT is((SELECT array_agg(DISTINCT held_batch = pg_temp.waiting() AND held_batch > :forgotten) FROM advocacy.risk WHERE held_at IS NOT NULL AND cleared_at IS NULL), '{t}', 'by itself');
SELECT pg_temp.scored('none', '2025-04-11', 'v5'), pg_temp.told();

-- A preview of a first reading shows whom it would hold, and keeps nothing.
SELECT advocacy.source_register('hs', 'hubspot', 3, '36500 days');
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, domain, signals) VALUES ('h20', '2025-05-01', 'Account 20', 'a20.example', '{"health_score": 10}');
SELECT is((SELECT p -> 'counts' ->> 'held' || ' held, suspended ' || coalesce(p -> 'counts' ->> 'suspended', 'none') FROM advocacy.sync_preview('hs', 'account', NULL, true, '2025-05-01', 1, 1, '2025-05-01', '2025-05-01') AS p), '1 held, suspended none', 'a preview says so');
SELECT throws_ok($$SELECT advocacy.policy_setting_define('observe', '"perhaps"')$$, '22023', NULL, 'a setting that is none');
SELECT advocacy.policy_setting_define('observe', 'false');
SELECT is(pg_temp.run('account', '2025-05-01', source => 'hs'), '1/0/1/0', 'switched off: the first reading counts at once');
SELECT * FROM finish();
ROLLBACK;
