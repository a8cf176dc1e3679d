-- An operator, who can read and write next to nothing, decides which customer a record is.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(6);
SELECT advocacy.source_register('hs', 'hubspot', 1), advocacy.source_register('gs', 'gainsight', 2);
INSERT INTO advocacy.account (source, remote_id, name) VALUES ('hs', 'h1', 'One'), ('gs', 'g1', 'Other');
INSERT INTO advocacy.account_source (source, remote_id, account_id, link_reason, name)
SELECT a.source, a.remote_id, a.account_id, 'own', a.name FROM advocacy.account AS a;
SELECT account_id AS one FROM advocacy.account WHERE source = 'hs' \gset
INSERT INTO advocacy.field_drift (source, stream, field, kind, detail, first_seen_at, last_seen_at) VALUES ('gs', 'account', 'nps', 'null_for_all', 'x', now(), now());
INSERT INTO advocacy.decision_cycle (decided_at, risks_opened, risks_cleared, suspended, reinstated, held) VALUES (now(), 0, 0, 0, 0, 0) RETURNING cycle_id AS cycle \gset
CREATE ROLE test_operator LOGIN IN ROLE advocacy_operator;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO test_operator;
SET SESSION AUTHORIZATION test_operator;
SELECT lives_ok('SELECT FROM advocacy.identity_review, advocacy.field_drift, advocacy.decision_cycle', 'they see what there is to decide');
SELECT is(advocacy.account_link('gs', 'g1', :one, 'the same'), :one::bigint, 'they link');
SELECT isnt(advocacy.account_split('gs', 'g1', 'not the same'), :one::bigint, 'and split');
SELECT lives_ok($$SELECT advocacy.drift_accept('gs', 'account', 'nps', 'we stopped')$$, 'they accept');
SELECT lives_ok(format('SELECT advocacy.decisions_undo(%s, ''wrong'')', :cycle), 'and take back');
RESET SESSION AUTHORIZATION;
SELECT is((SELECT string_agg(action || ' ' || actor, ', ' ORDER BY audit_id) FROM advocacy.audit_log),
	'account_link test_operator, account_split test_operator, drift_accept test_operator, decisions_undo test_operator', 'under their own name');
SELECT * FROM finish();
ROLLBACK;
