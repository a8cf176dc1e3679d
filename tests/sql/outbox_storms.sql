-- An hour in which a webhook is dead, another channel is told to wait with every message, and a third fails by 500: nothing is lost,
-- each channel keeps its order, and the fourth doesn't notice.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();
INSERT INTO advocacy.route (route, kinds, channel)
SELECT c, ARRAY['to_' || c], c FROM unnest('{dead,storm,failing,fine}'::text[]) AS c;
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('rest', '{*}', 'fine');
CREATE FUNCTION pg_temp.at(seconds integer) RETURNS timestamptz LANGUAGE sql AS $$ SELECT '2026-11-02 09:00Z'::timestamptz + seconds * interval '1 second' $$;
-- What the daemon makes of each answer: a dead channel rests for an hour, 429 closes a channel for as long as it says, 500 is tried
-- again later and later.
CREATE FUNCTION pg_temp.answer(one record, seconds integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	channel text := CASE WHEN seconds < 3600 THEN one.channel ELSE 'fine' END;
BEGIN
	CASE channel
	WHEN 'dead' THEN
		PERFORM advocacy.outbox_retry(one.outbox_id, 'd', 'channel_is_archived', '0', pg_temp.at(seconds)), advocacy.channel_close('dead', 'broken', pg_temp.at(seconds + 3600), 'archived', pg_temp.at(seconds));
	WHEN 'storm' THEN
		PERFORM advocacy.outbox_retry(one.outbox_id, 'd', 'rate_limited', '7 s', pg_temp.at(seconds)), advocacy.channel_close('storm', 'waiting', pg_temp.at(seconds + 7), 'too fast', pg_temp.at(seconds));
	WHEN 'failing' THEN
		PERFORM advocacy.outbox_retry(one.outbox_id, 'd', 'status 500', least(interval '10 minutes', 2 ^ least(one.attempts + 1, 20) * interval '1 second'), pg_temp.at(seconds));
	ELSE
		PERFORM advocacy.outbox_sent(one.outbox_id, 'd', one.facts ->> 'n', pg_temp.at(seconds)), advocacy.channel_open(one.channel, pg_temp.at(seconds));
	END CASE;
END $$;
DO $$
DECLARE
	seconds integer; one record;
BEGIN
	FOR seconds IN SELECT generate_series(0, 8400, 5) LOOP
		IF seconds < 3600 AND seconds % 60 = 0 THEN
			PERFORM advocacy.outbox_put('to_' || c, c || seconds, jsonb_build_object('n', seconds), 5, pg_temp.at(seconds)) FROM unnest('{dead,storm,failing,fine}'::text[]) AS c;
		END IF;
		FOR one IN SELECT * FROM advocacy.outbox_claim('d', '{dead,storm,failing,fine}', '1 minute', pg_temp.at(seconds)) LOOP
			PERFORM pg_temp.answer(one, seconds);
		END LOOP;
		EXIT WHEN seconds > 3600 AND NOT EXISTS (SELECT FROM advocacy.outbox WHERE state <> 'sent');
	END LOOP;
END $$;
SELECT is((SELECT string_agg(channel || ' ' || n, ', ' ORDER BY channel) FROM (SELECT channel, count(*) AS n FROM advocacy.outbox WHERE kind LIKE 'to\_%' AND state = 'sent' GROUP BY channel) AS c),
	'dead 60, failing 60, fine 60, storm 60', 'nothing is lost');
SELECT is((SELECT count(*) FROM advocacy.outbox WHERE possibly_repeated), 0::bigint, 'nothing is said twice');
SELECT is((SELECT count(*) FROM advocacy.notification), (SELECT count(*) FROM advocacy.outbox), '... and each is remembered once');
SELECT is((SELECT string_agg(DISTINCT channel, ', ') FROM (SELECT channel, text::integer < lag(text::integer) OVER (PARTITION BY channel ORDER BY notification_id) AS back FROM advocacy.notification WHERE kind LIKE 'to\_%') AS n WHERE back), NULL,
	'each channel keeps its order');
SELECT cmp_ok((SELECT max(ended_at - created_at) FROM advocacy.outbox WHERE kind = 'to_fine'), '<=', interval '10 seconds', 'who has nothing to do with it waits for nobody');
SELECT is((SELECT string_agg(kind || ' ' || (facts ->> 'channel'), ', ' ORDER BY outbox_id) FROM advocacy.outbox WHERE kind LIKE 'channel%'), 'channel_broken dead, channel_recovered dead', 'people are told of the dead one, once, and of its end');
SELECT cmp_ok((SELECT max(attempts) FROM advocacy.outbox WHERE channel = 'storm'), '>', 300, '(it was a storm)');
SELECT * FROM finish();
ROLLBACK;
