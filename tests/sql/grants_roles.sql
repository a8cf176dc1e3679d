-- Who may do what: the daemon no DDL and nothing but adding to what is append-only, readers no contact details,
-- operators the functions for people and nothing else, everybody else nothing.
BEGIN;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();
INSERT INTO advocacy.opportunity (opportunity_id, source, remote_id) OVERRIDING SYSTEM VALUE VALUES (-99, 'none', '-99');

SELECT is(r.rolcanlogin OR r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolbypassrls OR r.rolreplication, false, r.rolname || ' can''t log in and is nobody special')
FROM pg_roles AS r WHERE r.rolname IN ('advocacy_daemon', 'advocacy_reader', 'advocacy_contact_reader', 'advocacy_operator') ORDER BY 1;
SELECT is((SELECT count(*) FROM pg_roles WHERE rolname IN ('advocacy_daemon', 'advocacy_reader', 'advocacy_contact_reader', 'advocacy_operator')), 4::bigint, 'four roles');

-- PUBLIC.
SELECT is((SELECT string_agg(p.oid::regprocedure::text, ', ') FROM pg_proc AS p
           WHERE p.pronamespace = 'advocacy'::regnamespace AND has_function_privilege('public', p.oid, 'EXECUTE')), NULL, 'PUBLIC executes nothing');
SELECT is((SELECT string_agg(c.relname, ', ') FROM pg_class AS c
           WHERE c.relnamespace = 'advocacy'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p')
             AND (has_table_privilege('public', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER') OR has_any_column_privilege('public', c.oid, 'SELECT, INSERT, UPDATE, REFERENCES'))), NULL, 'PUBLIC reads and writes nothing');
SELECT is(has_schema_privilege('public', 'advocacy', 'USAGE') OR has_schema_privilege('public', 'advocacy', 'CREATE'), false, 'PUBLIC doesn''t see the schema');

-- Nobody creates, truncates or refers.
SELECT is(has_schema_privilege(r.name, 'advocacy', 'CREATE'), false, r.name || ' creates nothing')
FROM unnest('{advocacy_daemon,advocacy_reader,advocacy_contact_reader,advocacy_operator}'::text[]) AS r (name);
SELECT is((SELECT string_agg(c.relname, ', ') FROM pg_class AS c
           WHERE c.relnamespace = 'advocacy'::regnamespace AND c.relkind = 'r'
             AND has_table_privilege(r.name, c.oid, 'TRUNCATE, REFERENCES, TRIGGER')), NULL, r.name || ' truncates nothing, has no triggers made')
FROM unnest('{advocacy_daemon,advocacy_reader,advocacy_contact_reader,advocacy_operator}'::text[]) AS r (name);
SELECT is((SELECT string_agg(c.relname, ', ') FROM pg_class AS c
           WHERE c.relnamespace = 'advocacy'::regnamespace AND c.relkind IN ('r', 'v')
             AND has_table_privilege(r.name, c.oid, 'INSERT, UPDATE, DELETE')), NULL, r.name || ' writes nothing')
FROM unnest('{advocacy_reader,advocacy_contact_reader,advocacy_operator}'::text[]) AS r (name);

-- The daemon.
SELECT is(has_table_privilege('advocacy_daemon', 'advocacy.' || t.name, 'SELECT') AND has_table_privilege('advocacy_daemon', 'advocacy.' || t.name, 'INSERT')
          AND NOT has_table_privilege('advocacy_daemon', 'advocacy.' || t.name, 'UPDATE, DELETE'), true, 'the daemon only adds to ' || t.name)
FROM unnest('{audit_log,clock_event,notification,request_event}'::text[]) AS t (name);
SELECT is(has_table_privilege('advocacy_daemon', 'advocacy.' || t.name, 'INSERT') AND NOT has_table_privilege('advocacy_daemon', 'advocacy.' || t.name, 'DELETE'), true, 'the daemon removes nothing from ' || t.name)
FROM unnest('{outbox,sla_clock,suspension,risk,risk_override,decision_cycle,decision_batch,signal_history,sync_run}'::text[]) AS t (name);
SELECT is((SELECT string_agg(p.oid::regprocedure::text, ', ') FROM pg_proc AS p
           WHERE p.pronamespace = 'advocacy'::regnamespace AND NOT has_function_privilege('advocacy_daemon', p.oid, 'EXECUTE')), NULL, 'the daemon calls every function');
SELECT is(has_database_privilege('advocacy_daemon', current_database(), 'TEMPORARY'), true, 'the daemon makes temporary tables');

-- Readers.
SELECT is((SELECT string_agg(c.relname || '.' || a.attname, ', ' ORDER BY c.relname, a.attnum)
           FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
           WHERE c.relnamespace = 'advocacy'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p')
             AND has_column_privilege('advocacy_reader', c.oid, a.attnum, 'SELECT')
             AND a.attname ~ '(email|slack|phone|first_name|last_name|full_name|requested_by|facts|^raw$|^subject$)'), NULL, 'a reader sees no contact details');
SELECT is(has_column_privilege('advocacy_contact_reader', 'advocacy.' || c.t, c.c, 'SELECT') AND NOT has_column_privilege('advocacy_reader', 'advocacy.' || c.t, c.c, 'SELECT'), true, format('%s.%s is for contact readers', c.t, c.c))
FROM (VALUES ('contact', 'email'), ('contact', 'last_name'), ('staff', 'email'), ('account', 'csm_email'), ('account_source', 'owner_email'), ('opportunity', 'owner_email')) AS c (t, c);
SELECT is(has_table_privilege('advocacy_contact_reader', 'advocacy.' || t.name, 'SELECT') AND has_any_column_privilege('advocacy_reader', 'advocacy.' || t.name, 'SELECT'), true, 'readers read ' || t.name)
FROM unnest('{account,account_source,contact,staff,support_case,opportunity,signal,signal_history,sla_report,calendar,sync_stream}'::text[]) AS t (name);
SELECT is(has_any_column_privilege('advocacy_contact_reader', 'advocacy.' || t.name, 'SELECT'), false, 'readers don''t read ' || t.name)
FROM unnest('{outbox,notification,audit_log,rejected_record,request,suspension,risk}'::text[]) AS t (name);
-- Every view answers a reader, whatever functions it calls; of a source as well, not only of empty tables.
SELECT advocacy.source_register('grants', 'salesforce') \g /dev/null
SELECT lives_ok(format('DO $d$ BEGIN SET LOCAL ROLE %I; PERFORM %s FROM advocacy.%I; END $d$', r.name,
	(SELECT string_agg(quote_ident(a.attname), ', ') FROM pg_attribute AS a
	 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND has_column_privilege(r.name, c.oid, a.attnum, 'SELECT')), c.relname),
	format('%s reads view %s', r.name, c.relname))
FROM pg_class AS c CROSS JOIN unnest('{advocacy_reader,advocacy_contact_reader,advocacy_daemon}'::text[]) AS r (name)
WHERE c.relnamespace = 'advocacy'::regnamespace AND c.relkind = 'v' ORDER BY c.relname, r.name;
RESET ROLE;

-- Operators: what acts as its owner is for them, checked and audited; nothing else that writes is. (But for the daemon's
-- sync_analyze: it takes no argument, and only gathers the planner's statistics of tables that it names itself;
-- and retention_run, which keeps 100 days of traces whatever it is told.)
SELECT is((SELECT string_agg(p.oid::regprocedure::text, ', ' ORDER BY p.oid::regprocedure::text) FROM pg_proc AS p
           WHERE p.pronamespace = 'advocacy'::regnamespace AND p.prosecdef AND p.prorettype <> 'trigger'::regtype AND NOT has_function_privilege('advocacy_operator', p.oid, 'EXECUTE')), 'advocacy.retention_run(timestamp with time zone,integer), advocacy.sync_analyze()', 'every SECURITY DEFINER function but two of the daemon''s is an operator''s');
SELECT is((SELECT string_agg(p.oid::regprocedure::text, ', ') FROM pg_proc AS p
           WHERE p.pronamespace = 'advocacy'::regnamespace AND NOT p.prosecdef AND p.provolatile = 'v' AND has_function_privilege('advocacy_operator', p.oid, 'EXECUTE')), NULL, 'an operator calls no function that writes but those');
SELECT is((SELECT string_agg(p.oid::regprocedure::text, ', ' ORDER BY p.oid::regprocedure::text) FROM pg_proc AS p
           WHERE p.pronamespace = 'advocacy'::regnamespace AND p.prosecdef AND has_function_privilege('advocacy_reader', p.oid, 'EXECUTE')), 'advocacy.advocate_caps(bigint,text,timestamp with time zone,bigint)', 'a reader calls none of them but the one that advocate_availability needs, which only reads');
SELECT is((SELECT string_agg(p.oid::regprocedure::text, ', ') FROM pg_proc AS p
           WHERE p.pronamespace = 'advocacy'::regnamespace AND p.prosqlbody IS NULL
             AND NOT coalesce(p.proconfig @> '{"search_path=pg_catalog, pg_temp"}', false)), NULL, 'every function has its own search_path, or a body bound when it was made');
SELECT is((SELECT string_agg(p.oid::regprocedure::text, ', ') FROM pg_proc AS p
           WHERE p.pronamespace = 'advocacy'::regnamespace AND obj_description(p.oid, 'pg_proc') IS NULL), NULL, 'every function has a comment');

-- An operator at work: the request is made, though the tables are closed to them.
CREATE ROLE test_operator LOGIN IN ROLE advocacy_operator;
CREATE ROLE test_daemon LOGIN IN ROLE advocacy_daemon;
SELECT count(*) FROM advocacy.calendar_define('g', 'UTC', '{"mon":[["09:00","17:00"]]}', '{}') \g /dev/null
SET SESSION AUTHORIZATION test_operator;
SELECT advocacy.request_submit(-99, 'quote', 'why', 'CIO', 'win', now(), 'rep') AS request \gset
SELECT advocacy.request_acknowledge(:request);
SELECT advocacy.business_seconds('g', now(), now() + interval '24 hours') \g /dev/null
RESET SESSION AUTHORIZATION;
SELECT is((SELECT state FROM advocacy.request WHERE request_id = :request), 'triaged', 'an operator submits and acknowledges');
SELECT is((SELECT string_agg(actor, ' ' ORDER BY audit_id) FROM advocacy.audit_log WHERE subject = 'REQ-' || :request), 'rep test_operator', '... under their own name');
CREATE FUNCTION pg_temp.as_role(role text, statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('SET LOCAL ROLE %I', role);
	EXECUTE statement;
	RESET ROLE;
	RETURN 'done';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;
SELECT is(pg_temp.as_role('test_operator', s.q), '42501', 'an operator may not: ' || s.q)
FROM unnest(ARRAY['SELECT FROM advocacy.outbox', 'SELECT advocacy.outbox_put(''x'', ''y'', ''{}'')', 'SELECT advocacy.request_move(1, ''match'', NULL, NULL, now())',
	'UPDATE advocacy.request SET state = ''completed''', 'SELECT advocacy.policy_apply(''{}'')', 'SELECT FROM advocacy.contact']) AS s (q);
SELECT is(pg_temp.as_role('test_daemon', s.q), '42501', 'the daemon may not: ' || s.q)
FROM unnest(ARRAY['CREATE TABLE advocacy.x ()', 'TRUNCATE advocacy.outbox', 'DROP TABLE advocacy.outbox', 'ALTER TABLE advocacy.outbox ADD x int',
	'DELETE FROM advocacy.audit_log', 'UPDATE advocacy.audit_log SET actor = ''''', 'DELETE FROM advocacy.notification', 'UPDATE advocacy.clock_event SET reason = NULL',
	'CREATE ROLE x', 'CREATE OR REPLACE FUNCTION advocacy.sync_lock() RETURNS void LANGUAGE sql AS ''''']) AS s (q);
SELECT is(pg_temp.as_role('test_daemon', s.q), 'done', 'the daemon may: ' || s.q)
FROM unnest(ARRAY['CREATE TEMP TABLE stage (LIKE advocacy.stage_account)', 'SELECT * FROM advocacy.deadlines_fire(now())', 'SELECT advocacy.deadline_next()',
	'SELECT * FROM advocacy.policy_apply(''{"routes":[{"name":"n","kinds":["*"],"channel":"c"}],"calendars":[{"name":"g2","time_zone":"UTC","weekly_hours":{"mon":[["09:00","10:00"]]}}],"slas":[{"name":"a","metric":"connect","calendar":"g2","target_s":5,"thresholds":[[50,"owner"]],"ladder":[]}],"settings":{"top_priorities":["P1"]},"risks":[{"name":"r","signal":"health_score","enter":{"operator":"<","value":5},"clear":{"operator":">","value":7}}]}'')',
	'SELECT advocacy.outbox_put(''x'', ''grants'', ''{}'')', 'SELECT advocacy.outbox_sent(c.outbox_id, ''d'', ''t'') FROM advocacy.outbox_claim(''d'', ''{c}'', ''1 minute'') AS c',
	'SELECT advocacy.outbox_recover(''d''), advocacy.outbox_release(''d''), advocacy.outbox_next_at(''{c}''), advocacy.channel_close(''c'', ''waiting'', now(), ''x''), advocacy.channel_open(''c'')',
	'SELECT advocacy.request_rematch(-1)', 'SELECT * FROM advocacy.sla_rebuild_check()', 'SELECT advocacy.calendar_extend()']) AS s (q);

SELECT * FROM finish();
ROLLBACK;
