-- Matching: fit with what must be and what had better be, less load and concentration, the longest rest first; only who may be
-- asked, and the same answer to the same question.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();
INSERT INTO advocacy.account (account_id, source, remote_id, name, industry, region, segment) OVERRIDING SYSTEM VALUE VALUES
	(-1, 't', 'a1', 'Deal Co', 'Retail', 'EMEA', 'Enterprise'), (-2, 't', 'a2', 'Shop', ' RETAIL', 'emea', 'Mid'), (-3, 't', 'a3', 'Bank', 'Finance', 'EMEA', 'Enterprise'),
	(-4, 't', 'a4', 'Mall', 'Retail', 'AMER', 'Enterprise'), (-5, 't', 'a5', 'Nowhere', NULL, NULL, NULL);
INSERT INTO advocacy.contact (contact_id, source, remote_id, account_id, first_name, language, products, opted_out) OVERRIDING SYSTEM VALUE
SELECT -g, 't', 'c' || g, a, 'P' || g, l, p, false FROM (VALUES (1, -1, 'en', 'core'), (2, -2, 'en', 'Core; Add-on'), (3, -2, 'de', 'core'), (4, -3, 'EN', NULL), (5, -4, 'en', 'add-on, other'), (6, -5, NULL, NULL), (7, -2, 'en', 'core')) AS v (g, a, l, p);
INSERT INTO advocacy.advocate (advocate_id, contact_id, account_id, enrolled_by) OVERRIDING SYSTEM VALUE
SELECT contact_id, contact_id, account_id, 'test' FROM advocacy.contact WHERE source = 't';
INSERT INTO advocacy.opportunity (opportunity_id, source, remote_id, account_id, name) OVERRIDING SYSTEM VALUE VALUES (-1, 't', 'o1', -1, 'Deal');
SELECT advocacy.request_submit(-1, 'reference_call', 'why', 'CIO', 'a yes', now() + interval '30 days', 'rep@example.com') AS r \gset
CREATE FUNCTION pg_temp.found(request bigint, how_many integer DEFAULT 9) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(m.advocate_id || ':' || trim_scale(m.points), ' ' ORDER BY m.rank), 'nobody') FROM advocacy.match_advocates(request, how_many) AS m $$;

-- Like the deal's own account, and nobody of it.
SELECT is(pg_temp.found(:r), '-7:20 -5:20 -4:20 -3:20 -2:20 -6:0', 'by default like the deal''s account; ties by id; nobody of the account itself');
SELECT is(pg_temp.found(:r, 2), '-7:20 -5:20', 'as many as wanted');
SELECT is((SELECT speaks_for || speaks_against FROM advocacy.match_advocates(:r, 9) WHERE advocate_id = -5), '{"industry: retail","segment: enterprise","not asked for 90 days","region: amer, not emea"}', 'reasons for and against');
SELECT is((SELECT speaks_against FROM advocacy.match_advocates(:r, 9) WHERE advocate_id = -6), '{"industry not known","region not known","segment not known"}', 'unknown isn''t met');

-- What must be, and what had better be.
SELECT advocacy.request_criteria(:r, '{"required": {"region": "EMEA", "language": "en"}, "preferred": {"product": ["Add-on", "Other"], "industry": "retail"}}');
SELECT is(pg_temp.found(:r), '-2:20 -7:10 -4:0', 'required must be met, preferred counts');
SELECT advocacy.request_criteria(:r, '{"required": {"persona": "CIO"}}');
SELECT is(pg_temp.found(:r), 'nobody', 'unknown is not yes');
SELECT throws_ok(format($$SELECT advocacy.request_criteria(%s, %L)$$, :r, c.wrong), '22023', NULL, 'no criteria: ' || c.wrong)
FROM unnest(ARRAY['[]', '{"wanted": {}}', '{"required": 1}', '{"required": {"colour": "red"}}', '{"required": {"region": 1}}', '{"required": {"region": []}}', '{"preferred": {"region": ["a", 1]}}', '{"preferred": {"region": ""}}']) AS c (wrong);
SELECT throws_ok($$SELECT advocacy.request_criteria(-77, NULL)$$, 'P0002', NULL, 'an unknown request has none');
SELECT throws_ok('SELECT * FROM advocacy.match_advocates(-77)', 'P0002', NULL, 'nobody for an unknown request');
SELECT throws_ok(format('SELECT * FROM advocacy.match_advocates(%s, %s)', :r, n), '22023', n || ' advocates can''t be proposed', 'nor ' || n) FROM unnest('{0,-1,2147483647}'::integer[]) AS n;

-- Load and rest.
SELECT advocacy.request_criteria(:r, '{}');
SELECT advocacy.activity_record(-4, 'quote', now() - interval '80 days'), advocacy.activity_record(-7, 'quote', now() - interval '10 days') \g /dev/null
SELECT is((SELECT array_agg(advocate_id ORDER BY rank) FROM advocacy.match_advocates(:r, 9)), '{-6,-5,-3,-2,-4,-7}', 'who was asked last comes last');
SELECT is((SELECT speaks_against[1] FROM advocacy.match_advocates(:r, 9) WHERE advocate_id = -4), format('asked for 1 in 90 days, last %s', ((now() - interval '80 days') AT TIME ZONE 'UTC')::date), '... and that is said');
SELECT is((SELECT points FROM advocacy.match_advocates(:r, 9) WHERE advocate_id = -3), -1.2, 'of 12 counted, one is 8 %: the account''s and its cell''s share');

-- Only who may be asked; why not is told apart.
INSERT INTO advocacy.suspension (advocate_id, cause, reason, opened_by) VALUES (-6, 'person', 'on leave', 'test');
SELECT advocacy.consent_withdraw(-5, 'reference_call') \g /dev/null
UPDATE advocacy.contact SET opted_out = true WHERE contact_id = -3;
SELECT advocacy.policy_setting_define('caps', '{"per_30_days": 1, "per_quarter": 9, "share_percent": 0}') \g /dev/null
SELECT is((SELECT array_agg(advocate_id ORDER BY rank) FROM advocacy.match_advocates(:r, 9)), '{-2,-4}', 'suspended, without consent, opted out, resting: not proposed');
SELECT results_eq(format('SELECT advocate_id, reasons[1] FROM advocacy.match_excluded(%s) ORDER BY advocate_id DESC', :r),
	$$VALUES (-3::bigint, 'opted out'), (-5, 'no consent to a reference call'), (-6, 'suspended by a person'), (-7, format('resting: 1 of 1 in 30 days until %s', advocacy.sync_time_text(now() + interval '20 days')))$$, 'why not, for those who may know');
SELECT advocacy.request_match(:r, -2, 'ann');
SELECT advocacy.request_decline(:r, 'no time', 'advocate');
SELECT is((SELECT array_agg(advocate_id ORDER BY rank) FROM advocacy.match_advocates(:r, 9)), '{-4}', 'who said no isn''t proposed for the same again');

-- Profiles follow what they are made of.
UPDATE advocacy.account SET region = 'LATAM' WHERE account_id = -3;
UPDATE advocacy.contact SET products = 'New ,Core' WHERE contact_id = -4;
UPDATE advocacy.advocate SET account_id = -5 WHERE advocate_id = -7;
UPDATE advocacy.advocate SET retired_at = now(), retire_reason = 'x' WHERE advocate_id = -6;
SELECT is((SELECT concat_ws(' ', region, products) FROM advocacy.advocate_profile WHERE advocate_id = -4), 'latam {new,core}', 'a profile follows account and contact');
SELECT is((SELECT concat_ws(' ', account_id, cell) FROM advocacy.advocate_profile WHERE advocate_id = -7), '-5 ', '... and the advocate');
SELECT is((SELECT count(*) FROM advocacy.advocate_profile WHERE advocate_id = -6), 0::bigint, 'who left has none');
UPDATE advocacy.advocate SET retired_at = NULL, retire_reason = NULL WHERE advocate_id = -6;
UPDATE advocacy.account SET deleted = true WHERE account_id = -4;
SELECT is((SELECT array_agg(advocate_id ORDER BY advocate_id) FROM advocacy.advocate_profile), '{-7,-6,-4,-3,-2,-1}', '... nor whose account is gone; who comes back has');
SELECT * FROM finish();
ROLLBACK;
