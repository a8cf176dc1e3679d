-- Where messages go: by kind, severity, region, segment and owner; never to nobody; to whom, and to whom else.
BEGIN;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();
DELETE FROM advocacy.route;
DELETE FROM advocacy.message_kind;
DELETE FROM advocacy.channel_status;
INSERT INTO advocacy.message_kind (kind, audience, severity) VALUES ('fire', 'csm', 'danger'), ('news', 'csm', 'info'),
	('asked', 'rep', 'info'), ('source_failing', 'ops', 'danger'), ('channel_broken', 'ops', 'danger');
INSERT INTO advocacy.route (route, kinds, channel, severities, regions, segments, owners, recipient) VALUES
	('east', '{fire,news}', 'east', NULL, '{East}', NULL, NULL, 'owner'),
	('enterprise', '{fire}', 'big', NULL, NULL, '{enterprise}', NULL, 'channel'),
	('dana', '{news}', 'dana', NULL, NULL, NULL, '{dana@n.example}', 'channel'),
	('loud', '{*}', 'alarm', '{danger}', NULL, NULL, NULL, 'channel'),
	('rest', '{*}', 'rest', NULL, NULL, NULL, NULL, 'channel');
INSERT INTO advocacy.account (account_id, source, remote_id, name, region, segment, csm_email) OVERRIDING SYSTEM VALUE VALUES
	(910001, 's', 'a1', 'Acme', 'East', 'enterprise', 'Dana@N.example'), (910002, 's', 'a2', 'Globex', 'West', 'smb', 'lee@n.example');
CREATE FUNCTION pg_temp.goes(kind text, facts jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(r.channel || ':' || r.recipient, ' ' ORDER BY 1) FROM advocacy.outbox_route(kind, facts,
		advocacy.outbox_owner((SELECT k.audience FROM advocacy.message_kind AS k WHERE k.kind = goes.kind), facts)) AS r $$;

SELECT is(pg_temp.goes('fire', '{"account_id": "910001"}'), 'big:channel east:owner', 'by region and by segment, each once');
SELECT is(pg_temp.goes('fire', '{"account_id": "910002"}'), 'alarm:channel rest:channel', 'a region that no route has: to the routes for all kinds');
SELECT is(pg_temp.goes('news', '{"account_id": "910002", "csm_email": "DANA@n.example"}'), 'dana:channel', 'by owner, whatever the letters');
SELECT is(pg_temp.goes('news', '{"account_id": "910002"}'), 'rest:channel', 'by severity');
SELECT is(pg_temp.goes('fire', '{"account_id": "no number"}'), 'alarm:channel rest:channel', 'an account that is none is no condition');
SELECT is(pg_temp.goes('unheard_of', '{}'), 'rest:channel', 'a kind that nobody worded');
DELETE FROM advocacy.route WHERE route = 'rest';
SELECT is(pg_temp.goes('news', '{}'), 'alarm:channel', 'never to nobody: a route for all kinds takes what it would not, before it is lost');
UPDATE advocacy.route SET severities = NULL WHERE route = 'loud';

-- A broken channel is told of by another one.
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('also', '{channel_broken}', 'ops');
SELECT is(pg_temp.goes('channel_broken', '{"channel": "ops"}'), 'alarm:channel', 'by the next best one');
SELECT is(pg_temp.goes('channel_broken', '{"channel": "alarm"}'), 'ops:channel', 'else by its own route');
DELETE FROM advocacy.route WHERE route <> 'also';
SELECT is(pg_temp.goes('channel_broken', '{"channel": "ops"}'), 'ops:channel', 'by itself only where there is no other');
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('other', '{fire}', 'other');
SELECT is(pg_temp.goes('channel_broken', '{"channel": "ops"}'), 'other:channel', 'any other is better than none');
SELECT lives_ok($$SELECT advocacy.channel_close('ops', 'broken', now() + interval '1 hour', 'is_archived')$$, 'a channel breaks');
SELECT advocacy.channel_close('ops', 'broken', now() + interval '1 hour', 'is_archived');
SELECT results_eq($$SELECT channel, facts ->> 'detail' FROM advocacy.outbox WHERE kind = 'channel_broken'$$,
	$$VALUES ('other', 'is_archived')$$, '... which is told once, by the other');
SELECT advocacy.channel_open('ops');
SELECT advocacy.channel_open('ops');
SELECT is((SELECT count(*) FROM advocacy.outbox WHERE kind = 'channel_recovered'), 1::bigint, '... as is its recovery');
SELECT advocacy.channel_close('ops', 'waiting', now() + interval '1 hour', 'slow');
SELECT advocacy.channel_open('ops');
SELECT is((SELECT count(*) FROM advocacy.outbox WHERE kind LIKE 'channel%'), 2::bigint, '... but not that it had to wait');

-- To whom: the owner, then the manager, then the channel.
INSERT INTO advocacy.staff (source, remote_id, email, active, manager_remote_id) VALUES ('s', 'u1', 'Dana@n.example', true, 'u2'),
	('s', 'u2', 'Boss@N.example', true, NULL), ('s', 'u3', 'lee@n.example', true, 'u4'), ('s', 'u4', 'gone@n.example', false, NULL);
DELETE FROM advocacy.route;
INSERT INTO advocacy.route (route, kinds, channel, recipient) VALUES ('all', '{*}', 'people', 'owner');
SELECT advocacy.outbox_put('fire', 'f1', '{"csm_email": "dana@n.example"}'), advocacy.outbox_put('fire', 'f2', '{"csm_email": "lee@n.example"}'),
	advocacy.outbox_put('fire', 'f3', '{}'), advocacy.outbox_put('asked', 'f4', '{"requested_by": "rep@n.example", "csm_email": "dana@n.example"}'),
	advocacy.outbox_put('source_failing', 'f5', '{"csm_email": "dana@n.example"}');
SELECT results_eq($$SELECT dedup_key, owner, recipients FROM advocacy.outbox WHERE dedup_key ~ '^f[0-9]$' ORDER BY 1$$,
	$$VALUES ('f1', 'dana@n.example', '{dana@n.example,boss@n.example}'::text[]), ('f2', 'lee@n.example', '{lee@n.example}'),
	         ('f3', NULL, '{}'), ('f4', 'rep@n.example', '{rep@n.example}'), ('f5', NULL, '{}')$$,
	'the owner, a manager who is still there, or nobody but the channel; a rep''s message for the rep');
SELECT * FROM finish();
ROLLBACK;
