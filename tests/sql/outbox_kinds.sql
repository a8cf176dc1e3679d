-- Every kind of message has somebody who puts it; and those that only the clock sees: sources that are too old, calls nearly used
-- up, problems that last; the asks, caps and last advocates of a program.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();
INSERT INTO advocacy.opportunity (opportunity_id, source, remote_id) OVERRIDING SYSTEM VALUE VALUES (-99, 'none', '-99');
\set samples `cat "$TOP/etc/samples.json"`
SELECT is((SELECT string_agg(k, ', ' ORDER BY k) FROM jsonb_object_keys(:'samples'::jsonb) AS k
           WHERE NOT EXISTS (SELECT FROM pg_proc AS p WHERE p.pronamespace = 'advocacy'::regnamespace
                              AND p.proname NOT IN ('outbox_is_urgent', 'outbox_route') AND strpos(p.prosrc, quote_literal(k)) > 0)), NULL,
	'each kind that is shipped is put by some function');
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
INSERT INTO advocacy.message_kind (kind, audience, severity, follows)
SELECT k, CASE WHEN k ~ '^(source|budget)' THEN 'ops' WHEN k ~ '^(sla|feedback|request)' THEN 'rep' ELSE 'csm' END, 'warning',
       CASE k WHEN 'source_recovered' THEN '{source_failing,source_stale}'::text[] WHEN 'sla_fulfilled' THEN '{sla_breach,sla_escalated}' ELSE '{}' END
  FROM jsonb_object_keys(:'samples'::jsonb) AS k;
CREATE FUNCTION pg_temp.told() RETURNS text LANGUAGE sql AS $$
	WITH d AS (DELETE FROM advocacy.outbox RETURNING *)
	SELECT string_agg(concat_ws(' ', d.kind, d.owner, d.facts ->> 'source', d.facts ->> 'still', d.facts ->> 'cap_used', d.facts ->> 'calls_used', d.facts ->> 'whose',
		translate(d.facts ->> 'advocates', '[]"', ''), d.facts ->> 'account'), ', ' ORDER BY d.outbox_id) FROM d $$;
CREATE FUNCTION pg_temp.at(day numeric) RETURNS timestamptz LANGUAGE sql AS $$ SELECT '2026-11-02 09:00Z'::timestamptz + day * interval '1 day' $$;

-- Too old, and read again.
SELECT advocacy.source_register('gs', 'gainsight', 1, '2 days'), advocacy.source_register('never', 'salesforce', 2, '2 days', NULL, 1000);
INSERT INTO advocacy.sync_stream (source, stream, last_success_at) VALUES ('gs', 'account', pg_temp.at(0)), ('gs', 'contact', pg_temp.at(1)), ('never', 'account', NULL);
SELECT is(advocacy.source_fire(pg_temp.at(2)), 0, 'a source is good for as long as it says; one that was never read isn''t old');
SELECT is(advocacy.source_fire(pg_temp.at(2.01)), 1, '... and then too old, by its oldest stream');
SELECT is(advocacy.source_fire(pg_temp.at(2.02)), 0, '... which is told once');
SELECT is(pg_temp.told(), 'source_stale gs', '... so');
SELECT advocacy.outbox_put('advocate_suspended', 'x' || n, jsonb_build_object('csm_email', 'ann', 'source', 'gs', 'event', 'x' || n), n, pg_temp.at(2.1)) FROM unnest('{3,5}'::integer[]) AS n;
SELECT advocacy.outbox_settle('{ops}', pg_temp.at(2.1));
SELECT is((SELECT string_agg(subject || ' ' || state, ', ' ORDER BY outbox_id) FROM advocacy.outbox), 'x3 pending, x5 muted', 'what relies on it is muted, but for what is hard');
DELETE FROM advocacy.outbox;
UPDATE advocacy.sync_stream SET last_success_at = pg_temp.at(4) WHERE source = 'gs' AND stream = 'account';
SELECT is(advocacy.source_fire(pg_temp.at(4)), 0, 'while one stream is too old, the source is');
UPDATE advocacy.sync_stream SET last_success_at = pg_temp.at(4) WHERE source = 'gs';
SELECT is(advocacy.source_fire(pg_temp.at(4)), 1, 'all of it read again');
SELECT is(pg_temp.told(), 'source_recovered gs', '... is told, as people were told that it was old');
SELECT advocacy.source_fire(pg_temp.at(7)), advocacy.source_report('gs', 'account', 'paused', 'credentials', 'no', pg_temp.at(7));
UPDATE advocacy.sync_stream SET last_success_at = pg_temp.at(7.5) WHERE source = 'gs';
SELECT advocacy.source_fire(pg_temp.at(7.5)), advocacy.source_report('gs', 'account', 'current', NULL, NULL, pg_temp.at(7.6)), advocacy.source_fire(pg_temp.at(7.7));
SELECT is(pg_temp.told(), 'source_stale gs, source_failing gs, source_recovered gs', 'too old and failing: one recovery');

-- What lasts.
SELECT advocacy.policy_setting_define('repeat_after_s', '86400');
SELECT advocacy.source_report('gs', 'account', 'paused', 'credentials', 'no', pg_temp.at(8)), advocacy.channel_close('broken', 'broken', pg_temp.at(99), 'gone', pg_temp.at(8));
SELECT is(advocacy.source_fire(pg_temp.at(8.9)), 0, 'a problem isn''t told again soon');
SELECT is(advocacy.source_fire(pg_temp.at(9)) + advocacy.source_fire(pg_temp.at(9.1)), 2, '... but after a day, once');
SELECT is(pg_temp.told(), 'source_failing gs, channel_broken, channel_broken true, source_failing gs true', '... as one that lasts');
SELECT advocacy.channel_open('broken', pg_temp.at(9.2)), advocacy.source_report('gs', 'account', 'current', NULL, NULL, pg_temp.at(9.2));
SELECT pg_temp.told();
UPDATE advocacy.sync_stream SET last_success_at = pg_temp.at(10) WHERE source = 'gs';
SELECT is(advocacy.source_fire(pg_temp.at(11)), 0, '... and no more when it is over');

-- Calls.
UPDATE advocacy.sync_stream SET last_success_at = pg_temp.at(11) WHERE source = 'gs';
UPDATE advocacy.sync_stream SET calls_today = 799, calls_day = pg_temp.at(11)::date WHERE source = 'never';
SELECT is(advocacy.source_fire(pg_temp.at(11)), 0, 'calls are left');
UPDATE advocacy.sync_stream SET calls_today = 800 WHERE source = 'never';
UPDATE advocacy.source_status SET calls_used = 95, calls_allowed = 100, updated_at = pg_temp.at(11) WHERE source = 'gs';
SELECT is(advocacy.source_fire(pg_temp.at(11)) + advocacy.source_fire(pg_temp.at(11.2)), 2, 'nearly none');
SELECT is(pg_temp.told(), 'budget_low gs 95 the vendor''s, budget_low never 800 ours', '... by the vendor''s count or ours, once a day');
SELECT is(advocacy.source_fire(pg_temp.at(12)), 0, '... and the next day is another');

-- The program.
SELECT advocacy.stage_prepare();
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, csm_email) VALUES ('acme', pg_temp.at(0), 'Acme', 'Ann@x.example');
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate)
SELECT 'c' || n, pg_temp.at(0), 'acme', n || '@acme.example', 'P' || n, true FROM generate_series(1, 3) AS n;
SELECT advocacy.sync_apply('gs', 'account', NULL, true, pg_temp.at(12), 4, 1, pg_temp.at(12), pg_temp.at(12));
CREATE FUNCTION pg_temp.who(name text) RETURNS bigint LANGUAGE sql AS $$ SELECT a.advocate_id FROM advocacy.advocate AS a JOIN advocacy.contact AS c USING (contact_id) WHERE c.first_name = name $$;
SELECT advocacy.calendar_define('always', 'UTC', '{"mon": [["00:00", "24:00"]], "tue": [["00:00", "24:00"]], "wed": [["00:00", "24:00"]], "thu": [["00:00", "24:00"]], "fri": [["00:00", "24:00"]], "sat": [["00:00", "24:00"]], "sun": [["00:00", "24:00"]]}', '{}', pg_temp.at(0));
SELECT advocacy.policy_apply('{"slas": [{"name": "c", "metric": "connect", "calendar": "always", "target_s": 86400}, {"name": "q", "metric": "csm_consent", "calendar": "always", "target_s": 3600}]}', pg_temp.at(12));
SELECT advocacy.policy_setting_define('caps', '{"per_30_days": 1, "per_quarter": 0, "per_365_days": 0, "account_per_30_days": 0, "rest_s": 0, "long_rest_s": 0, "share_percent": 0, "reinstated_rest_s": 0, "reinstated_watch_s": 0}');
DELETE FROM advocacy.outbox;
SELECT advocacy.request_submit(-99, 'reference_call', 'why', 'CIO', 'win', pg_temp.at(40), 'Sam@x.example', at => pg_temp.at(12)) AS request \gset
SELECT advocacy.request_match(:request, pg_temp.who('P1'), 'mary', pg_temp.at(12));
SELECT is(pg_temp.told(), 'request_received sam@x.example, cap_reached ann@x.example 1 P1 Acme, request_matched sam@x.example', 'an ask that takes the last of a cap tells the CSM');
SELECT advocacy.request_ask(:request, 'csm', 'mary', pg_temp.at(12.1));
SELECT is((SELECT concat_ws(' ', kind, owner, facts ->> 'request', facts ->> 'account', facts ->> 'advocates', facts ->> 'answer_by', facts ->> 'audience') FROM advocacy.outbox),
	format('csm_asked ann@x.example REQ-%s Acme ["P1"] 2026-11-14T12:24:00Z CIO', :request), 'the CSM who is asked is told of whom, for what and until when');
DELETE FROM advocacy.outbox;
SELECT advocacy.request_answer(:request, 'csm', true, at => pg_temp.at(12.11)), advocacy.clock_fire(pg_temp.at(13.01));
SELECT is(pg_temp.told(), 'sla_breach sam@x.example', 'too late');
SELECT advocacy.request_schedule(:request, pg_temp.at(14), 'mary', pg_temp.at(13.5));
SELECT is((SELECT string_agg(kind || coalesce(' ' || (facts ->> 'late_s'), '') || coalesce(' ' || (facts ->> 'metric'), ''), ', ' ORDER BY outbox_id) FROM advocacy.outbox),
	'sla_fulfilled 43200 connect, request_scheduled', '... and done after all');
DELETE FROM advocacy.outbox;
SELECT advocacy.request_held(:request, NULL, 'mary', pg_temp.at(14.1));
SELECT is(pg_temp.told(), 'feedback_due sam@x.example', 'the rep is asked how it was');
SELECT advocacy.request_submit(-99, 'reference_call', 'why', 'CIO', 'win', pg_temp.at(40), 'Sam@x.example', at => pg_temp.at(15)) AS request \gset
SELECT advocacy.request_match(:request, pg_temp.who('P2'), 'mary', pg_temp.at(15));
SELECT advocacy.request_schedule(:request, pg_temp.at(16), 'mary', pg_temp.at(15.1));
SELECT is(pg_temp.told() LIKE '%sla_fulfilled%', false, 'what is done in time is not told as late');
SELECT advocacy.advocate_retire(pg_temp.who('P3'), 'has left', 'mary', pg_temp.at(17));
SELECT is(pg_temp.told(), NULL, 'two advocates are left');
SELECT advocacy.advocate_retire(pg_temp.who('P1'), 'has left', 'mary', pg_temp.at(17));
SELECT is(pg_temp.told(), 'single_advocate ann@x.example P2 Acme', 'the last one of an account');
SELECT advocacy.advocate_retire(pg_temp.who('P2'), 'has left', 'mary', pg_temp.at(18));
SELECT is(split_part(pg_temp.told(), ' ', 1), 'advocate_unavailable', 'none at all is told by what it means');

-- What changes a message that is gone is no loss.
INSERT INTO advocacy.outbox (kind, dedup_key, channel, facts, state, ended_at) VALUES ('sla_breach', 'a', 'ops', '{}', 'sent', pg_temp.at(18)) RETURNING outbox_id AS sent \gset
INSERT INTO advocacy.notification (outbox_id, kind, channel, text, possibly_repeated) VALUES (:sent, 'sla_breach', 'ops', '', false) RETURNING notification_id AS note \gset
INSERT INTO advocacy.outbox (kind, dedup_key, channel, facts, edits, not_before, created_at) VALUES ('sla_fulfilled', 'b', 'ops', '{}', :note, pg_temp.at(18), pg_temp.at(18));
SELECT advocacy.outbox_refused(c.outbox_id, 'd', 'message_not_found', pg_temp.at(18)) FROM advocacy.outbox_claim('d', '{ops}', '1 minute', pg_temp.at(18)) AS c;
SELECT is((SELECT state || ' ' || last_error FROM advocacy.outbox WHERE edits IS NOT NULL), 'muted message_not_found', 'a refused edit isn''t a refused message');
-- The end of a breach changes what told of it, where a destination can.
DELETE FROM advocacy.outbox WHERE edits IS NOT NULL; DELETE FROM advocacy.notification; DELETE FROM advocacy.outbox;
CREATE FUNCTION pg_temp.deliver(id text) RETURNS text LANGUAGE sql AS $$
	WITH c AS (SELECT * FROM advocacy.outbox_claim('d', '{ops}', '1 minute', pg_temp.at(20)))
	SELECT c.kind || ' ' || advocacy.outbox_sent(c.outbox_id, 'd', c.kind, pg_temp.at(20), 'C1', deliver.id) || coalesce(' ' || c.thread_id, '') || CASE WHEN c.is_edit THEN ' changed' ELSE '' END FROM c $$;
SELECT advocacy.outbox_put('sla_breach', 'b1', '{"request": "REQ-9", "metric": "connect", "requested_by": "sam"}', 2, pg_temp.at(20));
SELECT is(pg_temp.deliver('1.1'), 'sla_breach true', 'a breach');
SELECT advocacy.outbox_put('sla_fulfilled', 'b2', '{"request": "REQ-9", "metric": "connect", "requested_by": "sam"}', 3, pg_temp.at(20));
SELECT is(pg_temp.deliver('1.2'), 'sla_fulfilled true 1.1', '... is answered by its end');
SELECT is(pg_temp.deliver('1.1'), 'sla_fulfilled true 1.1 changed', '... and shows it');
SELECT * FROM finish();
ROLLBACK;
