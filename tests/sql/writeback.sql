-- Flags in the CRMs: what is wanted follows what is decided, what is sent is claimed and settled, what is ours is no news.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(88);
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
SELECT advocacy.source_register('sf', 'salesforce', 1, '36500 days'), advocacy.source_register('hs', 'hubspot', 2, '36500 days'),
       advocacy.stage_prepare();
SELECT advocacy.risk_rule_define('low', 'health_score', '<', 60, '>', 75, '0', 'suspend', 'soft'),
       advocacy.risk_rule_define('care', 'cases', '>', 0, '<=', 0, '0', 'suspend', 'caution'),
       advocacy.risk_rule_define('doubt', 'doubt', '>', 0, '<=', 0, '0', 'suspend', 'hold');
CREATE FUNCTION pg_temp.t(minutes numeric) RETURNS timestamptz LANGUAGE sql AS $$ SELECT date_trunc('day', now(), 'UTC') + minutes * interval '1 minute' $$;
CREATE FUNCTION pg_temp.words() RETURNS jsonb LANGUAGE sql AS $$
	SELECT '{"eligible": "Available", "caution": "Caution", "suspended": "Suspended", "ineligible": "Ineligible", "withdrawn": "Withdrawn", "left": "Left"}'::jsonb $$;
CREATE FUNCTION pg_temp.target(fields text) RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_build_object('fields', fields, 'words', pg_temp.words()) $$;
CREATE FUNCTION pg_temp.account(source text, account text, signals jsonb, at timestamptz, modified timestamptz DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, domain, salesforce_id, signals)
	VALUES (account, coalesce(modified, at), account, account || '.example', CASE source WHEN 'hs' THEN '001000000000001AAA' END, signals);
	SELECT * INTO r FROM advocacy.sync_apply(source, 'account', NULL, true, at, 1, 1, at, at);
	RETURN format('%s/%s/%s', r.rows_changed, r.suspended, r.reinstated);
END $$;
CREATE FUNCTION pg_temp.contact(source text, contact text, account text, email text, at timestamptz, advocate boolean DEFAULT NULL, opted_out boolean DEFAULT NULL,
	deleted boolean DEFAULT false, first_name text DEFAULT 'Jane') RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO pg_temp.stage_contact (remote_id, modified_at, deleted, account_remote_id, email, first_name, advocate, opted_out)
	VALUES (contact, at, deleted, account, email, first_name, advocate, opted_out);
	RETURN (SELECT r.rows_changed FROM advocacy.sync_apply(source, 'contact', NULL, true, at, 1, 1, at, at) AS r);
END $$;
CREATE FUNCTION pg_temp.flags() RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(format('%s %s %s', f.remote_id, coalesce(f.wanted, '-'), f.delivery), ', ' ORDER BY f.remote_id), 'none') FROM advocacy.crm_flag AS f $$;
CREATE FUNCTION pg_temp.jane() RETURNS bigint LANGUAGE sql AS $$ SELECT a.advocate_id FROM advocacy.advocate AS a JOIN advocacy.contact AS c USING (contact_id) WHERE c.remote_id = '003a' $$;
CREATE FUNCTION pg_temp.claim(source text, at timestamptz, most integer DEFAULT 200) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(format('%s=%s', c.remote_id, coalesce(c.wanted, '-')), ' ' ORDER BY c.remote_id), 'none') FROM advocacy.writeback_claim(source, most, '2 minutes', at) AS c $$;
CREATE FUNCTION pg_temp.settle(source text, id text, verdict text, at timestamptz, code text DEFAULT '', entity text DEFAULT 'contact') RETURNS integer LANGUAGE sql AS $$
	SELECT advocacy.writeback_settle(source, entity, ARRAY[id], ARRAY[verdict], ARRAY[code], ARRAY[CASE WHEN verdict <> 'sent' THEN 'it is ' || code END], 1,
		at - interval '1 second', at + interval '1 second', NULL, at) $$;

-- Nothing is mapped to be written.
SELECT pg_temp.account('sf', '001000000000001AAA', '{"health_score": 80}', pg_temp.t(0));
SELECT pg_temp.contact('sf', '003a', '001000000000001AAA', 'jane@acme.example', pg_temp.t(0), true);
SELECT is(pg_temp.flags(), 'none', 'without a target there are no flags');
SELECT is(advocacy.writeback_follow(), 0, 'and nothing to follow');
SELECT throws_ok($$SELECT advocacy.writeback_start('sf', 'looked at it')$$, 'P0002', NULL, 'and nothing to start');

-- A target.
SELECT throws_ok($$SELECT advocacy.writeback_register('sf', '{"contact": {"fields": "Contact.A__c", "words": {"eligible": "Yes"}}}')$$, '22023', NULL, 'a state without a word');
SELECT is(advocacy.writeback_register('sf', jsonb_build_object('contact', pg_temp.target('Contact.Advocate_Status__c')), pg_temp.t(1)), true, 'a target');
SELECT is(pg_temp.flags(), '003a Available pending', 'every advocate has a flag');
SELECT is(advocacy.writeback_register('sf', jsonb_build_object('contact', pg_temp.target('Contact.Advocate_Status__c')), pg_temp.t(1)), false, 'the same again is nothing new');
SELECT is((SELECT count(*) FROM advocacy.audit_log WHERE action = 'writeback_register'), 1::bigint, 'audited once');

-- Nothing is sent before a person says so.
SELECT is(pg_temp.claim('sf', pg_temp.t(2)), 'none', 'nothing is claimed yet');
SELECT is(advocacy.writeback_next_at('sf', pg_temp.t(2)), NULL, 'nor is anything due');
SELECT is(advocacy.writeback_report() #>> '{0,started}' || ' ' || (advocacy.writeback_report() #>> '{0,waiting}'), 'false 1', 'the status says that it waits');
SELECT throws_ok($$SELECT advocacy.writeback_start('sf', ' ')$$, '22023', NULL, 'a reason is needed');
SELECT is(advocacy.writeback_start('sf', 'the first load is right', 'mary', pg_temp.t(2)), 1::bigint, 'somebody says so');
SELECT throws_ok($$SELECT advocacy.writeback_start('sf', 'again')$$, '55000', NULL, 'once');
SELECT is((SELECT actor || ': ' || reason FROM advocacy.audit_log WHERE action = 'writeback_start'), 'mary: the first load is right', 'audited');

-- Claimed, sent, current.
SELECT throws_ok($$SELECT * FROM advocacy.writeback_claim('sf', 10, '0')$$, '22023', NULL, 'a lease of nothing');
SELECT is(pg_temp.claim('sf', pg_temp.t(2)), '003a=Available', 'claimed');
SELECT is(pg_temp.claim('sf', pg_temp.t(3)), 'none', 'not twice while the lease runs');
SELECT is(pg_temp.settle('sf', '003a', 'sent', pg_temp.t(3)), 0, 'sent');
SELECT is(pg_temp.flags(), '003a Available current', 'is current');
SELECT is(advocacy.writeback_calls('sf', pg_temp.t(3)), 1::bigint, 'the call is counted');
SELECT is((SELECT calls_today FROM advocacy.stream_plan('sf', 'contact', '1 day', '1 hour', pg_temp.t(3))), 3::bigint, 'among those of the source');
SELECT is((SELECT value FROM advocacy.metric WHERE name = 'source_budget_used_calls' AND labels ->> 'source' = 'sf'), 3::float8, 'the figure has it, too');

-- The next read brings the record again, with another stamp: our own voice.
SELECT is(pg_temp.contact('sf', '003a', '001000000000001AAA', 'jane@acme.example', pg_temp.t(3), true), 0::bigint, 'an echo writes no row');
SELECT is(pg_temp.contact('sf', '003a', '001000000000001AAA', 'jane@acme.example', pg_temp.t(3), true, NULL, false, 'Joan'), 1::bigint, 'another name in that very second does');
SELECT is(pg_temp.contact('sf', '003a', '001000000000001AAA', 'jane@acme.example', pg_temp.t(5), true, NULL, false, 'Joan'), 1::bigint, 'and so does a later stamp');

-- A decision and its flag are one transaction.
SELECT is(pg_temp.account('sf', '001000000000001AAA', '{"health_score": 40}', pg_temp.t(10)), '1/1/0', 'suspended by a rule');
SELECT is(pg_temp.flags(), '003a Suspended pending', 'the flag follows');
SELECT is((SELECT wanted_since FROM advocacy.crm_flag), pg_temp.t(10), 'since then');
SELECT is(pg_temp.account('sf', '001000000000001AAA', '{"health_score": 90}', pg_temp.t(11)), '1/0/1', 'well again before it was sent');
SELECT is(pg_temp.flags(), '003a Available current', 'nothing is to be sent');
SELECT is((SELECT wanted_since = sent_since FROM advocacy.crm_flag), true, 'since it was so before');

-- A wish that changes while the old one is under way, and an answer that is lost.
SELECT advocacy.advocate_suspend(pg_temp.jane(), 'on leave', 'ann', pg_temp.t(12));
SELECT is(pg_temp.flags(), '003a Suspended pending', 'suspended by a person');
SELECT is(pg_temp.claim('sf', pg_temp.t(12)), '003a=Suspended', 'under way');
SELECT advocacy.advocate_reinstate(pg_temp.jane(), 'back', 'ann', pg_temp.t(13));
SELECT is(pg_temp.flags(), '003a Available sending', 'reinstated meanwhile');
SELECT is(pg_temp.settle('sf', '003a', 'sent', pg_temp.t(13)), 0, 'the first one arrives');
SELECT is(pg_temp.flags(), '003a Available pending', 'the second one is sent next');
SELECT is(pg_temp.claim('sf', pg_temp.t(13)), '003a=Available', 'under way');
SELECT is(advocacy.writeback_recover('sf', pg_temp.t(13)), 1, 'its sender dies');
SELECT advocacy.advocate_suspend(pg_temp.jane(), 'on leave again', 'ann', pg_temp.t(14));
SELECT is(pg_temp.flags(), '003a Suspended pending', 'what was last known to stand there may not stand there: sent again');
SELECT is(pg_temp.claim('sf', pg_temp.t(14)), '003a=Suspended', 'under way');
SELECT is(pg_temp.claim('sf', pg_temp.t(17)), '003a=Suspended', 'a lease that ran out is taken over');
SELECT is(pg_temp.settle('sf', '003a', 'sent', pg_temp.t(17)), 0, 'and sent');

-- Refused, and out of reach.
SELECT advocacy.advocate_reinstate(pg_temp.jane(), 'back', 'ann', pg_temp.t(20));
SELECT pg_temp.claim('sf', pg_temp.t(20));
SELECT is(pg_temp.settle('sf', '003a', 'refused', pg_temp.t(20), 'FIELD_CUSTOM_VALIDATION_EXCEPTION'), 1, 'refused');
SELECT is(pg_temp.flags() || ', ' || (advocacy.writeback_report() #>> '{0,error}'), '003a Available refused, contact 003a: it is FIELD_CUSTOM_VALIDATION_EXCEPTION', 'it is kept with the reason');
SELECT is((SELECT value FROM advocacy.metric WHERE name = 'flags_not_shown' AND labels = '{"source": "sf", "delivery": "refused"}'), 1::float8, 'and counted');
SELECT is((SELECT string_agg(facts ->> 'count' || ' ' || (facts #>> '{examples,0,remote_id}') || ': ' || (facts #>> '{examples,0,detail}'), '') FROM advocacy.outbox WHERE kind = 'writeback_failing'),
	'1 003a: it is FIELD_CUSTOM_VALIDATION_EXCEPTION', 'people are told');
SELECT is(pg_temp.claim('sf', pg_temp.t(60)), 'none', 'not tried again at once');
SELECT is(pg_temp.claim('sf', pg_temp.t(20 + 1440)), '003a=Available', 'but after a day');
SELECT pg_temp.settle('sf', '003a', 'refused', pg_temp.t(20 + 1440), 'X');
SELECT is((SELECT count(*) FROM advocacy.outbox WHERE kind = 'writeback_failing'), 2::bigint, 'one message a day');
SELECT is(advocacy.writeback_register('sf', jsonb_build_object('contact', pg_temp.target('Contact.Reference_Status__c')), pg_temp.t(1500)), true, 'another field is mapped');
SELECT is(pg_temp.flags(), '003a Available pending', 'it gets the flags at once');
DO $$ BEGIN
	FOR i IN 1..5 LOOP
		PERFORM pg_temp.claim('sf', pg_temp.t(1500 + i * 60)), pg_temp.settle('sf', '003a', 'again', pg_temp.t(1500 + i * 60), 'UNABLE_TO_LOCK_ROW');
	END LOOP; END $$;
SELECT is((SELECT count(*) FROM advocacy.outbox WHERE kind = 'writeback_failing'), 2::bigint, 'a lock that comes and goes is no news');
SELECT is((SELECT attempts FROM advocacy.crm_flag), 5, 'it is counted');
SELECT ok((SELECT not_before - pg_temp.t(1800) BETWEEN '20 seconds' AND '1 minute' FROM advocacy.crm_flag), 'and waits longer each time');
SELECT is(pg_temp.claim('sf', pg_temp.t(1860)), '003a=Available', 'again');
SELECT pg_temp.settle('sf', '003a', 'later', pg_temp.t(1860), '429');
SELECT is((SELECT attempts FROM advocacy.crm_flag), 5, 'the vendor''s trouble is not the record''s');
SELECT pg_temp.claim('sf', pg_temp.t(2890)), pg_temp.settle('sf', '003a', 'again', pg_temp.t(2890), 'UNABLE_TO_LOCK_ROW');
SELECT is((SELECT count(*) FROM advocacy.outbox WHERE kind = 'writeback_failing'), 3::bigint, 'six times is');
SELECT is(pg_temp.settle('sf', '003a', 'sent', pg_temp.t(2891)), 0, 'who has no claim');
SELECT is(pg_temp.flags(), '003a Available pending', 'settles nothing');
SELECT pg_temp.claim('sf', pg_temp.t(3000)), pg_temp.settle('sf', '003a', 'sent', pg_temp.t(3000));

-- Changed by hand: looked at once a day, written again, audited.
SELECT is((SELECT string_agg(remote_id, ' ') FROM advocacy.writeback_check('sf', 200, pg_temp.t(3000 + 1439))), NULL, 'not looked at within a day');
SELECT is(advocacy.writeback_next_at('sf', pg_temp.t(3100)), pg_temp.t(3000 + 1440), 'a day later it is due');
SELECT is((SELECT string_agg(remote_id, ' ') FROM advocacy.writeback_check('sf', 200, pg_temp.t(3000 + 1440))), '003a', 'then it is');
SELECT is(advocacy.writeback_checked('sf', 'contact', '{003a}', '{Available}', '{t}', 1, pg_temp.t(4440)), 0, 'as we left it');
SELECT is(advocacy.writeback_checked('sf', 'contact', '{003a}', '{NULL}', '{f}', 1, pg_temp.t(4440)), 0, 'or not there at all');
SELECT is(pg_temp.flags(), '003a Available current', 'nothing is written');
SELECT is(advocacy.writeback_checked('sf', 'contact', '{003a}', '{Suspended}', '{t}', 1, pg_temp.t(5880)), 1, 'somebody changed it');
SELECT is(pg_temp.flags(), '003a Available pending', 'our word is written again');
SELECT is((SELECT details - 'advocate_id' FROM advocacy.audit_log WHERE action = 'flag_changed_by_hand'), '{"ours": "Available", "theirs": "Suspended"}', 'and it is audited');
SELECT pg_temp.claim('sf', pg_temp.t(5880)), pg_temp.settle('sf', '003a', 'sent', pg_temp.t(5880));
SELECT is((SELECT count(*) FROM advocacy.writeback_check('sf', 200, pg_temp.t(5880 + 1000))), 0::bigint, 'once a day at the most');

-- The same person in a second CRM, and the account.
SELECT pg_temp.account('hs', '501', '{"health_score": 90}', pg_temp.t(7000));
SELECT pg_temp.contact('hs', '51204', '501', 'Jane@acme.example', pg_temp.t(7000));
SELECT pg_temp.contact('hs', '51377', '501', 'joe@acme.example', pg_temp.t(7000));
SELECT advocacy.writeback_register('hs', jsonb_build_object('contact', pg_temp.target('contacts.advocate_status'), 'account', pg_temp.target('companies.reference_status')), pg_temp.t(7001)),
       advocacy.writeback_start('hs', 'why not', 'mary', pg_temp.t(7001));
SELECT is(pg_temp.flags(), '003a Available current, 501 Available pending, 51204 Available pending', 'flags for that person alone, and the account');
SELECT is(pg_temp.claim('hs', pg_temp.t(7001)), '51204=Available', 'one entity a claim');
SELECT is(pg_temp.claim('hs', pg_temp.t(7001)), '501=Available', 'then the other');
SELECT pg_temp.settle('hs', '51204', 'sent', pg_temp.t(7001)), pg_temp.settle('hs', '501', 'sent', pg_temp.t(7001), '', 'account');
SELECT is(pg_temp.account('hs', '501', '{"health_score": 90}', pg_temp.t(7002), pg_temp.t(7001)), '0/0/0', 'the account''s echo writes no row');
SELECT is((SELECT observed_at FROM advocacy.signal WHERE source = 'hs'), pg_temp.t(7000), 'and is no new observation of an old score');

-- Ten cycles of poll, write and echo: what is decided once is written once.
DO $$ BEGIN
	FOR i IN 1..10 LOOP
		PERFORM pg_temp.account('hs', '501', '{"health_score": 30}', pg_temp.t(7100 + i), CASE i WHEN 1 THEN pg_temp.t(7101) ELSE pg_temp.t(7101.4) END);
		PERFORM pg_temp.claim('hs', pg_temp.t(7101.4)), pg_temp.claim('hs', pg_temp.t(7101.4));
		PERFORM advocacy.writeback_settle('hs', f.entity, ARRAY[f.remote_id], '{sent}', '{""}', '{NULL}', 1, pg_temp.t(7101.3), pg_temp.t(7101.5), NULL, pg_temp.t(7101.4))
		   FROM advocacy.crm_flag AS f WHERE f.delivery = 'sending';
	END LOOP; END $$;
SELECT is((SELECT string_agg(entity || ' ' || calls_today, ', ' ORDER BY entity) FROM advocacy.crm_target WHERE source = 'hs'), 'account 2, contact 2', 'ten cycles: one more call for each');
SELECT is((SELECT count(*) FROM advocacy.decision_cycle WHERE source = 'hs'), 1::bigint, 'and one decision');
SELECT is(pg_temp.flags(), '003a Suspended pending, 501 Suspended current, 51204 Suspended current', 'told to all');

-- A hold is no news; an opt-out is; a record that is gone has no flag.
SELECT pg_temp.account('hs', '501', '{"health_score": 90, "doubt": 1}', pg_temp.t(7200));
SELECT is((SELECT state FROM advocacy.advocate_availability), 'hold', 'a doubt of our own');
SELECT is(pg_temp.flags(), '003a Suspended pending, 501 Suspended current, 51204 Suspended current', 'changes no flag');
SELECT pg_temp.contact('sf', '003a', '001000000000001AAA', 'jane@acme.example', pg_temp.t(7210), true, true);
SELECT is(pg_temp.flags(), '003a Withdrawn pending, 501 Withdrawn pending, 51204 Withdrawn pending', 'who wants no mail is withdrawn everywhere');
SELECT pg_temp.contact('hs', '51204', '501', 'other@acme.example', pg_temp.t(7220));
SELECT is(pg_temp.flags(), '003a Withdrawn pending, 501 Withdrawn pending, 51204 - pending', 'who is somebody else now: cleared');
SELECT is(pg_temp.claim('hs', pg_temp.t(7221)), '51204=-', 'the clearing is sent');
SELECT pg_temp.settle('hs', '51204', 'sent', pg_temp.t(7221));
SELECT pg_temp.contact('sf', '003a', '001000000000001AAA', 'jane@acme.example', pg_temp.t(7230), true, true, true);
SELECT is(pg_temp.flags(), '501 - pending', 'gone: no flag, and the account has no advocate any more');
SELECT pg_temp.contact('sf', '003b', '001000000000001AAA', 'joe@acme.example', pg_temp.t(7231));
SELECT pg_temp.account('hs', '501', '{"health_score": 90, "doubt": 0}', pg_temp.t(7231));
SELECT advocacy.advocate_enroll((SELECT contact_id FROM advocacy.contact WHERE remote_id = '003b'), 'volunteered', 'mary', pg_temp.t(7232));
SELECT is(pg_temp.flags(), '003b Available pending, 501 Available pending, 51377 Available pending', 'a person enrols somebody');
SELECT advocacy.advocate_retire((SELECT advocate_id FROM advocacy.advocate WHERE retired_at IS NULL), 'moved on', 'mary', pg_temp.t(7233));
SELECT is(pg_temp.flags(), '003b Left pending, 501 - pending, 51377 Left pending', 'and retires them');
SELECT advocacy.writeback_stop('hs', 'enough', 'mary', pg_temp.t(7240));
SELECT is(pg_temp.claim('hs', pg_temp.t(7241)), 'none', 'stopped');
SELECT advocacy.writeback_register('hs', '{}', pg_temp.t(7250));
SELECT is(pg_temp.flags(), '003b Left pending', 'what is no longer mapped is forgotten');
SELECT * FROM finish();
ROLLBACK;
