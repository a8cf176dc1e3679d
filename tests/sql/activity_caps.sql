-- Caps and rest: nobody is asked for more than the policy and they themselves allow, and every cap is free again at its
-- instant. What was asked counts at once, what came to nothing doesn't.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();
INSERT INTO advocacy.opportunity (opportunity_id, source, remote_id) OVERRIDING SYSTEM VALUE VALUES (-99, 'none', '-99');
CREATE FUNCTION pg_temp.policy(caps jsonb) RETURNS void LANGUAGE sql AS $$
	INSERT INTO advocacy.policy_setting AS s (name, value) VALUES ('caps',
		'{"per_30_days":0,"per_quarter":0,"per_365_days":0,"account_per_30_days":0,"rest_s":0,"long_rest_s":0,"share_percent":0,"reinstated_rest_s":0,"reinstated_watch_s":0}'::jsonb || caps)
	ON CONFLICT (name) DO UPDATE SET value = excluded.value $$;
INSERT INTO advocacy.account (account_id, source, remote_id, name) OVERRIDING SYSTEM VALUE SELECT -g, 't', 'a' || g, 'A' || g FROM generate_series(1, 3) AS g;
INSERT INTO advocacy.contact (contact_id, source, remote_id, account_id, first_name, opted_out) OVERRIDING SYSTEM VALUE
SELECT -g, 't', 'c' || g, CASE WHEN g <= 3 THEN -1 ELSE -2 END, 'P' || g, false FROM generate_series(1, 9) AS g;
INSERT INTO advocacy.advocate (advocate_id, contact_id, account_id, enrolled_by) OVERRIDING SYSTEM VALUE
SELECT -g, -g, CASE WHEN g <= 3 THEN -1 ELSE -2 END, 'test' FROM generate_series(1, 9) AS g;
CREATE FUNCTION pg_temp.did(who bigint, what text, days numeric, at timestamptz DEFAULT '2026-06-01Z') RETURNS bigint LANGUAGE sql
AS $$ SELECT advocacy.activity_record(who, what, at - days * interval '1 day', at => at) $$;
CREATE FUNCTION pg_temp.caps(who bigint, what text DEFAULT 'reference_call', at timestamptz DEFAULT '2026-06-01Z') RETURNS text LANGUAGE sql
AS $$ SELECT coalesce(string_agg(c.reason, '; '), 'free') FROM advocacy.advocate_caps(who, what, at) AS c $$;

-- Recording, and what is refused.
SELECT throws_ok($$SELECT advocacy.activity_record(-99, 'quote')$$, 'P0002', 'there is no advocate -99', 'an unknown advocate');
SELECT throws_ok($$SELECT advocacy.activity_record(-1, 'dinner')$$, '22023', 'unknown activity type "dinner"', 'an unknown activity');
SELECT throws_ok($$SELECT advocacy.activity_record(-1, NULL)$$, '22023', NULL, 'none');
SELECT throws_ok($$SELECT advocacy.activity_record(-1, 'quote', now() + interval '1 hour')$$, '22023', NULL, 'what is to come');
SELECT throws_ok($$SELECT advocacy.activity_record(-1, 'quote', '-infinity')$$, '22023', NULL, 'at no time');
SELECT lives_ok($$SELECT advocacy.activity_record(-9, 'quote', '2026-05-01Z', 'at the fair', 'ann')$$, 'a talk at the fair');
SELECT throws_ok($$SELECT advocacy.activity_record(-9, 'quote', '2026-05-01Z')$$, '23505', NULL, '... once');
SELECT is((SELECT concat_ws(' ', actor, action, reason) FROM advocacy.audit_log WHERE subject = 'advocate -9'), 'ann activity_record at the fair', 'audited');
SELECT throws_ok($$SELECT advocacy.advocate_limit(-1, 4)$$, '22023', NULL, 'four calls a month are no choice');
SELECT throws_ok($$SELECT advocacy.advocate_limit(-1, 0)$$, '22023', NULL, 'nor is none');
SELECT throws_ok($$SELECT advocacy.advocate_limit(-99, 1)$$, 'P0002', NULL, 'nor an unknown advocate''s');
SELECT throws_ok($$SELECT advocacy.policy_setting_define('caps', '{"per_30_day": 1}')$$, '22023', NULL, 'an unknown cap');
SELECT throws_ok($$SELECT advocacy.policy_setting_define('caps', '{"rest_s": "1d"}')$$, '22023', NULL, 'a cap that is no number');
SELECT throws_ok($$SELECT advocacy.policy_setting_define('caps', '{"weights": {"dinner": 1}}')$$, '22023', NULL, 'the weight of nothing');
SELECT throws_ok($$SELECT advocacy.policy_setting_define('caps', '[]')$$, '22023', NULL, 'caps that are a list');

-- A window rolls to the instant.
SELECT pg_temp.policy('{"per_30_days": 2}');
SELECT pg_temp.did(-1, 'quote', 20), pg_temp.did(-1, 'review', 10) \g /dev/null
SELECT is(pg_temp.caps(-1), '2 of 2 in 30 days until 2026-06-11T00:00:00Z', 'a cap, and when it is free');
SELECT is(pg_temp.caps(-1, at => '2026-06-10 23:59:59Z'), '2 of 2 in 30 days until 2026-06-11T00:00:00Z', 'a second before');
SELECT is(pg_temp.caps(-1, at => '2026-06-11Z'), 'free', 'at its instant');
SELECT is(pg_temp.caps(-1, 'case_study'), '2 of 2 in 30 days until 2026-06-21T00:00:00Z', 'what weighs two waits for both');
SELECT pg_temp.policy('{"per_30_days": 2, "weights": {"quote": 3}}');
SELECT is(pg_temp.caps(-2, 'quote'), 'weighs more than the cap allows', 'heavier than the cap: never');
SELECT pg_temp.policy('{"per_quarter": 2}');
SELECT is(pg_temp.caps(-1), '2 of 2 in a quarter until 2026-08-11T00:00:00Z', 'a quarter');
SELECT pg_temp.policy('{"per_365_days": 2}');
SELECT is(pg_temp.caps(-1), '2 of 2 in 365 days until 2027-05-12T00:00:00Z', 'a year');
SELECT pg_temp.policy('{"account_per_30_days": 2}');
SELECT is(pg_temp.caps(-3), '2 of 2 of the account in 30 days until 2026-06-11T00:00:00Z', 'the account''s, of somebody who did nothing');
SELECT is(pg_temp.caps(-4), 'free', '... and not another''s');
SELECT pg_temp.policy('{}');
SELECT is(pg_temp.caps(-1), 'free', 'no caps');
-- Their own choice counts calls alone.
SELECT advocacy.advocate_limit(-1, 1);
SELECT is(pg_temp.caps(-1), 'free', 'their own choice counts no quotes');
SELECT pg_temp.did(-1, 'reference_call', 5) \g /dev/null
SELECT is(pg_temp.caps(-1), '1 of 1 calls in 30 days, their own choice until 2026-06-26T00:00:00Z', '... but calls');
SELECT is(pg_temp.caps(-1, 'quote'), 'free', '... and limits no quotes');
-- Rest.
SELECT pg_temp.policy('{"rest_s": 1209600, "long_rest_s": 7776000}');
SELECT pg_temp.did(-2, 'reference_call', 5), pg_temp.did(-3, 'event_talk', 5) \g /dev/null
SELECT is(pg_temp.caps(-2), 'rest between calls until 2026-06-10T00:00:00Z', 'rest between calls');
SELECT is(pg_temp.caps(-2, 'quote'), 'free', '... between calls alone');
SELECT is(pg_temp.caps(-3, 'quote'), 'rest after a case study or a talk until 2026-08-25T00:00:00Z', 'rest after a talk, from everything');
-- The share of all calls, in a program that isn't small.
SELECT pg_temp.policy('{"share_percent": 25, "share_from": 9}');
SELECT is(pg_temp.caps(-2), '1 of 1 of 2 calls of all in 30 days until 2026-06-26T00:00:00Z', 'one of two calls: not a second one');
SELECT is(pg_temp.caps(-4), 'free', 'a first one always');
SELECT pg_temp.did(-g, 'reference_call', g + 0.5) FROM generate_series(4, 8) AS g \g /dev/null
SELECT is(pg_temp.caps(-2), 'free', 'one of seven calls: a second is a quarter of eight');
SELECT pg_temp.policy('{"share_percent": 25, "share_from": 10}');
SELECT is((SELECT count(*) FROM advocacy.activity WHERE activity_type = 'reference_call'), 7::bigint, '(seven calls)');
UPDATE advocacy.activity SET status = 'released', request_id = NULL WHERE advocate_id < -2 AND activity_type = 'reference_call';
SELECT is(pg_temp.caps(-2), 'free', 'a small program has no such cap');

-- After a reinstatement: nothing, then something light, then one at a time.
SELECT pg_temp.policy('{"reinstated_rest_s": 604800, "reinstated_watch_s": 2592000}');
INSERT INTO advocacy.suspension (advocate_id, cause, reason, opened_at, opened_by, closed_at, closed_by, close_reason)
VALUES (-5, 'person', 'leave', '2026-05-01Z', 'ann', '2026-05-31Z', 'ann', 'back');
SELECT is(pg_temp.caps(-5, 'quote'), 'rest after being reinstated until 2026-06-07T00:00:00Z', 'nothing for seven days');
SELECT is(pg_temp.caps(-5, 'quote', '2026-06-07Z'), 'free', 'then something light');
SELECT is(pg_temp.caps(-5, 'case_study', '2026-06-07Z'), 'something light first after being reinstated until 2026-06-30T00:00:00Z', '... not something heavy');
SELECT pg_temp.did(-5, 'quote', 0, '2026-06-08Z') \g /dev/null
SELECT is(pg_temp.caps(-5, 'case_study', '2026-06-09Z'), 'free', '... which may be the second');

-- A request's match is the reservation.
SELECT pg_temp.policy('{"per_30_days": 1}');
CREATE TEMP TABLE r (what text PRIMARY KEY, id bigint) ON COMMIT DROP;
INSERT INTO r SELECT n, advocacy.request_submit(-99, 'quote', 'why', 'CIO', 'a yes', now() + interval '30 days', 'rep@example.com', 'normal', now() - interval '4 days')
FROM unnest('{a,b,c}'::text[]) AS n;
CREATE FUNCTION pg_temp.r(key text) RETURNS bigint LANGUAGE sql AS $$ SELECT id FROM pg_temp.r WHERE what = key $$;
CREATE FUNCTION pg_temp.kept(who bigint) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(v.status, ' ' ORDER BY v.activity_id) FROM advocacy.activity AS v WHERE v.advocate_id = who AND v.request_id IS NOT NULL $$;
SELECT advocacy.request_match(pg_temp.r('a'), -6, 'ann', now() - interval '3 days');
SELECT is(pg_temp.kept(-6), 'asked', 'matched: asked');
SELECT throws_like(format('SELECT advocacy.request_match(%s, -6)', pg_temp.r('b')), 'advocate -6 can''t be asked for a quote now: 1 of 1 in 30 days until %', 'the slot is taken');
SELECT is((SELECT available || ' ' || state || ' ' || cardinality(capped) FROM advocacy.advocate_availability WHERE advocate_id = -6), 'false caution 1', 'not available, and only for that');
SELECT advocacy.request_match(pg_temp.r('a'), -7, 'ann', now() - interval '2 days');
SELECT is(pg_temp.kept(-6) || ', ' || pg_temp.kept(-7), 'released, asked', 'another advocate: the slot is free again');
SELECT lives_ok(format('SELECT advocacy.request_match(%s, -6, NULL, now() - interval ''1 day'')', pg_temp.r('b')), '... for another request');
SELECT advocacy.request_schedule(pg_temp.r('a'), now() + interval '2 days', 'ann', now() - interval '1 day');
SELECT is((SELECT occurred_at FROM advocacy.activity WHERE request_id = pg_temp.r('a') AND status = 'scheduled'), now() + interval '2 days', 'scheduled: on its day');
SELECT advocacy.request_fulfil(pg_temp.r('a'), NULL, 'ann', now() - interval '1 hour');
SELECT is(pg_temp.kept(-7), 'completed', 'done');
SELECT advocacy.request_decline(pg_temp.r('b'), 'no time', 'advocate');
SELECT is(pg_temp.kept(-6), 'released released', 'declined: free again');
SELECT is((SELECT count(*) FROM advocacy.advocate_caps(-6, 'quote')), 0::bigint, '... at once');

SELECT is((SELECT count(*) FROM advocacy.advocate_availability AS v CROSS JOIN LATERAL (SELECT e.detail FROM advocacy.explain_advocate(v.advocate_id) AS e WHERE e.ordinal = 1) AS e
	WHERE (e.detail -> 'reasons', e.detail ->> 'state') IS DISTINCT FROM (to_jsonb(v.reasons), v.state)), 0::bigint, 'explain_advocate and advocate_availability agree');
SELECT * FROM finish();
ROLLBACK;
