-- 100,000 advocates at 40,000 accounts, a year of activities: what match_advocates takes, in time and in processor time, and how
-- often that is what reading all profiles once takes. Needs an empty database.
\set QUIET on
SET client_min_messages = warning;
SET synchronous_commit = off;
INSERT INTO advocacy.policy_setting (name, value) VALUES ('consent', '"enrolment"') ON CONFLICT (name) DO UPDATE SET value = excluded.value;
DELETE FROM advocacy.policy_setting WHERE name = 'caps';
INSERT INTO advocacy.account (account_id, source, remote_id, name, industry, region, segment)
SELECT g, 'bench', 'a' || g, 'Account ' || g, 'Industry ' || g % 20, (ARRAY['EMEA', 'AMER', 'APAC'])[g % 3 + 1], (ARRAY['Small', 'Mid', 'Enterprise'])[g % 7 % 3 + 1]
FROM generate_series(1, 40000) AS g;
INSERT INTO advocacy.contact (contact_id, source, remote_id, account_id, first_name, last_name, opted_out, language, persona, products) OVERRIDING SYSTEM VALUE
SELECT g, 'bench', 'c' || g, g % 40000 + 1, 'First' || g, 'Last' || g, false, (ARRAY['en', 'de', 'fr', 'es'])[g % 4 + 1], (ARRAY['CIO', 'Admin', 'CFO'])[g % 3 + 1], 'Core; Add-on ' || g % 5
FROM generate_series(1, 100000) AS g;
INSERT INTO advocacy.advocate (advocate_id, contact_id, account_id, enrolled_by) OVERRIDING SYSTEM VALUE
SELECT g, g, g % 40000 + 1, 'bench' FROM generate_series(1, 100000) AS g;
-- One in twenty is suspended; 60,000 activities of a year, a third of them by a tenth of the people.
INSERT INTO advocacy.suspension (advocate_id, cause, reason, opened_by) SELECT g, 'person', 'bench', 'bench' FROM generate_series(20, 100000, 20) AS g;
INSERT INTO advocacy.activity (advocate_id, activity_type, status, occurred_at, weight, account_id, cell, recorded_at, recorded_by)
SELECT p.advocate_id, (ARRAY['reference_call', 'quote', 'review'])[g % 3 + 1], 'completed',
       now() - g * interval '365 days' / 60000, 1, p.account_id, p.cell, now(), 'bench'
FROM generate_series(1, 60000) AS g JOIN advocacy.advocate_profile AS p ON p.advocate_id = CASE WHEN g % 3 = 0 THEN 1 + g % 10000 ELSE 1 + (g * 7919::bigint) % 100000 END;
INSERT INTO advocacy.opportunity (opportunity_id, source, remote_id, account_id, name, deleted) OVERRIDING SYSTEM VALUE VALUES (1, 'bench', 'o1', 5, 'Deal', false);
ANALYZE advocacy.account, advocacy.contact, advocacy.advocate, advocacy.advocate_profile, advocacy.activity, advocacy.suspension;
SELECT advocacy.request_submit(1, 'reference_call', 'why', 'CIO', 'win', now(), 'bench') AS r \gset
SET jit = off;
SET max_parallel_workers_per_gather = 0;
ANALYZE advocacy.advocate_look;
CREATE FUNCTION pg_temp.cpu_ms() RETURNS numeric LANGUAGE sql VOLATILE AS $$
	SELECT (split_part(s, ' ', 14)::numeric + split_part(s, ' ', 15)::numeric) * 10 FROM pg_read_file('/proc/self/stat') AS s $$;
CREATE TEMP TABLE took (what text, round integer, ms numeric, cpu_ms numeric);
SELECT set_config('bench.request', :'r', false) \g /dev/null
DO $$
DECLARE
	wanted jsonb;
	what text;
	began timestamptz;
	cpu numeric;
BEGIN
	-- Ten at a time, as processor time is counted in hundredths of a second.
	FOR round IN 1..6 LOOP
		FOR what, wanted IN VALUES ('all profiles read once', NULL), ('like the deal''s account', NULL), ('anybody', '{}'::jsonb),
			('two required, two preferred', '{"required": {"region": "EMEA", "language": "en"}, "preferred": {"industry": "Industry 3", "product": "add-on 2"}}') LOOP
			UPDATE advocacy.request AS q SET criteria = wanted WHERE request_id = current_setting('bench.request')::bigint;
			cpu := pg_temp.cpu_ms();
			FOR n IN 1..10 LOOP
				began := clock_timestamp();
				IF what = 'all profiles read once' THEN
					PERFORM sum(p.account_id) FROM advocacy.advocate_profile AS p WHERE p.industry = 'industry 3';
				ELSE
					PERFORM FROM advocacy.match_advocates(current_setting('bench.request')::bigint, 5);
				END IF;
				INSERT INTO took SELECT what, round, 1000 * extract(epoch FROM clock_timestamp() - began);
			END LOOP;
			UPDATE took AS t SET cpu_ms = (pg_temp.cpu_ms() - cpu) / 10 WHERE t.cpu_ms IS NULL;
		END LOOP;
	END LOOP;
END $$;
SELECT format('%s: %s ms of one core, %s times as long as reading all profiles once; median %s ms, 90 %% within %s ms',
	CASE WHEN t.what LIKE 'all%' THEN t.what ELSE format('match_advocates, 5 of %s advocates, %s', (SELECT count(*) FROM advocacy.advocate_profile), t.what) END,
	round(min(t.cpu_ms), 1), round(min(t.cpu_ms) / (SELECT min(cpu_ms) FROM took WHERE what LIKE 'all%'), 1),
	round(percentile_cont(0.5) WITHIN GROUP (ORDER BY t.ms)::numeric, 1), round(percentile_cont(0.9) WITHIN GROUP (ORDER BY t.ms)::numeric, 1))
FROM took AS t GROUP BY t.what ORDER BY min(t.cpu_ms);
