-- The outbox: who is told, once; claims in order, one a channel; every verdict; when to come again.
BEGIN;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();
DELETE FROM advocacy.route;
DELETE FROM advocacy.notification;
DELETE FROM advocacy.outbox;
DELETE FROM advocacy.channel_status;

-- Who is told.
INSERT INTO advocacy.route VALUES ('a', '{sla_breach,sla_warning}', 'program'), ('b', '{sla_breach}', 'ops'),
	('c', '{sla_breach}', 'program'), ('d', '{*}', 'default');
SELECT is(advocacy.outbox_put('sla_breach', 'k1', '{}', at => '2026-11-23 09:00Z'), 2, 'one row for each distinct channel that the kind is routed to');
SELECT results_eq($$SELECT channel, state FROM advocacy.outbox ORDER BY 1$$, $$VALUES ('ops', 'pending'), ('program', 'pending')$$, '... and not to the catch-all');
SELECT is(advocacy.outbox_put('sla_breach', 'k1', '{"again":1}', at => '2026-11-23 09:01Z'), 0, 'the same fact is told once');
SELECT is(advocacy.outbox_put('unheard_of', 'k2', '{}', at => '2026-11-23 09:00Z'), 1, 'a kind nobody names goes to the catch-all');
SELECT is((SELECT channel FROM advocacy.outbox WHERE dedup_key = 'k2'), 'default', '... channel');
DELETE FROM advocacy.route WHERE route = 'd';
SELECT is(advocacy.outbox_put('unheard_of', 'k3', '{}', at => '2026-11-23 09:00Z'), 1, 'without a catch-all it is kept');
SELECT is((SELECT state FROM advocacy.outbox WHERE dedup_key = 'k3' AND channel IS NULL), 'nowhere', '... in state nowhere');
SELECT is(advocacy.outbox_put('unheard_of', 'k3', '{}'), 0, '... once');
SELECT throws_ok($$SELECT advocacy.outbox_put('x', '', '{}')$$, '22023', NULL, 'no key is refused');
SELECT throws_ok($$SELECT advocacy.outbox_put('', 'k', '{}')$$, '22023', NULL, 'no kind is refused');
SELECT throws_ok($$SELECT advocacy.outbox_put('x', 'k', NULL)$$, '22023', NULL, 'no facts are refused');
SELECT throws_ok($$SELECT advocacy.outbox_put('x', 'k', '[]')$$, '22023', NULL, 'facts that are no object are refused');

-- Claims.
DELETE FROM advocacy.outbox;
UPDATE advocacy.route SET kinds = '{x}', channel = 'a' WHERE route = 'a';
UPDATE advocacy.route SET kinds = '{x}', channel = 'b' WHERE route = 'b';
DELETE FROM advocacy.route WHERE route = 'c';
CREATE FUNCTION pg_temp.put(key text, priority integer DEFAULT 5, minute integer DEFAULT 0) RETURNS void LANGUAGE sql
AS $$ SELECT advocacy.outbox_put('x', key, jsonb_build_object('key', key), priority, '2026-11-23 09:00Z'::timestamptz + minute * interval '1 minute') $$;
CREATE FUNCTION pg_temp.at(minute numeric) RETURNS timestamptz LANGUAGE sql
AS $$ SELECT '2026-11-23 09:00Z'::timestamptz + minute * interval '1 minute' $$;
CREATE FUNCTION pg_temp.claim(who text, minute numeric, channels text[] DEFAULT '{a}') RETURNS text LANGUAGE sql
AS $$ SELECT string_agg(c.channel || ':' || (c.facts ->> 'key') || ':' || c.attempts || CASE WHEN c.possibly_repeated THEN ':maybe' ELSE '' END, ' ' ORDER BY c.channel)
      FROM advocacy.outbox_claim(who, channels, '2 minutes', pg_temp.at(minute)) AS c $$;
CREATE FUNCTION pg_temp.id(key text, channel text DEFAULT 'a') RETURNS bigint LANGUAGE sql
AS $$ SELECT o.outbox_id FROM advocacy.outbox AS o WHERE o.dedup_key = key AND o.channel = $2 $$;
SELECT pg_temp.put('one'), pg_temp.put('two'), pg_temp.put('urgent', 1), pg_temp.put('later', 1, 60);

SELECT is(advocacy.outbox_next_at('{a,b,c}', pg_temp.at(1)), pg_temp.at(0), 'there is something now');
SELECT is(advocacy.outbox_next_at('{c}', pg_temp.at(1)), NULL, '... not for a channel without rows');
SELECT is(pg_temp.claim('d1', 1, '{a,b,c}'), 'a:urgent:0 b:urgent:0', 'the most urgent first, one a channel');
SELECT is(pg_temp.claim('d2', 1, '{a,b}'), NULL, 'a channel that has one under way has nothing for others');
SELECT is(pg_temp.claim('d1', 1, '{a,b}'), NULL, '... nor for the same');
SELECT is(advocacy.outbox_next_at('{a,b}', pg_temp.at(1)), pg_temp.at(3), '... until the lease ends');
SELECT is(advocacy.outbox_sent(pg_temp.id('urgent'), 'd2', 'hello', pg_temp.at(1.1)), false, 'a verdict by somebody else changes nothing');
SELECT is(advocacy.outbox_sent(pg_temp.id('urgent'), 'd1', 'hello', pg_temp.at(1.1)), true, 'sent');
SELECT is(advocacy.outbox_sent(pg_temp.id('urgent'), 'd1', 'hello', pg_temp.at(1.1)), false, '... once');
SELECT results_eq($$SELECT kind, channel, text, possibly_repeated, sent_at FROM advocacy.notification$$,
                  $$VALUES ('x', 'a', 'hello', false, '2026-11-23 09:01:06Z'::timestamptz)$$, '... and it is remembered what was said');
SELECT is(pg_temp.claim('d2', 1.2), 'a:one:0', 'then in order');

-- A retry stays first in line; something more urgent may pass it.
SELECT is(advocacy.outbox_retry(pg_temp.id('one'), 'd2', '503', '5 minutes', pg_temp.at(2)), true, 'not delivered');
SELECT is(pg_temp.claim('d2', 3), NULL, 'what waits to be tried again holds up what came later');
SELECT is(advocacy.outbox_next_at('{a}', pg_temp.at(3)), pg_temp.at(7), '... until its time');
SELECT pg_temp.put('fire', 0, 4);
SELECT is(pg_temp.claim('d2', 4), 'a:fire:0', '... but not what is more urgent');
SELECT advocacy.outbox_sent(pg_temp.id('fire'), 'd2', 'fire', pg_temp.at(4));
SELECT is(pg_temp.claim('d2', 7), 'a:one:1', 'tried again, not marked as repeated');
-- The answer is lost.
SELECT is(advocacy.outbox_unknown(pg_temp.id('one'), 'd2', 'timed out', '1 minute', pg_temp.at(7.5)), true, 'the answer is lost');
SELECT is(pg_temp.claim('d3', 9), 'a:one:2:maybe', 'tried again, marked as possibly repeated');
-- The sender dies.
SELECT is(pg_temp.claim('d4', 10.9), NULL, 'the lease holds');
SELECT is(pg_temp.claim('d4', 11), 'a:one:3:maybe', '... and ends');
SELECT is(advocacy.outbox_sent(pg_temp.id('one'), 'd3', 'late', pg_temp.at(11)), false, 'the dead one''s verdict comes too late');
SELECT is(advocacy.outbox_refused(pg_temp.id('one'), 'd4', 'invalid_blocks', pg_temp.at(11)), true, 'refused for good');
SELECT is((SELECT (state, ended_at, last_error, attempts)::text FROM advocacy.outbox WHERE outbox_id = pg_temp.id('one')),
          (SELECT ('refused', pg_temp.at(11), 'invalid_blocks', 4)::text), '... and visible');
SELECT is(pg_temp.claim('d4', 11), 'a:two:0', 'the line goes on');
SELECT is(pg_temp.claim('d5', 13), 'a:two:1:maybe', 'an expired claim is possibly repeated');
-- A clean stop, and a new life.
SELECT is(advocacy.outbox_release('d5', ARRAY[-1::bigint]), 0, 'only what is named is given back');
SELECT is(advocacy.outbox_release('d5'), 1, 'what was never sent is given back');
SELECT is(pg_temp.claim('host/1/7', 13.1), 'a:two:1:maybe', '... as it was');
SELECT is(advocacy.outbox_recover('host'), 0, 'a name is taken as a whole');
SELECT is(advocacy.outbox_recover('host/1/8'), 0, '... another isn''t meant');
SELECT is(advocacy.outbox_recover('host/'), 1, '... but one that ends in / is a prefix');
SELECT is(pg_temp.claim('host/1/8', 13.2), 'a:two:2:maybe', 'what a dead sender left is possibly repeated');
SELECT advocacy.outbox_sent(pg_temp.id('two'), 'host/1/8', 'two', pg_temp.at(13.3));
SELECT is((SELECT possibly_repeated FROM advocacy.notification WHERE outbox_id = pg_temp.id('two')), true, '... and remembered as such');
SELECT pg_temp.put('fresh', 0, 13);
SELECT is(pg_temp.claim('host/1/8', 13.4), 'a:fresh:0', 'what nobody sent before');
SELECT is(advocacy.outbox_recover('host/1/8'), 1, '... until its sender died');
SELECT is(pg_temp.claim('host/1/9', 13.4), 'a:fresh:1:maybe', '... may be a repeat as well');
SELECT advocacy.outbox_sent(pg_temp.id('fresh'), 'host/1/9', 'fresh', pg_temp.at(13.4));
-- Later.
SELECT is(pg_temp.claim('d', 14), NULL, 'what is for later waits');
SELECT is(advocacy.outbox_next_at('{a}', pg_temp.at(14)), pg_temp.at(60), '... and says until when');
SELECT pg_temp.put('between', 9, 15);
SELECT is(pg_temp.claim('d', 15), 'a:between:0', '... without holding up others');
SELECT advocacy.outbox_sent(pg_temp.id('between'), 'd', 'x', pg_temp.at(15));

-- Channels.
SELECT advocacy.channel_close('a', 'waiting', pg_temp.at(70), 'Retry-After: 600', pg_temp.at(60));
SELECT is(pg_temp.claim('d', 65), NULL, 'a closed channel has nothing');
SELECT is(advocacy.outbox_next_at('{a}', pg_temp.at(65)), pg_temp.at(70), '... until it opens');
SELECT is((SELECT state FROM advocacy.channel_status WHERE channel = 'a'), 'waiting', '... and says so');
SELECT advocacy.channel_close('a', 'broken', pg_temp.at(80), 'no_service', pg_temp.at(65));
SELECT is((SELECT (state, closed_until, detail)::text FROM advocacy.channel_status WHERE channel = 'a'), (SELECT ('broken', pg_temp.at(80), 'no_service')::text), 'a broken one');
SELECT is(advocacy.channel_open('a', pg_temp.at(66)), true, 'opened');
SELECT is(advocacy.channel_open('a', pg_temp.at(66)), false, '... once');
SELECT is(pg_temp.claim('d', 66), 'a:later:0', 'and it delivers');
SELECT throws_ok($$SELECT advocacy.channel_close('a', 'waiting', NULL, 'x')$$, '22023', NULL, 'closed until never is refused');
SELECT throws_ok(format('SELECT advocacy.channel_close(''a'', %L, now(), ''x'')', s), '22023', NULL, 'closed as ' || coalesce(s, 'nothing') || ' is refused')
FROM unnest(ARRAY['open', 'gone', NULL]) AS s;
SELECT throws_ok($$SELECT * FROM advocacy.outbox_claim('', '{a}', '1 minute')$$, '22023', NULL, 'a claim needs a name');
SELECT throws_ok($$SELECT * FROM advocacy.outbox_claim('d', '{a}', '0')$$, '22023', NULL, '... and a lease');
SELECT is((SELECT count(*) FROM advocacy.outbox_claim('d', NULL, '1 minute')), 0::bigint, 'no channels, no rows');
SELECT is((SELECT count(*) FROM advocacy.outbox_claim('d', '{zz}', '1 minute')), 0::bigint, 'an unknown channel, no rows');

-- outbox_next_at never says "now" when there is nothing to claim (the daemon would spin), and never misses: random rows.
SELECT setseed(0.3);
CREATE FUNCTION pg_temp.spin() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
	minute  integer := 100;
	next_at timestamptz;
	got     integer;
	wrong   integer := 0;
	one     record;
BEGIN
	DELETE FROM advocacy.notification; DELETE FROM advocacy.outbox; DELETE FROM advocacy.channel_status;
	FOR i IN 1 .. 400 LOOP
		IF random() < 0.6 THEN
			PERFORM pg_temp.put('r' || i, (random() * 3)::int, minute + CASE WHEN random() < 0.3 THEN (random() * 9)::int ELSE 0 END);
		END IF;
		IF random() < 0.1 THEN
			PERFORM advocacy.channel_close('b', 'waiting', pg_temp.at(minute + 3), 'x', pg_temp.at(minute));
		END IF;
		next_at := advocacy.outbox_next_at('{a,b}', pg_temp.at(minute));
		got := 0;
		FOR one IN SELECT * FROM advocacy.outbox_claim('d' || i % 3, '{a,b}', '2 minutes', pg_temp.at(minute)) LOOP
			got := got + 1;
			CASE (random() * 5)::int
				WHEN 0 THEN PERFORM advocacy.outbox_retry(one.outbox_id, 'd' || i % 3, 'x', '4 minutes', pg_temp.at(minute));
				WHEN 1 THEN PERFORM advocacy.outbox_unknown(one.outbox_id, 'd' || i % 3, 'x', '4 minutes', pg_temp.at(minute));
				WHEN 2 THEN NULL; -- dies
				ELSE PERFORM advocacy.outbox_sent(one.outbox_id, 'd' || i % 3, 'x', pg_temp.at(minute));
			END CASE;
		END LOOP;
		IF (got > 0) <> coalesce(next_at <= pg_temp.at(minute), false) THEN
			wrong := wrong + 1;
		END IF;
		minute := minute + (random() * 2)::int;
	END LOOP;
	RETURN wrong;
END $$;
SELECT is(pg_temp.spin(), 0, 'outbox_next_at says "now" exactly when outbox_claim has something');

SELECT * FROM finish();
ROLLBACK;
