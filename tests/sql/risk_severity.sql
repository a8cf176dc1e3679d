-- Severities: what an open risk means, who is told, what becomes of open requests; the worst of all causes counts.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(32);
-- (Never stale: the view goes by today.)
SELECT advocacy.source_register('gs', 'gainsight', 1, '36500 days'), advocacy.stage_prepare();
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
SELECT throws_ok($$SELECT advocacy.risk_rule_define('r', 's', '<', 60, '>', 70, '0', 'suspend', 'mild')$$, '22023',
	'risk rule "r": unknown severity "mild"', 'an unknown severity is refused');
SELECT advocacy.risk_rule_define('s_' || v.severity, 'x_' || v.severity, '>', 0, '<=', 0, '0', 'suspend', v.severity)
  FROM (VALUES ('soft'), ('hard'), ('caution'), ('hold'), ('ineligible')) AS v (severity);
CREATE FUNCTION pg_temp.say(account text, signals jsonb, at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals) VALUES (account, at, account, signals);
	SELECT * INTO r FROM advocacy.sync_apply('gs', 'account', NULL, true, at, 1, 1, at, at);
	RETURN format('%s/%s/%s/%s', r.risks_opened, r.risks_cleared, r.suspended, r.reinstated);
END $$;
CREATE FUNCTION pg_temp.told() RETURNS text LANGUAGE sql AS $$
	WITH d AS (DELETE FROM advocacy.outbox RETURNING outbox_id, kind) SELECT string_agg(d.kind, ' ' ORDER BY d.outbox_id) FROM d $$;
CREATE FUNCTION pg_temp.state() RETURNS text LANGUAGE sql AS $$
	SELECT v.state || CASE WHEN v.available THEN ' (available)' ELSE '' END FROM advocacy.advocate_availability AS v WHERE v.name = 'Jane' $$;
CREATE FUNCTION pg_temp.request() RETURNS text LANGUAGE sql AS $$ SELECT q.state FROM advocacy.request AS q $$;

INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate)
VALUES ('c1', '2025-01-01', 'acme', 'jane@acme.example', 'Jane', true);
SELECT pg_temp.say('acme', '{"x_caution": 0, "health_score": 90}', '2025-01-01');
SELECT is(pg_temp.state(), 'eligible (available)', 'nothing is open: eligible');
INSERT INTO advocacy.request (activity_type, justification, audience, outcome, requested_by, state, advocate_id)
SELECT 'reference_call', 'j', 'a', 'o', 'rep', 'proposed', a.advocate_id FROM advocacy.advocate AS a;
SELECT pg_temp.told();

-- Caution.
SELECT is(pg_temp.say('acme', '{"x_caution": 1}', '2025-01-02'), '1/0/0/0', 'caution: a risk, but nobody is suspended');
SELECT is(pg_temp.state(), 'caution', 'the state says so');
SELECT is((SELECT reasons FROM advocacy.advocate_availability), '{caution: rule s_caution}', 'and the reasons name the rule');
SELECT is(pg_temp.told(), NULL, 'nobody is told');
SELECT is(pg_temp.request(), 'proposed', 'the open request goes on');
SELECT is((SELECT array_agg(left(fact, 27)) FROM advocacy.explain_advocate((SELECT advocate_id FROM advocacy.advocate)) WHERE ordinal < 3),
	'{"Not available: caution: rul","Only with the CSM''s yes sin"}', 'explained');
INSERT INTO advocacy.request (activity_type, justification, audience, outcome, requested_by, state)
VALUES ('quote', 'j', 'a', 'o', 'rep', 'triaged');
SELECT throws_ok($$SELECT advocacy.request_match((SELECT max(request_id) FROM advocacy.request), (SELECT advocate_id FROM advocacy.advocate))$$,
	'55000', NULL, 'who is in caution isn''t matched');
DELETE FROM advocacy.request WHERE activity_type = 'quote';

-- Hold, on top of it.
SELECT is(pg_temp.say('acme', '{"x_hold": 1}', '2025-01-03'), '1/0/0/0', 'hold');
SELECT is(pg_temp.state(), 'hold', 'the worse of the two counts');
SELECT is(pg_temp.told(), NULL, 'silent too');
SELECT is(pg_temp.request(), 'proposed', 'requests go on');

-- Soft, on top of both.
SELECT is(pg_temp.say('acme', '{"x_soft": 1}', '2025-01-04'), '1/0/1/0', 'soft suspends');
SELECT is(pg_temp.state(), 'suspended', 'which is worse');
SELECT is(pg_temp.told(), 'advocate_suspended advocate_unavailable', 'and is told');
SELECT is(pg_temp.request(), 'matching', 'who wasn''t asked yet isn''t');
SET LOCAL session_replication_role = replica; -- nobody moved it so
UPDATE advocacy.request SET state = 'proposed', advocate_id = (SELECT a.advocate_id FROM advocacy.advocate AS a);
SET LOCAL session_replication_role = origin;

-- Ineligible.
SELECT is(pg_temp.say('acme', '{"x_ineligible": 1}', '2025-01-05'), '1/0/1/0', 'ineligible');
SELECT is(pg_temp.state(), 'ineligible', 'is worse still');
SELECT is(pg_temp.told(), 'advocate_unavailable', 'only the rep of the request is told, without a reason');
SELECT is(pg_temp.request(), 'matching', 'whose request is matched anew');

-- Each ends by itself; lifting one never lifts another.
SELECT is(pg_temp.say('acme', '{"x_ineligible": 0}', '2025-01-06'), '0/1/0/0', 'ineligible ends');
SELECT is(pg_temp.state(), 'suspended', 'the others stay');
SELECT pg_temp.say('acme', '{"x_soft": 0, "x_hold": 0}', '2025-01-07');
SELECT is(pg_temp.state(), 'caution', 'caution stays');
SELECT is(pg_temp.told(), NULL, 'so nobody is called available');
SELECT is(pg_temp.say('acme', '{"x_caution": 0}', '2025-01-08'), '0/1/0/1', 'with the last one the advocate is available');
SELECT is(pg_temp.told(), 'advocate_reinstated', 'told, since the suspension had been');
SELECT pg_temp.say('acme', '{"x_caution": 1}', '2025-01-09'), pg_temp.say('acme', '{"x_caution": 0}', '2025-01-10');
SELECT is(pg_temp.told(), NULL, 'a caution that came and went alone is never told');

-- A rule whose severity is changed: what was silent is told and acted on.
SELECT pg_temp.say('acme', '{"x_caution": 1}', '2025-01-11');
SET LOCAL session_replication_role = replica; -- nobody moved it so
UPDATE advocacy.request SET state = 'proposed', advocate_id = (SELECT a.advocate_id FROM advocacy.advocate AS a);
SET LOCAL session_replication_role = origin;
SELECT advocacy.risk_rule_define('s_caution', 'x_caution', '>', 0, '<=', 0, '0', 'suspend', 'hard');
SELECT advocacy.risk_evaluate(NULL, '2025-01-11 01:00');
SELECT is(pg_temp.state() || ', ' || pg_temp.told(), 'suspended, advocate_suspended advocate_unavailable', 'caution made hard suspends');

-- Consent outranks all; who left has left.
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate, opted_out)
VALUES ('c1', '2025-01-12', 'acme', 'jane@acme.example', 'Jane', true, true);
SELECT pg_temp.say('acme', '{"x_ineligible": 1}', '2025-01-12');
SELECT is(pg_temp.state(), 'withdrawn', 'withdrawn outranks all');

-- The breaker judges what isn't hard as soft.
SELECT pg_temp.told();
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate)
SELECT 'b' || n, '2025-02-01', 'b' || n, 'b' || n || '@x.example', 'B' || n, true FROM generate_series(1, 10) AS n;
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals) SELECT 'b' || n, '2025-02-01', 'B' || n, '{"health_score": 90}' FROM generate_series(1, 10) AS n;
SELECT pg_temp.say('acme', '{"x_ineligible": 1}', '2025-02-01');
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals) SELECT 'b' || n, '2025-02-02', 'B' || n, '{"x_ineligible": 1}' FROM generate_series(1, 10) AS n;
SELECT pg_temp.say('acme', '{"x_ineligible": 1}', '2025-02-02');
SELECT is((SELECT string_agg(DISTINCT state || available, ' ') FROM advocacy.advocate_availability WHERE name LIKE 'B%'), 'holdfalse', 'ten at once are held');
SELECT is(pg_temp.told(), 'suspensions_held', 'with one message');
SELECT * FROM finish();
ROLLBACK;
