-- What has had its time goes, what is needed stays however old it is, and the daemon itself can remove neither.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();
CREATE FUNCTION pg_temp.ago(days numeric) RETURNS timestamptz LANGUAGE sql STABLE AS $$ SELECT now() - days * interval '1 day' $$;
-- Everything that is due, as the daemon does it, in steps of that many.
CREATE FUNCTION pg_temp.sweep(most integer DEFAULT 1000, at timestamptz DEFAULT now()) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE step record; steps bigint := 0;
BEGIN
	LOOP
		SELECT * INTO step FROM advocacy.retention_run(sweep.at, most);
		EXIT WHEN step.relation IS NULL;
		steps := steps + 1;
		IF steps > 5000 THEN RAISE 'no end'; END IF;
	END LOOP;
	RETURN steps;
END $$;
CREATE FUNCTION pg_temp.again() RETURNS void LANGUAGE sql AS $$ UPDATE advocacy.retention SET next_at = now() $$;

-- What can be set.
SELECT throws_ok($$SELECT advocacy.policy_setting_define('retention', '{"signal_s": 34560000}')$$, '22023', NULL, 'an unknown history');
SELECT throws_ok($$SELECT advocacy.policy_setting_define('retention', '{"signals_s": 86400}')$$, '22023', 'retention can''t be set: signals_s is 86400', 'a day is too short for signals');
SELECT throws_ok($$SELECT advocacy.policy_setting_define('retention', '{"audit_s": "1095d"}')$$, '22023', NULL, 'a text');
SELECT throws_ok($$SELECT advocacy.policy_setting_define('retention', '{"runs_s": -1}')$$, '22023', NULL, 'less than nothing');
SELECT throws_ok($$SELECT advocacy.policy_setting_define('retention', '{"runs_s": 864000.5}')$$, '22023', NULL, 'half a second');
SELECT throws_ok($$SELECT advocacy.policy_setting_define('retention', '7')$$, '22023', NULL, 'no object');
SELECT is((SELECT string_agg(format('%s %s', history, (extract(epoch FROM keep) / 86400)::integer), ', ' ORDER BY history) FROM advocacy.retention_policy()),
	'audit 1095, clocks 1095, decisions 1095, messages 180, records 90, runs 30, signals 400', 'what holds where the policy says nothing');
SELECT advocacy.policy_setting_define('retention', '{"signals_s": 8640000, "runs_s": 864000, "records_s": 8640000, "messages_s": 8640000, "decisions_s": 8640000, "clocks_s": 8640000, "audit_s": 8640000}') \g /dev/null
INSERT INTO advocacy.policy_setting (name, value) VALUES ('unknown', '1');
SELECT is((SELECT keep FROM advocacy.retention_policy() WHERE history = 'runs'), interval '240 hours', 'the policy''s word');

-- Signals: kept 100 days. Account 1 is well; account 2 has a risk open since 300 days; account 3 said one thing long ago.
INSERT INTO advocacy.account (account_id, source, remote_id, name) OVERRIDING SYSTEM VALUE SELECT g, 't', 'a' || g, 'A' || g FROM generate_series(1, 5) AS g;
SELECT advocacy.source_register('t', 'gainsight', 1, '3650 days') \g /dev/null
INSERT INTO advocacy.sync_stream (source, stream, last_success_at) VALUES ('t', 'account', now());
SELECT advocacy.risk_rule_define('low', 'health_score', '<', 60, '>', 75) \g /dev/null
INSERT INTO advocacy.signal (account_id, name, source, stream, value, observed_at) SELECT g, 'health_score', 't', 'account', 80, pg_temp.ago(1) FROM generate_series(1, 3) AS g;
INSERT INTO advocacy.signal_history (account_id, name, source, value, observed_at, recorded_at)
SELECT g, 'health_score', 't', d % 97, pg_temp.ago(d), pg_temp.ago(d) FROM generate_series(1, 2) AS g, generate_series(10, 400, 10) AS d;
INSERT INTO advocacy.signal_history (account_id, name, source, value, observed_at, recorded_at) VALUES
	(3, 'health_score', 't', 80, pg_temp.ago(900), pg_temp.ago(900)), (3, 'health_score', 't', 10, pg_temp.ago(950), pg_temp.ago(950)),
	-- Said late: at the time that begins the kept ones, what was known is the other one.
	(4, 'health_score', 't', 1, pg_temp.ago(200), pg_temp.ago(200)), (4, 'health_score', 't', 2, pg_temp.ago(150), pg_temp.ago(50));
-- The same again counts, and goes by itself.
INSERT INTO advocacy.signal_history (account_id, name, source, value, observed_at, recorded_at, repeated)
SELECT 5, 'health_score', 't', 50, pg_temp.ago(d), pg_temp.ago(d), d < 500 FROM generate_series(110, 500, 10) AS d;
INSERT INTO advocacy.risk (account_id, rule, rule_version, opened_at, evidence) VALUES (2, 'low', 1, pg_temp.ago(295), '{"signal": "health_score"}');
CREATE TEMPORARY TABLE said AS SELECT a.account_id, d.at, s.value FROM advocacy.account AS a, (SELECT pg_temp.ago(n) AS at FROM generate_series(0, 100) AS n) AS d
	CROSS JOIN LATERAL advocacy.signal_at(a.account_id, d.at) AS s WHERE a.account_id IN (1, 2, 3);
CREATE TEMPORARY TABLE fell AS SELECT a.account_id, d.n, advocacy.risk_dropped(a.account_id, 'health_score', 't', 0, 1, '30 days', pg_temp.ago(d.n)) AS value
	FROM advocacy.account AS a, generate_series(0, 70, 5) AS d (n);
SELECT cmp_ok(pg_temp.sweep(2), '>', 17::bigint, 'in steps, and it comes to an end');
SELECT is((SELECT array_agg(extract(day FROM now() - observed_at)::integer ORDER BY observed_at) FROM advocacy.signal_history WHERE account_id = 1),
	'{100,90,80,70,60,50,40,30,20,10}', 'what is older than 100 days goes');
SELECT is((SELECT max(extract(day FROM now() - observed_at)::integer) FROM advocacy.signal_history WHERE account_id = 2), 300, 'all stays since an open risk opened, and what held then');
SELECT is((SELECT array_agg(value) FROM advocacy.signal_history WHERE account_id = 3), '{80}', 'what holds stays, however old');
SELECT is((SELECT count(*) FROM advocacy.signal_history WHERE account_id = 4), 2::bigint, 'what was known when the kept time begins stays');
SELECT is((SELECT array_agg(extract(day FROM now() - observed_at)::integer || CASE WHEN repeated THEN ' again' ELSE '' END ORDER BY observed_at) FROM advocacy.signal_history WHERE account_id = 5),
	'{500,"110 again"}', 'the value and the last time that it counted stay');
SELECT is_empty($$SELECT s.* FROM said AS s EXCEPT SELECT a.account_id, d.at, s.value FROM advocacy.account AS a, (SELECT pg_temp.ago(n) AS at FROM generate_series(0, 100) AS n) AS d
	CROSS JOIN LATERAL advocacy.signal_at(a.account_id, d.at) AS s$$, 'what the sources had said at any kept time is told as before');
SELECT is_empty($$SELECT f.* FROM fell AS f WHERE f.value IS DISTINCT FROM advocacy.risk_dropped(f.account_id, 'health_score', 't', 0, 1, '30 days', pg_temp.ago(f.n))$$, 'and falls are seen as before');
SELECT is(pg_temp.sweep(), 0::bigint, 'nothing more is due');
SELECT cmp_ok((SELECT next_at FROM advocacy.retention_run()), '=', now() + interval '1 day', 'until tomorrow');
-- A rule that looks back farther keeps more.
INSERT INTO advocacy.signal_history (account_id, name, source, value, observed_at, recorded_at) SELECT 1, 'health_score', 't', d, pg_temp.ago(d), pg_temp.ago(d) FROM generate_series(110, 400, 10) AS d;
SELECT advocacy.risk_rule_define('fall', 'health_score', '<', 60, '>', 75, drop_points => 10, drop_within => '150 days'), pg_temp.again(), pg_temp.sweep() \g /dev/null
SELECT is((SELECT max(extract(day FROM now() - observed_at)::integer) FROM advocacy.signal_history WHERE account_id = 1), 250, 'a rule about a fall within 150 days keeps what it looks at');

-- Runs, records and audit: what is over and old.
INSERT INTO advocacy.sync_run (source, stream, started_at, ended_at, outcome) SELECT 't', 'account', pg_temp.ago(d), pg_temp.ago(d), 'complete' FROM unnest('{1,9,11,50}'::integer[]) AS d;
INSERT INTO advocacy.resync (source, stream, requested_by, state, ended_at) VALUES ('t', 'account', 'ann', 'applied', pg_temp.ago(11)), ('t', 'account', 'ann', 'wanted', NULL);
INSERT INTO advocacy.rejected_record (source, stream, remote_id, reason, raw, first_seen_at, resolved_at) VALUES
	('t', 'account', 'old', '?', '{}', pg_temp.ago(500), pg_temp.ago(101)), ('t', 'account', 'open', '?', '{}', pg_temp.ago(500), NULL);
INSERT INTO advocacy.field_drift (source, stream, field, kind, detail, first_seen_at, last_seen_at, resolved_at, resolution, accepted_by) VALUES
	('t', 'account', 'over', 'vanished', '?', pg_temp.ago(500), pg_temp.ago(400), pg_temp.ago(400), 'it came back', NULL),
	('t', 'account', 'accepted', 'null_for_all', '?', pg_temp.ago(500), pg_temp.ago(400), pg_temp.ago(400), 'accepted', 'ann'),
	('t', 'account', 'open', 'vanished', '?', pg_temp.ago(500), pg_temp.ago(400), NULL, NULL, NULL);
INSERT INTO advocacy.identity_review (shared_by, shared, reason, records, candidates, opened_at, changed_at, resolved_at, resolution, decided_by) VALUES
	('domain', 'a.example', '?', '[]', '[]', pg_temp.ago(500), pg_temp.ago(400), pg_temp.ago(400), 'no doubt', NULL),
	('domain', 'b.example', '?', '[]', '[]', pg_temp.ago(500), pg_temp.ago(400), pg_temp.ago(400), 'one', 'ann');
INSERT INTO advocacy.source_disagreement (account_id, low_source, low, high_source, high, since, ended_at) VALUES
	(1, 't', 1, 'u', 2, pg_temp.ago(500), pg_temp.ago(101)), (2, 't', 1, 'u', 2, pg_temp.ago(500), NULL);
INSERT INTO advocacy.audit_log (at, actor, action, subject) VALUES (pg_temp.ago(101), 'ann', 'old', 'x'), (pg_temp.ago(99), 'ann', 'young', 'x');
SELECT pg_temp.again(), pg_temp.sweep() \g /dev/null
SELECT is((SELECT count(*) FROM advocacy.sync_run), 2::bigint, 'runs');
SELECT is((SELECT array_agg(state) FROM advocacy.resync), '{wanted}', 'resyncs');
SELECT is((SELECT array_agg(remote_id) FROM advocacy.rejected_record), '{open}', 'records that are set aside stay');
SELECT is((SELECT array_agg(field ORDER BY field) FROM advocacy.field_drift), '{accepted,open}', 'what a person accepted still holds');
SELECT is((SELECT array_agg(account_id) FROM advocacy.source_disagreement), '{2}', 'sources that still disagree stay');
SELECT is((SELECT array_agg(shared) FROM advocacy.identity_review), '{b.example}', 'what a person decided stays');
SELECT is((SELECT array_agg(action) FROM advocacy.audit_log WHERE subject = 'x'), '{young}', 'the audit log');

-- Decisions and what was told of them.
INSERT INTO advocacy.contact (contact_id, source, remote_id, account_id, first_name) OVERRIDING SYSTEM VALUE SELECT g, 't', 'c' || g, g, 'P' || g FROM generate_series(1, 2) AS g;
INSERT INTO advocacy.advocate (advocate_id, contact_id, account_id, enrolled_by) OVERRIDING SYSTEM VALUE SELECT g, g, g, 'test' FROM generate_series(1, 2) AS g;
INSERT INTO advocacy.risk (risk_id, account_id, rule, rule_version, opened_at, evidence, cleared_at, clear_evidence) OVERRIDING SYSTEM VALUE
SELECT 1500 - d, 1, 'low', 1, pg_temp.ago(d + 1), '{}', pg_temp.ago(d), CASE d WHEN 150 THEN '{"rejected_by": "ann"}' ELSE '{}' END::jsonb FROM unnest('{400,300,200,150}'::integer[]) AS d;
INSERT INTO advocacy.suspension (suspension_id, advocate_id, cause, risk_id, rule, severity, reason, opened_at, opened_by, closed_at, closed_by, close_reason) OVERRIDING SYSTEM VALUE
SELECT r.risk_id, 1, 'risk', r.risk_id, 'low', 'soft', 'x', r.opened_at, 'rule', r.cleared_at, 'rule', 'well' FROM advocacy.risk AS r WHERE r.account_id = 1;
INSERT INTO advocacy.suspension (suspension_id, advocate_id, cause, risk_id, rule, severity, reason, evidence, opened_at, opened_by, closed_at, closed_by, close_reason) OVERRIDING SYSTEM VALUE VALUES
	(1, 2, 'risk', (SELECT risk_id FROM advocacy.risk WHERE account_id = 2), 'low', 'soft', 'x', '{"value": 3}', pg_temp.ago(295), 'rule', NULL, NULL, NULL),
	(2, 2, 'own', NULL, 'detractor', 'soft', 'x', '{"value": 3}', pg_temp.ago(900), 'rule', pg_temp.ago(800), 'rule', 'too long ago'),
	(3, 2, 'own', NULL, 'detractor', 'soft', 'x', '{"value": 3}', pg_temp.ago(700), 'rule', pg_temp.ago(600), 'rule', 'too long ago'),
	(4, 2, 'person', NULL, NULL, NULL, 'x', '{}', pg_temp.ago(700), 'ann', pg_temp.ago(600), 'ann', 'back'),
	(5, 2, 'person', NULL, NULL, NULL, 'x', '{}', pg_temp.ago(700), 'ann', pg_temp.ago(99), 'ann', 'back');
INSERT INTO advocacy.decision_cycle (decided_at, risks_opened, risks_cleared, suspended, reinstated, held) VALUES (pg_temp.ago(101), 0, 0, 0, 0, 0), (pg_temp.ago(99), 0, 0, 0, 0, 0);
INSERT INTO advocacy.decision_batch (direction, opened_at, advocates, most, decision, decided_at, decided_by) VALUES
	('suspend', pg_temp.ago(500), 1, 1, 'released', pg_temp.ago(400), 'ann'), ('suspend', pg_temp.ago(500), 1, 1, NULL, NULL, NULL);
INSERT INTO advocacy.risk_override (advocate_id, until, reason, made_at, made_by, ended_at, ended_by, end_reason) VALUES
	(1, pg_temp.ago(300), 'x', pg_temp.ago(400), 'ann', pg_temp.ago(300), 'time', 'over'), (1, now() + interval '1 day', 'x', pg_temp.ago(400), 'ann', NULL, NULL, NULL);
-- Messages: of what is over, of what goes on (told 290 days ago), folded ones, edits.
INSERT INTO advocacy.outbox (outbox_id, kind, dedup_key, channel, facts, created_at, state, ended_at, subject, folded_into) OVERRIDING SYSTEM VALUE VALUES
	(1, 'advocate_suspended', 'k1', 'ops', '{}', pg_temp.ago(290), 'sent', pg_temp.ago(290), 'risk-' || (SELECT risk_id FROM advocacy.risk WHERE account_id = 2), NULL),
	(2, 'advocate_suspended', 'k2', 'ops', '{}', pg_temp.ago(401), 'sent', pg_temp.ago(400), 'risk-1100', NULL),
	(3, 'several', 'k3', 'ops', '{}', pg_temp.ago(150), 'sent', pg_temp.ago(150), 'several-4', NULL),
	(4, 'x', 'k4', 'ops', '{}', pg_temp.ago(150), 'folded', pg_temp.ago(150), NULL, 3),
	(5, 'x', 'k5', NULL, '{}', pg_temp.ago(150), 'nowhere', NULL, NULL, NULL),
	(6, 'x', 'k6', 'ops', '{}', pg_temp.ago(150), 'pending', NULL, NULL, NULL),
	(7, 'x', 'k7', 'ops', '{}', pg_temp.ago(150), 'sent', pg_temp.ago(99), NULL, NULL),
	(8, 'source_failing', 'k8', 'ops', '{}', pg_temp.ago(150), 'sent', pg_temp.ago(150), 'source-t', NULL),
	(9, 'x', 'k9', 'ops', '{}', pg_temp.ago(150), 'refused', pg_temp.ago(150), 'risk-99999999999999999999', NULL);
INSERT INTO advocacy.notification (notification_id, outbox_id, kind, channel, text, possibly_repeated, sent_at) OVERRIDING SYSTEM VALUE
SELECT o.outbox_id, o.outbox_id, o.kind, 'ops', '?', false, o.ended_at FROM advocacy.outbox AS o WHERE o.state = 'sent';
INSERT INTO advocacy.outbox (outbox_id, kind, dedup_key, channel, facts, created_at, state, ended_at, edits) OVERRIDING SYSTEM VALUE VALUES (10, 'x', 'k10', 'ops', '{}', pg_temp.ago(150), 'sent', pg_temp.ago(150), 2);
UPDATE advocacy.source_status SET failing_since = pg_temp.ago(150) WHERE source = 't';
INSERT INTO advocacy.silence (kind, until, reason, made_at, made_by) VALUES ('x', pg_temp.ago(101), 'x', pg_temp.ago(200), 'ann'), ('x', now() + interval '1 day', 'x', pg_temp.ago(200), 'ann');
SELECT pg_temp.again(), pg_temp.sweep(), pg_temp.again(), pg_temp.sweep() \g /dev/null
SELECT is((SELECT array_agg(suspension_id ORDER BY suspension_id) FROM advocacy.suspension), '{1,3,5}', 'suspensions: what is open, what tells when something was said, what is young');
SELECT is((SELECT array_agg(account_id || CASE WHEN clear_evidence ? 'rejected_by' THEN ' rejected' ELSE '' END ORDER BY risk_id) FROM advocacy.risk), '{2,"1 rejected"}', 'risks: what is open and the last of each');
SELECT is((SELECT count(*) FROM advocacy.decision_cycle), 1::bigint, 'cycles');
SELECT is((SELECT array_agg(decision) FROM advocacy.decision_batch), '{NULL}', 'what waits for a person stays');
SELECT is((SELECT count(*) FROM advocacy.risk_override), 1::bigint, 'overrides that hold stay');
SELECT is((SELECT array_agg(outbox_id ORDER BY outbox_id) FROM advocacy.outbox), '{1,6,7,8}', 'messages: of what goes on, what waits, what is young');
SELECT is((SELECT array_agg(outbox_id ORDER BY outbox_id) FROM advocacy.notification), '{1,7,8}', 'and what was sent of them');
SELECT is((SELECT count(*) FROM advocacy.silence), 1::bigint, 'silences');
UPDATE advocacy.source_status SET failing_since = NULL;
SELECT is(array_agg(advocacy.outbox_subject_is_open(s)), array_agg(false), 'what isn''t open, or isn''t there, isn''t')
  FROM unnest('{risk-2,risk-,risk,source-t,source-,channel-x,REQ-1 connect,"suspension 99 risk_review",held-1e9,cautions-1,first-load-t-account,"",risk-1x}'::text[]) AS s;
SELECT is(advocacy.outbox_subject_is_open(NULL), false, 'nor nothing');
UPDATE advocacy.source_status SET stale_at = now();
SELECT is(advocacy.outbox_subject_is_open('source-t'), true, 'a source that is stale, though nothing of it fails: its end is still to be told');
UPDATE advocacy.source_status SET stale_at = NULL;
SELECT is(advocacy.outbox_subject_is_open('suspension 1 risk_review') AND advocacy.outbox_subject_is_open('suspension-1'), true, 'a suspension by either name');

-- Clocks go with their events, when their request is over; both ways the log proves the clocks.
SELECT setval(pg_get_serial_sequence('advocacy.outbox', 'outbox_id'), 100) \g /dev/null
SELECT count(*) FROM advocacy.policy_apply('{"calendars":[{"name":"k","time_zone":"UTC","weekly_hours":{"mon":[["00:00","24:00"]]},"holidays":[]}],"slas":[{"name":"quick","metric":"acknowledge","calendar":"k","target_s":3600}]}', pg_temp.ago(500)) \g /dev/null
INSERT INTO advocacy.opportunity (opportunity_id, source, remote_id, name, account_id) OVERRIDING SYSTEM VALUE VALUES (1, 't', 'o1', 'Deal', 1);
CREATE FUNCTION pg_temp.ask(days integer) RETURNS bigint LANGUAGE sql AS $$ SELECT advocacy.request_submit(1, 'quote', 'why', 'who', 'what', pg_temp.ago(days - 30), 'rep@x.example', at => pg_temp.ago(days)) $$;
CREATE TEMPORARY TABLE asked AS SELECT d, pg_temp.ask(d) AS id FROM unnest('{400,399,90}'::integer[]) AS d;
SELECT advocacy.request_acknowledge(a.id, at => pg_temp.ago(a.d - 1)) FROM asked AS a \g /dev/null
SELECT advocacy.request_cancel(a.id, 'no more', at => pg_temp.ago(a.d - 2)) FROM asked AS a WHERE a.d <> 399 \g /dev/null
SELECT is((SELECT count(*) FROM advocacy.sla_clock), 3::bigint, '(three clocks)');
SELECT pg_temp.again(), pg_temp.sweep() \g /dev/null
SELECT is((SELECT array_agg(a.d ORDER BY a.d) FROM asked AS a JOIN advocacy.sla_clock AS k ON k.request_id = a.id), '{90,399}', 'a clock of an open request stays, and a young one');
SELECT is((SELECT array_agg(DISTINCT a.d ORDER BY a.d) FROM asked AS a JOIN advocacy.request_event AS e ON e.request_id = a.id), '{90,399}', 'the moves go with it');
SELECT is((SELECT count(*) FROM advocacy.request), 3::bigint, 'requests stay');
SELECT is_empty('SELECT * FROM advocacy.sla_rebuild_check()', 'the log still proves the clocks');

-- For ever; shorter than allowed, past the check; another time in the policy is at once due.
SELECT advocacy.policy_setting_define('retention', '{"audit_s": 0}') \g /dev/null
INSERT INTO advocacy.audit_log (at, actor, action, subject) VALUES (pg_temp.ago(9000), 'ann', 'ancient', 'x');
SELECT cmp_ok(pg_temp.sweep(), '>=', 17::bigint, 'a new policy is carried out at once');
SELECT is((SELECT count(*) FROM advocacy.audit_log WHERE action = 'ancient'), 1::bigint, '0 is for ever');
UPDATE advocacy.policy_setting SET value = '{"audit_s": 1}' WHERE name = 'retention';
INSERT INTO advocacy.audit_log (at, actor, action, subject) VALUES (pg_temp.ago(99), 'ann', 'trace', 'x');
SELECT pg_temp.sweep() \g /dev/null
SELECT is((SELECT array_agg(action) FROM advocacy.audit_log WHERE subject = 'x'), '{young,trace}', 'nobody brings traces of 100 days forward');
SELECT pg_temp.again(), pg_temp.sweep(1000, now() + interval '1000 days') \g /dev/null
SELECT is((SELECT array_agg(action) FROM advocacy.audit_log WHERE subject = 'x'), '{young,trace}', 'nor by saying that it is later');
SELECT throws_ok('SELECT advocacy.retention_run(most => 0)', '22023', NULL, 'no step is no step');
SELECT throws_ok('SELECT advocacy.retention_run(most => NULL)', '22023', NULL, 'nor none');

-- A table whose rows can't be removed doesn't hold up those behind it.
SAVEPOINT broken;
CREATE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no removing here'; END $$;
CREATE TRIGGER refuse BEFORE DELETE ON advocacy.sync_run EXECUTE FUNCTION pg_temp.refuse();
SELECT pg_temp.again() \g /dev/null
CREATE TEMPORARY TABLE step AS SELECT r.* FROM generate_series(1, 18) AS n CROSS JOIN LATERAL advocacy.retention_run(now() + n * '0 s'::interval) AS r;
SELECT is((SELECT string_agg(s.relation || ': ' || s.failure, ', ') FROM step AS s WHERE s.failure IS NOT NULL), 'sync_run: no removing here', 'what failed is told once');
SELECT is((SELECT string_agg(DISTINCT (t.next_at - now())::text, ', ') FROM advocacy.retention AS t WHERE t.relation = 'sync_run'), '01:00:00', 'it is tried again in an hour');
SELECT is((SELECT count(*) FROM advocacy.retention AS t WHERE t.keep IS NOT NULL AND t.next_at <= now()), 0::bigint, 'and all others had their turn');
ROLLBACK TO broken;

-- The daemon lets it be done, and can't do it.
SELECT pg_temp.again() \g /dev/null
SET LOCAL ROLE advocacy_daemon;
SELECT lives_ok('SELECT advocacy.retention_run()', 'the daemon');
SELECT throws_ok(format('SELECT advocacy.retention_sweep(%L, now(), 0, 1000)', t), '42501', NULL, 'doesn''t remove from ' || t)
FROM unnest('{audit_log,outbox,suspension,risk,sla_clock,signal_history,request_event,decision_cycle}'::text[]) AS t;
SELECT throws_ok('UPDATE advocacy.retention SET removed = 0', '42501', NULL, 'nor tells otherwise what was');
SELECT isnt_empty($$SELECT FROM advocacy.metric WHERE name = 'retention_removed_rows_total' AND labels ->> 'history' = 'signals' AND value > 0$$, 'it is counted');
SELECT is((SELECT string_agg(r ->> 'history', ' ') FROM jsonb_array_elements(advocacy.status_report() -> 'retention') AS r), 'audit clocks decisions messages records runs signals', 'and told by status');
RESET ROLE;

-- What a foreign key looks for when a row goes, it finds by an index.
SELECT is_empty($$SELECT k.conrelid::regclass, k.conname FROM pg_constraint AS k JOIN advocacy.retention_rules() AS r ON k.confrelid = format('advocacy.%I', r.relation)::regclass
	WHERE k.contype = 'f' AND NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = k.conrelid AND i.indkey[0] = k.conkey[1]
	  AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) ~ 'IS NOT NULL'))$$, 'every reference has its index');
-- Whoever makes a table of what begins and ends says which history it belongs to, or here that it is none.
SELECT is((SELECT string_agg(DISTINCT c.relname, ' ') FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
           WHERE c.relnamespace = 'advocacy'::regnamespace AND c.relkind = 'r' AND a.attname = ANY ('{ended_at,resolved_at,cleared_at,decided_at}')
             AND c.relname NOT IN (SELECT r.relation FROM advocacy.retention_rules() AS r) AND c.relname <> ALL ('{retention,approval}')), NULL, 'every table of what ends has its time'); -- approvals stay with their request
SELECT is((SELECT string_agg(relation, ' ') FROM advocacy.retention_rules() WHERE to_regclass('advocacy.' || relation) IS NULL), NULL, 'every relation is there');
SELECT * FROM finish();
ROLLBACK;
