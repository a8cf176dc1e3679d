-- 100,000 advocates at 40,000 accounts, a year of activities: what match_advocates takes. Needs an empty database.
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
CREATE TEMP TABLE took (what text, ms numeric);
SELECT set_config('bench.request', :'r', false) \g /dev/null
DO $$
DECLARE
	wanted jsonb;
	what text;
	began timestamptz;
BEGIN
	FOR what, wanted IN VALUES ('like the deal''s account', NULL), ('two required, two preferred', '{"required": {"region": "EMEA", "language": "en"}, "preferred": {"industry": "Industry 3", "product": "add-on 2"}}'::jsonb) LOOP
		UPDATE advocacy.request AS q SET criteria = wanted WHERE request_id = current_setting('bench.request')::bigint;
		FOR round IN 1..25 LOOP
			began := clock_timestamp();
			PERFORM FROM advocacy.match_advocates(current_setting('bench.request')::bigint, 5);
			IF round > 5 THEN
				INSERT INTO took SELECT what, 1000 * extract(epoch FROM clock_timestamp() - began);
			END IF;
		END LOOP;
	END LOOP;
END $$;
SELECT format('match_advocates, 5 of %s advocates, %s: median %s ms, 90 %% within %s ms', (SELECT count(*) FROM advocacy.advocate_profile), what,
	round(percentile_cont(0.5) WITHIN GROUP (ORDER BY ms)::numeric, 1), round(percentile_cont(0.9) WITHIN GROUP (ORDER BY ms)::numeric, 1)) FROM took GROUP BY what ORDER BY what;
