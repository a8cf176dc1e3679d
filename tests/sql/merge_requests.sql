-- Two enrolments of one person become one: who opted out, withdrew or wasn't approved as the one isn't asked as the other, and
-- what was published with the one comes down with the other's consent.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();
INSERT INTO advocacy.opportunity (opportunity_id, source, remote_id) OVERRIDING SYSTEM VALUE VALUES (-99, 'none', '-99');
SELECT advocacy.source_register('sf', 'salesforce', 1, '36500 days'), advocacy.stage_prepare();
DELETE FROM advocacy.route;
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
INSERT INTO advocacy.approval_rule (rule, approver, exposures) VALUES ('legal', 'legal', '{named}');
CREATE FUNCTION pg_temp.contact(id text, at timestamptz, opted boolean DEFAULT false, gone boolean DEFAULT false, into_id text DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name) VALUES ('a', at, 'Acme');
	INSERT INTO pg_temp.stage_contact (remote_id, modified_at, deleted, account_remote_id, email, first_name, advocate, opted_out, merged_into_remote_id)
	VALUES (id, at, gone, 'a', id || '@x.example', id, true, opted, into_id);
	PERFORM advocacy.sync_apply('sf', 'contact', NULL, true, at, 1, 1, at, at);
END $$;
CREATE FUNCTION pg_temp.advocate(id text) RETURNS bigint LANGUAGE sql AS $$ SELECT a.advocate_id FROM advocacy.advocate AS a JOIN advocacy.contact AS c USING (contact_id) WHERE c.remote_id = id $$;
CREATE TEMP TABLE r (what text PRIMARY KEY, id bigint) ON COMMIT DROP;
CREATE FUNCTION pg_temp.ask(key text, id text, exposure text, at timestamptz, whom text DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
DECLARE made bigint := advocacy.request_submit(-99, 'reference_call', 'why', 'CIO', 'a yes', at + interval '90 days', 'rep@example.com', 'normal', at, exposure);
BEGIN
	INSERT INTO pg_temp.r VALUES (key, made);
	PERFORM advocacy.request_match(made, pg_temp.advocate(id), 'ann', at);
	IF whom IS NOT NULL THEN PERFORM advocacy.request_ask(made, whom, 'ann', at); END IF;
END $$;
CREATE FUNCTION pg_temp.r(key text) RETURNS bigint LANGUAGE sql AS $$ SELECT id FROM pg_temp.r WHERE what = key $$;
CREATE FUNCTION pg_temp.state(key text) RETURNS text LANGUAGE sql AS $$ SELECT concat_ws(' ', q.state, c.remote_id) FROM advocacy.request AS q LEFT JOIN advocacy.advocate AS a USING (advocate_id) LEFT JOIN advocacy.contact AS c USING (contact_id) WHERE q.request_id = pg_temp.r(key) $$;

-- An opting out that had nothing to take off.
SELECT pg_temp.contact('ann', '2025-01-01'), pg_temp.contact('anna', '2025-01-01', true);
SELECT pg_temp.ask('call', 'ann', 'internal', '2025-01-02', 'advocate');
SELECT pg_temp.contact('ann', '2025-01-03', false, true, 'anna');
SELECT is(pg_temp.state('call'), 'matching', 'merged into a record that opted out: the request is matched anew');
SELECT is((SELECT count(*) FROM advocacy.outbox WHERE kind = 'consent_withdrawn'), 1::bigint, 'and the CSM is told');
SELECT pg_temp.contact('anna', '2025-01-04', true, false);
SELECT is((SELECT count(*) FROM advocacy.outbox WHERE kind = 'consent_withdrawn'), 1::bigint, 'once');

-- A withdrawal takes back what was asked, too.
SELECT pg_temp.contact('bob', '2025-01-01'), pg_temp.contact('rob', '2025-01-01');
SELECT pg_temp.ask('ask', 'bob', 'internal', '2025-01-02', 'advocate');
SELECT advocacy.consent_withdraw((SELECT contact_id FROM advocacy.contact WHERE remote_id = 'rob'), at => '2025-01-02');
SELECT pg_temp.contact('bob', '2025-01-03', false, true, 'rob');
SELECT is(pg_temp.state('ask'), 'matching', 'merged into somebody who withdrew: the ask is over');

-- An approval that is waited for.
SELECT pg_temp.contact('cleo', '2025-01-01'), pg_temp.contact('klio', '2025-01-01');
SELECT pg_temp.ask('shown', 'cleo', 'named', '2025-01-02', 'advocate');
SELECT advocacy.asset_publish(pg_temp.advocate('cleo'), 'quote', 'A quote', 'https://x.example/q', published_at => '2025-01-02', at => '2025-01-02');
SELECT advocacy.asset_publish(pg_temp.advocate('klio'), 'quote', 'A quote', 'https://x.example/both', published_at => '2025-01-02', at => '2025-01-02'),
       advocacy.asset_publish(pg_temp.advocate('cleo'), 'quote', 'A quote', 'https://x.example/both', published_at => '2025-01-02', at => '2025-01-02');
SELECT pg_temp.contact('cleo', '2025-01-03', false, true, 'klio');
SELECT is(pg_temp.state('shown'), 'awaiting_advocate klio', 'merged: the request goes over');
SELECT throws_ok(format('SELECT advocacy.request_schedule(%s, %L, at => %L)', pg_temp.r('shown'), '2025-01-10Z', '2025-01-04Z'), '55000',
	format('request REQ-%s waits for the approval of legal', pg_temp.r('shown')), 'and still waits for the approval');
SELECT advocacy.approval_decide(approval_id, true, actor => 'lea', at => '2025-01-04') FROM advocacy.approval_waiting WHERE request_id = pg_temp.r('shown');
SELECT lives_ok(format('SELECT advocacy.request_schedule(%s, %L, at => %L)', pg_temp.r('shown'), '2025-01-10Z', '2025-01-04Z'), 'until it is given');
SELECT advocacy.consent_withdraw((SELECT contact_id FROM advocacy.contact WHERE remote_id = 'klio'), at => '2025-01-05');
SELECT is((SELECT array_agg(place ORDER BY place) FROM advocacy.takedown_waiting), '{https://x.example/both,https://x.example/q}'::text[], 'what was published with the other comes down, what both had once');
SELECT * FROM finish();
ROLLBACK;
