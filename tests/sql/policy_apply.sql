-- policy_apply: says what it changed and nothing when nothing changed, retires what is named no longer, all or nothing.
BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL jit = off;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();
SELECT count(*) FROM advocacy.policy_apply('{"slas":[],"routes":[],"settings":{},"risks":[]}') \g /dev/null

CREATE TEMP TABLE policy (p jsonb) ON COMMIT DROP;
INSERT INTO policy VALUES ('{
	"risks": [{"name":"health_low","signal":"health_score","enter":{"operator":"<","value":60},"clear":{"operator":">","value":75},"hold_s":604800,"action":"suspend","severity":"soft"},
	          {"name":"nps","signal":"nps","enter":{"operator":"<=","value":6},"clear":{"operator":">=","value":7},"action":"watch"}],
	"calendars": [{"name":"paris","time_zone":"Europe/Paris","weekly_hours":{"mon":[["09:00","17:00"]]},"holidays":["2026-12-25"]}],
	"slas": [{"name":"ack","metric":"acknowledge","priority":null,"calendar":"paris","target_s":14400,"thresholds":[[75,"owner"]],"ladder":[],"owed_by":"program","owed_to":"sales"},
	         {"name":"connect","metric":"connect","calendar":"paris","target_s":86400,"thresholds":[[75,"owner"]],"ladder":[]},
	         {"name":"fast","metric":"connect","priority":"expedite","calendar":"paris","target_s":28800,"thresholds":[[50,"owner"]],"ladder":[]}],
	"routes": [{"name":"ops","kinds":["source_stale","*"],"channel":"ops"},{"name":"program","kinds":["sla_breach"],"channel":"program"}],
	"settings": {"top_priorities":["P1","Critical"],"other":5}}');
CREATE FUNCTION pg_temp.apply(change jsonb DEFAULT '{}') RETURNS text LANGUAGE sql
AS $$ SELECT string_agg(a.what, '; ') FROM (SELECT p || change AS p FROM policy) AS q CROSS JOIN LATERAL advocacy.policy_apply(q.p, '2026-11-01Z') AS a $$;
SELECT is(pg_temp.apply(), 'calendar paris: version 1; sla ack: version 1; sla connect: version 1; sla fast: version 1; route ops: source_stale, * to ops; route program: sla_breach to program; setting other: 5; setting top_priorities: ["P1", "Critical"]; risk health_low: version 1; risk nps: version 1', 'everything is new');
SELECT is(pg_temp.apply(), NULL, 'nothing changed');
SELECT is((SELECT count(*) FROM advocacy.audit_log WHERE action = 'policy_apply' AND details @> '{"changes":["sla fast: version 1"]}'), 1::bigint, 'changes are audited, once');
SELECT is(pg_temp.apply('{"slas":[{"name":"ack","metric":"acknowledge","calendar":"paris","target_s":7200,"thresholds":[[75,"owner"]],"ladder":[]}]}'), 'sla connect: retired; sla fast: retired; sla ack: version 2', 'what is named no longer is retired, what differs gets a version');
SELECT results_eq($$SELECT name, version, active FROM advocacy.sla_policy WHERE name IN ('ack', 'connect', 'fast') ORDER BY 1, 2$$, $$VALUES ('ack', 1, false), ('ack', 2, true), ('connect', 1, false), ('fast', 1, false)$$, '... and versions stay');
SELECT is(pg_temp.apply(), 'sla ack: version 3; sla connect: version 2; sla fast: version 2', 'and back');
SELECT is(pg_temp.apply('{"routes":[{"name":"ops","kinds":["*"],"channel":"ops2"}]}'), 'route program: retired; route ops: * to ops2', 'routes change');
SELECT is(pg_temp.apply('{"routes":[],"risks":[],"settings":{}}'), 'route ops: retired; setting other: default; setting top_priorities: default; risk health_low: retired; risk nps: retired', 'an empty section retires all');
SELECT is((SELECT count(*) FROM advocacy.policy_apply('{}')), 0::bigint, 'an absent one is left as it is');
SELECT is((SELECT count(*) FROM advocacy.sla_policy WHERE active), 3::bigint, '... really');
SELECT is(pg_temp.apply('{"routes":[],"settings":{}}'), 'risk health_low: version 2; risk nps: version 2', 'a retired rule comes back');

CREATE FUNCTION pg_temp.refused(change jsonb, message text) RETURNS text LANGUAGE sql
AS $$ SELECT throws_ok(format('SELECT pg_temp.apply(%L)', change), '22023', 'the policy can''t be applied: ' || message, message) $$;
SELECT pg_temp.refused('{"slaz":[]}', 'unknown section "slaz" (risks, calendars, slas, approvals, kinds, routes, settings)');
SELECT pg_temp.refused('{"slas":{}}', 'slas must be a list');
SELECT pg_temp.refused('{"settings":[]}', 'settings must be an object');
SELECT pg_temp.refused('{"routes":[{"kinds":["*"],"channel":"x"}]}', 'an entry of routes has no name: {"kinds": ["*"], "channel": "x"}');
SELECT pg_temp.refused('{"routes":[{"name":"r","kinds":["*"]}]}', 'route r: channel is missing');
SELECT pg_temp.refused('{"routes":[{"name":"r","kinds":[],"channel":"x"}]}', 'route r: kinds must be a list such as ["sla_breach"] or ["*"]');
SELECT pg_temp.refused('{"routes":[{"name":"r","kinds":[1],"channel":"x"}]}', 'route r: kinds must be names, not [1]');
SELECT pg_temp.refused('{"routes":[{"name":"r","kinds":["*"],"channel":"x"},{"name":"r","kinds":["*"],"channel":"y"}]}', 'routes names "r" twice');
SELECT pg_temp.refused('{"slas":[{"name":"s","metric":"speed","calendar":"paris","target_s":1,"thresholds":[[50,"owner"]],"ladder":[]}]}', 'sla s: metric "speed"; acknowledge, propose, connect, csm_consent, advocate_reply, rep_choice, feedback, nomination_triage, risk_review, approval, takedown is right');
SELECT pg_temp.refused('{"slas":[{"name":"s","metric":"connect","priority":"asap","calendar":"paris","target_s":1,"thresholds":[[50,"owner"]],"ladder":[]}]}', 'sla s: priority "asap"; normal or expedite is right (of a suspension soft or hard), or none for all');
SELECT pg_temp.refused('{"slas":[{"name":"s","metric":"connect","calendar":"paris","target_s":0,"thresholds":[[50,"owner"]],"ladder":[]}]}', 'sla s: target_s must be whole seconds of business time, 1 or more, not 0');
SELECT pg_temp.refused('{"slas":[{"name":"s","metric":"connect","target_s":1,"thresholds":[[50,"owner"]],"ladder":[]}]}', 'sla s: calendar is missing');
SELECT pg_temp.refused('{"slas":[{"name":"a","metric":"connect","calendar":"paris","target_s":1,"thresholds":[[50,"owner"]],"ladder":[]},{"name":"b","metric":"connect","calendar":"paris","target_s":2,"thresholds":[[50,"owner"]],"ladder":[]}]}', 'slas a and b are both for connect at every priority; one of them is right');
SELECT pg_temp.refused('{"risks":[{"name":"r","signal":"nps","enter":{"operator":"!","value":1},"clear":{"operator":">","value":1}}]}', 'risk r: enter.operator is "!"; <, <=, >, >= or = is right');
SELECT pg_temp.refused('{"risks":[{"name":"r","signal":"nps","enter":{"operator":"<","value":"low"},"clear":{"operator":">","value":1}}]}', 'risk r: enter.value must be a number, not "low"');
SELECT pg_temp.refused('{"risks":[{"name":"r","signal":"nps","enter":{"operator":"<","value":1}}]}', 'risk r: clear.operator is ""; <, <=, >, >= or = is right');
SELECT pg_temp.refused('{"risks":[{"name":"r","signal":"nps","enter":{"operator":"<","value":1},"clear":{"operator":">","value":1},"hold_s":-5}]}', 'risk r: hold_s must be whole seconds, not -5');
SELECT pg_temp.refused('{"risks":[{"name":"r","enter":{"operator":"<","value":1},"clear":{"operator":">","value":1}}]}', 'risk r: signal is missing');
SELECT pg_temp.refused('{"calendars":[{"name":"c","time_zone":"UTC"}]}', 'calendar c: weekly_hours must be an object such as {"mon": [["09:00","17:00"]]}');
SELECT pg_temp.refused('{"calendars":[{"name":"c","time_zone":"UTC","weekly_hours":{},"holidays":["Xmas"]}]}', 'calendar c: holiday "Xmas"; a date such as 2026-12-25 is right');
-- What only shows when the parts are made is known before: check --online asks policy_problem.
SELECT pg_temp.refused('{"calendars":[{"name":"c","time_zone":"Europe/Pariss","weekly_hours":{}}]}', 'calendar c: unknown time zone "Europe/Pariss"; an IANA name such as America/New_York, Europe/Paris or UTC is right');
SELECT pg_temp.refused('{"calendars":[{"name":"c","time_zone":"UTC","weekly_hours":{"mon":[["09:00","23:59"]]}}]}', 'calendar c: the hours of mon end at "23:59", which leaves a hole before midnight (The end of a day is written "24:00"; 24x7 is ["00:00","24:00"] on all days.)');
SELECT pg_temp.refused('{"slas":[{"name":"s","metric":"risk_review","calendar":"paris","start":["openned"]}]}', 'sla s: "openned" is no move or state of a suspension (One of closed, confirmed, opened, overridden.)');
SELECT pg_temp.refused('{"slas":[{"name":"s","metric":"connect","calendar":"paris","start":["scheduled"]}]}', 'sla s: "scheduled" both starts and ends the clock (A clock that one move both starts and ends would never measure anything.)');
SELECT throws_ok($$SELECT pg_temp.apply('{"slas":[{"name":"s","metric":"connect","calendar":"mars","target_s":1,"thresholds":[[50,"owner"]],"ladder":[]}]}')$$, 'P0002', 'there is no calendar "mars"', 'an SLA on an unknown calendar');
SELECT throws_ok($$SELECT advocacy.policy_apply(NULL)$$, '22023', NULL, 'no policy');
CREATE TEMP TABLE before ON COMMIT DROP AS SELECT (SELECT count(*) FROM advocacy.calendar) AS c, (SELECT count(*) FROM advocacy.sla_policy) AS s, (SELECT count(*) FROM advocacy.route) AS r;
SELECT throws_ok($$SELECT pg_temp.apply('{"calendars":[{"name":"good","time_zone":"UTC","weekly_hours":{"mon":[["09:00","17:00"]]}},{"name":"zbad","time_zone":"UTC","weekly_hours":{"mon":[["09:00","23:59"]]}}],"routes":[{"name":"q","kinds":["*"],"channel":"x"}]}')$$, '22023', NULL, 'a fault anywhere');
SELECT is((SELECT (c, s, r)::text FROM before), (SELECT ((SELECT count(*) FROM advocacy.calendar), (SELECT count(*) FROM advocacy.sla_policy), (SELECT count(*) FROM advocacy.route))::text), '... leaves everything as it was');

SELECT * FROM finish();
ROLLBACK;
