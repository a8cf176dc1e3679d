-- Overrides: a person says that a cause doesn't suspend for a while.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(36);
SELECT advocacy.source_register('gs', 'gainsight', 1, '36500 days'), advocacy.stage_prepare();
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
SELECT advocacy.risk_rule_define('r_' || v.severity, 'x_' || v.severity, '>', 0, '<=', 0, '0', 'suspend', v.severity)
  FROM (VALUES ('soft'), ('hard'), ('caution')) AS v (severity);
-- (Around today, since the view goes by today: day 0 is ten days ago.)
CREATE FUNCTION pg_temp.day(n numeric) RETURNS timestamptz LANGUAGE sql AS $$ SELECT date_trunc('second', now()) + (n - 10) * interval '1 day' $$;
CREATE FUNCTION pg_temp.say(account text, signals jsonb, at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals) VALUES (account, at, account, signals);
	SELECT * INTO r FROM advocacy.sync_apply('gs', 'account', NULL, true, at, 1, 1, at, at);
	RETURN format('%s/%s/%s/%s', r.risks_opened, r.risks_cleared, r.suspended, r.reinstated);
END $$;
CREATE FUNCTION pg_temp.told() RETURNS text LANGUAGE sql AS $$
	WITH d AS (UPDATE advocacy.outbox SET priority = 9 WHERE priority <> 9 RETURNING outbox_id, kind) SELECT string_agg(d.kind, ' ' ORDER BY d.outbox_id) FROM d $$;
CREATE FUNCTION pg_temp.states() RETURNS text LANGUAGE sql AS $$ SELECT string_agg(v.name || ' ' || v.state, ', ' ORDER BY v.name) FROM advocacy.advocate_availability AS v $$;
CREATE FUNCTION pg_temp.jane() RETURNS bigint LANGUAGE sql AS $$ SELECT v.advocate_id FROM advocacy.advocate_availability AS v WHERE v.name = 'Jane' $$;
CREATE FUNCTION pg_temp.acme() RETURNS bigint LANGUAGE sql AS $$ SELECT a.account_id FROM advocacy.account AS a WHERE a.name = 'acme' $$;
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate)
VALUES ('c1', pg_temp.day(0), 'acme', 'jane@acme.example', 'Jane', true), ('c2', pg_temp.day(0), 'acme', 'joe@acme.example', 'Joe', true);
SELECT pg_temp.say('acme', '{}', pg_temp.day(0));
SELECT pg_temp.say('acme', '{"x_soft": 1}', pg_temp.day(1));
SELECT is(pg_temp.states() || ': ' || pg_temp.told(), 'Jane suspended, Joe suspended: advocate_suspended', 'suspended');

-- What is refused.
SELECT throws_ok($$SELECT advocacy.risk_override(pg_temp.jane(), NULL, NULL, NULL, ' ', 'mary')$$, '22023', NULL, 'no reason');
SELECT throws_ok($$SELECT advocacy.risk_override(NULL, NULL, NULL, NULL, 'why', 'mary')$$, '22023', NULL, 'for nobody');
SELECT throws_ok($$SELECT advocacy.risk_override(1, 1, NULL, NULL, 'why', 'mary')$$, '22023', NULL, 'for two');
SELECT throws_ok($$SELECT advocacy.risk_override(-1, NULL, NULL, NULL, 'why', 'mary')$$, 'P0002', NULL, 'an unknown advocate');
SELECT throws_ok($$SELECT advocacy.risk_override(NULL, -1, NULL, NULL, 'why', 'mary')$$, 'P0002', NULL, 'an unknown account');
SELECT throws_ok($$SELECT advocacy.risk_override(pg_temp.jane(), NULL, 'r_none', NULL, 'why', 'mary')$$, 'P0002', NULL, 'an unknown rule');
SELECT throws_ok($$SELECT advocacy.risk_override(pg_temp.jane(), NULL, NULL, now() - interval '1 day', 'why', 'mary')$$, '22023', NULL, 'a time that is over');
SELECT throws_ok($$SELECT advocacy.risk_override(pg_temp.jane(), NULL, NULL, now() + interval '91 days', 'why', 'mary')$$, '22023', NULL, 'more than 90 days');

-- One advocate, all rules.
SELECT isnt(advocacy.risk_override(pg_temp.jane(), NULL, NULL, pg_temp.day(20), 'spoke to her', 'mary', pg_temp.day(2)), NULL, 'an override');
SELECT is(pg_temp.states(), 'Jane eligible, Joe suspended', 'lets that advocate go');
SELECT is(pg_temp.told(), 'advocate_reinstated_by_person', 'told once');
SELECT is((SELECT facts ->> 'reason' || ', ' || (facts ->> 'actor') FROM advocacy.outbox WHERE kind = 'advocate_reinstated_by_person'), 'spoke to her, mary', 'with who and why');
SELECT is((SELECT actor || ': ' || reason FROM advocacy.audit_log WHERE action = 'risk_override'), 'mary: spoke to her', 'audited');
SELECT is(pg_temp.say('acme', '{"x_soft": 2}', pg_temp.day(3)), '0/0/0/0', 'an evaluation leaves it so');
SELECT is((SELECT count(*) FROM advocacy.risk WHERE cleared_at IS NULL), 1::bigint, 'the risk goes on');
SELECT is(pg_temp.say('acme', '{"x_caution": 1}', pg_temp.day(4)), '1/0/0/0', 'another soft cause that begins');
SELECT is(pg_temp.states(), 'Jane eligible, Joe suspended', 'doesn''t suspend her either');
SELECT matches((SELECT string_agg(fact, ' ') FROM advocacy.explain_advocate(pg_temp.jane())),
	'Available. Overridden by mary until .*, all rules but hard and ineligible ones: spoke to her', 'explained');
SELECT is(pg_temp.say('acme', '{"x_hard": 1}', pg_temp.day(5)), '1/0/2/0', 'a hard cause');
SELECT is(pg_temp.states(), 'Jane suspended, Joe suspended', 'isn''t covered by an override of all');

-- The account, one rule by name.
SELECT pg_temp.told();
SELECT advocacy.risk_override(NULL, pg_temp.acme(), 'r_hard', pg_temp.day(30), 'the ticket is a test', 'ann', pg_temp.day(6));
SELECT is(pg_temp.states(), 'Jane eligible, Joe suspended', 'a hard rule that is named is');
SELECT is(pg_temp.told(), 'advocate_reinstated_by_person', 'told of the one who is available');
SELECT throws_ok($$SELECT advocacy.risk_override_end((SELECT max(override_id) FROM advocacy.risk_override), '', 'ann')$$, '22023', NULL, 'taking it back needs a reason');
SELECT advocacy.risk_override_end((SELECT max(override_id) FROM advocacy.risk_override), 'it was none', 'ann', pg_temp.day(7));
SELECT is(pg_temp.states(), 'Jane suspended, Joe suspended', 'taken back, the rule holds again');
SELECT is(pg_temp.told(), 'advocate_suspended', 'and is told anew');
SELECT throws_ok($$SELECT advocacy.risk_override_end((SELECT max(override_id) FROM advocacy.risk_override), 'again', 'ann')$$, 'P0002', NULL, 'once');
SELECT is(pg_temp.say('acme', '{"x_hard": 0}', pg_temp.day(8)), '0/1/0/1', 'the hard cause is over');

-- Expiry.
SELECT is(advocacy.risk_next_deadline(pg_temp.day(8)), pg_temp.day(19), 'a day before its end is a deadline');
SELECT pg_temp.told(), advocacy.risk_fire(pg_temp.day(19));
SELECT is(pg_temp.states(), 'Jane eligible, Joe suspended', 'not before');
SELECT advocacy.risk_fire(pg_temp.day(20));
SELECT is(pg_temp.states(), 'Jane suspended, Joe suspended', 'then what the rules say holds again');
SELECT is(pg_temp.told(), 'override_expiring advocate_suspended', 'told before, and told anew');
SELECT is((SELECT ended_by || ': ' || end_reason FROM advocacy.risk_override ORDER BY override_id LIMIT 1), 'time: its time is over', 'it ended by itself');
SELECT is((SELECT count(*) FROM advocacy.audit_log WHERE action = 'risk_override_end'), 2::bigint, 'both ends are audited');
SELECT is(advocacy.risk_next_deadline(pg_temp.day(20)), NULL, 'nothing is left to do');

-- Without a time it is for two weeks.
SELECT advocacy.risk_override(pg_temp.jane(), NULL, 'r_soft', NULL, 'again', 'mary', pg_temp.day(21));
SELECT is((SELECT until FROM advocacy.risk_override ORDER BY override_id DESC LIMIT 1), pg_temp.day(35), 'without a time: two weeks');
SELECT * FROM finish();
ROLLBACK;
