-- What two teams owe each other: agreements that both sign, four kinds of commitments, one formula both ways.
BEGIN;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();
INSERT INTO advocacy.opportunity (opportunity_id, source, remote_id) OVERRIDING SYSTEM VALUE VALUES (-99, 'none', '-99');
UPDATE advocacy.sla_policy SET active = false;
SELECT count(*) FROM advocacy.policy_apply('{"calendars":[{"name":"k","time_zone":"UTC","weekly_hours":{"mon":[["00:00","24:00"]],"tue":[["00:00","24:00"]],"wed":[["00:00","24:00"]],"thu":[["00:00","24:00"]],"fri":[["00:00","24:00"]],"sat":[["00:00","24:00"]],"sun":[["00:00","24:00"]]}}],
	"slas":[{"name":"ack","metric":"acknowledge","calendar":"k","target_s":3600}]}', '2026-07-01Z') \g /dev/null
CREATE FUNCTION pg_temp.ask(ended timestamptz) RETURNS void LANGUAGE sql AS $$
	SELECT advocacy.request_acknowledge(advocacy.request_submit(-99, 'quote', 'why', 'CIO', 'a yes', '2026-12-01Z', 'rep', 'normal', '2026-07-15 09:00Z'), NULL, ended) $$;
\set terms '[{"name":"answers","owed_by":"program","owed_to":"sales","kind":"timed","metric":"acknowledge"}, {"name":"nominations","owed_by":"sales","owed_to":"program","kind":"counted","at_least":4}, {"name":"meetings","owed_by":"sales","owed_to":"program","kind":"cadence","every_days":30}, {"name":"budget","owed_by":"sales","owed_to":"program","kind":"attested"}]'
SELECT cmp_ok(advocacy.agreement_define('two-way', '{program,sales}', '2026-12-31', :'terms', 'ann', '2026-06-01Z'), '>', 0::bigint, 'an agreement');
SELECT is((SELECT count(*) FROM advocacy.commitment_attainment('2026-07-01', '2026-09-30Z')), 0::bigint, '... holds for nobody yet');
SELECT is(advocacy.agreement_sign('two-way', 'sales', 'sam', '2026-06-02Z'), false, 'signed by one');
SELECT throws_ok($$SELECT advocacy.agreement_sign('two-way', 'sales', 'sue')$$, '55000', NULL, '... who can''t twice');
SELECT throws_ok($$SELECT advocacy.agreement_sign('two-way', 'legal')$$, '22023', NULL, '... nor can a third');
SELECT throws_ok($$SELECT advocacy.agreement_sign('nothing', 'sales')$$, 'P0002', NULL, 'what isn''t there can''t be signed');
SELECT throws_ok(format($$SELECT advocacy.agreement_define('x', '{a,b}', '2099-01-01', '[{"name":"m","owed_by":"a","owed_to":"b","kind":"cadence","every_days":%s}]')$$, d), '22023', NULL, 'every ' || d || ' days') FROM unnest('{0,91,2000000000}'::integer[]) AS d;
SELECT throws_ok($$SELECT advocacy.agreement_sign('two-way', 'program', 'ann', '-infinity')$$, '22023', NULL, 'nor signed at no time: its quarters would have no end');
SELECT is(advocacy.agreement_sign('two-way', 'program', 'ann', '2026-06-30Z'), true, '... by both: it holds');

SELECT pg_temp.ask('2026-07-15 09:30Z'), pg_temp.ask('2026-07-15 09:40Z'), pg_temp.ask('2026-07-15 10:00Z'), pg_temp.ask('2026-07-15 10:00:01Z') \g /dev/null
SELECT advocacy.request_cancel(advocacy.request_submit(-99, 'quote', 'why', 'CIO', 'a yes', '2026-12-01Z', 'rep', 'normal', '2026-07-15 09:00Z'), NULL, NULL, '2026-07-15 09:10Z') \g /dev/null
SELECT count(advocacy.commitment_observe('two-way', 'nominations', note => 'Acme', happened_at => t, at => '2026-10-02Z')) FROM unnest('{2026-07-01Z,2026-09-30 23:59:59Z,2026-10-01Z}'::timestamptz[]) AS t \g /dev/null
SELECT count(advocacy.commitment_observe('two-way', 'meetings', happened_at => t, at => '2026-10-02Z')) FROM unnest('{2026-07-10Z,2026-07-11Z,2026-09-01Z}'::timestamptz[]) AS t \g /dev/null
SELECT advocacy.commitment_observe('two-way', 'budget', true, 'promised', 'ann', '2026-07-20Z', '2026-07-20Z') \g /dev/null
SELECT advocacy.commitment_observe('two-way', 'budget', false, 'cut', 'ann', '2026-09-20Z', '2026-09-20Z') \g /dev/null
SELECT results_eq($$SELECT commitment, owed_by, done, due, attainment FROM advocacy.commitment_attainment('2026-08-11', '2026-10-02Z') ORDER BY 1$$,
	$$VALUES ('answers', 'program', 3::bigint, 4::bigint, 0.75), ('budget', 'sales', 0::bigint, 1::bigint, 0::numeric), ('meetings', 'sales', 2::bigint, 3::bigint, 0.6667), ('nominations', 'sales', 2::bigint, 4::bigint, 0.5)$$, 'the quarter, to the second at its ends; cancelled in time counts for nothing, the last word of a quarter holds');
SELECT is((SELECT attainment FROM advocacy.commitment_attainment('2026-07-01', '2026-07-25Z') WHERE commitment = 'meetings'), NULL, 'what isn''t due yet isn''t missing');
SELECT is((SELECT attainment FROM advocacy.commitment_attainment('2026-10-01', '2026-10-02Z') WHERE commitment = 'budget'), NULL, '... nor what nobody has answered');
SELECT is((SELECT pair_attainment FROM advocacy.sla_attainment WHERE quarter = '2026-07-01' AND owed_by = 'sales' LIMIT 1), 0.3889, 'the pair, one way');
SELECT is((SELECT pair_attainment FROM advocacy.sla_attainment WHERE quarter = '2026-07-01' AND owed_by = 'program' LIMIT 1), 0.75, '... and the other, by the same formula');
SELECT count(advocacy.commitment_observe('two-way', 'nominations', happened_at => '2026-08-01Z', at => '2026-10-02Z')) FROM generate_series(1, 9) \g /dev/null
SELECT is((SELECT attainment FROM advocacy.commitment_attainment('2026-07-01', '2026-10-02Z') WHERE commitment = 'nominations'), 1::numeric, 'more than enough is enough');
SELECT advocacy.agreement_define('two-way', '{program,sales}', '2027-06-30', '[{"name":"nominations","owed_by":"sales","owed_to":"program","kind":"counted","at_least":22}]', 'ann', '2026-09-01Z') \g /dev/null
SELECT is((SELECT due FROM advocacy.commitment_attainment('2026-07-01', '2026-10-02Z') WHERE commitment = 'nominations'), 4::bigint, 'a version that isn''t signed changes nothing');
SELECT advocacy.agreement_sign('two-way', t, 'ann', '2026-10-02Z') FROM unnest('{program,sales}'::text[]) AS t \g /dev/null
SELECT is((SELECT due FROM advocacy.commitment_attainment('2026-07-01', '2026-10-02Z') WHERE commitment = 'nominations'), 4::bigint, '... one signed later leaves the quarter');
SELECT is((SELECT (version, done, due)::text FROM advocacy.commitment_attainment('2026-10-01', '2026-11-01Z') WHERE commitment = 'nominations'), '(2,1,22)', '... and holds from then on, with what was seen by its name');

SELECT throws_ok($$SELECT advocacy.agreement_define('x', '{program}', '2030-01-01', '[]')$$, '22023', NULL, 'between one team');
SELECT throws_ok($$SELECT advocacy.agreement_define('x', '{program,sales}', '2020-01-01', '[]')$$, '22023', NULL, 'reviewed in the past');
SELECT throws_ok($$SELECT advocacy.agreement_define('x', '{program,sales}', '2030-01-01', '[]')$$, '22023', NULL, 'of nothing');
SELECT throws_ok($$SELECT advocacy.agreement_define('x', '{program,sales}', '2030-01-01', '[{"name":"n","owed_by":"program","owed_to":"legal","kind":"attested"}]')$$, '22023', NULL, 'owed to a third');
SELECT throws_ok($$SELECT advocacy.agreement_define('x', '{program,sales}', '2030-01-01', '[{"name":"n","owed_by":"program","owed_to":"sales","kind":"counted"}]')$$, '22023', NULL, 'counted without a number');
SELECT throws_ok($$SELECT advocacy.agreement_define('x', '{program,sales}', '2030-01-01', '[{"name":"n","owed_by":"program","owed_to":"sales","kind":"timed","metric":"speed"}]')$$, '22023', NULL, 'an unknown metric');
SELECT throws_ok($$SELECT advocacy.commitment_observe('two-way', 'answers')$$, '22023', NULL, 'clocks tell of what is timed');
SELECT throws_ok($$SELECT advocacy.commitment_observe('two-way', 'nominations', false)$$, '22023', NULL, 'what is counted is kept');
SELECT throws_ok($$SELECT advocacy.commitment_observe('two-way', 'dances')$$, 'P0002', NULL, 'an unknown commitment');
SELECT throws_ok($$SELECT advocacy.commitment_observe('two-way', 'nominations', happened_at => now() + interval '1 day')$$, '22023', NULL, 'what is still to come');
SELECT * FROM finish();
ROLLBACK;
