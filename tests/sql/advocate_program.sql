-- Who is an advocate, what people may do with them, and whether they are available and why.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(37);
SELECT advocacy.source_register('sf', 'salesforce', 1, '2 days'), advocacy.source_register('hs', 'hubspot', 2, '2 days'), advocacy.stage_prepare();
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
CREATE FUNCTION pg_temp.contact(source text, id text, account text, email text, advocate boolean, at timestamptz,
	deleted boolean DEFAULT false, opted_out boolean DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate, deleted, opted_out)
	VALUES (id, at, account, email, id, advocate, deleted, opted_out);
	PERFORM advocacy.sync_apply(source, 'contact', NULL, true, at, 1, 1, at, at);
END $$;
CREATE FUNCTION pg_temp.account(source text, id text, score jsonb, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, domain, signals)
	VALUES (id, at, id, id || '.example', jsonb_build_object('health_score', score));
	PERFORM advocacy.sync_apply(source, 'account', NULL, true, at, 1, 1, at, at);
END $$;
CREATE FUNCTION pg_temp.is_in() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(c.remote_id, ' ' ORDER BY c.remote_id) FROM advocacy.advocate AS a JOIN advocacy.contact AS c USING (contact_id)
	 WHERE a.retired_at IS NULL $$;
CREATE FUNCTION pg_temp.id(contact text) RETURNS bigint LANGUAGE sql AS $$
	SELECT a.advocate_id FROM advocacy.advocate AS a JOIN advocacy.contact AS c USING (contact_id) WHERE c.remote_id = contact $$;

-- Enrolment by the sync.
SELECT pg_temp.account('sf', 'acme', '90', now() - interval '1 hour');
SELECT pg_temp.contact('sf', 'jane', 'acme', 'jane@acme.example', true, now() - interval '1 hour');
SELECT pg_temp.contact('sf', 'joe', 'acme', 'joe@acme.example', NULL, now() - interval '1 hour');
SELECT is(pg_temp.is_in(), 'jane', 'true enrols, unknown doesn''t');
SELECT is((SELECT enrolled_by FROM advocacy.advocate), 'sync:sf', 'and says by whom');
SELECT pg_temp.account('hs', 'acme', '90', now() - interval '1 hour');
SELECT pg_temp.contact('hs', 'h-jane', 'acme', 'JANE@acme.example', true, now() - interval '1 hour');
SELECT is(pg_temp.is_in(), 'jane', 'the same address at the same account is the same advocate');
SELECT pg_temp.contact('sf', 'jane', 'acme', 'jane@acme.example', false, now() - interval '59 minutes');
SELECT is(pg_temp.is_in(), 'h-jane', 'false retires; the other contact of the person, kept out until now, takes over');
SELECT pg_temp.contact('hs', 'h-jane', 'acme', 'jane@acme.example', true, now() - interval '58 minutes', true);
SELECT is(pg_temp.is_in(), NULL, 'a deleted contact is no advocate');
SELECT is((SELECT retire_reason FROM advocacy.advocate WHERE advocate_id = pg_temp.id('h-jane')), 'contact deleted', 'with that reason');
SELECT pg_temp.contact('sf', 'jane', 'acme', 'jane@acme.example', true, now() - interval '57 minutes');
SELECT is(pg_temp.is_in(), 'jane', 'true again brings back whom the sync retired');
SELECT advocacy.advocate_retire(pg_temp.id('jane'), 'left the company', 'mary');
SELECT pg_temp.contact('sf', 'jane', 'acme', 'jane@acme.example', NULL, now() - interval '56 minutes');
SELECT pg_temp.contact('sf', 'jane', 'acme', 'jane@acme.example', true, now() - interval '55 minutes');
SELECT is(pg_temp.is_in(), NULL, 'but not whom a person retired');

-- Enrolment by a person.
SELECT is(advocacy.advocate_enroll((SELECT contact_id FROM advocacy.contact WHERE remote_id = 'joe'), 'asked to', 'mary'), pg_temp.id('joe'),
	'a person enrols');
SELECT pg_temp.contact('sf', 'joe', 'acme', 'joe@acme.example', false, now() - interval '54 minutes');
SELECT is(pg_temp.is_in(), 'joe', 'the sync doesn''t retire whom a person enrolled');
SELECT throws_ok($$SELECT advocacy.advocate_enroll((SELECT contact_id FROM advocacy.contact WHERE remote_id = 'joe'))$$, '23505', NULL, 'nobody twice');
SELECT throws_ok($$SELECT advocacy.advocate_enroll(-1)$$, 'P0002', NULL, 'nor an unknown contact');
SELECT throws_ok($$SELECT advocacy.advocate_enroll((SELECT contact_id FROM advocacy.contact WHERE remote_id = 'h-jane'))$$, '55000', NULL, 'nor a deleted one');

-- Suspension by a person.
SELECT is((SELECT available FROM advocacy.advocate_availability WHERE advocate_id = pg_temp.id('joe')), true, 'available');
SELECT throws_ok($$SELECT advocacy.advocate_suspend(pg_temp.id('joe'), ' ')$$, '22023', NULL, 'a reason is needed');
SELECT throws_ok($$SELECT advocacy.advocate_suspend(-1, 'x')$$, 'P0002', NULL, 'and somebody there is');
SELECT throws_ok($$SELECT advocacy.advocate_suspend(pg_temp.id('jane'), 'x')$$, '55000', NULL, 'who isn''t retired');
SELECT throws_ok($$SELECT advocacy.advocate_reinstate(pg_temp.id('joe'), 'x')$$, '55000', NULL, 'only the suspended can be reinstated');
SELECT lives_ok($$SELECT advocacy.advocate_suspend(pg_temp.id('joe'), 'on leave', 'mary')$$, 'suspended');
SELECT throws_ok($$SELECT advocacy.advocate_suspend(pg_temp.id('joe'), 'again')$$, '23505', NULL, 'once');
SELECT results_eq($$SELECT available, reasons FROM advocacy.advocate_availability WHERE advocate_id = pg_temp.id('joe')$$,
	$$VALUES (false, '{suspended by a person}'::text[])$$, 'not available, and why');
SELECT is((SELECT fact FROM advocacy.explain_advocate(pg_temp.id('joe')) WHERE ordinal = 1), 'Not available: suspended by a person.', 'explained');
SELECT results_eq($$SELECT facts -> 'advocates', facts ->> 'reason', facts ->> 'actor' FROM advocacy.outbox WHERE kind = 'advocate_suspended_by_person'$$,
	$$VALUES ('["joe"]'::jsonb, 'on leave', 'mary')$$, 'told');
SELECT advocacy.risk_rule_define('health', 'health_score', '<', 60, '>', 75);
SELECT pg_temp.account('sf', 'acme', '20', now() - interval '50 minutes');
SELECT is((SELECT count(*) FROM advocacy.suspension WHERE closed_at IS NULL), 2::bigint, 'a rule suspends as well');
SELECT lives_ok($$SELECT advocacy.advocate_reinstate(pg_temp.id('joe'), 'back', 'mary')$$, 'the person''s suspension is lifted');
SELECT is((SELECT reasons FROM advocacy.advocate_availability WHERE advocate_id = pg_temp.id('joe')), '{suspended by rule health}', 'the rule''s stays');
SELECT throws_like($$SELECT advocacy.advocate_reinstate(pg_temp.id('joe'), 'please')$$, '%rule health%', 'a person can''t lift it, and is told what it is');
SELECT is((SELECT string_agg(action, ' ' ORDER BY audit_id) FROM advocacy.audit_log WHERE actor = 'mary'),
	'advocate_retire advocate_enroll advocate_suspend advocate_reinstate', 'all of it is in the audit log');
SELECT pg_temp.account('sf', 'acme', '90', now() - interval '40 minutes');
SELECT is((SELECT fact FROM advocacy.explain_advocate(pg_temp.id('joe')) WHERE ordinal = 1), 'Available.', 'well again');

-- Unknown is not available.
SELECT pg_temp.contact('sf', 'joe', 'acme', 'joe@acme.example', false, now() - interval '39 minutes', false, true);
SELECT is((SELECT reasons FROM advocacy.advocate_availability WHERE advocate_id = pg_temp.id('joe')), '{opted out}', 'who opted out isn''t');
SELECT pg_temp.contact('sf', 'joe', 'nowhere', 'joe@acme.example', false, now() - interval '38 minutes', false, false);
SELECT is((SELECT reasons FROM advocacy.advocate_availability WHERE advocate_id = pg_temp.id('joe')), '{not linked to an account}', 'nor who has no account');
SELECT pg_temp.contact('sf', 'joe', 'acme', 'joe@acme.example', false, now() - interval '37 minutes', false, false);
SELECT is((SELECT available FROM advocacy.advocate_availability WHERE advocate_id = pg_temp.id('joe')), true, '(back)');
UPDATE advocacy.sync_stream SET last_success_at = now() - interval '8 days' WHERE stream = 'account';
SELECT is((SELECT reasons FROM advocacy.advocate_availability WHERE advocate_id = pg_temp.id('joe')), '{}', 'stale for six days still is');
UPDATE advocacy.sync_stream SET last_success_at = now() - interval '10 days' WHERE stream = 'account';
SELECT is((SELECT reasons FROM advocacy.advocate_availability WHERE advocate_id = pg_temp.id('joe')), '{health unknown}', 'stale for eight isn''t');
SELECT is((SELECT score FROM advocacy.health_score), NULL, 'nor is the score known');

-- The function and the view agree.
SELECT is((SELECT count(*) FROM advocacy.advocate_availability AS v
	CROSS JOIN LATERAL (SELECT e.detail FROM advocacy.explain_advocate(v.advocate_id) AS e WHERE e.ordinal = 1) AS e
	WHERE (e.detail -> 'reasons', e.detail ->> 'state') IS DISTINCT FROM (to_jsonb(v.reasons), v.state)), 0::bigint, 'explain_advocate and advocate_availability agree');
SELECT throws_ok($$SELECT * FROM advocacy.explain_advocate(-1)$$, 'P0002', NULL, 'nobody unknown is explained');

SELECT * FROM finish();
ROLLBACK;
