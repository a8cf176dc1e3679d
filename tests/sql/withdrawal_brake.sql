-- A feed that says of too many advocates at once that they opted out, or that a rule over their own contact takes them out:
-- nobody of them is asked, nothing is taken away, and a person decides.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();
SELECT advocacy.source_register('sf', 'salesforce', 1, '36500 days'), advocacy.stage_prepare();
SELECT advocacy.policy_setting_define('consent', '"enrolment"');
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
-- said: for each contact n, from the first on, whether it opted out; x of a contact's own signal.
CREATE FUNCTION pg_temp.feed(said text[], at timestamptz, from_contact integer DEFAULT 1, x integer DEFAULT 0, marked boolean DEFAULT true) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM advocacy.outbox;
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name) SELECT 'a' || n, at, 'Account ' || n FROM generate_series(1, 40) AS n;
	INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate, opted_out, signals)
	SELECT 'c' || n, at, 'a' || n, 'c' || n || '@x.example', 'P' || n, marked, m = 'o', jsonb_build_object('x', x)
	  FROM unnest(said) WITH ORDINALITY AS t (m, o) CROSS JOIN LATERAL (SELECT o + from_contact - 1) AS k (n);
	PERFORM advocacy.sync_apply('sf', 'contact', NULL, true, at, 1, 1, at, at);
END $$;
CREATE FUNCTION pg_temp.all_of(m text, n integer DEFAULT 40) RETURNS text[] LANGUAGE sql AS $$ SELECT array_fill(m, ARRAY[n]) $$;
CREATE FUNCTION pg_temp.ask(n integer, state text) RETURNS void LANGUAGE sql AS $$
	INSERT INTO advocacy.request (activity_type, justification, audience, outcome, requested_by, state, advocate_id)
	SELECT 'reference_call', 'j', 'a', 'o', 'rep', state, a.advocate_id FROM advocacy.advocate AS a JOIN advocacy.contact AS c USING (contact_id) WHERE c.remote_id = 'c' || n $$;
CREATE FUNCTION pg_temp.requests() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(q.state || CASE WHEN q.advocate_id IS NULL THEN '' ELSE '+' END, ' ' ORDER BY q.request_id) FROM advocacy.request AS q $$;
CREATE FUNCTION pg_temp.told() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat_ws(' ', o.kind, o.facts ->> 'count' || '/' || (o.facts ->> 'limit')), ', ' ORDER BY o.outbox_id) FROM advocacy.outbox AS o $$;
CREATE FUNCTION pg_temp.free() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM advocacy.advocate_availability WHERE available $$;
CREATE FUNCTION pg_temp.batch() RETURNS bigint LANGUAGE sql AS $$ SELECT max(b.batch_id) FROM advocacy.decision_batch AS b $$;

SELECT pg_temp.feed(pg_temp.all_of('o', 5) || pg_temp.all_of('-', 35), '2025-01-01');
SELECT is(pg_temp.free() || coalesce(pg_temp.told(), ''), '35', 'five come in opted out: nothing is taken from them, so nothing is held');
SELECT pg_temp.feed(pg_temp.all_of('o', 5), '2025-01-01 01:00', 1, 1);
SELECT is(pg_temp.told(), NULL, 'nor when their contacts change');
SELECT pg_temp.feed(pg_temp.all_of('-'), '2025-01-02');
SELECT is(pg_temp.free(), 40::bigint, 'forty advocates');
SELECT pg_temp.ask(1, 'proposed'), pg_temp.ask(2, 'awaiting_advocate'), pg_temp.ask(7, 'proposed'), pg_temp.ask(8, 'awaiting_csm'), pg_temp.ask(9, 'scheduled');
-- Within the bounds.
SELECT pg_temp.feed('{o,o}', '2025-01-05');
SELECT is(pg_temp.requests() || ', ' || pg_temp.told(), 'matching matching proposed+ awaiting_csm+ scheduled+, advocate_unavailable, consent_withdrawn, advocate_unavailable, consent_withdrawn',
	'two opt out: their requests are matched anew, the reps and the CSMs are told');
SELECT is((SELECT string_agg(o.facts ->> 'reason', ',') FROM advocacy.outbox AS o), 'opted out in sf,opted out in sf', 'the reason is for the CSM alone');
SELECT pg_temp.feed('{o,o}', '2025-01-05 01:00', 1, 1);
SELECT is(pg_temp.told(), NULL, 'that is told once');
-- Above.
SELECT pg_temp.feed(pg_temp.all_of('o'), '2025-01-10');
SELECT is(pg_temp.requests(), 'matching matching proposed+ awaiting_csm+ scheduled+', 'everybody opts out: requests stay as they are');
SELECT is(pg_temp.told(), 'withdrawals_held 38/4', 'and one message is all that is told');
SELECT is((SELECT o.facts -> 'requests' ->> 0 FROM advocacy.outbox AS o), 'REQ-' || (SELECT min(request_id) FROM advocacy.request WHERE advocate_id IS NOT NULL), 'with the requests concerned');
SELECT is(pg_temp.free(), 0::bigint, 'nobody is matched');
SELECT throws_ok(format('SELECT advocacy.request_ask(%s, %L)', (SELECT min(request_id) FROM advocacy.request WHERE advocate_id IS NOT NULL), 'advocate'), '55000', NULL, 'nor asked');
SELECT throws_ok(format('SELECT advocacy.request_answer(%s, %L, true)', (SELECT request_id FROM advocacy.request WHERE state = 'awaiting_csm'), 'csm'), '55000', NULL, 'nor does the CSM''s yes ask them');
SELECT is((SELECT string_agg(DISTINCT array_to_string(v.reasons, ', '), '; ') FROM advocacy.advocate_availability AS v WHERE v.name = 'P7'),
	'on hold: opt-out held, opted out', 'with its reasons');
SELECT pg_temp.feed('{-,-,-}', '2025-01-10 01:00', 10);
SELECT is(pg_temp.free(), 3::bigint, 'who no longer opts out is held no longer');
SELECT pg_temp.feed('{o}', '2025-01-10 02:00', 10);
SELECT is(coalesce(pg_temp.told(), '') || (SELECT count(*) FROM advocacy.suspension WHERE closed_at IS NULL AND rule = 'opt-out held'), '36', 'who opts out while the batch waits joins it in silence');
SELECT throws_ok('SELECT advocacy.risk_release(999999)', 'P0002', NULL, 'another batch is refused');
-- Rejected.
SELECT is(advocacy.risk_reject(pg_temp.batch(), 'mary', '2025-01-10 03:00'), 36, 'a person rejects it');
SELECT throws_ok(format('SELECT advocacy.risk_release(%s)', pg_temp.batch()), '55000', NULL, 'once');
SELECT is(pg_temp.requests() || pg_temp.free(), 'matching matching proposed+ awaiting_csm+ scheduled+2', 'requests stay; asked is nobody whom the source has as opted out');
SELECT pg_temp.feed(pg_temp.all_of('o', 38), '2025-01-12', 3, 2);
SELECT is(pg_temp.told(), NULL, 'the same again is no news (two more are within the bounds)');
SELECT is(pg_temp.requests(), 'matching matching proposed+ awaiting_csm+ scheduled+', 'and takes nothing');
SELECT pg_temp.feed(pg_temp.all_of('-'), '2025-01-14');
SELECT is(pg_temp.free(), 40::bigint, 'mended: all are there again');
-- Released.
SELECT pg_temp.feed(pg_temp.all_of('o'), '2025-01-20');
SELECT is(advocacy.risk_release(pg_temp.batch(), 'mary', '2025-01-20 01:00'), 40, 'a person says that it is true');
SELECT is(pg_temp.requests(), 'matching matching matching matching matching', 'their requests are matched anew');
SELECT is((SELECT count(*) FILTER (WHERE kind = 'advocate_unavailable') || ' ' || count(*) FILTER (WHERE kind = 'consent_withdrawn') FROM advocacy.outbox), '3 3', 'and people are told');
SELECT pg_temp.feed(pg_temp.all_of('-'), '2025-01-22');
-- In small pieces, and undecided.
SELECT pg_temp.ask(20, 'proposed');
SELECT pg_temp.feed(pg_temp.all_of('o', 4), '2025-02-01 00:00', 1), pg_temp.feed(pg_temp.all_of('o', 4), '2025-02-01 01:00', 5);
SELECT is(pg_temp.told(), NULL, 'four and four');
SELECT pg_temp.feed('{o}', '2025-02-01 02:00', 20);
SELECT is(pg_temp.told(), 'withdrawals_held 9/8', 'are the most in a day');
SELECT advocacy.risk_fire('2025-02-04 02:00');
SELECT is((SELECT decision FROM advocacy.decision_batch WHERE batch_id = pg_temp.batch()), 'discarded', 'after 72 hours without a decision');
SELECT is((SELECT q.state FROM advocacy.request AS q ORDER BY q.request_id DESC LIMIT 1), 'matching', 'it is judged anew: one alone is followed');
SELECT pg_temp.feed(pg_temp.all_of('-'), '2025-02-10');

-- A rule over contacts' own signals.
SELECT advocacy.risk_rule_define('gone', 'contact.x', '>=', 5, '<', 5, '0', 'suspend', 'left');
SELECT pg_temp.ask(30, 'proposed');
SELECT pg_temp.feed('{-,-}', '2025-03-01', 1, 9);
SELECT is(pg_temp.free() || coalesce(pg_temp.told(), ''), '38', 'two leave');
SELECT pg_temp.feed(pg_temp.all_of('-', 38), '2025-03-10', 3, 9);
SELECT is(pg_temp.told(), 'withdrawals_held 38/4', 'everybody leaves: held');
SELECT is((SELECT o.facts -> 'rules' FROM advocacy.outbox AS o), '[{"rule": "gone", "count": "38"}]'::jsonb, 'by which rule');
SELECT is((SELECT q.state || pg_temp.free() FROM advocacy.request AS q ORDER BY q.request_id DESC LIMIT 1), 'proposed0', 'requests stay, nobody is matched');
SELECT pg_temp.feed('{-}', '2025-03-10 01:00', 5, 0);
SELECT is(pg_temp.free(), 1::bigint, 'whose signal is well again is held no longer');
SELECT is(advocacy.risk_reject(pg_temp.batch(), 'mary', '2025-03-10 02:00'), 37, 'rejected');
SELECT pg_temp.feed(pg_temp.all_of('-', 38), '2025-03-11', 3, 9);
SELECT is(coalesce(pg_temp.told(), '') || pg_temp.free(), '37', 'the same value doesn''t open it again, but for the one who was well in between');
SELECT pg_temp.feed(pg_temp.all_of('-', 38), '2025-03-12', 3, 8);
SELECT is(pg_temp.told(), 'withdrawals_held 37/4', 'another value does');
SELECT is(advocacy.risk_release(pg_temp.batch(), 'mary', '2025-03-12 02:00'), 37, 'released');
SELECT is((SELECT string_agg(DISTINCT v.state, ',') FROM advocacy.advocate_availability AS v), 'left', 'they have left');
SELECT is((SELECT q.state FROM advocacy.request AS q ORDER BY q.request_id DESC LIMIT 1), 'matching', 'their requests are matched anew');
SELECT pg_temp.feed(pg_temp.all_of('-'), '2025-03-20', 1, 0), pg_temp.feed(pg_temp.all_of('-'), '2025-04-01', 1, 7), advocacy.risk_fire('2025-04-04');
SELECT is(pg_temp.told(), 'withdrawals_held 40/4, withdrawals_held 40/4', 'undecided and still too many: asked again');
SELECT pg_temp.feed(pg_temp.all_of('-'), '2025-04-05', 1, 0);
SELECT is(pg_temp.free(), 40::bigint, 'over when the feed is well');

-- Who leaves with their contact leaves their requests.
SELECT pg_temp.ask(31, 'awaiting_advocate');
SELECT pg_temp.feed('{-}', '2025-04-10', 31, 0, false);
SELECT is((SELECT q.state || ' ' || pg_temp.told() FROM advocacy.request AS q ORDER BY q.request_id DESC LIMIT 1), 'matching advocate_unavailable',
	'a single one no longer marked: the request is matched anew');
SELECT is((SELECT count(*) FROM advocacy.suspension WHERE rule = 'opt-out held' AND closed_at IS NULL), 0::bigint, 'nothing is left of it');
SELECT * FROM finish();
ROLLBACK;
