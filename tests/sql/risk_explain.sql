-- Why an advocate was or wasn't available at a time in the past, as far as the rows tell.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(15);
SELECT advocacy.source_register('gs', 'gainsight', 1, '2 days'), advocacy.stage_prepare();
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'ops');
SELECT advocacy.risk_rule_define('health', 'health_score', '<', 60, '>', 75, '0', 'suspend', 'soft');
CREATE FUNCTION pg_temp.observe(account text, score integer, at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals) VALUES (account, at, account, jsonb_build_object('health_score', score));
	SELECT * INTO r FROM advocacy.sync_apply('gs', 'account', NULL, true, at, 1, 1, at, at);
	RETURN format('%s/%s/%s/%s', r.risks_opened, r.risks_cleared, r.suspended, r.reinstated);
END $$;
CREATE FUNCTION pg_temp.why(at timestamptz, who text DEFAULT 'Jane') RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(e.fact, ' ' ORDER BY e.ordinal) FROM advocacy.explain_advocate((SELECT v.advocate_id FROM advocacy.advocate_availability AS v WHERE v.name = $2), $1) AS e $$;
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate)
VALUES ('c1', '2025-01-01', 'acme', 'jane@acme.example', 'Jane', true);
SELECT pg_temp.observe('acme', 90, '2025-01-01'), pg_temp.observe('acme', 42, '2025-01-05'), pg_temp.observe('acme', 80, '2025-01-10'),
	pg_temp.observe('acme', 70, '2025-01-12');
SELECT matches(pg_temp.why('2025-01-12 01:00'), '^Available[.] gs says health_score 70, observed at 2025-01-12T00:00:00Z; fresh', 'today');
SELECT matches(pg_temp.why('2025-01-06'), '^Not available: suspended by rule health[.] Suspended since 2025-01-05T00:00:00Z by rule health: health_score 42 of gs is < 60[.] ', 'back then it was suspended');
SELECT matches(pg_temp.why('2025-01-06'), 'That ended at 2025-01-10T00:00:00Z: the risk was cleared: all sources are well again[.] ', 'with how that ended');
SELECT matches(pg_temp.why('2025-01-06'), 'gs says health_score 42, observed at 2025-01-05T00:00:00Z; as far as was known then', 'and what the source had said');
SELECT matches(pg_temp.why('2025-01-03'), '^Available[.] gs says health_score 90, observed at 2025-01-01', 'before it wasn''t');
SELECT matches(pg_temp.why('2025-01-10'), '^Available[.] gs says health_score 80', 'at the instant of the end it isn''t any more');
SELECT matches(pg_temp.why('2024-12-31'), '^Not available: not enrolled yet[.] Enrolled only at 2025-01-01', 'nor was anybody asked before the enrolment');
SELECT unalike(pg_temp.why('2024-12-31'), '%health_score%', 'of which nothing was known');
-- People.
SELECT advocacy.advocate_suspend((SELECT advocate_id FROM advocacy.advocate), 'on leave', 'mary', '2025-01-20'),
       advocacy.advocate_reinstate((SELECT advocate_id FROM advocacy.advocate), 'back', 'mary', '2025-01-25');
SELECT matches(pg_temp.why('2025-01-22'), 'Suspended since 2025-01-20T00:00:00Z by mary: on leave[.] That ended at 2025-01-25', 'a person''s suspension');
SELECT pg_temp.observe('acme', 50, '2025-01-26');
SELECT advocacy.risk_override((SELECT advocate_id FROM advocacy.advocate), NULL, 'health', '2025-02-05', 'fine', 'mary', '2025-01-27');
SELECT advocacy.risk_override_end((SELECT override_id FROM advocacy.risk_override), 'not fine', 'mary', '2025-01-30');
SELECT matches(pg_temp.why('2025-01-28'), '^Available[.] Overridden by mary until 2025-02-05T00:00:00Z, rule health: fine', 'an override that was in force');
SELECT matches(pg_temp.why('2025-01-26 12:00'), 'That ended at 2025-01-27T00:00:00Z: overridden until 2025-02-05T00:00:00Z: fine', 'what it ended');
SELECT unalike(pg_temp.why('2025-01-31'), '%Overridden%', 'and that it is over');
SELECT advocacy.advocate_retire((SELECT advocate_id FROM advocacy.advocate), 'left', 'mary', '2025-02-01');
SELECT unalike(pg_temp.why('2025-01-28'), '%Retired%', 'who retired later wasn''t retired then');

-- A held batch that was released later.
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate)
SELECT 'b' || n, '2025-03-01', 'b' || n, 'b' || n || '@x.example', 'B' || n, true FROM generate_series(1, 8) AS n;
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals) SELECT 'b' || n, '2025-03-01', 'B' || n, '{"health_score": 90}' FROM generate_series(1, 8) AS n;
SELECT pg_temp.observe('acme', 51, '2025-03-01');
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals) SELECT 'b' || n, '2025-03-02', 'B' || n, '{"health_score": 1}' FROM generate_series(1, 8) AS n;
SELECT pg_temp.observe('acme', 52, '2025-03-02');
SELECT advocacy.risk_release((SELECT max(held_batch) FROM advocacy.risk), 'mary', '2025-03-04');
SELECT matches(pg_temp.why('2025-03-03', 'B1'), '^Not available: held: 8 advocates would have been suspended at once', 'a batch that was held then');
SELECT matches(pg_temp.why('2025-03-05', 'B1'), '^Not available: suspended by rule health[.] ', 'and released since');
SELECT * FROM finish();
ROLLBACK;
