-- Records that are merged in the CRM: the survivor is no better than the worse of both, until it says so itself.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();
SELECT advocacy.source_register('sf', 'salesforce', 1, '36500 days'), advocacy.stage_prepare();
SELECT advocacy.risk_rule_define('health', 'health_score', '<', 60, '>', 75, severity => 'hard'),
       advocacy.risk_rule_define('churn', 'churn', '=', 1, '=', 0, '1 day', severity => 'hard', clear_observations => 2, clear_apart => '6 hours'),
       advocacy.risk_rule_define('escalated', 'open_escalations', '>', 0, '=', 0, severity => 'hard');
CREATE FUNCTION pg_temp.apply(at timestamptz) RETURNS void LANGUAGE sql AS $$ SELECT advocacy.sync_apply('sf', 'all', 'c', true, at, 1, 1, at, at) $$;
CREATE FUNCTION pg_temp.say(id text, at timestamptz, signals jsonb, into_id text DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, deleted, name, signals, merged_into_remote_id) VALUES (id, at, into_id IS NOT NULL, id, signals, into_id) $$;
CREATE FUNCTION pg_temp.case(id text, account text, at timestamptz, escalated boolean) RETURNS void LANGUAGE sql AS $$
	INSERT INTO pg_temp.stage_support_case (remote_id, modified_at, account_remote_id, number, escalated, closed) VALUES (id, at, account, id, escalated, false) $$;
-- Who is suspended, and why.
CREATE FUNCTION pg_temp.causes(id text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(s.rule, ' ' ORDER BY s.rule) FROM advocacy.suspension AS s JOIN advocacy.advocate USING (advocate_id) JOIN advocacy.contact AS c USING (contact_id)
	 WHERE c.remote_id = 'c' || id AND s.closed_at IS NULL $$;
CREATE FUNCTION pg_temp.customer(id text) RETURNS bigint LANGUAGE sql AS $$ SELECT account_id FROM advocacy.account_source WHERE remote_id = id $$;

-- Losers 1, 3, 5, 7 with survivors 2, 4, 6, 8; all are well, and have an advocate.
SELECT pg_temp.say('a' || n, '2025-01-01', '{"health_score": 90, "churn": 0}') FROM generate_series(1, 8) AS n \g /dev/null
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate) SELECT 'ca' || n, '2025-01-01', 'a' || n, n || '@x.example', 'P' || n, true FROM generate_series(1, 8) AS n;
SELECT pg_temp.case('k1', 'a1', '2025-01-01', false), pg_temp.case('k2', 'a2', '2025-01-01', false), pg_temp.apply('2025-01-01') \g /dev/null
SELECT pg_temp.say('a1', '2025-01-02', '{"health_score": 10, "churn": 1}'), pg_temp.case('k1', 'a1', '2025-01-02', true), pg_temp.apply('2025-01-02') \g /dev/null
SELECT pg_temp.say('a2', '2025-01-03', '{"health_score": 90, "churn": 0}'), pg_temp.apply('2025-01-03') \g /dev/null
SELECT is(pg_temp.causes('a1'), 'churn escalated health', '(the one that will lose is at risk)');
SELECT is(pg_temp.causes('a2'), NULL, '(the other is well, and has said so since)');
SELECT pg_temp.say('a1', '2025-01-04', NULL, 'a2'), pg_temp.apply('2025-01-04 00:10') \g /dev/null
SELECT is(pg_temp.customer('a1'), pg_temp.customer('a2'), '(they are one)');
SELECT is(pg_temp.causes('a1') || '; ' || pg_temp.causes('a2'), 'churn escalated health; churn escalated health', 'both advocates are of a customer at risk');
SELECT matches((SELECT string_agg(f.fact, E'\n') FROM advocacy.explain_advocate((SELECT advocate_id FROM advocacy.advocate JOIN advocacy.contact AS c USING (contact_id) WHERE c.remote_id = 'ca2'), '2025-01-04 00:20') AS f),
	'health score is above 75; it is of a record that was merged at 2025-01-04T00:00:00Z, and what the other had said before doesn.t count', 'and are told why');
SELECT pg_temp.apply('2025-01-05') \g /dev/null
SELECT is(pg_temp.causes('a2'), 'churn escalated health', 'as long as the survivor says nothing');
SELECT pg_temp.say('a2', '2025-01-05', '{"health_score": 80, "churn": 0}'), pg_temp.apply('2025-01-05') \g /dev/null
SELECT is(pg_temp.causes('a2'), 'churn escalated', 'its own word counts; what takes two takes two since then, and the other''s case is its own');
SELECT pg_temp.say('a2', '2025-01-06', '{"health_score": 80, "churn": 0}'), pg_temp.case('k1', 'a1', '2025-01-06', false), pg_temp.apply('2025-01-06 01:00') \g /dev/null
SELECT is(concat_ws(' ', pg_temp.causes('a1'), pg_temp.causes('a2')), '', 'then all of it is over');

-- The survivor is stamped a moment before, and comes first.
SELECT pg_temp.say('a3', '2025-01-02', '{"health_score": 10}'), pg_temp.apply('2025-01-07') \g /dev/null
SELECT pg_temp.say('a4', '2025-01-07 23:59:59', '{"health_score": 80}'), pg_temp.apply('2025-01-08') \g /dev/null
SELECT pg_temp.say('a3', '2025-01-08', NULL, 'a4'), pg_temp.apply('2025-01-08 00:10') \g /dev/null
SELECT is(concat_ws(' ', pg_temp.causes('a3'), pg_temp.causes('a4')), '', 'what it said in the act of merging counts');

-- Both are at risk: what stays is no better than what it takes in.
SELECT pg_temp.say('a5', '2025-01-09', '{"churn": 1}'), pg_temp.say('a6', '2025-01-09', '{"churn": 1}'), pg_temp.apply('2025-01-09') \g /dev/null
SELECT pg_temp.say('a6', '2025-01-10', '{"churn": 0}'), pg_temp.apply('2025-01-10') \g /dev/null
SELECT pg_temp.say('a6', '2025-01-11', '{"churn": 0}'), pg_temp.apply('2025-01-11') \g /dev/null
UPDATE advocacy.risk SET well_since = '2025-01-10 12:00', clear_due_at = '2025-01-11 12:00' WHERE account_id = pg_temp.customer('a6') AND cleared_at IS NULL;
SELECT pg_temp.say('a5', '2025-01-11', NULL, 'a6'), pg_temp.apply('2025-01-11 01:00') \g /dev/null
SELECT pg_temp.apply('2025-01-12') \g /dev/null
SELECT is(pg_temp.causes('a5') || '; ' || pg_temp.causes('a6'), 'churn; churn', 'what was about to be over begins anew');
SELECT is((SELECT count(*) FROM advocacy.risk WHERE account_id = pg_temp.customer('a6') AND rule = 'churn' AND cleared_at IS NULL), 1::bigint, 'as one risk');
-- One of them is held by a brake, the other suspends.
SELECT pg_temp.say('a7', '2025-01-12', '{"churn": 1}'), pg_temp.say('a8', '2025-01-12', '{"churn": 1}'), pg_temp.apply('2025-01-12') \g /dev/null
INSERT INTO advocacy.decision_batch (batch_id, direction, source, opened_at, advocates, most) OVERRIDING SYSTEM VALUE VALUES (77, 'suspend', 'sf', '2025-01-12', 1, 1);
UPDATE advocacy.risk SET held_at = '2025-01-12', held_batch = 77 WHERE account_id = pg_temp.customer('a8') AND cleared_at IS NULL;
UPDATE advocacy.suspension SET closed_at = '2025-01-12', closed_by = 'test', close_reason = 'held' WHERE closed_at IS NULL AND risk_id IN (SELECT risk_id FROM advocacy.risk WHERE held_at IS NOT NULL);
SELECT is(pg_temp.causes('a7') || coalesce(pg_temp.causes('a8'), ' alone'), 'churn alone', '(one is suspended)');
SELECT pg_temp.say('a7', '2025-01-13', NULL, 'a8'), pg_temp.apply('2025-01-13') \g /dev/null
SELECT is(pg_temp.causes('a7') || '; ' || pg_temp.causes('a8'), 'churn; churn', 'nobody is available again because a brake held the other');

-- Three become one in one reading, and one of them comes back.
SELECT pg_temp.say('b' || n, '2025-01-14', '{"health_score": 90}') FROM generate_series(1, 3) AS n \g /dev/null
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate) SELECT 'cb' || n, '2025-01-14', 'b' || n, 'b' || n || '@x.example', 'B' || n, true FROM generate_series(1, 3) AS n;
SELECT pg_temp.apply('2025-01-14') \g /dev/null
SELECT pg_temp.say('b1', '2025-01-15', '{"health_score": 20}'), pg_temp.apply('2025-01-15') \g /dev/null
SELECT pg_temp.say('b2', '2025-01-16', '{"health_score": 10}'), pg_temp.apply('2025-01-16') \g /dev/null
SELECT pg_temp.say('b1', '2025-01-17', NULL, 'b2'), pg_temp.say('b2', '2025-01-17', NULL, 'b3'), pg_temp.apply('2025-01-17') \g /dev/null
SELECT is((SELECT string_agg(pg_temp.causes('b' || n), ' ') FROM generate_series(1, 3) AS n), 'health health health', 'a chain of merges: all are of a customer at risk');
INSERT INTO pg_temp.stage_account (remote_id, modified_at, deleted, name, signals) VALUES ('b1', '2025-01-18', false, 'b1', '{"health_score": 65}');
SELECT pg_temp.apply('2025-01-18') \g /dev/null
SELECT isnt(pg_temp.customer('b1'), pg_temp.customer('b3'), '(the first of them comes back)');
SELECT is(pg_temp.causes('b1') || '; ' || pg_temp.causes('b3'), 'health; health', 'at risk as it was, and so is who took in the other');
SELECT pg_temp.say('b3', '2025-01-19', '{"health_score": 80}'), pg_temp.apply('2025-01-19') \g /dev/null
SELECT is(concat_ws('; ', pg_temp.causes('b1'), pg_temp.causes('b3')), 'health', 'until they say so themselves');

-- A person's word that one of them may be asked all the same is about that one.
SELECT pg_temp.say('d' || n, '2025-01-19', '{"health_score": 90}') FROM generate_series(1, 6) AS n \g /dev/null
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate) SELECT 'cd' || n, '2025-01-20', 'd' || n, 'd' || n || '@x.example', 'D' || n, true FROM generate_series(1, 6) AS n;
SELECT pg_temp.apply('2025-01-19') \g /dev/null
SELECT pg_temp.say('d' || n, '2025-01-20', '{"health_score": 20}') FROM generate_series(1, 2) AS n \g /dev/null
SELECT pg_temp.apply('2025-01-20') \g /dev/null
SELECT pg_temp.say('d' || n, '2025-01-22', '{"health_score": 20}') FROM unnest('{3,5,6}'::integer[]) AS n \g /dev/null
SELECT pg_temp.apply('2025-01-22') \g /dev/null
SELECT advocacy.risk_override(NULL, pg_temp.customer('d' || n), 'health', '2025-02-01', 'a wrong score', 'mary', '2025-01-22 01:00') FROM unnest('{1,3,6}'::integer[]) AS n \g /dev/null
SELECT is((SELECT string_agg('d' || n, ' ') FROM generate_series(1, 6) AS n WHERE pg_temp.causes('d' || n) = 'health'), 'd2 d5', '(who is at risk, and not excepted)');
SELECT pg_temp.say('d' || n, '2025-01-23', NULL, 'd' || n + 1) FROM unnest('{1,3,5}'::integer[]) AS n \g /dev/null
SELECT pg_temp.apply('2025-01-23') \g /dev/null
SELECT is((SELECT string_agg('d' || n, ' ' ORDER BY n) FROM generate_series(1, 6) AS n WHERE pg_temp.causes('d' || n) = 'health'), 'd1 d2 d5 d6',
	'merged with one that is at risk it frees nobody, whichever survives; else it goes along');
SELECT is((SELECT count(*) FROM advocacy.audit_log WHERE action = 'risk_override_end' AND actor = 'merge'), 2::bigint, 'which is written down');

-- Two sources say so of one customer, and the records of one of them are merged: that the other is well again isn't enough.
SELECT advocacy.source_register('gs', 'gainsight', 2, '36500 days') \g /dev/null
CREATE FUNCTION pg_temp.other(id text, at timestamptz, score integer, follows text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals, domain) VALUES (id, at, id, jsonb_build_object('health_score', score), follows || '.example');
	PERFORM advocacy.sync_apply('gs', 'all', 'c', true, at, 1, 1, at, at);
END $$;
CREATE FUNCTION pg_temp.own(id text, at timestamptz, score integer, into_id text DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, deleted, name, signals, domain, merged_into_remote_id)
	VALUES (id, at, into_id IS NOT NULL, id, CASE WHEN score IS NOT NULL THEN jsonb_build_object('health_score', score) END, id || '.example', into_id) $$;
SELECT pg_temp.own('e' || n, '2025-01-24', 90) FROM generate_series(1, 6) AS n \g /dev/null
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate) SELECT 'ce' || n, '2025-01-24', 'e' || n, 'e' || n || '@x.example', 'E' || n, true FROM generate_series(1, 6) AS n;
SELECT pg_temp.apply('2025-01-24') \g /dev/null
SELECT pg_temp.other('g' || n, '2025-01-24', 90, 'e' || n) FROM generate_series(1, 5, 2) AS n \g /dev/null
SELECT pg_temp.other('g' || n, '2025-01-25', 10, 'e' || n) FROM unnest('{1,3}'::integer[]) AS n \g /dev/null
SELECT pg_temp.own('e1', '2025-01-25', 20), pg_temp.own('e5', '2025-01-25', 20), pg_temp.apply('2025-01-25 00:10') \g /dev/null
SELECT pg_temp.other('g5', '2025-01-25 01:00', 10, 'e5') \g /dev/null
SELECT pg_temp.own('e' || n, '2025-01-26', 90) FROM unnest('{2,4,6}'::integer[]) AS n \g /dev/null
SELECT pg_temp.apply('2025-01-26') \g /dev/null
SELECT is((SELECT string_agg(remote_id || ' by ' || (evidence ->> 'source'), ', ' ORDER BY remote_id) FROM advocacy.risk JOIN advocacy.account_source USING (account_id) WHERE cleared_at IS NULL AND remote_id LIKE 'e_'),
	'e1 by gs, e3 by gs, e5 by sf', '(two are at risk by the other source, one by its own; of one both say so)');
SELECT pg_temp.own('e' || n, '2025-01-27', NULL, 'e' || n + 1) FROM generate_series(1, 5, 2) AS n \g /dev/null
SELECT pg_temp.apply('2025-01-27') \g /dev/null
SELECT is((SELECT count(*) FROM generate_series(1, 5, 2) AS n WHERE pg_temp.customer('g' || n) = pg_temp.customer('e' || n + 1)), 3::bigint, '(all are merged, and the other source goes along)');
SELECT is((SELECT string_agg('e' || n, ' ') FROM generate_series(1, 6) AS n WHERE pg_temp.causes('e' || n) = 'health'), 'e1 e2 e3 e4 e5 e6', 'all stay at risk');
SELECT pg_temp.other('g' || n, '2025-01-28', 80, 'e' || n) FROM generate_series(1, 5, 2) AS n \g /dev/null
-- (A brake may hold back what is over: so that is looked at.)
CREATE FUNCTION pg_temp.well() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg('e' || n, ' ') FROM generate_series(2, 6, 2) AS n
	 WHERE NOT EXISTS (SELECT FROM advocacy.risk AS r WHERE r.account_id = pg_temp.customer('e' || n) AND r.cleared_at IS NULL AND r.well_since IS NULL) $$;
SELECT is(pg_temp.well(), 'e4', 'when the other source is well again, those whose lost record had said so are not');
SELECT pg_temp.own('e' || n, '2025-01-29', 80) FROM unnest('{2,6}'::integer[]) AS n \g /dev/null
SELECT pg_temp.apply('2025-01-29') \g /dev/null
SELECT is(pg_temp.well(), 'e2 e4 e6', 'until its survivor says otherwise');

-- Where a person has said who a record is, the survivor may come to the loser's account, and not the other way round.
SELECT pg_temp.own('f' || n, '2025-01-30', 90) FROM generate_series(1, 2) AS n \g /dev/null
SELECT pg_temp.apply('2025-01-30'), pg_temp.other('h1', '2025-01-30', 90, 'elsewhere') \g /dev/null
SELECT advocacy.account_link('gs', 'h1', pg_temp.customer('f1'), 'their other name', 'mary', '2025-01-30 12:00') \g /dev/null
SELECT pg_temp.own('f1', '2025-01-31', 20), pg_temp.apply('2025-01-31') \g /dev/null
SELECT pg_temp.own('f2', '2025-01-31 01:00', 90), pg_temp.apply('2025-01-31 01:00'), pg_temp.customer('f1') AS own \gset
SELECT pg_temp.own('f1', '2025-02-01', NULL, 'f2'), pg_temp.apply('2025-02-01') \g /dev/null
SELECT is(concat_ws(' ', pg_temp.customer('f1'), pg_temp.customer('f2')), :own || ' ' || :own, '(they are one, in the loser''s account)');
SELECT is((SELECT count(*) FROM advocacy.risk WHERE account_id = :own AND cleared_at IS NULL AND well_since IS NULL), 1::bigint, 'what the survivor had said doesn''t end the risk');
SELECT pg_temp.own('f2', '2025-02-02', 80), pg_temp.apply('2025-02-02') \g /dev/null
SELECT is((SELECT count(*) FROM advocacy.risk WHERE account_id = :own AND cleared_at IS NULL AND well_since IS NULL), 0::bigint, 'what it says from then on does');

-- Contacts too: what the loser had said of themselves.
SELECT advocacy.risk_rule_define('nps', 'contact.nps', '<=', 6, '>=', 7, severity => 'hard', lapse => '180 days') \g /dev/null
CREATE FUNCTION pg_temp.person(id text, at timestamptz, signals jsonb, into_id text DEFAULT NULL, marked boolean DEFAULT true) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO pg_temp.stage_contact (remote_id, modified_at, deleted, account_remote_id, email, first_name, advocate, signals, merged_into_remote_id)
	VALUES ('c' || id, at, into_id IS NOT NULL, 'a2', id || '@y.example', id, marked, signals, 'c' || into_id);
	PERFORM pg_temp.apply(at + interval '10 minutes');
END $$;
SELECT pg_temp.person(p, '2025-02-01', '{"nps": 9}', marked => nullif(p <> 'dan', false)) FROM unnest('{ann,anna,dora,dan,eve,eva}'::text[]) AS p \g /dev/null
SELECT pg_temp.person(p, '2025-02-02', '{"nps": 2}') FROM unnest('{ann,dora}'::text[]) AS p \g /dev/null
SELECT pg_temp.person('eve', '2025-02-02', '{"nps": 2, "nps_at": 1738454400}'), pg_temp.person('eva', '2025-02-02', '{"nps": 9, "nps_at": 1700000000}') \g /dev/null
SELECT pg_temp.person(p, '2025-02-03', '{"nps": 9}', marked => nullif(p <> 'dan', false)) FROM unnest('{anna,dan}'::text[]) AS p \g /dev/null
SELECT pg_temp.person(m.gone, '2025-02-04', NULL, m.stays) FROM (VALUES ('ann', 'anna'), ('dora', 'dan'), ('eve', 'eva')) AS m (gone, stays) \g /dev/null
SELECT is(pg_temp.causes('anna'), 'nps', 'of two advocates');
SELECT is(pg_temp.causes('dan'), 'nps', 'of one, who goes over');
SELECT is(pg_temp.causes('eva'), 'nps', 'and where it is known when each was said');
SELECT pg_temp.person('anna', '2025-02-05', '{"nps": 9}'), pg_temp.person('dan', '2025-02-05', '{"nps": 9}', marked => NULL), pg_temp.person('eva', '2025-02-05', '{"nps": 9, "nps_at": 1700000000}') \g /dev/null
SELECT is(concat_ws(' ', pg_temp.causes('anna'), pg_temp.causes('dan')), '', 'until the survivor says so');
SELECT is(pg_temp.causes('eva'), 'nps', 'which the same old answer doesn''t');
SELECT pg_temp.person('eva', '2025-02-06', '{"nps": 9, "nps_at": 1738713600}') \g /dev/null
SELECT is(pg_temp.causes('eva'), NULL, 'a new one does');
-- Both taken out by a person: the worse holds, for as long as either; a brake's doubt about the one doesn't free the other.
CREATE FUNCTION pg_temp.out(id text, severity text, until timestamptz, at timestamptz) RETURNS bigint LANGUAGE sql AS $$
	SELECT advocacy.advocate_suspend((SELECT advocate_id FROM advocacy.advocate JOIN advocacy.contact AS c USING (contact_id) WHERE c.remote_id = 'c' || id),
		id || ' is away', 'mary', at, severity, until) $$;
CREATE FUNCTION pg_temp.how(id text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat_ws(' ', s.severity, s.reason, s.until::date), '; ' ORDER BY s.severity) FROM advocacy.suspension AS s JOIN advocacy.advocate USING (advocate_id) JOIN advocacy.contact AS c USING (contact_id)
	 WHERE c.remote_id = 'c' || id AND s.closed_at IS NULL $$;
SELECT pg_temp.person(p, '2025-02-07', '{"nps": 9}') FROM unnest('{fay,fred,gil,gus,hal,hank}'::text[]) AS p \g /dev/null
SELECT pg_temp.out('fay', 'hard', NULL, '2025-02-08'), pg_temp.out('fred', 'caution', '2025-03-01', '2025-02-08'),
       pg_temp.out('gil', 'caution', '2025-04-01', '2025-02-08'), pg_temp.out('gus', 'hard', '2025-03-01', '2025-02-08') \g /dev/null
SELECT pg_temp.person('hal', '2025-02-08', '{"nps": 2}'), pg_temp.person('hank', '2025-02-08', '{"nps": 2}') \g /dev/null
UPDATE advocacy.suspension AS s SET severity = 'hold', evidence = s.evidence || '{"batch": 78}' FROM advocacy.advocate AS a JOIN advocacy.contact AS c USING (contact_id)
 WHERE a.advocate_id = s.advocate_id AND c.remote_id = 'chank' AND s.closed_at IS NULL;
SELECT pg_temp.person(m.gone, '2025-02-09', NULL, m.stays) FROM (VALUES ('fay', 'fred'), ('gil', 'gus'), ('hal', 'hank')) AS m (gone, stays) \g /dev/null
SELECT is(pg_temp.how('fred'), 'hard fay is away', 'what has no end goes over, though the survivor''s has one');
SELECT is(pg_temp.how('gus'), 'hard gus is away 2025-04-01', 'the worse of them, until the later day');
SELECT is(split_part(pg_temp.how('hank'), ' ', 1), 'hard', 'who was held only is suspended as the other was');
SELECT * FROM finish();
ROLLBACK;
