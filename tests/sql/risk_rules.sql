-- Rules: who gets risky, who is well again, what is told. Time is given, nothing waits.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(62);

SELECT throws_ok($$SELECT advocacy.risk_rule_define('r', 's', '<', 60, '>', 50)$$, '22023', NULL, 'enter and clear may not hold at once');
SELECT throws_ok($$SELECT advocacy.risk_rule_define('r', 's', '<=', 60, '>=', 60)$$, '22023', NULL, 'not even for one value');
SELECT throws_ok($$SELECT advocacy.risk_rule_define('r', 's', '=', 60, '>', 50)$$, '22023', NULL, 'nor with =');
SELECT is((SELECT string_agg(concat_ws(' ', o, advocacy.risk_meets(59, o, 60), advocacy.risk_meets(60, o, 60), advocacy.risk_meets(61, o, 60)), ', ' ORDER BY o)
	FROM unnest('{<,<=,>,>=,=}'::text[]) AS o), '< t f f, <= t t f, = f t f, > f f t, >= f t t', 'each operator says on which side the threshold itself is');
SELECT lives_ok($$SELECT advocacy.risk_rule_define('edge', 's', '<', 60, '>=', 60, '0', 'watch')$$, 'touching is fine');
SELECT throws_ok($$SELECT advocacy.risk_rule_define('r', 's', '!', 60, '>', 50)$$, '22023', NULL, 'an unknown operator is refused');
SELECT throws_ok($$SELECT advocacy.risk_rule_define('r', 's', '<', 60, '>', 70, '-1 s')$$, '22023', NULL, 'a negative hold is refused');
SELECT throws_ok($$SELECT advocacy.risk_rule_define('r', 's', '<', 60, '>', 70, '0', 'shout')$$, '22023', NULL, 'an unknown action is refused');
SELECT is(advocacy.risk_rule_define('health', 'health_score', '<', 60, '>', 75, '7 days', 'suspend', 'hard'), true, 'a rule is new once');
SELECT is(advocacy.risk_rule_define('health', 'health_score', '<', 60, '>', 75, '7 days', 'suspend', 'hard'), false, 'and not again');

SELECT advocacy.source_register('gs', 'gainsight', 1, '2 days'), advocacy.source_register('hs', 'hubspot', 2, '2 days'), advocacy.stage_prepare();
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
-- One observation; every account is linked across sources by its domain.
CREATE FUNCTION pg_temp.observe(source text, account text, score jsonb, at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, domain, signals)
	VALUES (account, at, account, account || '.example', jsonb_build_object('health_score', score));
	SELECT * INTO r FROM advocacy.sync_apply(source, 'account', NULL, true, at, 1, 1, at, at);
	RETURN format('%s/%s/%s/%s', r.risks_opened, r.risks_cleared, r.suspended, r.reinstated);
END $$;
CREATE FUNCTION pg_temp.poll(source text, at timestamptz) RETURNS text LANGUAGE sql AS $$
	SELECT format('%s/%s/%s/%s', r.risks_opened, r.risks_cleared, r.suspended, r.reinstated)
	  FROM advocacy.sync_apply($1, 'account', NULL, true, $2, 1, 1, $2, $2) AS r $$;
CREATE FUNCTION pg_temp.told() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(o.kind, ' ' ORDER BY o.outbox_id) FROM advocacy.outbox AS o $$;

-- First load: quiet, then one summary.
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, domain, signals) VALUES
	('acme', '2025-01-01', 'Acme', 'acme.example', '{"health_score": 42}'), ('bolt', '2025-01-01', 'Bolt', 'bolt.example', '{"health_score": 88}');
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, last_name, advocate) VALUES
	('c1', '2025-01-01', 'acme', 'jane@acme.example', 'Jane', 'Doe', true), ('c2', '2025-01-01', 'acme', 'joe@acme.example', 'Joe', 'Roe', true),
	('c3', '2025-01-01', 'bolt', 'bea@bolt.example', 'Bea', 'Low', true);
SELECT results_eq($$SELECT risks_opened, suspended FROM advocacy.sync_apply('gs', 'account', NULL, false, NULL, 1, 1, '2025-01-01', '2025-01-01')$$,
	$$VALUES (1, 2)$$, 'a first load opens risks and suspends');
SELECT is(pg_temp.told(), NULL, 'and tells nobody yet');
SELECT pg_temp.poll('gs', '2025-01-01 01:00');
SELECT is(pg_temp.told(), 'first_load_summary', 'when it is complete, one message tells all');
SELECT results_eq($$SELECT facts -> 'rules' ->> 'health', facts ->> 'suspended', facts -> 'accounts' ->> 0 FROM advocacy.outbox$$,
	$$VALUES ('1', '2', 'Acme')$$, 'per rule, and by name');

-- Entering.
SELECT is(pg_temp.observe('gs', 'bolt', '42', '2025-01-02'), '1/0/1/0', 'below the threshold: a risk, the advocate is suspended');
SELECT is(pg_temp.told(), 'first_load_summary advocate_suspended', 'and it is told once');
SELECT results_eq($$SELECT facts ->> 'account', facts -> 'advocates', facts ->> 'value', facts ->> 'previous', facts ->> 'source', facts ->> 'threshold',
	facts ->> 'observed_at', facts ->> 'clears_when', facts ->> 'severity' FROM advocacy.outbox WHERE kind = 'advocate_suspended'$$,
	$$VALUES ('bolt', '["Bea Low"]'::jsonb, '42', '88', 'gs', '< 60', '2025-01-02T00:00:00Z', 'health score is above 75 and stays so for 7 days', 'hard')$$,
	'with its evidence');
SELECT results_eq($$SELECT evidence ->> 'rule', evidence ->> 'version', evidence ->> 'value', evidence ->> 'remote_id' FROM advocacy.suspension
	WHERE evidence ->> 'remote_id' = 'bolt'$$, $$VALUES ('health', '1', '42', 'bolt')$$, 'the suspension carries it too');
SELECT is(pg_temp.observe('gs', 'bolt', '41', '2025-01-02 01:00'), '0/0/0/0', 'worse still is nothing new');
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate)
VALUES ('c4', '2025-01-02', 'bolt', 'ben@bolt.example', 'Ben', true);
SELECT is(pg_temp.poll('gs', '2025-01-02 02:00'), '0/0/1/0', 'an advocate enrolled into a risky account is suspended');
SELECT is(pg_temp.told(), 'first_load_summary advocate_suspended', 'without another message for the same risk');

-- Leaving: hysteresis, hold, reset.
SELECT is(pg_temp.observe('gs', 'bolt', '70', '2025-01-03'), '0/0/0/0', 'between the thresholds nothing changes');
SELECT is(pg_temp.observe('gs', 'bolt', '80', '2025-01-04'), '0/0/0/0', 'well: the hold begins');
SELECT is(advocacy.risk_next_deadline('2025-01-04'), '2025-01-11', 'and ends in seven days');
SELECT is(pg_temp.observe('gs', 'bolt', '74', '2025-01-06'), '0/0/0/0', 'not well enough: it starts again');
SELECT is(advocacy.risk_next_deadline('2025-01-06'), NULL, 'no deadline then');
SELECT pg_temp.observe('gs', 'bolt', '90', '2025-01-07');
SELECT pg_temp.observe('gs', 'bolt', 'null', '2025-01-08');
SELECT is(advocacy.risk_next_deadline('2025-01-08'), NULL, 'not scored starts it again too');
SELECT pg_temp.observe('gs', 'bolt', '90', '2025-01-09');
SELECT is(advocacy.risk_fire('2025-01-15'), 0, 'before the end of the hold nothing is cleared');
SELECT is(advocacy.risk_fire('2025-01-16'), 0, 'nor at its end, once the source is stale');
SELECT is(advocacy.risk_next_deadline('2025-01-16'), NULL, 'and no timer would help');
SELECT is(pg_temp.poll('gs', '2025-01-16 01:00'), '0/1/0/2', 'the next success of the source clears it: both are available again');
SELECT is(pg_temp.told(), 'first_load_summary advocate_suspended advocate_reinstated', 'told once, for both');
SELECT is((SELECT facts -> 'advocates' FROM advocacy.outbox WHERE kind = 'advocate_reinstated'), '["Bea Low", "Ben"]', 'by name');
SELECT is((SELECT clear_evidence ->> 'threshold' FROM advocacy.risk WHERE cleared_at IS NOT NULL), '> 75', 'with why it was cleared');

-- Two sources.
SELECT is(pg_temp.observe('hs', 'bolt', '30', '2025-01-17'), '1/0/2/0', 'the worst source counts for entering, also where the other is well');
SELECT is((SELECT count(*) FROM advocacy.account_source WHERE domain = 'bolt.example' AND link_reason = 'domain'), 1::bigint, '(they are one account)');
SELECT advocacy.risk_rule_define('health', 'health_score', '<', 60, '>', 75, '0', 'suspend', 'hard');
SELECT is((SELECT version FROM advocacy.risk_rule WHERE rule = 'health'), 2, 'a changed rule is a new version');
SELECT pg_temp.poll('gs', '2025-01-18');
SELECT is(pg_temp.observe('hs', 'bolt', '70', '2025-01-18'), '0/0/0/0', 'while one source isn''t well, it isn''t over');
SELECT is(pg_temp.observe('gs', 'bolt', '95', '2025-01-18 01:00'), '0/0/0/0', 'however well the other');
SELECT is(pg_temp.observe('hs', 'bolt', '80', '2025-01-22'), '0/0/0/0', 'a stale source that was well clears nothing');
SELECT is(pg_temp.poll('gs', '2025-01-22 01:00'), '0/1/0/2', 'fresh again, all agree: over at once');

-- Stale values don't open anything.
SELECT advocacy.risk_rule_define('vip', 'health_score', '<', 85, '>', 90, '0', 'watch', 'soft');
SELECT is((SELECT risks_opened FROM advocacy.risk_evaluate(NULL, '2025-03-01')), 0, 'stale values open nothing');
SELECT is((SELECT risks_opened FROM advocacy.risk_evaluate(NULL, '2025-01-22 02:00')), 2, 'fresh ones do, for both accounts');
SELECT is((SELECT count(*) FROM advocacy.suspension AS s WHERE s.rule = 'vip'), 0::bigint, 'a rule that watches suspends nobody');

-- What a person did stays.
SELECT advocacy.advocate_suspend((SELECT advocate_id FROM advocacy.advocate_availability WHERE name = 'Joe Roe'), 'on leave', 'mary', '2025-01-22');
SELECT pg_temp.poll('gs', '2025-01-23');
SELECT is(pg_temp.observe('gs', 'acme', '99', '2025-01-23 01:00'), '0/2/0/1', 'the rule lifts its own; the person''s stays');
SELECT results_eq($$SELECT facts -> 'advocates', facts -> 'still_suspended' FROM advocacy.outbox WHERE facts ->> 'account' = 'acme' AND kind = 'advocate_reinstated'$$,
	$$VALUES ('["Jane Doe"]'::jsonb, '["Joe Roe"]'::jsonb)$$, 'and the message says so');
SELECT is((SELECT count(*) FROM advocacy.suspension WHERE cause = 'person' AND closed_at IS NULL), 1::bigint, '(one person''s suspension)');

-- Retired rules.
SELECT is(pg_temp.observe('gs', 'acme', '10', '2025-01-24'), '2/0/2/0', 'risky again, under both rules');
SELECT is(advocacy.risk_rule_retire('health', '2025-01-24'), true, 'the rule is retired');
SELECT is((SELECT string_agg(DISTINCT clear_evidence ->> 'reason', ',') FROM advocacy.risk WHERE cleared_at = '2025-01-24'), 'the rule was retired',
	'its risks end with that reason');
SELECT is((SELECT count(*) FROM advocacy.suspension WHERE cause = 'risk' AND closed_at IS NULL), 0::bigint, 'its suspensions too');
SELECT is(advocacy.risk_rule_retire('health'), false, 'once');

-- Risks follow when accounts are joined; an advocate who is matched is taken off the request.
SELECT advocacy.risk_rule_define('health', 'health_score', '<', 60, '>', 75, '0', 'suspend', 'soft');
SELECT pg_temp.observe('gs', 'core', '50', '2025-01-25');
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, domain, signals)
VALUES ('core-hs', '2025-01-25', 'Core', 'elsewhere.example', '{"health_score": 40}');
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate)
VALUES ('hc', '2025-01-25', 'core-hs', 'cora@core.example', 'Cora', true);
SELECT advocacy.sync_apply('hs', 'account', NULL, true, NULL, 1, 1, '2025-01-25', '2025-01-25');
SELECT is((SELECT count(*) FROM advocacy.risk WHERE rule = 'health' AND cleared_at IS NULL AND opened_at = '2025-01-25'), 2::bigint,
	'two accounts are risky');
DELETE FROM advocacy.outbox;
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, domain, signals)
VALUES ('core-hs', '2025-01-25 01:00', 'Core', 'core.example', '{"health_score": 40}');
SELECT advocacy.sync_apply('hs', 'account', NULL, true, NULL, 1, 1, '2025-01-25 01:00', '2025-01-25 01:00');
SELECT is((SELECT count(*) FROM advocacy.risk AS r JOIN advocacy.account AS a USING (account_id)
	WHERE r.rule = 'health' AND r.cleared_at IS NULL AND a.remote_id = 'core' AND a.merged_into IS NULL), 1::bigint, 'joined, it is one risk');
SELECT is((SELECT count(*) FROM advocacy.suspension AS s JOIN advocacy.advocate AS v USING (advocate_id) JOIN advocacy.risk AS r USING (risk_id)
	WHERE v.contact_id = (SELECT contact_id FROM advocacy.contact WHERE remote_id = 'hc') AND s.closed_at IS NULL
	  AND r.account_id = v.account_id), 1::bigint, 'the advocate is suspended by the one that stays');
SELECT is((SELECT count(*) FROM advocacy.outbox WHERE kind = 'advocate_reinstated'), 0::bigint, 'and nobody is called reinstated');
SELECT pg_temp.poll('gs', '2025-01-26');
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, domain, signals)
VALUES ('core-hs', '2025-01-26 01:00', 'Core', 'core.example', '{"health_score": 90}');
SELECT advocacy.sync_apply('hs', 'account', NULL, true, NULL, 1, 1, '2025-01-26 01:00', '2025-01-26 01:00');
SELECT is((SELECT count(*) FROM advocacy.risk WHERE rule = 'health' AND cleared_at IS NULL AND opened_at = '2025-01-25'), 1::bigint,
	'while the other source isn''t well, the joined risk stays');
SELECT is(pg_temp.observe('gs', 'core', '90', '2025-01-26 02:00'), '0/1/0/1', 'then it ends');
INSERT INTO advocacy.request (activity_type, justification, audience, outcome, requested_by, state, advocate_id)
SELECT 'reference_call', 'j', 'a', 'o', 'rep', 'scheduled', a.advocate_id
  FROM advocacy.advocate AS a JOIN advocacy.contact AS c USING (contact_id) WHERE c.remote_id = 'hc';
DELETE FROM advocacy.outbox;
SELECT pg_temp.observe('gs', 'core', '5', '2025-01-27');
SELECT is((SELECT facts -> 'requests' ->> 0 FROM advocacy.outbox WHERE kind = 'advocate_suspended'),
	(SELECT 'REQ-' || request_id FROM advocacy.request), 'the message names the request');
SELECT is((SELECT answer_due_at FROM advocacy.suspension WHERE closed_at IS NULL AND answer_due_at IS NOT NULL), '2025-01-28'::timestamptz, 'about which the CSM has a day to answer');
SELECT advocacy.risk_confirm((SELECT advocate_id FROM advocacy.request), NULL, 'csm', '2025-01-27');

-- A hold that ends while one of two sources is stale.
SELECT advocacy.risk_rule_define('health', 'health_score', '<', 60, '>', 75, '3 days', 'suspend', 'soft');
SELECT pg_temp.poll('hs', '2025-01-28'), pg_temp.observe('gs', 'core', '90', '2025-01-28 01:00'), pg_temp.poll('hs', '2025-01-31');
SELECT is(advocacy.risk_fire('2025-01-31 02:00'), 0, 'the fresh source alone doesn''t clear it');
SELECT pg_temp.poll('gs', '2025-01-31 03:00');
SELECT isnt((SELECT max(cleared_at) FROM advocacy.risk WHERE rule = 'health' AND cleared_at >= '2025-01-31 03:00'), NULL, 'both fresh do');

SELECT * FROM finish();
ROLLBACK;
