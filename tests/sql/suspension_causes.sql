-- Causes of an advocate's own: named, each with its own life and severity; suspensions by people with a time; the CSM's answer.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(58);
SELECT advocacy.source_register('sf', 'salesforce', 1, '36500 days'), advocacy.stage_prepare();
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
CREATE FUNCTION pg_temp.day(n numeric) RETURNS timestamptz LANGUAGE sql AS $$ SELECT '2025-03-03 09:00+00'::timestamptz + n * interval '1 day' $$;
CREATE FUNCTION pg_temp.jane() RETURNS bigint LANGUAGE sql AS $$ SELECT a.advocate_id FROM advocacy.advocate AS a JOIN advocacy.contact AS c USING (contact_id) WHERE c.first_name = 'Jane' $$;
CREATE FUNCTION pg_temp.state() RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', v.state, nullif(array_to_string(v.reasons, ', '), '')) FROM advocacy.advocate_availability AS v WHERE v.name = 'Jane' $$;
CREATE FUNCTION pg_temp.told() RETURNS text LANGUAGE sql AS $$
	WITH d AS (DELETE FROM advocacy.outbox RETURNING outbox_id, kind) SELECT string_agg(d.kind, ' ' ORDER BY d.outbox_id) FROM d $$;
CREATE FUNCTION pg_temp.contact(signals jsonb, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate, signals)
	VALUES ('c1', at, 'acme', 'jane@acme.example', 'Jane', true, signals);
	PERFORM advocacy.sync_apply('sf', 'contact', NULL, true, at, 1, 1, at, at);
END $$;
CREATE FUNCTION pg_temp.request() RETURNS text LANGUAGE sql AS $$ SELECT q.state FROM advocacy.request AS q $$;
CREATE FUNCTION pg_temp.match(state text DEFAULT 'proposed') RETURNS void LANGUAGE sql AS $$
	DELETE FROM advocacy.request_event; DELETE FROM advocacy.request;
	INSERT INTO advocacy.request (activity_type, justification, audience, outcome, requested_by, state, advocate_id)
	VALUES ('reference_call', 'j', 'a', 'o', 'rep', state, pg_temp.jane()) $$;
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, csm_email) VALUES ('acme', pg_temp.day(0), 'Acme', 'csm@x.example');
SELECT advocacy.sync_apply('sf', 'account', NULL, true, pg_temp.day(0), 1, 1, pg_temp.day(0), pg_temp.day(0));
SELECT pg_temp.contact(NULL, pg_temp.day(0)), pg_temp.told();
SELECT is(pg_temp.state(), 'eligible', 'nothing is open');

-- By name.
SELECT isnt(advocacy.suspension_open(pg_temp.jane(), 'overuse', 'caution', '3 calls this month', '{"calls": 3}', pg_temp.day(9), NULL, pg_temp.day(1)), NULL, 'opened');
SELECT is(pg_temp.state(), 'caution caution: rule overuse', 'a caution');
SELECT is(pg_temp.told(), NULL, 'in silence');
SELECT is(advocacy.suspension_open(pg_temp.jane(), 'overuse', 'caution', '4 calls this month', '{"calls": 4}', pg_temp.day(9), NULL, pg_temp.day(2)),
	(SELECT max(suspension_id) FROM advocacy.suspension), 'opened again, it is the same one');
SELECT is((SELECT reason FROM advocacy.suspension), '4 calls this month', 'with what is new of it');
SELECT advocacy.suspension_open(pg_temp.jane(), 'consent', 'withdrawn', 'withdrew by mail', '{}', NULL, 'jane', pg_temp.day(3));
SELECT is(pg_temp.state(), 'withdrawn caution: rule overuse, withdrawn: consent', 'the worst of all counts');
SELECT ok(advocacy.suspension_close(pg_temp.jane(), 'consent', 'given anew', 'jane', pg_temp.day(4)), 'ended');
SELECT ok(NOT advocacy.suspension_close(pg_temp.jane(), 'consent', 'given anew', 'jane', pg_temp.day(4)), 'once');
SELECT is(pg_temp.state(), 'caution caution: rule overuse', 'the other one stays');
SELECT advocacy.suspension_open(pg_temp.jane(), 'overuse', 'ineligible', '9 calls', '{}', pg_temp.day(9), NULL, pg_temp.day(5));
SELECT is((SELECT string_agg(severity || ' ' || coalesce(close_reason, 'open'), ', ' ORDER BY suspension_id) FROM advocacy.suspension WHERE rule = 'overuse'),
	'caution it is ineligible now, ineligible open', 'another severity is another row');
SELECT is((SELECT detail -> 'reasons' FROM advocacy.explain_advocate(pg_temp.jane(), pg_temp.day(2)) WHERE ordinal = 1), '["caution: rule overuse"]', 'then it was a caution');
SELECT is((SELECT fact FROM advocacy.explain_advocate(pg_temp.jane(), pg_temp.day(6)) WHERE ordinal = 2),
	'Ineligible since 2025-03-08T09:00:00Z by rule overuse: 9 calls.', 'explained in a sentence');
SELECT is(advocacy.risk_next_deadline(pg_temp.day(6)), pg_temp.day(9), 'its end is a deadline');
SELECT advocacy.risk_fire(pg_temp.day(8));
SELECT is(pg_temp.state(), 'ineligible ineligible by rule overuse', 'not before');
SELECT is(advocacy.risk_fire(pg_temp.day(9)), 1, 'then it ends by itself');
SELECT is(pg_temp.state(), 'eligible', 'eligible again');
SELECT throws_ok($$SELECT advocacy.suspension_open(pg_temp.jane(), 'x', 'mild', 'y')$$, '22023', 'cause "x": unknown severity "mild"', 'an unknown severity is refused');
SELECT throws_ok($$SELECT advocacy.suspension_open(-1, 'x', 'soft', 'y')$$, 'P0002', NULL, 'so is an unknown advocate');
SELECT throws_ok($$SELECT advocacy.suspension_open(pg_temp.jane(), '', 'soft', 'y')$$, '22023', NULL, 'and a cause without a name');

-- Open requests: a hard one takes them off at once, a soft one what is agreed when the CSM says so or says nothing.
SELECT pg_temp.match(), advocacy.suspension_open(pg_temp.jane(), 'x', 'hard', 'y', '{}', NULL, NULL, pg_temp.day(10));
SELECT is(pg_temp.request(), 'matching', 'hard: at once');
SELECT is(pg_temp.told(), 'advocate_suspended advocate_unavailable', 'and people are told');
SELECT advocacy.suspension_close(pg_temp.jane(), 'x', 'over', NULL, pg_temp.day(10.1));
SELECT is(pg_temp.told(), 'advocate_reinstated', 'of its end too');
SELECT pg_temp.match('scheduled'), advocacy.suspension_open(pg_temp.jane(), 'x', 'soft', 'y', '{}', NULL, NULL, pg_temp.day(11));
SELECT is(pg_temp.request(), 'scheduled', 'soft: what is agreed goes on');
SELECT is((SELECT answer_due_at FROM advocacy.suspension WHERE closed_at IS NULL), pg_temp.day(12), 'a day for the answer, without a calendar');
SELECT is(advocacy.risk_next_deadline(pg_temp.day(11)), pg_temp.day(12), 'it is a deadline');
SELECT advocacy.risk_fire(pg_temp.day(12) - interval '1 second');
SELECT is(pg_temp.request(), 'scheduled', 'not before');
SELECT is(advocacy.risk_fire(pg_temp.day(12)), 1, 'nobody has answered');
SELECT is(pg_temp.request(), 'matching', 'it counts as hard');
SELECT is((SELECT answered_by FROM advocacy.suspension WHERE closed_at IS NULL), 'time', 'that is written down');
SELECT is(advocacy.risk_fire(pg_temp.day(13)), 0, 'once');
SELECT throws_ok($$SELECT advocacy.risk_confirm(pg_temp.jane())$$, '55000', NULL, 'nothing waits any more');
SELECT advocacy.suspension_close(pg_temp.jane(), 'x', 'over', NULL, pg_temp.day(14)), pg_temp.match('scheduled'),
       advocacy.suspension_open(pg_temp.jane(), 'x', 'soft', 'y', '{}', NULL, NULL, pg_temp.day(15));
SELECT is(advocacy.risk_confirm(pg_temp.jane(), 'they are right', 'mary', pg_temp.day(15.1)), 1, 'the CSM says yes');
SELECT is(pg_temp.request(), 'matching', 'then at once');
SELECT is((SELECT string_agg(actor || ' ' || action, ',') FROM advocacy.audit_log WHERE action = 'risk_confirm'), 'mary risk_confirm', 'audited');
SELECT advocacy.suspension_close(pg_temp.jane(), 'x', 'over', NULL, pg_temp.day(16)), pg_temp.told();
SELECT advocacy.calendar_define('office', 'UTC', '{"mon": [["09:00","17:00"]], "tue": [["09:00","17:00"]], "fri": [["09:00","17:00"]]}', '{}', pg_temp.day(0)),
       advocacy.policy_setting_define('review_calendar', '"office"', pg_temp.day(0));
SELECT pg_temp.match();
SELECT is(advocacy.suspension_answer_due(pg_temp.jane(), '2025-03-14 12:00+00'), '2025-03-17 12:00+00'::timestamptz, 'with a calendar: a working day, over the weekend');

-- The contact's own signals.
SELECT advocacy.risk_rule_define('nps_detractor', 'contact.nps', '<=', 6, '>=', 7, '0', 'suspend', 'caution', lapse => '180 days'),
       advocacy.risk_rule_define('left_company', 'contact.gone', '=', 1, '=', 0, '0', 'suspend', 'left');
SELECT throws_like($$SELECT advocacy.risk_rule_define('r', 'nps', '<=', 6, '>=', 7, lapse => '1 day')$$, '%nps has no use for one of its conditions', 'a lapse is for contacts');
SELECT throws_like($$SELECT advocacy.risk_rule_define('r', 'contact.nps', '<=', 6, '>=', 7, dwell => '1 day')$$, '%contact.nps has no use%', 'other conditions for accounts');
SELECT throws_like($$SELECT advocacy.risk_rule_define('r', 'nps', '<=', 6, '>=', 7, '0', 'suspend', 'left')$$, '%unknown severity "left"', 'an account has not left');
SELECT pg_temp.contact('{"nps": "5"}', pg_temp.day(20));
SELECT is(pg_temp.state(), 'caution caution: rule nps_detractor', 'a low score of their own');
SELECT is((SELECT reason FROM advocacy.suspension WHERE closed_at IS NULL), 'nps 5 of the contact in sf is <= 6', 'with its reason');
SELECT pg_temp.contact('{"nps": null}', pg_temp.day(21));
SELECT is(pg_temp.state(), 'caution caution: rule nps_detractor', 'not scored says nothing');
SELECT pg_temp.contact('{"nps": 6.5}', pg_temp.day(22));
SELECT is(pg_temp.state(), 'caution caution: rule nps_detractor', 'nor does a value between');
SELECT pg_temp.contact('{"nps": 9}', pg_temp.day(23));
SELECT is(pg_temp.state(), 'eligible', 'a newer one of 9 ends it');
SELECT pg_temp.contact('{"nps": 3}', pg_temp.day(24)), pg_temp.contact('{"nps": 3, "x": 1}', pg_temp.day(30));
SELECT is(advocacy.risk_next_deadline(pg_temp.day(31)), pg_temp.day(204), '180 days from when it was said');
SELECT advocacy.risk_fire(pg_temp.day(204)), pg_temp.contact('{"nps": 3, "x": 2}', pg_temp.day(205));
SELECT is(pg_temp.state(), 'eligible', 'too long ago: the same value does not open it again');
SELECT pg_temp.contact(jsonb_build_object('nps', 3, 'nps_at', extract(epoch FROM pg_temp.day(206))), pg_temp.day(207));
SELECT is((SELECT until FROM advocacy.suspension WHERE closed_at IS NULL), pg_temp.day(386), 'said again at a time of its own, it does');
SELECT pg_temp.match(), pg_temp.contact('{"gone": 1, "nps": 8}', pg_temp.day(208));
SELECT is(pg_temp.state(), 'left left: rule left_company', 'gone');
SELECT is(pg_temp.request(), 'matching', 'and off the requests');
SELECT advocacy.risk_rule_retire('left_company', pg_temp.day(209));
SELECT is(pg_temp.state(), 'eligible', 'a rule that is retired takes its causes along');

-- By a person, with a severity and a time.
SELECT advocacy.advocate_suspend(pg_temp.jane(), 'a sabbatical', 'mary', pg_temp.day(210), 'caution', pg_temp.day(220)), pg_temp.told();
SELECT is(pg_temp.state(), 'caution caution: by a person', 'as said');
SELECT is((SELECT fact FROM advocacy.explain_advocate(pg_temp.jane(), pg_temp.day(211)) WHERE ordinal = 2),
	'Only with the CSM''s yes since 2025-09-29T09:00:00Z by mary until 2025-10-09T09:00:00Z: a sabbatical.', 'in a sentence');
SELECT advocacy.risk_fire(pg_temp.day(220));
SELECT is(pg_temp.state(), 'eligible', 'until its time is over');
SELECT throws_ok($$SELECT advocacy.advocate_suspend(pg_temp.jane(), 'x', 'mary', pg_temp.day(1), 'mild')$$, '22023', 'unknown severity "mild"', 'an unknown severity is refused');
SELECT throws_ok($$SELECT advocacy.advocate_suspend(pg_temp.jane(), 'x', 'mary', pg_temp.day(1), 'hold', pg_temp.day(0))$$, '22023', NULL, 'so is a time that is over');

-- After some risks a person has to say yes.
SELECT advocacy.risk_rule_define('churn', 'churn_risk', '>', 50, '<', 40, '0', 'suspend', 'hard', confirm => true);
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, csm_email, signals) VALUES ('acme', pg_temp.day(221), 'Acme', 'csm@x.example', '{"churn_risk": 80}');
SELECT advocacy.sync_apply('sf', 'account', NULL, true, pg_temp.day(221), 1, 1, pg_temp.day(221), pg_temp.day(221)), pg_temp.told();
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, csm_email, signals) VALUES ('acme', pg_temp.day(222), 'Acme', 'csm@x.example', '{"churn_risk": 10}');
SELECT advocacy.sync_apply('sf', 'account', NULL, true, pg_temp.day(222), 1, 1, pg_temp.day(222), pg_temp.day(222));
SELECT is(pg_temp.state() || ' / ' || pg_temp.told(), 'suspended suspended by rule churn / reinstatement_review', 'over, but nobody has said yes: the CSM is asked');
SELECT advocacy.risk_evaluate(NULL, pg_temp.day(223));
SELECT is(pg_temp.told(), NULL, 'once');
SELECT advocacy.advocate_reinstate(pg_temp.jane(), 'all is well', 'mary', pg_temp.day(224));
SELECT is(pg_temp.state() || ' / ' || pg_temp.told(), 'eligible / advocate_reinstated_by_person', 'the yes');
SELECT * FROM finish();
ROLLBACK;
