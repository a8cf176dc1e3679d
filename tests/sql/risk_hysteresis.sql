-- Several observations, least times, flapping, drops: a score that wavers doesn't move people to and fro.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(47);
SELECT advocacy.source_register('gs', 'gainsight', 1, '36500 days'), advocacy.source_register('hs', 'hubspot', 2, '36500 days'), advocacy.stage_prepare();
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
SELECT throws_ok($$SELECT advocacy.risk_rule_define('r', 's', '<', 60, '>', 75, enter_observations => 0)$$, '22023', NULL, 'no observation is too few');
SELECT throws_ok($$SELECT advocacy.risk_rule_define('r', 's', '<', 60, '>', 75, dwell => '-1 day')$$, '22023', NULL, 'a time isn''t negative');
SELECT throws_ok($$SELECT advocacy.risk_rule_define('r', 's', '<', 60, '>', 75, drop_points => 20)$$, '22023', NULL, 'a drop needs a time');
SELECT throws_ok($$SELECT advocacy.risk_rule_define('r', 's', '<', 60, '>', 75, drop_points => 0, drop_within => '1 day')$$, '22023', NULL, 'and points');
CREATE FUNCTION pg_temp.health(flaps integer) RETURNS boolean LANGUAGE sql AS $$
	SELECT advocacy.risk_rule_define('health', 'health_score', '<', 60, '>', 75, '1 day', 'suspend', 'soft', 2, '6 hours', 2, '6 hours', '7 days', flaps) $$;
SELECT is(pg_temp.health(0), true, 'a rule with all of it is new');
SELECT is(pg_temp.health(0), false, 'once');
CREATE FUNCTION pg_temp.observe(source text, account text, score jsonb, at timestamptz, own timestamptz DEFAULT NULL, name text DEFAULT 'health_score') RETURNS text LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, domain, signals)
	VALUES (account, coalesce(own, at), account, account || '.example', jsonb_build_object(name, score));
	SELECT * INTO r FROM advocacy.sync_apply(source, 'account', NULL, true, at, 1, 1, at, at);
	RETURN format('%s/%s/%s/%s', r.risks_opened, r.risks_cleared, r.suspended, r.reinstated);
END $$;
CREATE FUNCTION pg_temp.told() RETURNS text LANGUAGE sql AS $$
	WITH d AS (DELETE FROM advocacy.outbox RETURNING outbox_id, kind) SELECT string_agg(d.kind, ' ' ORDER BY d.outbox_id) FROM d $$;

-- Entering.
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate)
VALUES ('c1', '2025-01-01', 'acme', 'jane@acme.example', 'Jane', true);
SELECT is(pg_temp.observe('gs', 'acme', '42', '2025-01-01'), '0/0/0/0', 'one low score is one observation');
SELECT is(pg_temp.observe('gs', 'acme', '42', '2025-01-01 12:00', '2025-01-01'), '0/0/0/0', 'read twice it is still one');
SELECT is(pg_temp.observe('gs', 'acme', '42', '2025-01-01 13:00', '2025-01-01 05:00'), '0/0/0/0', 'too near by the source''s own time');
SELECT is(pg_temp.observe('gs', 'acme', '65', '2025-01-01 14:00'), '0/0/0/0', 'one above the threshold');
SELECT is((SELECT count(*) FROM advocacy.risk_observation), 0::bigint, 'starts the count again');
SELECT pg_temp.observe('gs', 'acme', '50', '2025-01-02');
SELECT is(pg_temp.observe('gs', 'acme', '50', '2025-01-02 06:00'), '1/0/1/0', 'the second of the same score, six hours later, suspends');
SELECT is((SELECT evidence ->> 'observations' FROM advocacy.risk), '2', 'with how many there were');
SELECT is(pg_temp.told(), 'advocate_suspended', 'told once');

-- Leaving: two observations, a day, and a week since it began.
SELECT is(pg_temp.observe('gs', 'acme', '80', '2025-01-03'), '0/0/0/0', 'well once');
SELECT is(advocacy.risk_next_deadline('2025-01-03'), NULL, 'time alone doesn''t end it: the source has to say so again');
SELECT is(pg_temp.observe('gs', 'acme', '80', '2025-01-04 12:00', '2025-01-03'), '0/0/0/0', 'the same, read again, says nothing');
SELECT is(pg_temp.observe('gs', 'acme', '80', '2025-01-04 13:00'), '0/0/0/0', 'well twice, a day has passed, but not seven since it began');
SELECT is(advocacy.risk_next_deadline('2025-01-05'), '2025-01-09 06:00', 'then it is due');
SELECT is(advocacy.risk_fire('2025-01-09 05:59'), 0, 'not before');
SELECT is(advocacy.risk_fire('2025-01-09 06:00'), 1, 'but then');
SELECT is(pg_temp.told(), 'advocate_reinstated', 'told once');
SELECT is(pg_temp.observe('gs', 'acme', '50', '2025-01-10'), '0/0/0/0', 'what was counted before doesn''t count for the next time');
SELECT is(pg_temp.observe('gs', 'acme', '50', '2025-01-10 06:00'), '1/0/1/0', 'two do');
SELECT pg_temp.observe('gs', 'acme', '80', '2025-01-11'), pg_temp.observe('gs', 'acme', '70', '2025-01-12'), pg_temp.observe('gs', 'acme', '80', '2025-01-18');
SELECT is((SELECT counted FROM advocacy.risk_observation), 1, 'a score that isn''t well in between starts the count again');

-- Each source that knows the score has to observe it well; one is enough to enter.
SELECT pg_temp.observe('hs', 'acme', '90', '2025-01-18 01:00');
SELECT is(pg_temp.observe('gs', 'acme', '80', '2025-01-19 06:00'), '0/0/0/0', 'the other source was well only once');
SELECT is(pg_temp.observe('hs', 'acme', '90', '2025-01-19 07:00'), '0/1/0/1', 'both twice');

-- Flapping. (Cleared on the 9th and the 19th, opened on the 2nd and the 10th.)
SELECT pg_temp.health(3), pg_temp.told();
SELECT pg_temp.observe('gs', 'acme', '50', '2025-01-20');
SELECT is(pg_temp.observe('gs', 'acme', '50', '2025-01-21'), '1/0/1/0', 'again');
SELECT is((SELECT evidence ->> 'changes' FROM advocacy.risk WHERE pinned_at IS NOT NULL), '5', 'the fifth change in thirty days');
SELECT is((SELECT facts ->> 'changes' || ' ' || (facts ->> 'account') FROM advocacy.outbox WHERE kind = 'risk_flapping'), '5 acme', 'is told with the account');
SELECT is(pg_temp.told(), 'risk_flapping advocate_suspended', 'once');
SELECT pg_temp.observe('gs', 'acme', '90', '2025-01-22'), pg_temp.observe('gs', 'acme', '90', '2025-01-23'), pg_temp.observe('gs', 'acme', '90', '2025-02-23'),
	pg_temp.observe('hs', 'acme', '90', '2025-02-24');
SELECT is((SELECT count(*) FROM advocacy.risk WHERE cleared_at IS NULL), 1::bigint, 'however well it becomes, it stays');
SELECT is(advocacy.risk_next_deadline('2025-02-24'), NULL, 'without a timer');
SELECT matches((SELECT string_agg(fact, ' ') FROM advocacy.explain_advocate((SELECT advocate_id FROM advocacy.advocate), '2025-02-24')),
	'came and went 5 times within 30 days and stays until a person looks', 'explained');
SELECT throws_ok($$SELECT advocacy.risk_unpin((SELECT max(risk_id) FROM advocacy.risk), ' ', 'mary')$$, '22023', NULL, 'a person says why');
SELECT advocacy.risk_unpin((SELECT max(risk_id) FROM advocacy.risk), 'talked to them', 'mary', '2025-02-24');
SELECT throws_ok($$SELECT advocacy.risk_unpin((SELECT max(risk_id) FROM advocacy.risk), 'again', 'mary')$$, 'P0002', NULL, 'once');
SELECT is((SELECT actor || ': ' || reason FROM advocacy.audit_log WHERE action = 'risk_unpin'), 'mary: talked to them', 'audited');
SELECT is(advocacy.risk_next_deadline('2025-02-24'), '2025-02-25', 'then its hold begins');
SELECT is(advocacy.risk_fire('2025-02-25'), 1, 'and it ends like any other');
SELECT pg_temp.observe('gs', 'acme', '50', '2025-02-26'), pg_temp.observe('gs', 'acme', '50', '2025-02-27');
SELECT is((SELECT count(*) FROM advocacy.risk WHERE pinned_at IS NOT NULL), 0::bigint, 'what was before a person looked doesn''t count again');

-- Drops.
SELECT advocacy.risk_rule_retire('health', '2025-03-01'), advocacy.risk_rule_define('drop', 'usage', '<', 75, '>', 75, '0', 'suspend', 'soft',
	drop_points => 20, drop_within => '14 days');
SELECT pg_temp.observe('gs', 'acme', '88', '2025-03-01', NULL, 'usage'), pg_temp.observe('gs', 'acme', '80', '2025-03-10', NULL, 'usage');
SELECT is(pg_temp.observe('gs', 'acme', '69', '2025-03-12', NULL, 'usage'), '0/0/0/0', 'nineteen points are not twenty');
SELECT is(pg_temp.observe('gs', 'acme', '68', '2025-03-13', NULL, 'usage'), '1/0/1/0', 'twenty points in twelve days');
SELECT results_eq($$SELECT evidence ->> 'fell_from', evidence ->> 'threshold' FROM advocacy.risk WHERE rule = 'drop'$$,
	$$VALUES ('88', '< 75 and fell 20 or more within 14 days')$$, 'from where is in the evidence');
SELECT is(pg_temp.observe('gs', 'acme', '76', '2025-03-14', NULL, 'usage'), '0/1/0/1', 'over once it is well again');
SELECT is(pg_temp.observe('gs', 'acme', '61', '2025-03-25', NULL, 'usage'), '0/0/0/0', 'what was 15 days ago doesn''t count any more');
-- The value that held when the time began counts, though it was said before.
SELECT pg_temp.observe('gs', 'zeta', '95', '2025-01-01', NULL, 'usage');
SELECT is(pg_temp.observe('gs', 'zeta', '74', '2025-03-21', NULL, 'usage'), '1/0/0/0', 'a high score that lasted until the fall counts');
SELECT pg_temp.observe('gs', 'yota', '100', '2025-03-20', NULL, 'usage');
SELECT is(pg_temp.observe('gs', 'yota', '75', '2025-03-21', NULL, 'usage'), '0/0/0/0', 'a fall that ends well enough doesn''t');
SELECT * FROM finish();
ROLLBACK;
