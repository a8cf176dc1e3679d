-- What was published comes down when the consent behind it is gone: on a clock, attested.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();
UPDATE advocacy.sla_policy SET active = false;
DELETE FROM advocacy.route;
SELECT count(*) FROM advocacy.policy_apply('{"calendars":[{"name":"r","time_zone":"UTC","weekly_hours":{"mon":[["09:00","17:00"]],"tue":[["09:00","17:00"]],"wed":[["09:00","17:00"]],"thu":[["09:00","17:00"]],"fri":[["09:00","17:00"]]}}],
	"slas":[{"name":"takedown","metric":"takedown","calendar":"r","thresholds":[[75,"owner"]],"ladder":[]}],
	"routes":[{"name":"all","kinds":["*"],"channel":"program"}]}', '2026-11-01Z') \g /dev/null
INSERT INTO advocacy.account (account_id, source, remote_id, name) OVERRIDING SYSTEM VALUE VALUES (-1, 't', 'a1', 'Acme');
INSERT INTO advocacy.contact (contact_id, source, remote_id, account_id, first_name, last_name, email, opted_out) OVERRIDING SYSTEM VALUE VALUES (-1, 't', 'c1', -1, 'Priya', 'Nair', 'priya@acme.example', false), (-2, 't', 'c2', -1, 'Tom', 'Oak', 'tom@acme.example', false);
INSERT INTO advocacy.advocate (advocate_id, contact_id, account_id, enrolled_by) OVERRIDING SYSTEM VALUE VALUES (-1, -1, -1, 'test'), (-2, -2, -1, 'test');
CREATE FUNCTION pg_temp.assets(advocate bigint) RETURNS text LANGUAGE sql
AS $$ SELECT string_agg(concat_ws(' ', s.activity_type, s.state, k.state, to_char(k.due_at AT TIME ZONE 'UTC', 'DD"T"HH24')), ', ' ORDER BY s.asset_id, k.cycle)
	FROM advocacy.asset AS s LEFT JOIN advocacy.sla_clock AS k ON (k.subject_kind, k.subject_id) = ('asset', s.asset_id) WHERE s.advocate_id = advocate $$;
SELECT throws_ok(q, code, NULL, q) FROM (VALUES
	($$SELECT advocacy.asset_publish(-9, 'quote', 'x', 'y')$$, 'P0002'), ($$SELECT advocacy.asset_publish(-1, 'chat', 'x', 'y')$$, '22023'),
	($$SELECT advocacy.asset_publish(-1, 'quote', ' ', 'y')$$, '22023'), ($$SELECT advocacy.asset_publish(-1, 'quote', 'x', NULL)$$, '22023'),
	($$SELECT advocacy.asset_publish(-1, 'quote', 'x', 'y', published_at => now() + interval '1 day')$$, '22023'),
	($$SELECT advocacy.asset_publish(-1, 'quote', 'x', 'y', published_at => '-infinity')$$, '22023'),
	($$SELECT advocacy.asset_publish(-1, 'quote', 'x', 'y', -7)$$, 'P0002')) AS v (q, code);
SELECT advocacy.asset_publish(-1, 'case_study', 'How Acme moved', 'https://x.example/acme', NULL, '2026-10-01Z', 'mia', '2026-11-02 09:00Z') AS study \gset
SELECT advocacy.asset_publish(-1, 'quote', 'Just right', 'https://x.example/home', NULL, '2026-10-01Z', 'mia', '2026-11-02 09:00Z') AS quote \gset
SELECT advocacy.asset_publish(-2, 'quote', 'Fine', 'https://x.example/tom', NULL, NULL, 'mia', '2026-11-02 09:00Z') AS tom \gset
SELECT throws_ok($$SELECT advocacy.asset_publish(-1, 'quote', 'Again', ' https://x.example/home ')$$, '23505', NULL, 'once');
SELECT is(pg_temp.assets(-1), 'case_study published, quote published', 'published: nothing to do');

SELECT advocacy.consent_withdraw(-1, 'quote', at => '2026-11-02 10:00Z');
SELECT is(pg_temp.assets(-1), 'case_study published, quote withdrawn running 04T10', 'consent to quotes is gone: the quote is to come down within two days, the case study stays');
SELECT is((SELECT facts - 'asset' FROM advocacy.outbox WHERE kind = 'takedown_wanted'),
	'{"account":"Acme","account_id":"-1","advocates":["Priya Nair"],"title":"Just right","place":"https://x.example/home","activity_type":"quote","due_at":"2026-11-04T10:00:00Z","at":"2026-11-02T10:00:00Z"}'::jsonb, 'who takes it down is told where it is');
SELECT advocacy.consent_record(-1, 'quote', '2027-11-01Z', at => '2026-11-02 11:00Z') \g /dev/null
SELECT is(pg_temp.assets(-1), 'case_study published, quote published cancelled', 'given anew in time: it may stay');
SELECT advocacy.consent_withdraw(-1, at => '2026-11-02 12:00Z');
SELECT is(pg_temp.assets(-1), 'case_study withdrawn running 04T12, quote withdrawn cancelled, quote withdrawn running 04T12', 'all is gone: everything comes down');
SELECT is(pg_temp.assets(-2), 'quote published', '... of that person');
SELECT is((SELECT array_agg(title || ' of ' || customer ORDER BY asset_id) FROM advocacy.takedown_waiting), '{How Acme moved of Acme,Just right of Acme}', 'what waits');
SELECT throws_ok(format('SELECT advocacy.asset_down(%s, %L)', :study, ' '), '22023', NULL, 'down without evidence');
SELECT throws_ok(format('SELECT advocacy.asset_down(%s, %L, NULL, %L)', :study, 'x', t), '22023', NULL, 'down at ' || t) FROM unnest('{2026-11-02 11:59Z,infinity}'::text[]) AS t;
SELECT throws_ok('SELECT advocacy.asset_down(-7, ''x'')', 'P0002', NULL, 'an unknown asset');
SELECT advocacy.asset_down(:quote, 'gone from the page', 'mia', '2026-11-03 12:00Z');
SELECT throws_ok(format('SELECT advocacy.asset_down(%s, %L)', :quote, 'x'), '55000', NULL, 'down twice');
SELECT advocacy.clock_fire('2026-11-04 12:00:01Z') \g /dev/null
SELECT is((SELECT concat_ws(' ', facts ->> 'request', facts ->> 'title', facts ->> 'owed_by') FROM advocacy.outbox WHERE kind = 'sla_breach'), format('asset %s How Acme moved marketing', :study), 'late');
SELECT advocacy.asset_down(:study, '404', 'mia', '2026-11-04 13:00Z');
SELECT is(pg_temp.assets(-1), 'case_study down met_late, quote down cancelled, quote down met', 'down, one of them late');
SELECT lives_ok($$SELECT advocacy.asset_publish(-1, 'quote', 'Again', 'https://x.example/home', NULL, NULL, 'mia', '2026-11-05 09:00Z')$$, 'written down without consent');
SELECT matches(pg_temp.assets(-1), 'quote withdrawn running 06T17$', '... it is to come down at once');
SELECT advocacy.contact_erase(-2, at => '2026-11-05 10:00Z') \g /dev/null
SELECT is(pg_temp.assets(-2), 'quote withdrawn running 09T10', 'who is forgotten isn''t shown either');
SELECT is((SELECT array_agg(action ORDER BY audit_id) FROM advocacy.audit_log WHERE subject = 'asset ' || :study), '{asset_publish,asset_down}', 'audited');
SELECT is((SELECT count(*) FROM advocacy.sla_rebuild_check()), 0::bigint, 'the clocks are what their events say');
SELECT * FROM finish();
ROLLBACK;
