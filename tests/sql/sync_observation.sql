-- Numbers about accounts from records of their own: the newest of each account counts, and only what is about a known one.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(10);

SELECT advocacy.stage_prepare();
SELECT advocacy.source_register('gs', 'gainsight', 1);
SELECT advocacy.risk_rule_define('health', 'health_score', '<', 60, '>', 75);
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, domain)
VALUES ('C1', '2025-01-01', 'Acme', 'acme.example'), ('C2', '2025-01-01', 'Bolt', NULL);
SELECT advocacy.sync_apply('gs', 'account', 'c', true, '2025-01-01', 2, 1, '2025-01-01', '2025-01-01');

CREATE FUNCTION pg_temp.merge(at timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE changed bigint;
BEGIN
	PERFORM advocacy.sync_stage_dedupe();
	changed := advocacy.sync_merge_observation('gs', 'observation', at);
	TRUNCATE pg_temp.stage_observation;
	RETURN changed;
END $$;

INSERT INTO pg_temp.stage_observation (remote_id, modified_at, account_remote_id, included, signals)
VALUES ('F1', '2025-01-02', 'C1', true, '{"health_score": "62"}'), ('F2', '2025-01-03', 'C1', true, '{"health_score": "+22.5"}'),
       ('F2', '2025-01-01', 'C1', true, '{"health_score": "1"}'), ('F3', '2025-01-02', 'C2', NULL, '{"health_score": null}'),
       ('F4', '2025-01-02', 'C9', true, '{"health_score": "3"}'), ('F5', '2025-01-09', 'C2', false, '{"health_score": "4"}'),
       ('F6', '2025-01-09', NULL, true, '{"health_score": "5"}');
INSERT INTO pg_temp.stage_observation (remote_id, modified_at, deleted, account_remote_id, signals)
VALUES ('F7', '2025-01-09', true, 'C2', '{"health_score": "6"}');
SELECT is(pg_temp.merge('2025-01-10'), 2::bigint, 'two accounts are told of');
SELECT results_eq($$SELECT t.remote_id, s.name, s.value, s.observed_at::date, s.stream FROM advocacy.signal AS s
	JOIN advocacy.account_source AS t USING (account_id) ORDER BY 1$$,
	$$VALUES ('C1', 'health_score', 22.5, '2025-01-03'::date, 'observation'), ('C2', 'health_score', NULL, '2025-01-02', 'observation')$$,
	'the newest record of each, with its time; null is not scored; what is deleted, excluded or about nobody is not there');
SELECT is((SELECT count(*) FROM advocacy.signal_history), 2::bigint, 'each first value is history');
SELECT is((SELECT count(DISTINCT w.account_id) FROM pg_temp.work_evaluate AS w), 2::bigint, 'both accounts are to be judged');

TRUNCATE pg_temp.work_evaluate;
INSERT INTO pg_temp.stage_observation (remote_id, modified_at, account_remote_id, signals)
VALUES ('F2', '2025-01-03', 'C1', '{"health_score": "22.5"}');
SELECT is(pg_temp.merge('2025-01-11'), 0::bigint, 'the same again changes nothing');
SELECT is((SELECT count(*) FROM pg_temp.work_evaluate), 0::bigint, 'and nobody is judged for it');
INSERT INTO pg_temp.stage_observation (remote_id, modified_at, account_remote_id, signals)
VALUES ('F1', '2025-01-02', 'C1', '{"health_score": "99"}');
SELECT is(pg_temp.merge('2025-01-11'), 0::bigint, 'an older record says nothing');
INSERT INTO pg_temp.stage_observation (remote_id, modified_at, account_remote_id, signals)
VALUES ('F3', NULL, 'C2', '{"health_score": "71"}');
SELECT is(pg_temp.merge('2025-01-12'), 1::bigint, 'a record without a time was observed now');
SELECT is((SELECT value FROM advocacy.signal AS s JOIN advocacy.account_source AS t USING (account_id) WHERE t.remote_id = 'C2'), 71::numeric,
	'and its value is stored');
INSERT INTO pg_temp.stage_observation (remote_id, modified_at, account_remote_id, signals)
VALUES ('F8', '2025-02-01', 'C1', '[1]'), ('F9', '2025-02-01', 'C1', NULL);
SELECT is(pg_temp.merge('2025-02-01'), 0::bigint, 'what is no object says nothing');

SELECT * FROM finish();
ROLLBACK;
