-- What an apply stores: only what differs, nothing old over new, nothing twice; children find their accounts.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(53);

SELECT advocacy.stage_prepare();
SELECT throws_ok($$SELECT advocacy.sync_apply('nobody', 'account', NULL, true, NULL, 0, 0, now())$$, '23503', NULL,
	'a source that isn''t registered is refused');
SELECT is(advocacy.source_register('sf', 'salesforce', 1), true, 'a source is new once');
SELECT is(advocacy.source_register('sf', 'salesforce', 1), false, 'and not again');
SELECT throws_ok($$SELECT advocacy.source_register('sf', 'salesforce', 1, '0')$$, '22023', NULL, 'stale_after 0 is refused');
SELECT advocacy.source_register('hs', 'hubspot', 2);
SELECT advocacy.risk_rule_define('health-low', 'health_score', '<', 60, '>', 75);
SELECT advocacy.risk_rule_define('escalated', 'open_escalations', '>', 0, '=', 0);

CREATE FUNCTION pg_temp.apply(source text, at timestamptz, complete boolean DEFAULT true) RETURNS SETOF record LANGUAGE sql AS $$
	SELECT r.rows_changed, r.rows_rejected FROM advocacy.sync_apply($1, 'all', 'c', $3, $2, 3, 1, $2, $2) AS r $$;
CREATE FUNCTION pg_temp.stage_all(at timestamptz) RETURNS void LANGUAGE sql AS $$
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, deleted, name, domain, arr, csm_remote_id, signals)
	VALUES ('A1', at, false, 'Acme', 'www.acme.example', 10, 'U1', '{"health_score": 62.5, "nps": null}'),
	       ('A2', at, false, 'Bolt', NULL, NULL, NULL, NULL);
	INSERT INTO pg_temp.stage_staff (remote_id, modified_at, email, name) VALUES ('U1', at, 'csm@us.example', 'Cecil');
	INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, last_name, advocate)
	VALUES ('C1', at, 'A1', 'Jane@acme.example', 'Jane', 'Doe', true), ('C2', at, 'A9', 'x@late.example', 'X', 'Y', NULL);
	INSERT INTO pg_temp.stage_support_case (remote_id, modified_at, account_remote_id, number, priority, escalated, closed)
	VALUES ('K1', at, 'A1', '7', 'p1', false, false), ('K2', at, 'A2', '8', 'Low', false, false);
	INSERT INTO pg_temp.stage_opportunity (remote_id, modified_at, account_remote_id, name) VALUES ('O1', at, 'A1', 'Deal');
	INSERT INTO pg_temp.stage_rejected (remote_id, field, reason, raw) VALUES ('A3', 'arr', 'not a number', '{"arr":"x"}');
$$;
-- The rows of everything synced and derived, with where they are: a rewrite would move them.
CREATE FUNCTION pg_temp.rows() RETURNS text LANGUAGE plpgsql AS $$
DECLARE t text; one text; made text := '';
BEGIN
	FOREACH t IN ARRAY '{account,account_source,staff,contact,support_case,opportunity,signal,signal_history,risk,advocate,
		suspension,rejected_record,outbox,sync_run}'::text[] LOOP
		EXECUTE format('SELECT %L || string_agg(x.ctid || ''/'' || x.xmax, '' '' ORDER BY x.ctid) FROM advocacy.%I AS x', t, t) INTO one;
		made := made || coalesce(one, t || ' none') || E'\n';
	END LOOP;
	RETURN made;
END $$;

SELECT pg_temp.stage_all('2025-01-01');
SELECT results_eq($$SELECT * FROM pg_temp.apply('sf', '2025-01-01 12:00') AS r (a bigint, b bigint)$$, $$VALUES (8::bigint, 1::bigint)$$,
	'the first apply stores eight records and rejects one');
SELECT results_eq($$SELECT name, domain, arr, csm_email FROM advocacy.account ORDER BY name$$,
	$$VALUES ('Acme', 'acme.example', 10::numeric, 'csm@us.example'), ('Bolt', NULL, NULL, NULL)$$,
	'accounts have their columns, the CSM''s address from staff');
SELECT results_eq($$SELECT name, value FROM advocacy.signal ORDER BY name$$,
	$$VALUES ('health_score', 62.5), ('nps', NULL), ('open_escalations', 1)$$,
	'null is not scored, absent says nothing, a P1 counts whatever its case, an account without one has no such signal');
SELECT is((SELECT count(*) FROM advocacy.signal_history), 3::bigint, 'each first observation is history');
SELECT is((SELECT count(*) FROM advocacy.outbox WHERE kind = 'records_rejected'), 1::bigint, 'a rejection is told');
SELECT is((SELECT account_id FROM advocacy.contact WHERE remote_id = 'C2'), NULL, 'a contact whose account isn''t there waits');
SELECT is((SELECT count(*) FROM pg_temp.stage_account), 0::bigint, 'the stage is empty afterwards');

CREATE TEMPORARY TABLE before AS SELECT pg_temp.rows() AS rows;
SELECT pg_temp.stage_all('2025-01-01');
SELECT results_eq($$SELECT * FROM pg_temp.apply('sf', '2025-01-02 12:00') AS r (a bigint, b bigint)$$, $$VALUES (0::bigint, 0::bigint)$$,
	'the same rows again change nothing');
SELECT is(pg_temp.rows(), (SELECT rows FROM before), 'not one row is written or locked');
SELECT is((SELECT last_success_at FROM advocacy.sync_stream), '2025-01-02 12:00', 'but the stream has succeeded');

-- Old and new.
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals) VALUES ('A1', '2024-12-31', 'Old', '{"health_score": 1}');
SELECT pg_temp.apply('sf', '2025-01-03');
SELECT is(pg_temp.rows(), (SELECT rows FROM before), 'an older record writes nothing, its signal neither');
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name)
VALUES ('A2', '2025-01-05', 'Newest'), ('A2', '2025-01-04', 'Newer'), ('A2', NULL, 'Timeless'), ('A2', '2025-01-05', 'Last');
SELECT pg_temp.apply('sf', '2025-01-05');
SELECT is((SELECT name FROM advocacy.account_source WHERE remote_id = 'A2'), 'Last', 'of several, the newest, then the last');

-- Observations.
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, domain, arr, csm_remote_id, signals)
VALUES ('A1', '2025-01-06', 'Acme', 'acme.example', 10, 'U1', '{"health_score": 62.5}');
SELECT pg_temp.apply('sf', '2025-01-06');
SELECT results_eq($$SELECT name, value, observed_at::date FROM advocacy.signal WHERE name <> 'open_escalations' ORDER BY name$$,
	$$VALUES ('health_score', 62.5, '2025-01-06'::date), ('nps', NULL, '2025-01-01')$$,
	'an equal value observed again moves observed_at, an absent one doesn''t');
SELECT is((SELECT count(*) FROM advocacy.signal_history), 3::bigint, 'and is no history');
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals) VALUES ('A1', '2025-01-07', 'Acme', '{"health_score": null}');
SELECT pg_temp.apply('sf', '2025-01-07');
SELECT is((SELECT value FROM advocacy.signal WHERE name = 'health_score'), NULL, 'not scored replaces the score');
SELECT is((SELECT count(*) FROM advocacy.signal_history WHERE name = 'health_score'), 2::bigint, 'and is history');

-- Tombstones.
INSERT INTO pg_temp.stage_account (remote_id, modified_at, deleted) VALUES ('A1', '2025-01-08', true);
SELECT pg_temp.apply('sf', '2025-01-08');
SELECT results_eq($$SELECT name, deleted FROM advocacy.account WHERE remote_id = 'A1'$$, $$VALUES ('Acme', true)$$,
	'a deleted record keeps what it was');

-- Children.
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name) VALUES ('A9', '2025-01-01', 'Late');
SELECT pg_temp.apply('sf', '2025-01-09');
SELECT is((SELECT a.name FROM advocacy.contact AS c JOIN advocacy.account AS a USING (account_id) WHERE c.remote_id = 'C2'), 'Late',
	'an account that arrives late finds its contact');
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, email) VALUES ('H1', '2025-01-01', 'h@x.example'), ('H2', '2025-01-01', 'i@x.example');
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name) VALUES ('X', '2025-01-01', 'X Corp');
INSERT INTO pg_temp.stage_association VALUES ('contact', 'H1', 'Y'), ('contact', 'H1', 'X');
SELECT pg_temp.apply('hs', '2025-01-09');
SELECT results_eq($$SELECT c.remote_id, c.account_remote_id, a.name FROM advocacy.contact AS c LEFT JOIN advocacy.account AS a USING (account_id)
	WHERE c.source = 'hs' ORDER BY 1$$, $$VALUES ('H1', 'X', 'X Corp'), ('H2', NULL, NULL)$$, 'an association links, the last one given');
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, email) VALUES ('H1', '2025-01-10', 'new@x.example');
INSERT INTO pg_temp.stage_association VALUES ('contact', 'H2', 'X');
SELECT pg_temp.apply('hs', '2025-01-10');
SELECT results_eq($$SELECT remote_id, account_remote_id, email, account_id IS NOT NULL FROM advocacy.contact WHERE source = 'hs' ORDER BY 1$$,
	$$VALUES ('H1', 'X', 'new@x.example', true), ('H2', 'X', 'i@x.example', true)$$,
	'a record that tells no account doesn''t wipe it; an association alone links what is stored');
-- An association without an account: the vendor was asked, and there is none.
SELECT advocacy.risk_rule_define('low-x', 'health_score', '<', 60, '>', 75);
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals) VALUES ('X', '2025-01-10', 'X Corp', '{"health_score": 10}');
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, email, first_name, advocate) VALUES ('H2', '2025-01-10', 'i@x.example', 'Ida', true);
SELECT pg_temp.apply('hs', '2025-01-10 01:00');
CREATE FUNCTION pg_temp.ida() RETURNS text LANGUAGE sql AS $$
	SELECT format('%s %s %s %s', c.account_remote_id, c.account_by_association, a.account_id = c.account_id,
	              (SELECT count(*) FROM advocacy.suspension AS s WHERE s.advocate_id = a.advocate_id AND s.rule = 'low-x' AND s.closed_at IS NULL))
	  FROM advocacy.contact AS c JOIN advocacy.advocate AS a USING (contact_id) WHERE c.source = 'hs' AND c.remote_id = 'H2' $$;
SELECT is(pg_temp.ida(), 'X t t 1', '(an advocate by association, suspended by their company)');
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, email, first_name, advocate) VALUES ('H2', '2025-01-10 02:00', 'ida@x.example', 'Ida', true);
SELECT pg_temp.apply('hs', '2025-01-10 02:00');
SELECT is(pg_temp.ida(), 'X t t 1', 'no association told: the link stays');
INSERT INTO pg_temp.stage_association VALUES ('contact', 'H2', NULL);
SELECT results_eq($$SELECT * FROM pg_temp.apply('hs', '2025-01-10 03:00') AS r (a bigint, b bigint)$$, $$VALUES (1::bigint, 0::bigint)$$, 'an association with no account is a change');
SELECT is(pg_temp.ida(), ' f  0', 'it ends the link, and what came from the company');
SELECT is((SELECT account_id FROM advocacy.contact WHERE source = 'hs' AND remote_id = 'H2'), NULL, 'no account is left');
SELECT is((SELECT close_reason FROM advocacy.suspension WHERE rule = 'low-x' AND closed_at = '2025-01-10 03:00'), 'the advocate belongs to another account now', 'with that reason');
CREATE TEMPORARY TABLE unlinked AS SELECT pg_temp.rows() AS rows;
INSERT INTO pg_temp.stage_association VALUES ('contact', 'H2', NULL);
SELECT results_eq($$SELECT * FROM pg_temp.apply('hs', '2025-01-10 03:00') AS r (a bigint, b bigint)$$, $$VALUES (0::bigint, 0::bigint)$$, 'again it changes nothing');
SELECT is(pg_temp.rows(), (SELECT rows FROM unlinked), 'and writes nothing');
INSERT INTO pg_temp.stage_association VALUES ('contact', 'H2', 'X');
SELECT pg_temp.apply('hs', '2025-01-10 04:00');
SELECT is(pg_temp.ida(), 'X t t 1', 'linked again, suspended again');
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, email, first_name, advocate) VALUES ('H2', '2025-01-10 05:00', 'i@x.example', 'Ida', true);
INSERT INTO pg_temp.stage_association VALUES ('contact', 'H2', NULL);
SELECT pg_temp.apply('hs', '2025-01-10 05:00');
SELECT is(pg_temp.ida(), ' f  0', 'the same where the record comes with it');
INSERT INTO pg_temp.stage_association VALUES ('support_case', 'K7', 'X'), ('opportunity', 'O7', 'X');
INSERT INTO pg_temp.stage_support_case (remote_id, modified_at, number) VALUES ('K7', '2025-01-10', '77');
INSERT INTO pg_temp.stage_opportunity (remote_id, modified_at, name) VALUES ('O7', '2025-01-10', 'Big');
SELECT pg_temp.apply('hs', '2025-01-10 06:00');
INSERT INTO pg_temp.stage_association VALUES ('support_case', 'K7', NULL), ('opportunity', 'O7', NULL), ('opportunity', 'never seen', NULL);
SELECT results_eq($$SELECT * FROM pg_temp.apply('hs', '2025-01-10 07:00') AS r (a bigint, b bigint)$$, $$VALUES (2::bigint, 0::bigint)$$, 'cases and opportunities too');
SELECT results_eq($$SELECT account_remote_id, account_by_association, account_id FROM advocacy.support_case WHERE remote_id = 'K7'
	UNION ALL SELECT account_remote_id, account_by_association, account_id FROM advocacy.opportunity WHERE remote_id = 'O7'$$,
	$$VALUES (NULL::text, false, NULL::bigint), (NULL, false, NULL)$$, 'lose their account');
INSERT INTO pg_temp.stage_association VALUES ('contact', 'C1', NULL);
SELECT results_eq($$SELECT * FROM pg_temp.apply('sf', '2025-01-10 08:00') AS r (a bigint, b bigint)$$, $$VALUES (0::bigint, 0::bigint)$$, 'an account that the record itself told stays');
SELECT advocacy.risk_rule_retire('low-x', '2025-01-10 09:00');
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id) VALUES ('C2', '2025-01-11', NULL);
SELECT pg_temp.apply('sf', '2025-01-11');
SELECT is((SELECT account_id FROM advocacy.contact WHERE remote_id = 'C2'), NULL, 'where the record itself tells the account, NULL is told too');

-- Escalations end.
INSERT INTO pg_temp.stage_support_case (remote_id, modified_at, account_remote_id, number, priority, escalated, closed)
VALUES ('K1', '2025-01-12', 'A1', '7', 'P1', false, true);
SELECT pg_temp.apply('sf', '2025-01-12');
SELECT is((SELECT value FROM advocacy.signal WHERE name = 'open_escalations'), 0::numeric, 'a closed case counts no more');
INSERT INTO pg_temp.stage_support_case (remote_id, modified_at, account_remote_id, number, priority, escalated, closed)
VALUES ('K2', '2025-01-12', 'A2', '8', 'Low', true, false);
SELECT pg_temp.apply('sf', '2025-01-13');
SELECT is((SELECT count(*) FROM advocacy.signal WHERE name = 'open_escalations' AND value = 1), 1::bigint, 'an escalated one does');
SELECT is((SELECT evidence -> 'cases' -> 0 ->> 'number' FROM advocacy.risk AS r JOIN advocacy.account AS a USING (account_id)
	WHERE r.rule = 'escalated' AND a.remote_id = 'A2'), '8',
	'the risk names the case');
SELECT is(advocacy.policy_setting_define('top_priorities', '["low"]', '2025-01-13'), true, 'the policy says what is a top priority');
SELECT is(advocacy.policy_setting_define('top_priorities', '["low"]', '2025-01-13'), false, 'once');
SELECT throws_ok($$SELECT advocacy.policy_setting_define('top_priorities', '"low"')$$, '22023', NULL, 'anything but a list is refused');

-- Rejected records.
INSERT INTO pg_temp.stage_rejected (remote_id, field, reason, raw) VALUES ('A3', 'arr', 'not a number', '{"arr":"y"}');
SELECT results_eq($$SELECT * FROM pg_temp.apply('sf', '2025-01-14') AS r (a bigint, b bigint)$$, $$VALUES (0::bigint, 1::bigint)$$,
	'another raw text is another rejection');
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name) VALUES ('A3', '2025-01-15', 'Good again');
SELECT pg_temp.apply('sf', '2025-01-15');
SELECT isnt((SELECT resolved_at FROM advocacy.rejected_record), NULL, 'a good record resolves it');
INSERT INTO pg_temp.stage_rejected (remote_id, field, reason, raw) VALUES ('A3', 'arr', 'not a number', '{"arr":"y"}');
SELECT pg_temp.apply('sf', '2025-01-16');
SELECT is((SELECT resolved_at FROM advocacy.rejected_record), NULL, 'bad again, open again');
SELECT is((SELECT name FROM advocacy.account_source WHERE remote_id = 'A3'), 'Good again', 'the good row stays as it was');

-- Any text that UTF-8 can say is kept as it is.
CREATE FUNCTION pg_temp.odd() RETURNS text LANGUAGE sql AS $$ SELECT E'%s % %% ''" \\ {"a":\t\n\r\u0001\u007f\u0085 \u00e9\u4e2d\U0001f642\ufeff\ufffd\u202e ' || repeat('x', 9000) $$;
INSERT INTO pg_temp.stage_rejected (remote_id, field, reason, raw) VALUES (left(pg_temp.odd(), 40), left(pg_temp.odd(), 40), pg_temp.odd(), pg_temp.odd());
SELECT results_eq($$SELECT * FROM pg_temp.apply('sf', '2025-01-17') AS r (a bigint, b bigint)$$, $$VALUES (0::bigint, 1::bigint)$$, 'a rejected record of odd characters');
SELECT is((SELECT raw || reason FROM advocacy.rejected_record WHERE remote_id = left(pg_temp.odd(), 40)), pg_temp.odd() || pg_temp.odd(), 'is kept as it is');

-- Checkpoints.
SELECT pg_temp.apply('hs', '2025-01-20', false);
SELECT is((SELECT last_success_at FROM advocacy.sync_stream WHERE source = 'hs'), '2025-01-10 07:00', 'a checkpoint is no success');

-- Priority decides the columns.
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, domain, industry) VALUES ('B1', '2025-01-01', 'Best', 'shared.example', NULL);
SELECT pg_temp.apply('sf', '2025-01-21');
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, domain, industry) VALUES ('B1', '2025-01-01', 'Second', 'shared.example', 'Mining');
SELECT pg_temp.apply('hs', '2025-01-21');
SELECT results_eq($$SELECT name, industry FROM advocacy.account WHERE domain = 'shared.example'$$, $$VALUES ('Best', 'Mining')$$,
	'the best source names the account, the next fills what it leaves open');
SELECT advocacy.source_register('hs', 'hubspot', 0);
SELECT is((SELECT name FROM advocacy.account WHERE domain = 'shared.example'), 'Second', 'another priority, another name');

SELECT * FROM finish();
ROLLBACK;
