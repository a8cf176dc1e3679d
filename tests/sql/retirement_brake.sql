-- A source that would retire too many advocates at once is held until a person decides.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();
SELECT advocacy.source_register('sf', 'salesforce', 1, '36500 days'), advocacy.stage_prepare();
SELECT advocacy.policy_setting_define('consent', '"enrolment"');
SELECT advocacy.risk_rule_define('health', 'health_score', '<', 60, '>', 75);
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
-- marked: for each contact n whether it is marked; d: it is deleted.
CREATE FUNCTION pg_temp.feed(marked text[], at timestamptz, health integer DEFAULT 90, from_contact integer DEFAULT 1) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM advocacy.outbox;
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals)
	SELECT 'a' || n, at, 'Account ' || n, jsonb_build_object('health_score', health) FROM generate_series(1, 40) AS n;
	INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate, deleted)
	SELECT 'c' || n, at, 'a' || n, 'c' || n || '@x.example', 'P' || n, m <> 'f', m = 'd'
	  FROM unnest(marked) WITH ORDINALITY AS t (m, o) CROSS JOIN LATERAL (SELECT o + from_contact - 1) AS k (n);
	PERFORM advocacy.sync_apply('sf', 'contact', NULL, true, at, 1, 1, at, at);
END $$;
CREATE FUNCTION pg_temp.said() RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', count(*) FILTER (WHERE a.retired_at IS NULL), 'in',
	                 (SELECT count(*) FROM advocacy.suspension AS s WHERE s.closed_at IS NULL AND s.rule = 'retirement held'), 'held;',
	                 (SELECT string_agg(o.kind || ' ' || (o.facts ->> 'count') || '/' || (o.facts ->> 'limit'), ',') FROM advocacy.outbox AS o))
	  FROM advocacy.advocate AS a $$;
CREATE FUNCTION pg_temp.batch() RETURNS bigint LANGUAGE sql AS $$ SELECT max(b.batch_id) FROM advocacy.decision_batch AS b $$;
CREATE FUNCTION pg_temp.all_of(m text, n integer DEFAULT 40) RETURNS text[] LANGUAGE sql AS $$ SELECT array_fill(m, ARRAY[n]) $$;

SELECT pg_temp.feed(pg_temp.all_of('t'), '2025-01-01');
SELECT is(pg_temp.said(), '40 in 0 held;', 'forty advocates');
SELECT pg_temp.feed('{f,d,f,f}', '2025-01-05');
SELECT is(pg_temp.said(), '36 in 0 held;', 'a tenth leaves at once, in silence');
SELECT pg_temp.feed('{t,t,t,t}', '2025-01-10');
SELECT is(pg_temp.said(), '40 in 0 held;', 'and comes back');

-- A request with one of them goes on.
INSERT INTO advocacy.request (activity_type, justification, audience, outcome, requested_by, state, advocate_id)
SELECT 'reference_call', 'j', 'a', 'o', 'rep', 'proposed', a.advocate_id FROM advocacy.advocate AS a JOIN advocacy.contact AS c USING (contact_id) WHERE c.remote_id = 'c7';
SELECT pg_temp.feed(pg_temp.all_of('f'), '2025-01-20');
SELECT is(pg_temp.said(), '40 in 40 held; retirements_held 40/4', 'all unmarked at once: nobody leaves, one message');
SELECT is((SELECT string_agg(DISTINCT v.state || ' ' || v.reasons[1], ',') FROM advocacy.advocate_availability AS v),
	'hold on hold: retirement held', 'they are on hold, and not matched');
SELECT is((SELECT q.state || ' ' || (q.advocate_id IS NOT NULL) FROM advocacy.request AS q), 'proposed true', 'open requests go on');
SELECT pg_temp.feed(pg_temp.all_of('f'), '2025-01-20 01:00', 10);
SELECT is(pg_temp.said(), '40 in 40 held; suspensions_held 40/4', 'who is held is no less protected from a low score of everybody');
SELECT is((SELECT count(*) FROM advocacy.suspension WHERE closed_at IS NULL AND cause = 'risk'), 0::bigint, 'nobody is suspended');
SELECT advocacy.risk_reject(pg_temp.batch(), 'mary', '2025-01-20 01:30');
SELECT pg_temp.feed('{t,t}', '2025-01-20 02:00', 91);
SELECT is(pg_temp.said(), '40 in 38 held;', 'whose contact is marked again is held no longer');
SELECT is((SELECT decision FROM advocacy.decision_batch WHERE direction = 'retire'), NULL, 'the batch waits');
SELECT pg_temp.feed('{f}', '2025-01-20 03:00', 92);
SELECT is(pg_temp.said(), '40 in 39 held;', 'who would leave while it waits joins it in silence');

-- Rejected.
SELECT min(batch_id) AS batch FROM advocacy.decision_batch WHERE direction = 'retire' \gset
SELECT is(advocacy.risk_reject(:batch, 'mary', '2025-01-20 04:00'), 39, 'a person rejects it');
SELECT throws_ok(format('SELECT advocacy.risk_release(%s)', :batch), '55000', NULL, 'once');
SELECT pg_temp.feed(pg_temp.all_of('f', 39), '2025-01-21', 93, 1);
SELECT is(pg_temp.said(), '39 in 0 held;', 'what was rejected is asked no more; the one who was marked in between leaves');
SELECT is((SELECT count(*) FROM advocacy.advocate_availability WHERE reasons = '{}'), 39::bigint, 'the others are available');
SELECT pg_temp.feed('{d}', '2025-01-21 01:00', 94, 10);
SELECT is(pg_temp.said(), '38 in 0 held;', 'the source says something new of one: they leave');
SELECT pg_temp.feed(pg_temp.all_of('t'), '2025-02-01', 95);
SELECT is(pg_temp.said(), '40 in 0 held;', 'all are marked again');

-- Released.
SELECT pg_temp.feed(pg_temp.all_of('d'), '2025-02-10', 96);
SELECT is(pg_temp.said(), '40 in 40 held; retirements_held 40/4', 'all deleted: held');
SELECT is(advocacy.risk_release(pg_temp.batch(), 'mary', '2025-02-10 01:00'), 40, 'a person says it is true');
SELECT is((SELECT count(*) || ' ' || min(retire_reason) FROM advocacy.advocate WHERE retired_at = '2025-02-10 01:00'), '40 contact deleted', 'they leave');
SELECT is((SELECT q.advocate_id FROM advocacy.request AS q), NULL, 'their requests are matched anew');
SELECT pg_temp.feed(pg_temp.all_of('t'), '2025-02-10 02:00', 97);
SELECT is(left(pg_temp.said(), 6), '40 in ', 'and come back when the source has them again');
SELECT pg_temp.feed('{f,f}', '2025-02-10 03:00', 98);
SELECT is(left(pg_temp.said(), 13), '38 in 0 held;', 'what a person let go doesn''t count for the day');

-- In small pieces.
SELECT pg_temp.feed('{f,f}', '2025-03-01 00:00', 90, 10);
SELECT pg_temp.feed('{f,f,f,f}', '2025-03-01 01:00', 90, 12);
SELECT pg_temp.feed('{f,f}', '2025-03-01 02:00', 90, 16);
SELECT is(pg_temp.said(), '30 in 0 held;', 'twice the limit in a day');
SELECT pg_temp.feed('{f}', '2025-03-01 03:00', 91, 18);
SELECT is(pg_temp.said(), '30 in 1 held; retirements_held 9/8', 'is the most');

-- Undecided.
SELECT advocacy.risk_fire('2025-03-04 02:59');
SELECT is((SELECT decision FROM advocacy.decision_batch WHERE batch_id = pg_temp.batch()), NULL, 'it waits for 72 hours');
SELECT advocacy.risk_fire('2025-03-04 03:00');
SELECT is((SELECT decision FROM advocacy.decision_batch WHERE batch_id = pg_temp.batch()), 'discarded', 'then it is discarded');
SELECT is(pg_temp.said(), '29 in 0 held; retirements_held 9/8', 'and judged anew: one alone may leave');
SELECT pg_temp.feed(pg_temp.all_of('f'), '2025-04-01', 92);
SELECT advocacy.risk_fire('2025-04-04');
SELECT is(pg_temp.said(), '29 in 29 held; retirements_held 29/3,retirements_held 29/3', 'too many still: held and asked again');
SELECT advocacy.risk_reject(pg_temp.batch(), 'mary', '2025-04-05');
SELECT lives_ok($$SELECT advocacy.advocate_retire((SELECT min(advocate_id) FROM advocacy.advocate WHERE retired_at IS NULL), 'moved on', 'mary', '2025-04-05')$$, 'a person retires at once');
-- Everybody opts out at once: nobody is retired, nobody is asked, and it is over when the source says so.
CREATE FUNCTION pg_temp.opt(opted boolean, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM advocacy.outbox;
	INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate, opted_out)
	SELECT 'c' || n, at, 'a' || n, 'c' || n || '@x.example', 'P' || n, true, opted FROM generate_series(1, 40) AS n;
	PERFORM advocacy.sync_apply('sf', 'contact', NULL, true, at, 1, 1, at, at);
END $$;
SELECT pg_temp.opt(false, '2025-05-01');
SELECT count(*) AS enrolled FROM advocacy.advocate WHERE retired_at IS NULL \gset
SELECT pg_temp.opt(true, '2025-05-10');
SELECT is((SELECT count(*) FROM advocacy.advocate WHERE retired_at IS NULL), :enrolled::bigint, 'all opt out: nobody is retired');
SELECT is((SELECT count(*) FROM advocacy.advocate_availability WHERE available), 0::bigint, 'nobody is asked');
SELECT pg_temp.opt(false, '2025-05-11');
SELECT is((SELECT count(*) FROM advocacy.advocate_availability WHERE available), :enrolled::bigint, 'and all are there again when it was wrong');
SELECT * FROM finish();
ROLLBACK;
