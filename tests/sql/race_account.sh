#!/bin/bash
# What the CRM shows of an account is the best of its advocates. Two who take out one each, at a time, leave it as both make it.
set -uo pipefail
. "$TOP/tests/lib.sh"
DATABASE=$PGDATABASE
export PGOPTIONS='-c client_min_messages=warning -c lock_timeout=60s'
account="SELECT advocacy.writeback_register('sf', '{\"account\": {\"fields\": \"f\", \"words\": {\"eligible\": \"Available\", \"caution\": \"Caution\",
	\"suspended\": \"Suspended\", \"ineligible\": \"I\", \"withdrawn\": \"W\", \"left\": \"L\"}}}')"
psql -X -q -v ON_ERROR_STOP=1 -o /dev/null <<'SQL'
SELECT advocacy.source_register('sf', 'salesforce', 1, '36500 days'), advocacy.stage_prepare();
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name) VALUES ('a', now() - interval '1 day', 'A');
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate)
SELECT 'c' || n, now() - interval '1 day', 'a', n || '@x.example', 'C', true FROM generate_series(1, 2) AS n;
SELECT advocacy.sync_apply('sf', 'all', 'c', true, now(), 1, 1, now(), now());
SELECT advocacy.consent_record(c.contact_id, 'all', now() + interval '1 year') FROM advocacy.contact AS c;
SQL
sql "$account" >/dev/null
who() { echo "(SELECT a.advocate_id FROM advocacy.advocate AS a JOIN advocacy.contact AS c USING (contact_id) WHERE c.remote_id = '$1')"; }
is Available "$(sql 'SELECT wanted FROM advocacy.crm_flag')" '(an account with two advocates)'
hold "SELECT advocacy.advocate_suspend($(who c1), 'one')"
sql "SELECT advocacy.advocate_suspend($(who c2), 'two')" >/dev/null &
two=$!
eventually 'who takes out the other waits' "locked_out \"query LIKE 'SELECT advocacy.advocate_suspend%'\""
release COMMIT
wait "$two"
is '0 Suspended' "$? $(sql 'SELECT wanted FROM advocacy.crm_flag')" 'and then nobody is left to be asked'
sql "SELECT advocacy.writeback_register('sf', '{}'); SELECT advocacy.advocate_reinstate($(who c1), 'back')" >/dev/null

# Nor does a new mapping miss who takes somebody out meanwhile.
hold "SELECT advocacy.consent_withdraw(c.contact_id) FROM advocacy.contact AS c WHERE c.remote_id = 'c1'"
sql "$account" >/dev/null &
mapping=$!
eventually 'a new mapping waits for who takes somebody out' "locked_out \"query LIKE 'SELECT advocacy.writeback_register%'\""
release COMMIT
wait "$mapping"
is '0 Suspended' "$? $(sql 'SELECT wanted FROM advocacy.crm_flag')" 'and shows it'
done_testing
