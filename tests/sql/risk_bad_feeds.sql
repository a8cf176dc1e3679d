-- slow
-- A catalogue of bad feeds, each from a healthy program of 35 and of 400 advocates, under the rules that react fastest: no
-- advocate is suspended, nobody but the admins is told and they once, and a person can call it right or wrong afterwards.
SET client_min_messages = warning;
SELECT plan(44);
\ir simulation/driver.psql
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('admins', '{suspensions_held,reinstatements_held,field_drift,identity_review}', 'admins'), ('people', '{*}', 'people');
SELECT advocacy.risk_rule_define('low', 'health_score', '<', 60, '>', 75, '7 days', flaps => 3),
       advocacy.risk_rule_define('very low', 'health_score', '<', 40, '>', 75, '7 days', 'suspend', 'hard', flaps => 3),
       advocacy.risk_rule_define('drop', 'health_score', '<', 75, '>', 75, '7 days', flaps => 3, drop_points => 20, drop_within => '14 days'),
       advocacy.risk_rule_define('escalated', 'open_escalations', '>', 0, '=', 0, '14 days', 'suspend', 'hard');
-- Honest scores: 80 to 96, but for every twelfth account, which is at risk.
CREATE FUNCTION pg_temp.honest(n integer) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN n % 12 = 0 THEN 20 + n % 10 ELSE 80 + n % 17 END $$;
CREATE TEMPORARY VIEW healthy AS SELECT t.account_id FROM advocacy.account AS t WHERE pg_temp.honest(substring(t.remote_id FROM 2)::integer) > 75;
-- A healthy program that has been read for some days.
CREATE FUNCTION pg_temp.base(first integer, last integer, day timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, domain, signals)
	SELECT 'a' || n, day, 'Account ' || n, 'a' || n || '.example', jsonb_build_object('health_score', pg_temp.honest(n)) FROM generate_series(first, last) AS n;
	INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate)
	SELECT 'c' || n, day, 'a' || n, 'c' || n || '@a' || n || '.example', 'Person ' || n, true FROM generate_series(first, last) AS n;
	PERFORM advocacy.sync_apply('gs', 'account', NULL, true, day, 1, 1, day, day);
	PERFORM advocacy.sync_apply('gs', 'contact', NULL, true, day, 1, 1, day, day);
	INSERT INTO pg_temp.reading (source, n, signals, own)
	SELECT 'gs', n, jsonb_build_object('health_score', pg_temp.honest(n)), day FROM generate_series(first, last) AS n;
END $$;

-- What a bad feed makes of an honest reading, in its run of this number; no row: the record isn't in the answer.
CREATE FUNCTION pg_temp.spoil(feed text, size integer, run integer, at timestamptz)
RETURNS TABLE (remote_id text, own timestamptz, domain text, signals jsonb) LANGUAGE sql AS $$
	SELECT 'a' || n, CASE feed WHEN 'stamps in the future' THEN at + interval '30 days' WHEN 'stamps in the past' THEN at - interval '60 days' ELSE at END,
	       'a' || n || '.example', CASE feed
	       WHEN 'inverted' THEN jsonb_build_object('health_score', 100 - h)
	       WHEN 'scheme switch' THEN jsonb_build_object('health_score', 30 + (n * 37) % 61)
	       WHEN 'all null' THEN '{"health_score": null}'
	       WHEN 'all zero' THEN '{"health_score": 0}'
	       WHEN 'all text' THEN '{"health_score": "n/a"}'
	       WHEN 'scale of ten' THEN jsonb_build_object('health_score', round(h / 10, 1))
	       WHEN 'bad default' THEN jsonb_build_object('health_score', CASE WHEN n % 10 < 3 THEN 50 ELSE h END)
	       WHEN 'trickle' THEN jsonb_build_object('health_score', CASE WHEN n <= size * run * 0.09 THEN 50 ELSE h END)
	       WHEN 'stamps in the past' THEN '{"health_score": 0}'
	       WHEN 'empty text' THEN '{"health_score": ""}'
	       WHEN 'no field' THEN '{}'
	       WHEN 'one value' THEN '{"health_score": 55}'
	       ELSE jsonb_build_object('health_score', h) END
	  FROM generate_series(1, size) AS n CROSS JOIN LATERAL (SELECT pg_temp.honest(n) AS h) AS h
	 WHERE CASE feed WHEN 'empty' THEN false WHEN 'truncated' THEN n <= size * 0.6 WHEN 'slightly truncated' THEN n <= size * 0.85 ELSE true END
	UNION ALL
	-- Each once more under another id, as a new record of the same customer; or the same record twice in one answer.
	SELECT CASE feed WHEN 'duplicate accounts' THEN 'd' || n ELSE 'a' || n END, at, 'a' || n || '.example', '{"health_score": 0}'
	  FROM generate_series(1, size) AS n WHERE feed = 'duplicate accounts' OR feed = 'duplicate records'
	 ORDER BY 1
$$;
-- Plays a feed for some runs, and says what came of it; then a person decides, the feed is mended, and some days pass. All
-- of it is taken back at the end.
CREATE FUNCTION pg_temp.play(feed text, size integer, decision text DEFAULT NULL, runs integer DEFAULT 2, every interval DEFAULT '6 hours',
	OUT suspended bigint, OUT back bigint, OUT gone bigint, OUT people bigint, OUT admins text, OUT held boolean, OUT decided integer, OUT away bigint, OUT waiting bigint) LANGUAGE plpgsql AS $$
DECLARE
	at timestamptz := '2025-01-10';
	before bigint := (SELECT max(suspension_id) FROM advocacy.suspension);
	stage text;
	batch bigint;
BEGIN
	BEGIN
		DELETE FROM advocacy.outbox;
		FOR run IN 1 .. runs LOOP
			at := at + every;
			INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, domain, signals)
			SELECT s.remote_id, s.own, 'Account ' || substring(s.remote_id FROM 2), s.domain, s.signals FROM pg_temp.spoil(feed, size, run, at) AS s;
			PERFORM advocacy.sync_apply('gs', 'account', NULL, true, at, 1, 1, at, at, 'all');
			IF feed IN ('empty', 'truncated', 'slightly truncated') THEN
				INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate)
				SELECT 'c' || substring(s.remote_id FROM 2), s.own, s.remote_id, 'c' || substring(s.remote_id FROM 2) || '@' || s.domain, 'Person', true
				  FROM pg_temp.spoil(feed, size, run, at) AS s;
				PERFORM advocacy.sync_apply('gs', 'contact', NULL, true, at, 1, 1, at, at, 'all');
			END IF;
			PERFORM advocacy.deadlines_fire(at);
		END LOOP;
		SELECT count(DISTINCT s.advocate_id) FILTER (WHERE s.suspension_id > before), count(*) FILTER (WHERE s.suspension_id <= before AND s.closed_at > '2025-01-10')
		  INTO suspended, back FROM advocacy.suspension AS s;
		SELECT size - count(*) INTO gone FROM advocacy.advocate AS a JOIN advocacy.account AS t USING (account_id) WHERE a.retired_at IS NULL AND NOT t.deleted;
		SELECT count(*) FILTER (WHERE o.channel = 'people'), string_agg(o.kind, ' ' ORDER BY o.outbox_id) FILTER (WHERE o.channel = 'admins')
		  INTO people, admins FROM advocacy.outbox AS o;
		SELECT max(r.held_batch) INTO batch FROM advocacy.risk AS r WHERE r.held_at IS NOT NULL AND r.cleared_at IS NULL;
		held := batch IS NOT NULL;
		decided := CASE decision WHEN 'release' THEN advocacy.risk_release(batch, 'mary', at) WHEN 'reject' THEN CASE WHEN held THEN advocacy.risk_reject(batch, 'mary', at) END
			WHEN 'accept' THEN (SELECT count(advocacy.drift_accept(d.source, d.stream, d.field, 'so it is', 'mary', at)) FROM advocacy.field_drift AS d WHERE d.resolved_at IS NULL) END;
		IF decision IS DISTINCT FROM 'release' THEN
			FOR run IN 1 .. 2 LOOP
				at := at + interval '3 days';
				UPDATE pg_temp.reading SET own = at WHERE source = 'gs';
				IF decision = 'accept' THEN -- it isn't mended: that is how things are
					DELETE FROM pg_temp.reading AS r WHERE r.n NOT IN (SELECT substring(s.remote_id FROM 2)::integer FROM pg_temp.spoil(feed, size, run, at) AS s);
				END IF;
				PERFORM pg_temp.sim_poll('gs', at, 'all');
			END LOOP;
		END IF;
		SELECT count(DISTINCT s.advocate_id) INTO away
		  FROM advocacy.suspension AS s JOIN advocacy.advocate AS a USING (advocate_id) JOIN healthy AS h USING (account_id) WHERE s.closed_at IS NULL;
		SELECT count(DISTINCT r.account_id) INTO waiting FROM advocacy.risk AS r JOIN healthy AS h USING (account_id) WHERE r.cleared_at IS NULL AND r.held_at IS NOT NULL;
		IF decision = 'accept' THEN
			SELECT count(*) INTO gone FROM advocacy.account AS t WHERE t.deleted;
		END IF;
		RAISE EXCEPTION USING ERRCODE = 'P9999';
	EXCEPTION WHEN SQLSTATE 'P9999' THEN
		FOREACH stage IN ARRAY '{account,contact}'::text[] LOOP EXECUTE format('TRUNCATE pg_temp.%I', 'stage_' || stage); END LOOP;
	END;
END $$;

-- What each does: harmless (nobody has to know), drift (one message a stream), held (one message); either, as the two answers
-- happen to be mixed.
CREATE TEMPORARY TABLE catalogue (feed text, does text);
INSERT INTO catalogue VALUES ('nothing wrong', 'harmless'), ('empty', 'drift'), ('truncated', 'drift'), ('slightly truncated', 'drift'), ('inverted', 'drift'), ('scheme switch', 'drift'),
	('all null', 'drift'), ('all zero', 'held'), ('all text', 'drift'), ('empty text', 'drift'), ('no field', 'harmless'), ('scale of ten', 'held'), ('bad default', 'held'),
	('one value', 'held'), ('duplicate accounts', 'harmless'), ('duplicate records', 'either'), ('stamps in the future', 'harmless'), ('stamps in the past', 'harmless');
CREATE FUNCTION pg_temp.verdicts(size integer) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT is(format('suspended %s, back %s, gone %s, people told %s, admins %s, held %s; in the end %s suspended, %s held', p.suspended, p.back, p.gone, p.people,
	                 CASE WHEN w.does = 'drift' THEN regexp_replace(p.admins, '^field_drift( field_drift)?$', 'field_drift') ELSE coalesce(p.admins, 'not') END, p.held, p.away, p.waiting),
	          format('suspended 0, back 0, gone 0, people told 0, admins %s, held %s; in the end 0 suspended, 0 held',
	                 CASE w.does WHEN 'held' THEN 'suspensions_held' WHEN 'drift' THEN 'field_drift' ELSE 'not' END, (w.does = 'held')::text::char), format('%s of %s: %s', c.feed, size, c.does))
	  FROM catalogue AS c CROSS JOIN LATERAL pg_temp.play(c.feed, size, CASE WHEN c.does IN ('held', 'either') THEN 'reject' END) AS p
	 CROSS JOIN LATERAL (SELECT CASE WHEN c.does <> 'either' THEN c.does WHEN p.held THEN 'held' ELSE 'drift' END AS does) AS w $$;

SELECT advocacy.source_register('gs', 'gainsight', 1, '10 days'), advocacy.stage_prepare();
SELECT pg_temp.base(1, 35, '2025-01-07');
SELECT pg_temp.sim_poll('gs', '2025-01-08'), pg_temp.sim_poll('gs', '2025-01-09');
SELECT pg_temp.verdicts(35);
-- Called right, they follow: all but those who were suspended before.
SELECT results_eq($$SELECT p.decided, p.away FROM pg_temp.play('all zero', 35, 'release') AS p$$, $$VALUES (35, 33::bigint)$$, 'released: they are suspended');
SELECT is((SELECT p.gone FROM pg_temp.play('truncated', 35, 'accept') AS p), 14::bigint, 'accepted: who isn''t listed is gone');
SELECT is((SELECT p.gone FROM pg_temp.play('empty', 35, 'accept') AS p), 35::bigint, 'also when it is everybody');
-- Nine percent in each run. Rules that want two observations see it coming; those that believe at once stop at a fifth.
SELECT results_eq($$SELECT p.suspended, p.people, p.admins FROM pg_temp.play('trickle', 35, 'reject', 11, '1 hour') AS p$$, $$VALUES (6::bigint, 12::bigint, 'suspensions_held')$$,
	'9 % in each run: at once, for no more than a fifth of the program');
SELECT pg_temp.base(36, 400, '2025-01-09');
SELECT pg_temp.verdicts(400);
SELECT cmp_ok((SELECT p.suspended FROM pg_temp.play('trickle', 400, 'reject', 11, '1 hour') AS p), '<=', 80::bigint, '9 % in each run of 400: no more than a fifth');
SELECT advocacy.risk_rule_retire('very low', '2025-01-10'), advocacy.risk_rule_define('drop', 'health_score', '<', 75, '>', 75, '7 days', flaps => 3, drop_points => 20, drop_within => '14 days', enter_observations => 2, enter_apart => '6 hours'),
	advocacy.risk_rule_define('low', 'health_score', '<', 60, '>', 75, '7 days', 'suspend', 'soft', 2, '6 hours', 2, '6 hours', '7 days', 3);
SELECT results_eq($$SELECT p.suspended, p.people, p.admins FROM pg_temp.play('trickle', 400, 'reject', 11, '1 hour') AS p$$, $$VALUES (0::bigint, 0::bigint, 'suspensions_held')$$,
	'9 % in each run: nobody, where two observations are wanted');
-- What came with a stamp from the future doesn't keep true ones out, and read twice it is one observation.
DELETE FROM pg_temp.reading WHERE n <> 1;
UPDATE pg_temp.reading SET own = '2025-03-01', signals = '{"health_score": 50}';
SELECT pg_temp.sim_poll('gs', '2025-01-11'), pg_temp.sim_poll('gs', '2025-01-11 12:00'), pg_temp.sim_poll('gs', '2025-01-12');
SELECT is((SELECT count(*) FROM advocacy.risk AS r JOIN advocacy.account AS a USING (account_id) WHERE a.remote_id = 'a1'), 0::bigint, 'a low score from the future, read three times, is one observation');
UPDATE pg_temp.reading SET own = '2025-01-13';
SELECT pg_temp.sim_poll('gs', '2025-01-13');
SELECT is((SELECT count(*) FROM advocacy.risk AS r JOIN advocacy.account AS a USING (account_id) WHERE a.remote_id = 'a1' AND r.rule = 'low' AND r.cleared_at IS NULL), 1::bigint,
	'and doesn''t keep out what comes with a true stamp');
SELECT * FROM finish();
