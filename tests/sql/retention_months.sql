-- slow
-- Months of a program, day by day: with what its policy keeps, the tables of its second half are no larger than those of the
-- first. Scores waver, people are suspended and come back, are told of it, and answer in time or not.
SET client_min_messages = warning;
SELECT plan(6);
\ir simulation/driver.psql
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
SELECT advocacy.policy_setting_define('breaker_percent', '100'), advocacy.policy_setting_define('breaker_least', '100000'), advocacy.policy_setting_define('reinstate_least', '100000'),
       advocacy.policy_setting_define('retention', '{"signals_s": 2592000, "runs_s": 86400, "records_s": 604800, "messages_s": 2592000, "decisions_s": 8640000, "clocks_s": 8640000, "audit_s": 8640000}') \g /dev/null
SELECT count(*) FROM advocacy.policy_apply('{"calendars":[{"name":"k","time_zone":"UTC","weekly_hours":{"mon":[["00:00","24:00"]],"thu":[["00:00","24:00"]]},"holidays":[]}],
	"slas":[{"name":"review","metric":"risk_review","calendar":"k","target_s":36000}]}', now() - interval '331 days') \g /dev/null
SELECT advocacy.risk_rule_define('low', 'health_score', '<', 60, '>', 70, '1 day', 'suspend', 'soft', 2, '6 hours') \g /dev/null
CREATE TEMPORARY TABLE clock AS SELECT now() - interval '330 days' AS began;
SELECT pg_temp.sim_open('gs', 12, began) FROM clock \g /dev/null
INSERT INTO advocacy.opportunity (source, remote_id, name, account_id) SELECT 'gs', 'o1', 'Deal', min(account_id) FROM advocacy.account;
CREATE PROCEDURE pg_temp.live(first integer, last integer) LANGUAGE plpgsql AS $$
DECLARE
	at timestamptz;
	step record;
	request bigint;
BEGIN
	FOR at IN SELECT c.began + d * interval '1 day' FROM clock AS c, generate_series(first, last) AS d LOOP
		INSERT INTO pg_temp.reading (source, n, signals, own)
		SELECT 'gs', n, jsonb_build_object('health_score', round((65 + 20 * sin(extract(epoch FROM at) / 86400 / (2 + n % 5) + n))::numeric)), at
		  FROM generate_series(1, 12) AS n
		ON CONFLICT ON CONSTRAINT reading_pkey DO UPDATE SET signals = excluded.signals, own = excluded.own;
		PERFORM pg_temp.sim_poll('gs', at);
		request := advocacy.request_submit((SELECT min(opportunity_id) FROM advocacy.opportunity), 'quote', 'why', 'who', 'what', at + interval '9 days', 'rep@x.example', at => at);
		PERFORM advocacy.request_cancel(request, 'no more', at => at + interval '1 hour');
		UPDATE advocacy.outbox AS o SET state = 'sent', ended_at = at WHERE o.state = 'pending';
		INSERT INTO advocacy.notification (outbox_id, kind, channel, text, possibly_repeated, sent_at, subject)
		SELECT o.outbox_id, o.kind, o.channel, o.facts::text, false, at, o.subject FROM advocacy.outbox AS o WHERE o.ended_at = at;
		INSERT INTO advocacy.audit_log (at, actor, action, subject) VALUES (at, 'ann', 'simulated', 'day');
		WHILE extract(day FROM at - (SELECT c.began FROM clock AS c))::integer % 5 = 0 LOOP
			SELECT * INTO step FROM advocacy.retention_run(at);
			EXIT WHEN step.relation IS NULL;
		END LOOP;
		COMMIT;
	END LOOP;
END $$;
CREATE FUNCTION pg_temp.sizes() RETURNS TABLE (relation text, rows_now bigint, bytes bigint) LANGUAGE plpgsql AS $$
BEGIN
	FOR relation IN SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = 'advocacy'::regnamespace AND c.relkind = 'r' LOOP
		EXECUTE format('SELECT count(*) FROM advocacy.%I', relation) INTO rows_now;
		bytes := pg_total_relation_size(format('advocacy.%I', relation));
		RETURN NEXT;
	END LOOP;
END $$;
-- What is business, not history: it stays.
CREATE TEMPORARY TABLE stays AS SELECT unnest('{request}'::text[]) AS relation;
-- Vacuumed now and then, as autovacuum does.
CALL pg_temp.live(1, 40);
VACUUM;
CALL pg_temp.live(41, 80);
VACUUM;
CALL pg_temp.live(81, 120);
VACUUM;
CALL pg_temp.live(121, 160);
VACUUM;
CREATE TEMPORARY TABLE half AS SELECT * FROM pg_temp.sizes();
CALL pg_temp.live(161, 200);
VACUUM;
CALL pg_temp.live(201, 240);
VACUUM;
CALL pg_temp.live(241, 280);
VACUUM;
CALL pg_temp.live(281, 320);
VACUUM;
CREATE TEMPORARY TABLE whole AS SELECT * FROM pg_temp.sizes();
SELECT is_empty($$SELECT w.relation, h.rows_now, w.rows_now FROM whole AS w JOIN half AS h USING (relation)
	WHERE w.rows_now > 1.1 * h.rows_now + 5 AND w.relation NOT IN (SELECT s.relation FROM stays AS s)$$, 'no table has more rows after twice the time');
SELECT is_empty($$SELECT w.relation, h.bytes, w.bytes FROM whole AS w JOIN half AS h USING (relation)
	WHERE w.bytes > 1.2 * h.bytes + 40960 AND w.relation NOT IN (SELECT s.relation FROM stays AS s)$$, 'nor is any larger');
SELECT is_empty($$SELECT h.relation FROM half AS h WHERE h.rows_now < 50
	AND h.relation IN ('signal_history', 'outbox', 'notification', 'suspension', 'risk', 'decision_cycle', 'sla_clock', 'clock_event', 'request_event', 'audit_log')$$, 'there is something to keep');
SELECT cmp_ok((SELECT min(t.removed) FROM advocacy.retention AS t WHERE t.relation = ANY ('{signal_history,sync_run,notification,outbox,sla_clock,request_event,suspension,risk,decision_cycle,audit_log}')), '>', 100::bigint, 'and something that went');
SELECT is_empty('SELECT * FROM advocacy.sla_rebuild_check()', 'the clocks are what their events say');
SELECT is_empty($$SELECT n.notification_id FROM advocacy.notification AS n LEFT JOIN advocacy.outbox AS o USING (outbox_id) WHERE o.outbox_id IS NULL$$, 'every text has its message');
SELECT * FROM finish();
