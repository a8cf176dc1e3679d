-- Rules over dates begin and end at their instant, not at the next reading of a source.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(39);
-- (Never stale: the view goes by today.)
SELECT advocacy.source_register('gs', 'gainsight', 1, '36500 days'), advocacy.stage_prepare();
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
SELECT throws_ok($$SELECT advocacy.risk_rule_define('r', 'renewal_on', '<', 60, '>', 60, date_side => 'until')$$, '22023', NULL, 'a date has its own operators');
SELECT throws_ok($$SELECT advocacy.risk_rule_define('r', 'renewal_on', '<=', 60, '>', 70, date_side => 'until')$$, '22023', NULL, 'and one span');
SELECT advocacy.policy_apply('{"risks": [
	{"name": "renewal", "signal": "renewal_on", "date": "until", "enter": {"operator": "<=", "value": "5184000"}, "clear": {"operator": ">", "value": "5184000"}, "severity": "caution"},
	{"name": "launch", "signal": "live_on", "date": "since", "enter": {"operator": "<", "value": "15552000"}, "clear": {"operator": ">=", "value": "15552000"}, "severity": "ineligible"}]}');
SELECT is((SELECT string_agg(rule || ' ' || date_side, ', ' ORDER BY rule) FROM advocacy.risk_rule), 'launch since, renewal until', 'the policy names both');
SELECT throws_ok($$SELECT advocacy.policy_apply('{"risks": [{"name": "r", "signal": "s", "date": "before", "enter": {"operator": "<=", "value": 1}, "clear": {"operator": ">", "value": 1}}]}')$$,
	'22023', 'the policy can''t be applied: risk r: date "before"; until or since is right', 'and what it doesn''t know is refused');
CREATE FUNCTION pg_temp.account(id text, renewal date, signals jsonb, at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, renewal_on, signals) VALUES (id, at, id, renewal, signals);
	SELECT * INTO r FROM advocacy.sync_apply('gs', 'account', NULL, true, at, 1, 1, at, at);
	RETURN format('%s/%s/%s/%s', r.risks_opened, r.risks_cleared, r.suspended, r.reinstated);
END $$;
CREATE FUNCTION pg_temp.state(who text) RETURNS text LANGUAGE sql AS $$ SELECT v.state FROM advocacy.advocate_availability AS v WHERE v.name = who $$;
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate)
VALUES ('c1', '2025-01-01', 'acme', 'jane@acme.example', 'Jane', true), ('c2', '2025-01-01', 'bolt', 'bea@bolt.example', 'Bea', true);

-- Before a renewal.
SELECT is(pg_temp.account('acme', '2025-06-01', '{}', '2025-01-01'), '0/0/0/0', 'a renewal far away is no risk');
SELECT is(advocacy.risk_next_deadline('2025-01-01'), '2025-04-02 00:00Z', 'but a deadline, sixty days before it');
SELECT is(advocacy.risk_fire('2025-04-01 23:59Z'), 0, 'not a minute earlier');
SELECT is(pg_temp.state('Jane'), 'eligible', '(eligible)');
SELECT is((SELECT d.fired FROM advocacy.deadlines_fire('2025-04-02 00:00Z') AS d), 1, 'at its instant it begins, though no source was read');
SELECT is(pg_temp.state('Jane'), 'caution', 'with its severity');
SELECT is((SELECT reason FROM advocacy.suspension), 'renewal_on of gs is 2025-06-01T00:00:00Z: within 60 days', 'and in words');
SELECT is((SELECT count(*) FROM advocacy.decision_cycle WHERE risks_opened = 1 AND source IS NULL), 1::bigint, 'as a cycle of its own');
SELECT is(advocacy.risk_next_deadline('2025-04-02 00:00Z'), NULL, 'no timer ends it');
SELECT matches((SELECT string_agg(fact, ' ') FROM advocacy.explain_advocate((SELECT min(advocate_id) FROM advocacy.advocate))),
	'renewal on is put off to more than 60 days from then', 'explained');
SELECT is(pg_temp.account('acme', '2025-06-01', '{}', '2025-07-01'), '0/0/0/0', 'a renewal that is over and not signed keeps it open');
SELECT is(pg_temp.account('acme', '2025-07-20', '{}', '2025-07-02'), '0/0/0/0', 'nor does a few days'' delay end it');
SELECT is(pg_temp.account('acme', '2026-06-01', '{}', '2025-07-03'), '0/1/0/1', 'signed: over at once');
SELECT is(advocacy.risk_next_deadline('2025-07-03'), '2026-04-02 00:00Z', 'until next year');
SELECT is(pg_temp.account('acme', '2025-08-01', '{}', '2025-07-04'), '1/0/0/0', 'a renewal that comes nearer is one at once');
SELECT pg_temp.account('acme', NULL, '{}', '2025-07-05');
SELECT is(pg_temp.state('Jane'), 'caution', 'a date that isn''t known any more ends nothing');
SELECT is(pg_temp.account('acme', '2027-01-01', '{}', '2025-07-06'), '0/1/0/1', '(back)');

-- What a person took back stays so while the date is the same.
SELECT pg_temp.account('acme', '2025-08-01', '{}', '2025-07-07');
SELECT is((SELECT risks_closed FROM advocacy.decisions_undo((SELECT max(cycle_id) FROM advocacy.decision_cycle), 'wrong date', 'mary', '2025-07-08')), 1, 'taken back');
SELECT is((SELECT risks_opened FROM advocacy.risk_evaluate(NULL, '2025-07-09')), 0, 'the same date doesn''t decide it again');
SELECT is(pg_temp.account('acme', '2025-08-02', '{}', '2025-07-10'), '1/0/0/0', 'another does');

-- After a start. (Seconds for one, milliseconds for the other.)
SELECT is(pg_temp.account('bolt', NULL, jsonb_build_object('live_on', extract(epoch FROM timestamptz '2025-05-01 00:00Z')), '2025-07-11'), '1/0/1/0', 'new customers are left alone');
SELECT is(pg_temp.state('Bea'), 'ineligible', 'with that severity');
SELECT is(advocacy.risk_next_deadline('2025-07-11'), '2025-10-28 00:00Z', 'for 180 days');
SELECT is(pg_temp.account('bolt', NULL, jsonb_build_object('live_on', 1000 * extract(epoch FROM timestamptz '2025-05-11 00:00Z')), '2025-07-12'), '0/0/0/0', 'a later start');
SELECT is(advocacy.risk_next_deadline('2025-07-12'), '2025-11-07 00:00Z', 'moves the end');
SELECT is(advocacy.risk_fire('2025-11-06 23:59Z'), 0, 'not a minute earlier');
SELECT is(advocacy.risk_fire('2025-11-07 00:00Z'), 1, 'it ends at its instant');
SELECT is(pg_temp.state('Bea'), 'eligible', 'and she is available');
SELECT is((SELECT count(*) FROM advocacy.outbox WHERE kind LIKE 'advocate_%'), 0::bigint, 'of all that nobody was told');

-- Accounts that are new, whether they touch no other record or share one's Salesforce id.
SELECT is(pg_temp.account('cove', '2025-12-01', NULL, '2025-11-07'), '1/0/0/0', 'a new account whose renewal is near is one at once');
SELECT is(pg_temp.account('dune', '2026-05-01', NULL, '2025-11-07'), '0/0/0/0', 'one whose renewal is far away is not');
SELECT is(advocacy.risk_next_deadline('2025-11-07'), '2026-03-02 00:00Z', 'yet');
SELECT advocacy.source_register('hs', 'hubspot', 2, '36500 days');
INSERT INTO pg_temp.stage_account (remote_id, modified_at, salesforce_id, name, renewal_on)
VALUES ('h1', '2025-11-07', '0015e00000MaStRAAV', 'Elm', '2025-12-02'), ('h2', '2025-11-07', '0015e00000MaStRAAV', 'Elm too', NULL);
SELECT is((SELECT r.risks_opened FROM advocacy.sync_apply('hs', 'account', NULL, true, '2025-11-07', 2, 1, '2025-11-07', '2025-11-07') AS r), 1,
	'nor does it wait when its record has to be told from another');

-- A rule that goes takes its deadlines with it.
SELECT pg_temp.account('acme', '2026-12-01', '{}', '2025-11-08');
SELECT advocacy.risk_rule_retire('renewal', '2025-11-09');
SELECT is((SELECT count(*) FROM advocacy.risk_due), 0::bigint, 'a retired rule has no deadlines');
SELECT is(advocacy.risk_next_deadline('2025-11-09'), NULL, 'none at all');
SELECT * FROM finish();
ROLLBACK;
