-- Records that change places, join and part again: what was wrong with a customer goes where its evidence goes.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(19);
SELECT advocacy.source_register('sf', 'salesforce', 1, '36500 days'), advocacy.source_register('hub', 'hubspot', 2, '36500 days'),
       advocacy.source_register('gs', 'gainsight', 3, '36500 days'), advocacy.stage_prepare(),
       advocacy.risk_rule_define('health', 'health_score', '<', 60, '>', 75, '7 days', severity => 'hard') \g /dev/null
-- Records of hub and gs are of customer N of sf.
CREATE FUNCTION pg_temp.sf(n integer) RETURNS text LANGUAGE sql AS $$ SELECT '00100000000000' || n || 'AAA' $$;
CREATE FUNCTION pg_temp.apply(source text, at timestamptz) RETURNS void LANGUAGE sql AS $$
	SELECT advocacy.sync_apply(source, 'all', 'c', true, at, 1, 1, at, at) $$;
CREATE FUNCTION pg_temp.stage(id text, at timestamptz, n integer, score integer) RETURNS void LANGUAGE sql AS $$
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals, salesforce_id)
	VALUES (id, at, id, jsonb_build_object('health_score', score), pg_temp.sf(n)) $$;
CREATE FUNCTION pg_temp.say(id text, at timestamptz, n integer, score integer) RETURNS void LANGUAGE sql AS $$
	SELECT pg_temp.stage(id, at, n, score), pg_temp.apply(CASE left(id, 1) WHEN 'h' THEN 'hub' ELSE 'gs' END, at) $$;
-- Whose advocates may not be asked.
CREATE FUNCTION pg_temp.suspended(VARIADIC n integer[]) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(DISTINCT c.remote_id, ' ') FROM advocacy.suspension AS s JOIN advocacy.advocate USING (advocate_id)
	  JOIN advocacy.contact AS c USING (contact_id) WHERE s.closed_at IS NULL AND c.remote_id = ANY (SELECT 'c' || u FROM unnest(n) AS u) $$;
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name) SELECT pg_temp.sf(n), '2025-01-01', 'A' || n FROM generate_series(1, 8) AS n;
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate)
SELECT 'c' || n, '2025-01-01', pg_temp.sf(n), n || '@x.example', 'P' || n, true FROM generate_series(1, 8) AS n;
SELECT pg_temp.apply('sf', '2025-01-01') \g /dev/null

-- 65 is neither low nor well: who was low stays so.
SELECT pg_temp.say('h' || n, '2025-01-01', n, 20), pg_temp.say('h' || n, '2025-01-02', n, 65) FROM generate_series(1, 2) AS n \g /dev/null
SELECT is(pg_temp.suspended(1, 2), 'c1 c2', '(two are at risk)');
SELECT pg_temp.stage('h1', '2025-01-03', 2, 65), pg_temp.stage('h2', '2025-01-03', 1, 65), pg_temp.apply('hub', '2025-01-03') \g /dev/null
SELECT is(pg_temp.suspended(1, 2), 'c1 c2', 'records that were confused change places in one reading: both are at risk still');
SELECT is((SELECT array_agg(a.remote_id || ' ' || (r.evidence ->> 'remote_id') ORDER BY 1) FROM advocacy.risk AS r JOIN advocacy.account AS a USING (account_id)
            WHERE r.cleared_at IS NULL), ARRAY[pg_temp.sf(1) || ' h2', pg_temp.sf(2) || ' h1'], 'by their own evidence');

-- Joined by mistake, and parted again: by the record that came, and by the one that was there.
SELECT pg_temp.say(s || n, '2025-01-01', n, 20), pg_temp.say(s || n, '2025-01-02', n, 65)
  FROM (VALUES ('h', 3), ('g', 4), ('h', 5), ('g', 6)) AS r (s, n) \g /dev/null
SELECT is(pg_temp.suspended(3, 4, 5, 6), 'c3 c4 c5 c6', '(four are at risk)');
SELECT pg_temp.say('g4', '2025-01-03', 3, 65), pg_temp.say('g6', '2025-01-03', 5, 65) \g /dev/null
SELECT is((SELECT count(*) FROM advocacy.risk AS r JOIN advocacy.account AS a USING (account_id) WHERE r.cleared_at IS NULL AND a.remote_id IN (pg_temp.sf(3), pg_temp.sf(5))),
	2::bigint, '(joined, each is one risk)');
SELECT pg_temp.say('g4', '2025-01-04', 4, 65), pg_temp.say('h5', '2025-01-04', 6, 65) \g /dev/null
SELECT is(pg_temp.suspended(3, 4), 'c3 c4', 'who parts from another who is at risk is so again');
SELECT is(pg_temp.suspended(5, 6), 'c5 c6', 'whichever of them goes');
SELECT pg_temp.say('g4', '2025-01-05', 3, 65) \g /dev/null
SELECT is((SELECT count(*) FROM advocacy.risk AS r JOIN advocacy.account AS a USING (account_id) WHERE r.cleared_at IS NULL AND a.remote_id = pg_temp.sf(3)),
	1::bigint, 'joined anew they have one again');
SELECT pg_temp.say(s, '2025-01-06', 3, 90) FROM unnest('{h3,g4}'::text[]) AS s \g /dev/null
SELECT pg_temp.apply('hub', '2025-01-14') \g /dev/null
SELECT pg_temp.say('g4', '2025-01-15', 4, 65) \g /dev/null
SELECT is(pg_temp.suspended(3, 4), NULL, 'what is over for both is nobody''s any more');

-- What was about to be over is so no sooner than the other; and no person ends it who was asked about the one alone.
SELECT pg_temp.say('h7', '2025-01-15', 7, 20), pg_temp.say('g8', '2025-01-15', 8, 20), pg_temp.say('h7', '2025-01-16', 7, 90),
       pg_temp.say('g8', '2025-01-20', 8, 90), pg_temp.say('g8', '2025-01-21', 7, 90) \g /dev/null
SELECT pg_temp.apply('hub', '2025-01-24') \g /dev/null
SELECT is(pg_temp.suspended(7), 'c7', 'one of them is well since four days only');
SELECT pg_temp.apply('hub', '2025-01-28') \g /dev/null
SELECT is(pg_temp.suspended(7), NULL, 'then both are');
SELECT pg_temp.say('g8', '2025-02-01', 8, 20), pg_temp.say('h7', '2025-02-01', 7, 20), pg_temp.say('h7', '2025-02-02', 7, 90) \g /dev/null
INSERT INTO advocacy.decision_batch (batch_id, direction, source, opened_at, advocates, most) OVERRIDING SYSTEM VALUE VALUES (77, 'reinstate', 'hub', '2025-02-09', 1, 1);
UPDATE advocacy.risk AS r SET clear_batch = 77, clear_due_at = NULL FROM advocacy.account AS a
 WHERE a.account_id = r.account_id AND a.remote_id = pg_temp.sf(7) AND r.cleared_at IS NULL;
SELECT pg_temp.say('g8', '2025-02-10', 7, 20) \g /dev/null
SELECT throws_ok($$ SELECT advocacy.risk_release(77, 'ann', '2025-02-11') $$, '55000', NULL, 'a question about one that is worse now has no answer any more');
SELECT is(pg_temp.suspended(7), 'c7', 'so nobody is available by it');
SELECT is((SELECT count(*) FROM advocacy.risk WHERE well_since IS NOT NULL AND cleared_at IS NULL), 0::bigint, 'nor about to be');
-- What ended in one customer long ago comes back to nobody else.
SELECT pg_temp.say('h3', '2025-03-01', 3, 20), pg_temp.say('g4', '2025-03-01', 4, 20), pg_temp.say('h5', '2025-03-01', 6, 20), pg_temp.say('g6', '2025-03-01', 5, 90),
       pg_temp.say('g4', '2025-03-02', 3, 90), pg_temp.say('g4', '2025-03-03', 6, 90), pg_temp.say('h5', '2025-03-03', 6, 90) \g /dev/null
SELECT pg_temp.apply('hub', '2025-03-12') \g /dev/null
SELECT is(pg_temp.suspended(3, 6), 'c3', '(the record went on to another customer, who is well by now; the one that it left isn''t)');
SELECT pg_temp.say('g6', '2025-03-13', 3, 90), pg_temp.say('g6', '2025-03-14', 5, 90) \g /dev/null
SELECT is((SELECT count(*) FROM advocacy.risk AS r JOIN advocacy.account AS a USING (account_id) WHERE r.cleared_at IS NULL AND a.remote_id = pg_temp.sf(6)),
	0::bigint, 'nor is there anything against them when somebody else parts from that one');
-- Two records that were one leave at once, to two customers: what was said goes with the one that said it, whatever the plan is.
CREATE FUNCTION pg_temp.part(setting text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	said text;
BEGIN
	PERFORM set_config(s, 'off', true) FROM unnest(string_to_array(setting, ' ')) AS s;
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, salesforce_id) VALUES ('h8', '2026-02-03', 'h8', pg_temp.sf(7)), ('h0', '2026-02-03', 'h0', pg_temp.sf(6));
	PERFORM pg_temp.apply('hub', '2026-02-03');
	SELECT string_agg(format('%s: %s and %s', t.remote_id, (SELECT s.value FROM advocacy.signal AS s WHERE s.account_id = t.account_id AND s.source = 'hub' AND s.name = 'usage'),
		(SELECT count(*) FROM advocacy.signal_history AS h WHERE h.account_id = t.account_id AND h.source = 'hub' AND h.name = 'usage')), ', ' ORDER BY t.remote_id) INTO said
	  FROM advocacy.account_source AS t WHERE t.source = 'hub' AND t.remote_id IN ('h0', 'h8');
	RAISE EXCEPTION '%', said;
EXCEPTION WHEN raise_exception THEN
	RETURN said;
END $$;
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, salesforce_id, signals) VALUES ('h8', '2026-02-01', 'h8', pg_temp.sf(8), '{"usage": 1}');
SELECT pg_temp.apply('hub', '2026-02-01') \g /dev/null
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, salesforce_id, signals, deleted, merged_into_remote_id) VALUES
	('h8', '2026-02-02', 'h8', pg_temp.sf(8), '{"usage": 2}', false, NULL), ('h0', '2026-02-02', 'h0', NULL, NULL, true, 'h8');
SELECT pg_temp.apply('hub', '2026-02-02') \g /dev/null
SELECT is(pg_temp.part(p), 'h0:  and 0, h8: 2 and 2', 'who spoke goes with what was said, without ' || p)
  FROM unnest('{enable_hashjoin,enable_hashjoin enable_mergejoin,enable_nestloop enable_mergejoin}'::text[]) AS p;
SELECT * FROM finish();
ROLLBACK;
