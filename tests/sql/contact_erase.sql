-- A person is forgotten: nothing names them any more, nobody else loses anything, and the sync doesn't bring them back.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(25);
SELECT advocacy.source_register('sf', 'salesforce', 1, '2 days'), advocacy.source_register('hs', 'hubspot', 2, '2 days'), advocacy.stage_prepare();
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
CREATE FUNCTION pg_temp.contact(source text, id text, email text, first text, last text, at timestamptz, deleted boolean DEFAULT false)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, last_name, title, advocate, deleted)
	VALUES (id, at, 'acme', email, first, last, 'CIO', true, deleted);
	PERFORM advocacy.sync_apply(source, 'contact', NULL, true, at, 1, 1, at, at);
END $$;
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name) VALUES ('acme', now() - interval '1 hour', 'Acme');
SELECT advocacy.sync_apply('sf', 'account', NULL, true, now(), 1, 1, now(), now());
SELECT pg_temp.contact('sf', 'jane', 'jane.roe+x@acme.example', 'Jane', 'Roe (ret.)', now() - interval '1 hour');
SELECT pg_temp.contact('sf', 'lind', 'other@acme.example', 'Jane', 'Roebuck', now() - interval '1 hour');
SELECT pg_temp.contact('hs', 'h-jane', 'JANE.ROE+X@acme.example', 'Jane', 'Roe (ret.)', now() - interval '1 hour');
CREATE FUNCTION pg_temp.id(contact text) RETURNS bigint LANGUAGE sql AS $$
	SELECT c.contact_id FROM advocacy.contact AS c WHERE c.remote_id = contact $$;
CREATE FUNCTION pg_temp.advocate(contact text) RETURNS bigint LANGUAGE sql AS $$
	SELECT a.advocate_id FROM advocacy.advocate AS a WHERE a.contact_id = pg_temp.id(contact) $$;
SELECT advocacy.advocate_suspend(pg_temp.advocate('jane'), 'Jane Roe (ret.) is on leave, says jane.roe+x@acme.example', 'mary');
SELECT advocacy.advocate_suspend(pg_temp.advocate('lind'), 'Jane Roebuck too', 'mary');
UPDATE advocacy.outbox SET state = 'sent', ended_at = now() WHERE outbox_id = (SELECT min(outbox_id) FROM advocacy.outbox);
INSERT INTO advocacy.notification (outbox_id, kind, channel, text, possibly_repeated)
SELECT min(outbox_id), 'x', 'ops', 'SUSPENDED: JANE ROE (RET.) of Acme', false FROM advocacy.outbox;
INSERT INTO advocacy.rejected_record (source, stream, remote_id, reason, raw) VALUES
	('sf', 'contact', 'jane', 'no', '{"Email": "jane.roe+x@acme.example"}'),
	('sf', 'support_case', 'c1', 'no', '{"from": "jane.roe+x@acme.example", "about": "printers"}');

-- Everything that is written anywhere, but for the synced accounts, as one text.
CREATE FUNCTION pg_temp.all_text() RETURNS text LANGUAGE plpgsql AS $$
DECLARE one text; whole text := ''; part text;
BEGIN
	FOR one IN SELECT relname FROM pg_class WHERE relnamespace = 'advocacy'::regnamespace AND relkind = 'r' LOOP
		EXECUTE format('SELECT coalesce(string_agg(to_jsonb(t)::text, E''\n''), '''') FROM advocacy.%I AS t', one) INTO part;
		whole := whole || part;
	END LOOP;
	RETURN whole;
END $$;
SELECT ok(pg_temp.all_text() ~* 'jane roe \(ret\.\)' AND pg_temp.all_text() ~* 'jane\.roe\+x@', '(she is named)');

SELECT throws_ok($$SELECT advocacy.contact_erase(-1)$$, 'P0002', 'there is no contact -1', 'nobody who isn''t there');
SELECT throws_ok($$SELECT advocacy.contact_erase(NULL)$$, 'P0002', NULL, 'nor nobody');
SELECT is((SELECT contacts FROM advocacy.contact_erase(pg_temp.id('jane'), 'asked by jane.roe+x@acme.example', 'dpo')), 2::bigint,
	'both contacts of the person are erased');
SELECT ok(pg_temp.all_text() !~* 'jane\.roe', 'her address is nowhere any more');
SELECT ok(pg_temp.all_text() !~* 'roe \(ret', 'nor is her name');
SELECT is((SELECT text FROM advocacy.notification), 'SUSPENDED: [erased] of Acme', 'what was sent says that somebody was');
SELECT is((SELECT raw FROM advocacy.rejected_record), '{"from": "[erased]", "about": "printers"}', 'her record is gone, others lose her alone');
SELECT is((SELECT ARRAY[first_name, last_name, email, title] FROM advocacy.contact WHERE remote_id = 'lind'),
	'{Jane,Roebuck,other@acme.example,CIO}'::text[], 'a namesake keeps everything');
SELECT ok(EXISTS (SELECT FROM advocacy.suspension WHERE reason = 'Jane Roebuck too'), 'also what is said of her');
SELECT is((SELECT count(*) FROM advocacy.advocate WHERE retired_at IS NULL), 1::bigint, 'she is an advocate no more');
SELECT is((SELECT actor || ' ' || subject || ' ' || reason FROM advocacy.audit_log WHERE action = 'contact_erase'),
	'dpo contact ' || pg_temp.id('jane') || ' asked by [erased]', 'it is audited, without her');
SELECT throws_ok($$SELECT advocacy.contact_erase(pg_temp.id('h-jane'))$$, '55000', NULL, 'nobody twice');

-- The vendor still has her.
SELECT pg_temp.contact('sf', 'jane', 'jane.roe+x@acme.example', 'Jane', 'Roe (ret.)', now() - interval '10 minutes');
SELECT pg_temp.contact('hs', 'h-jane', 'jane.roe+x@acme.example', 'Jane', 'Roe (ret.)', now() - interval '10 minutes');
SELECT ok(pg_temp.all_text() !~* 'jane\.roe', 'a sync doesn''t bring her address back');
SELECT ok(pg_temp.all_text() !~* 'roe \(ret', 'nor her name');
SELECT is((SELECT count(*) FROM advocacy.advocate WHERE retired_at IS NULL), 1::bigint, 'nor her as an advocate');
INSERT INTO pg_temp.stage_rejected (remote_id, reason, raw) VALUES ('jane', 'no', 'jane.roe+x@acme.example');
INSERT INTO pg_temp.stage_contact (remote_id, modified_at) VALUES ('new', now());
SELECT advocacy.sync_apply('sf', 'contact', NULL, true, now(), 2, 1, now(), now());
SELECT ok(pg_temp.all_text() !~* 'jane\.roe', 'a record of hers that can''t be read is not kept');
SELECT pg_temp.contact('sf', 'jane', NULL, NULL, NULL, now() - interval '5 minutes', true);
SELECT is((SELECT deleted FROM advocacy.contact WHERE remote_id = 'jane'), true, 'when the vendor forgets her too, that is known');

-- Whatever columns there are: all that isn't a key or ours is about the person.
DO $$
DECLARE columns text;
BEGIN
	SELECT string_agg(format('%I = %L', a.attname, CASE WHEN a.atttypid = 'jsonb'::regtype THEN '{"x": 1}' ELSE 'about Lind' END), ', ')
	  INTO columns FROM pg_attribute AS a
	 WHERE a.attrelid = 'advocacy.contact'::regclass AND a.attnum > 0 AND NOT a.attisdropped
	   AND a.atttypid IN ('text'::regtype, 'jsonb'::regtype)
	   AND a.attname NOT IN ('source', 'remote_id', 'account_remote_id', 'merged_into_remote_id');
	EXECUTE format('UPDATE advocacy.contact SET %s WHERE remote_id = %L', columns, 'lind');
	PERFORM advocacy.contact_erase(pg_temp.id('lind'));
	INSERT INTO pg_temp.stage_contact (remote_id, modified_at) VALUES ('lind', now());
	SELECT string_agg(format('%I = %L', a.attname, CASE WHEN a.atttypid = 'jsonb'::regtype THEN '{"x": 1}' ELSE 'about Lind' END), ', ')
	  INTO columns FROM pg_attribute AS a
	 WHERE a.attrelid = 'pg_temp.stage_contact'::regclass AND a.attnum > 0 AND NOT a.attisdropped
	   AND a.atttypid IN ('text'::regtype, 'jsonb'::regtype)
	   AND a.attname NOT IN ('remote_id', 'account_remote_id', 'merged_into_remote_id');
	EXECUTE format('UPDATE pg_temp.stage_contact SET %s', columns);
END $$;
CREATE FUNCTION pg_temp.about() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(e.key, ' ' ORDER BY e.key) FROM advocacy.contact AS c CROSS JOIN LATERAL jsonb_each(to_jsonb(c)) AS e
	 WHERE c.remote_id = 'lind' AND jsonb_typeof(e.value) NOT IN ('null', 'boolean', 'number')
	   AND e.key NOT IN ('source', 'remote_id', 'account_remote_id', 'modified_at', 'missing_since', 'erased_at') $$;
SELECT is(pg_temp.about(), NULL, 'no column of a tombstone says anything');
SELECT advocacy.sync_apply('sf', 'contact', NULL, true, now(), 1, 1, now(), now());
SELECT is(pg_temp.about(), NULL, 'nor does any that a sync brings');

-- Without a name of two words or an address there is nothing to look for.
SELECT pg_temp.contact('sf', 'x', NULL, 'Acme', NULL, now() - interval '1 hour');
SELECT is((SELECT redacted FROM advocacy.contact_erase(pg_temp.id('x'))), 0::bigint, 'a single word is looked for nowhere');
SELECT is((SELECT name FROM advocacy.account WHERE name = 'Acme'), 'Acme', 'and nobody''s name is taken from them');

-- What is no address names nobody.
SELECT pg_temp.contact('sf', 'y', 'null', 'Jo', 'Park', now() - interval '1 hour'), pg_temp.contact('sf', 'z', 'NULL', 'Kim', 'Quist', now() - interval '1 hour');
SELECT advocacy.outbox_put('records_rejected', 'a-null', '{"nothing": null, "told": "Jo Park"}');
SELECT is((SELECT contacts FROM advocacy.contact_erase(pg_temp.id('y'))), 1::bigint, 'who else has no address stays');
SELECT is((SELECT first_name FROM advocacy.contact WHERE remote_id = 'z'), 'Kim', '... with their name');
SELECT is((SELECT facts::text FROM advocacy.outbox WHERE dedup_key = 'a-null'), '{"told": "[erased]", "nothing": null}', 'and only the name is taken out');
SELECT * FROM finish();
ROLLBACK;
