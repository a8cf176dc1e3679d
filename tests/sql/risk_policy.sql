-- The words of a risk in the policy: what they become, and which ones are refused.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(11);
CREATE FUNCTION pg_temp.problem(more text) RETURNS text LANGUAGE sql AS $$
	SELECT advocacy.policy_problem(jsonb_build_object('risks', jsonb_build_array(
		'{"name": "r", "signal": "s", "enter": {"operator": "<", "value": 60}, "clear": {"operator": ">", "value": 75}}'::jsonb || more::jsonb))) $$;
SELECT is(pg_temp.problem('{"enter_observations": 2, "enter_apart_s": 21600, "clear_observations": 3, "clear_apart_s": 60, "dwell_s": 604800, "flaps": 3, "drop": {"points": "20.5", "within_s": 60}}'), NULL, 'all of them');
SELECT is(pg_temp.problem('{"enter_observations": 0}'), 'risk r: enter_observations must be 1 to 999, not 0', 'no observation');
SELECT is(pg_temp.problem('{"clear_apart_s": -1}'), 'risk r: clear_apart_s must be whole seconds, not -1', 'a negative time');
SELECT is(pg_temp.problem('{"flaps": "often"}'), 'risk r: flaps must be 0 to 999, not "often"', 'a number that is none');
SELECT is(pg_temp.problem('{"drop": {"points": "0.0", "within_s": 60}}'), 'risk r: drop must have points above 0 and whole seconds within_s, not {"points": "0.0", "within_s": 60}', 'a drop of nothing');
SELECT is(pg_temp.problem('{"drop": {"points": 20}}'), 'risk r: drop must have points above 0 and whole seconds within_s, not {"points": 20}', 'a drop without a time');
SELECT is(pg_temp.problem('{"severity": "mild"}'), 'risk r: severity "mild"; soft, hard, caution, hold or ineligible is right', 'an unknown severity');
SELECT is(pg_temp.problem('{"date": "when"}'), 'risk r: date "when"; until or since is right', 'an unknown side of a date');
CREATE FUNCTION pg_temp.apply() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(p.what, '; ') FROM advocacy.policy_apply('{"risks": [{"name": "r", "signal": "s", "enter": {"operator": "<", "value": "60"}, "clear": {"operator": ">", "value": "75"},
		"hold_s": 60, "severity": "hold", "enter_observations": 2, "enter_apart_s": 21600, "clear_observations": 3, "clear_apart_s": 120, "dwell_s": 604800, "flaps": 4,
		"drop": {"points": "20.5", "within_s": 1209600}}]}') AS p $$;
SELECT is(pg_temp.apply(), 'risk r: version 1', 'a new rule');
SELECT is(pg_temp.apply(), NULL, 'the same is no change');
SELECT results_eq($$SELECT severity, enter_observations, enter_apart, clear_observations, clear_apart, dwell, flaps, drop_points, drop_within, date_side FROM advocacy.risk_rule$$,
	$$VALUES ('hold', 2, interval '6:00', 3, interval '0:02', interval '168:00', 4, 20.5, interval '336:00', NULL::text)$$, 'with every word in its place');
SELECT * FROM finish();
ROLLBACK;
