-- slow
-- Months of a program, day by day (simulation/driver.psql): scores that waver, scores that are read again and again, and
-- scores that a suspension itself moves don't send advocates to and fro.
SET client_min_messages = warning;
SELECT plan(25);
\ir simulation/driver.psql
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
-- The breaker is not what is asked about here.
SELECT advocacy.policy_setting_define('breaker_percent', '100'), advocacy.policy_setting_define('breaker_least', '100000'), advocacy.policy_setting_define('reinstate_least', '100000');
-- As the sample policy has it; with every guard; several rules over one score; a rule that rests for a month; and one that
-- allows three changes.
SELECT advocacy.risk_rule_define('plain', 'plain', '<', 60, '>', 75, '7 days', flaps => 3),
       advocacy.risk_rule_define('twice', 'twice', '<', 60, '>', 75, '7 days', 'suspend', 'soft', 2, '6 hours', 2, '6 hours', '7 days', 3),
       advocacy.risk_rule_define('low', 'several', '<', 60, '>', 75, '7 days', 'suspend', 'soft', 2, '6 hours', 2, '6 hours', '7 days', 3),
       advocacy.risk_rule_define('very low', 'several', '<', 40, '>', 75, '7 days', 'suspend', 'hard', flaps => 3),
       advocacy.risk_rule_define('drop', 'several', '<', 75, '>', 75, '7 days', flaps => 3, drop_points => 20, drop_within => '14 days'),
       advocacy.risk_rule_define('month', 'month', '<', 60, '>', 75, '7 days', dwell => '30 days', flaps => 3),
       advocacy.risk_rule_define('often', 'often', '<', 60, '>', 75, '7 days', flaps => 4);

-- Waves of several heights, lengths in days and noises around both thresholds, each under each policy.
CREATE TEMPORARY TABLE wave AS
SELECT row_number() OVER ()::integer AS n, policy, middle, amplitude, period,
       CASE WHEN row_number() OVER (PARTITION BY policy) % 2 = 0 THEN 6 ELSE 0 END AS noise
  FROM unnest('{plain,twice,several,month,often}'::text[]) AS policy, unnest('{60,67.5,75}'::float8[]) AS middle,
       unnest('{12,35}'::float8[]) AS amplitude, unnest('{2,3.3,7,13,17,20,24,31,45}'::float8[]) AS period;
SELECT pg_temp.sim_open('gs', (SELECT count(*)::integer FROM wave), '2025-01-01');
DO $$
DECLARE at timestamptz;
BEGIN
	FOR at IN SELECT generate_series('2025-01-02'::timestamptz, '2025-05-01', '1 day') LOOP
		INSERT INTO pg_temp.reading (source, n, signals, own)
		SELECT 'gs', w.n, jsonb_build_object(w.policy, round(greatest(0, least(100, w.middle
		       + w.amplitude * sin(2 * pi() * extract(epoch FROM at - '2025-01-01') / 86400 / w.period)
		       + w.noise * pg_temp.chance(w.n::text, at::text)))::numeric, 1)), at FROM wave AS w
		ON CONFLICT ON CONSTRAINT reading_pkey DO UPDATE SET signals = excluded.signals, own = excluded.own;
		PERFORM pg_temp.sim_poll('gs', at);
		COMMIT;
	END LOOP;
END $$;
CREATE TEMPORARY TABLE changed AS SELECT w.*, c.at, c.left, c.within_30_days FROM change AS c JOIN wave AS w USING (n);
SELECT cmp_ok((SELECT count(*) FROM changed WHERE policy = w.policy), '>', 60::bigint, w.policy || ': there is something to see')
  FROM (SELECT DISTINCT policy FROM wave) AS w ORDER BY policy;
SELECT is((SELECT count(*) FROM changed WHERE within_30_days > 2 AND policy <> 'often'), 0::bigint, 'never more than two changes in 30 days, whatever the dwell');
SELECT is((SELECT count(*) FROM changed WHERE within_30_days > 3), 0::bigint, 'or three, where the rule allows three');
SELECT cmp_ok((SELECT count(*) FROM changed WHERE within_30_days = 3), '>', 5::bigint, 'which is what these waves would do');
SELECT cmp_ok((SELECT count(*) FROM changed WHERE NOT "left" AND policy = w.policy), '>', 10::bigint, w.policy || ': they do come back')
  FROM (SELECT DISTINCT policy FROM wave) AS w ORDER BY policy;
SELECT is((SELECT count(*) FROM (SELECT n FROM changed WHERE period < 8 AND noise = 0 GROUP BY n HAVING count(*) > 1) AS c), 0::bigint,
	'a wave that is well for less than the hold suspends once, and that is all');
SELECT is((SELECT count(*) FROM advocacy.risk WHERE pinned_at IS NOT NULL), 0::bigint, 'so nobody has to wait for a person');

-- One score, read forty times: one observation.
SELECT advocacy.risk_rule_retire(rule, '2025-05-02') FROM advocacy.risk_rule WHERE rule <> 'twice';
INSERT INTO pg_temp.reading (source, n, signals, own) SELECT 'gs', n, jsonb_build_object('twice', 50), '2025-05-03' FROM generate_series(1001, 1003) AS n;
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate)
SELECT 'c' || n, '2025-05-02', 'a' || n, 'c' || n || '@x.example', 'Person', true FROM generate_series(1001, 1003) AS n;
DELETE FROM pg_temp.reading WHERE n < 1001;
CREATE FUNCTION pg_temp.polls(source text, first timestamptz, last timestamptz, every interval) RETURNS void LANGUAGE sql AS $$
	SELECT pg_temp.sim_poll(polls.source, t) FROM generate_series(first, last, every) AS t $$;
CREATE FUNCTION pg_temp.away() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(n::text, ' ' ORDER BY n) FROM away WHERE ended IS NULL AND n > 1000 $$;
SELECT pg_temp.polls('gs', '2025-05-03', '2025-05-22', '12 hours');
SELECT is(pg_temp.away(), NULL, 'a low score that is read forty times suspends nobody');
UPDATE pg_temp.reading SET own = '2025-05-23';
SELECT pg_temp.polls('gs', '2025-05-23', '2025-05-23', '6 hours');
SELECT is(pg_temp.away(), '1001 1002 1003', 'one that the source gives twice does');
UPDATE pg_temp.reading SET own = '2025-05-24', signals = '{"twice": 90}';
SELECT pg_temp.polls('gs', '2025-05-24', '2025-06-12', '12 hours');
SELECT is(pg_temp.away(), '1001 1002 1003', 'nor does a good one that is read forty times make anybody available');

-- All sources have to say so, freshly.
SELECT pg_temp.sim_open('hs', 0, '2025-06-12 12:00');
INSERT INTO pg_temp.reading (source, n, signals, own)
SELECT 'hs', n, jsonb_build_object('twice', CASE n WHEN 1002 THEN 70 ELSE 90 END), '2025-06-13' FROM generate_series(1001, 1003) AS n;
UPDATE pg_temp.reading SET own = '2025-06-13' WHERE source = 'gs';
SELECT pg_temp.sim_poll('hs', '2025-06-13'), pg_temp.sim_poll('gs', '2025-06-13 01:00');
UPDATE pg_temp.reading SET own = '2025-06-14' WHERE n <> 1003 OR source = 'gs';
SELECT pg_temp.sim_poll('gs', '2025-06-14'), pg_temp.sim_poll('hs', '2025-06-14');
SELECT pg_temp.polls('gs', '2025-06-15', '2025-06-22', '1 day');
SELECT is(pg_temp.away(), '1002 1003', 'available is who is well in both; not who is less well in the other, or well only once');
UPDATE pg_temp.reading SET own = '2025-06-23' WHERE source = 'gs';
SELECT pg_temp.polls('gs', '2025-06-23', '2025-07-05', '1 day');
UPDATE pg_temp.reading SET own = '2025-07-05', signals = '{"twice": 95}' WHERE source = 'gs';
SELECT pg_temp.polls('gs', '2025-07-05', '2025-07-20', '1 day');
SELECT is(pg_temp.away(), '1002 1003', 'a source that is silent doesn''t agree');
UPDATE pg_temp.reading SET own = '2025-07-21', signals = '{"twice": 80}' WHERE source = 'hs';
SELECT pg_temp.sim_poll('hs', '2025-07-21'), pg_temp.sim_poll('gs', '2025-07-21');
UPDATE pg_temp.reading SET own = '2025-07-22' WHERE source = 'hs';
SELECT pg_temp.polls('hs', '2025-07-22', '2025-07-30', '1 day');
SELECT is(pg_temp.away(), NULL, 'when it is back and says so too, they are available');

-- Closed loops: who is suspended is used less, and the score falls with it (gain above 0); or recovers, and it rises (below
-- 0), within some days. A score that would be fine by itself, one that wouldn't, and all between.
SELECT advocacy.risk_rule_define('loop', 'loop', '<', 60, '>', 75, '7 days', 'suspend', 'soft', 2, '6 hours', 2, '6 hours', '7 days', 3);
CREATE TEMPORARY TABLE looped AS
SELECT 2000 + row_number() OVER ()::integer AS n, base, gain, days, base::float8 AS score
  FROM unnest('{50,62,70,77,82,95}'::float8[]) AS base, unnest('{-40,-10,10,20,40}'::float8[]) AS gain, unnest('{2,10}'::float8[]) AS days;
DELETE FROM pg_temp.reading;
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate)
SELECT 'c' || n, '2025-08-01', 'a' || n, 'c' || n || '@x.example', 'Person', true FROM looped;
DO $$
DECLARE at timestamptz;
BEGIN
	FOR at IN SELECT generate_series('2025-08-01'::timestamptz, '2025-12-01', '1 day') LOOP
		-- A dip of ten days that hits everybody begins it.
		UPDATE looped AS l SET score = l.score + (l.base - CASE WHEN w.n IS NULL THEN 0 ELSE l.gain END
		       - CASE WHEN at BETWEEN '2025-08-10' AND '2025-08-20' THEN 25 ELSE 0 END - l.score) / l.days
		  FROM looped AS k LEFT JOIN away AS w ON w.n = k.n AND w.ended IS NULL WHERE k.n = l.n;
		INSERT INTO pg_temp.reading (source, n, signals, own)
		SELECT 'gs', l.n, jsonb_build_object('loop', round(greatest(0, least(100, l.score))::numeric, 1)), at FROM looped AS l
		ON CONFLICT ON CONSTRAINT reading_pkey DO UPDATE SET signals = excluded.signals, own = excluded.own;
		PERFORM pg_temp.sim_poll('gs', at);
		COMMIT;
	END LOOP;
END $$;
CREATE TEMPORARY TABLE settled AS SELECT l.*, c.at, c.within_30_days, c.left FROM change AS c JOIN looped AS l USING (n);
SELECT cmp_ok((SELECT count(DISTINCT n) FROM settled), '>', 30::bigint, 'closed loops: there is something to see');
SELECT is((SELECT count(*) FROM settled WHERE gain > 0 AND at > '2025-10-15'), 0::bigint, 'two months after the dip nobody comes or goes any more');
SELECT cmp_ok((SELECT max(times) FROM (SELECT count(*) AS times FROM settled WHERE gain > 0 GROUP BY n) AS c), '<=', 2::bigint,
	'each went once at most, and came back once at most');
SELECT is((SELECT count(*) FROM settled WHERE within_30_days > 2), 0::bigint, 'also where being suspended heals');

SELECT * FROM finish();
