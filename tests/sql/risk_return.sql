-- When advocates come back, and how soon they may go again: fewer than `flaps` changes within 30 days, and no soft suspension
-- within 24 hours of a return.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(31);
SELECT advocacy.source_register('gs', 'gainsight', 1, '36500 days'), advocacy.stage_prepare();
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
CREATE FUNCTION pg_temp.observe(account text, name text, score numeric, at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, domain, signals) VALUES (account, at, account, account || '.example', jsonb_build_object(name, score));
	SELECT * INTO r FROM advocacy.sync_apply('gs', 'account', NULL, true, at, 1, 1, at, at);
	RETURN format('%s/%s/%s/%s', r.risks_opened, r.risks_cleared, r.suspended, r.reinstated);
END $$;
CREATE FUNCTION pg_temp.told() RETURNS text LANGUAGE sql AS $$
	WITH d AS (DELETE FROM advocacy.outbox RETURNING outbox_id, kind) SELECT string_agg(d.kind, ' ' ORDER BY d.outbox_id) FROM d $$;
CREATE FUNCTION pg_temp.why(at timestamptz, who text DEFAULT 'acme') RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(e.fact, ' ' ORDER BY e.ordinal) FROM advocacy.explain_advocate((SELECT v.advocate_id FROM advocacy.advocate_availability AS v WHERE v.name = $2), $1) AS e $$;
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate)
SELECT 'c' || a, '2025-01-01', a, a || '@x.example', a, true FROM unnest('{acme,beta,gamma,delta,epsilon}'::text[]) AS a;
SELECT pg_temp.observe(a, 'other', 1, '2025-01-01') FROM unnest('{acme,beta,gamma,delta,epsilon}'::text[]) AS a;
SELECT advocacy.risk_rule_define('low', 'health_score', '<', 60, '>', 75, '1 day', flaps => 3),
       advocacy.risk_rule_define('very low', 'health_score', '<', 40, '>', 75, '1 day', 'suspend', 'hard', flaps => 3),
       advocacy.risk_rule_define('asks', 'asked', '<', 60, '>', 75, '1 day', 'suspend', 'hard', flaps => 3, confirm => true),
       advocacy.risk_rule_define('twice', 'twice', '<', 60, '>', 75, '1 day', flaps => 2),
       advocacy.risk_rule_define('free', 'free', '<', 60, '>', 75, '1 day');

-- A return waits until the fall before it is 30 days ago.
SELECT is(pg_temp.observe('acme', 'health_score', 50, '2025-01-02'), '1/0/1/0', 'suspended');
SELECT is(pg_temp.told(), 'advocate_suspended', 'told');
SELECT pg_temp.observe('acme', 'health_score', 90, '2025-01-04');
SELECT is(advocacy.risk_next_deadline('2025-01-04'), '2025-01-05', 'well: the hold begins');
SELECT is(advocacy.risk_fire('2025-01-05'), 0, 'and nobody is back when it is over');
SELECT is(advocacy.risk_next_deadline('2025-01-05'), '2025-02-01', 'but 30 days after they were suspended');
SELECT matches(pg_temp.why('2025-01-06'), 'well since 2025-01-04T00:00:00Z, due at 2025-02-01T00:00:00Z and no sooner, so that nobody comes and goes more than 2 times within 30 days[.]', 'explained');
SELECT is(pg_temp.observe('acme', 'health_score', 91, '2025-01-20'), '0/0/0/0', 'another good score changes nothing');
SELECT is(advocacy.risk_next_deadline('2025-01-20'), '2025-02-01', 'nor when');
SELECT pg_temp.observe('acme', 'health_score', 70, '2025-01-25'), pg_temp.observe('acme', 'health_score', 80, '2025-01-31 12:00');
SELECT is(advocacy.risk_fire('2025-02-01'), 0, 'not so well in between: the hold begins again');
SELECT is(advocacy.risk_fire('2025-02-01 12:00'), 1, 'and then they are back at once');
SELECT is(pg_temp.told(), 'advocate_reinstated', 'told once');

-- Who is back isn't suspended softly again within 24 hours.
SELECT is(pg_temp.observe('acme', 'health_score', 50, '2025-02-01 18:00'), '0/0/0/0', 'low six hours later: not yet');
SELECT is(advocacy.risk_next_deadline('2025-02-01 18:00'), '2025-02-02 12:00', 'it is judged a day after the return');
SELECT is(advocacy.risk_fire('2025-02-02 11:59'), 0, 'not before');
SELECT is(advocacy.risk_fire('2025-02-02 12:00'), 1, 'then it counts, without news');
SELECT is(pg_temp.told(), 'advocate_suspended', 'told once');
SELECT is((SELECT count(*) FROM advocacy.risk_due), 0::bigint, 'and nothing is due any more');
SELECT pg_temp.observe('acme', 'health_score', 90, '2025-02-10'), advocacy.risk_fire('2025-02-11'), advocacy.risk_fire('2025-03-04 12:00');
SELECT is(pg_temp.observe('acme', 'health_score', 55, '2025-03-04 13:00'), '0/0/0/0', 'low again, an hour after the next return');
SELECT pg_temp.observe('acme', 'health_score', 65, '2025-03-05');
SELECT is(advocacy.risk_fire('2025-03-05 12:00'), 0, 'what is better by then was nothing');
SELECT is((SELECT count(*) FROM advocacy.risk_due), 0::bigint, 'and is forgotten');
SELECT is(advocacy.risk_next_deadline('2025-03-06'), NULL, 'without a timer');
SELECT pg_temp.observe('acme', 'health_score', 50, '2025-04-10'), pg_temp.observe('acme', 'health_score', 90, '2025-04-11'), advocacy.risk_fire('2025-05-10'), pg_temp.told();
SELECT is(pg_temp.observe('acme', 'health_score', 30, '2025-05-10 01:00'), '1/0/1/0', 'a hard one counts at once');
SELECT is((SELECT string_agg(rule, ' ') FROM advocacy.risk WHERE cleared_at IS NULL), 'very low', 'by itself');

-- Whose return a person decides anyway isn't delayed.
SELECT pg_temp.observe('beta', 'asked', 50, '2025-01-02'), pg_temp.observe('beta', 'asked', 90, '2025-01-04'), advocacy.risk_fire('2025-01-05'), pg_temp.told();
SELECT is((SELECT review_since FROM advocacy.suspension WHERE rule = 'asks'), '2025-01-05', 'the CSM is asked when the hold is over');
-- With 2 there is no return without a person; with 0 no limit.
SELECT pg_temp.observe('gamma', 'twice', 50, '2025-01-02'), pg_temp.observe('gamma', 'twice', 90, '2025-01-04'), pg_temp.told();
SELECT is(advocacy.risk_fire('2025-01-05'), 0, 'two changes are one too many');
SELECT is(pg_temp.told(), 'risk_flapping', 'so a person is asked');
SELECT advocacy.risk_unpin((SELECT risk_id FROM advocacy.risk WHERE rule = 'twice'), 'fine', 'mary', '2025-01-06');
SELECT is(advocacy.risk_fire('2025-01-07'), 1, 'and then it ends after its hold');
SELECT pg_temp.observe('delta', 'free', 50, '2025-01-02'), pg_temp.observe('delta', 'free', 90, '2025-01-04');
SELECT is(advocacy.risk_fire('2025-01-05'), 1, 'no limit: back when the hold is over');
SELECT is(pg_temp.observe('delta', 'free', 50, '2025-01-05 01:00'), '1/0/1/0', 'and suspended again at once');
-- It is said in advance.
SELECT is((SELECT advocacy.risk_clears_when(u) FROM advocacy.risk_rule AS u WHERE rule = 'low'), 'health score is above 75 and stays so for 1 day, after 30 days at the least', 'said in advance');
SELECT is((SELECT advocacy.risk_clears_when(u) FROM advocacy.risk_rule AS u WHERE rule = 'free'), 'free is above 75 and stays so for 1 day', 'where it is so');
SELECT * FROM finish();
ROLLBACK;
