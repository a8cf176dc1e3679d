#!/bin/bash
# Two senders claim flags of one source at once: each flag goes to one of them. And two who change one advocate at a time
# leave the flag as both changes make it.
set -uo pipefail
. "$TOP/tests/lib.sh"
DATABASE=$PGDATABASE
# Whoever had to wait would do so until then.
export PGOPTIONS="-c lock_timeout=60s"
psql -XAtq -v ON_ERROR_STOP=1 >/dev/null <<'SQL'
SELECT advocacy.source_register('sf', 'salesforce', 1, '36500 days');
INSERT INTO advocacy.contact (source, remote_id, email) SELECT 'sf', n::text, n || '@x.example' FROM generate_series(1, 40) AS n;
INSERT INTO advocacy.account (account_id, source, remote_id) VALUES (1, 'sf', 'a');
UPDATE advocacy.contact SET account_id = 1;
INSERT INTO advocacy.advocate (contact_id, account_id, enrolled_by) SELECT contact_id, 1, 'test' FROM advocacy.contact;
SELECT advocacy.writeback_register('sf', '{"contact": {"fields": "f", "words": {"eligible": "Available", "caution": "Caution",
	"suspended": "Suspended", "ineligible": "I", "withdrawn": "W", "left": "L"}}}'), advocacy.writeback_start('sf', 'test');
SQL
claim="SELECT remote_id FROM advocacy.writeback_claim('sf', 20, '1 minute')"
hold "$claim"
one=$held two=$(sql "$claim")
release COMMIT
is '20 20 40' "$(wc -l <<<"$one") $(wc -l <<<"$two") $(sort -u <<<"$one"$'\n'"$two" | wc -l)" 'each flag goes to one sender'
sql "SELECT advocacy.writeback_recover('sf')" >/dev/null

first=$(sql 'SELECT min(advocate_id) FROM advocacy.advocate')
wanted() { sql "SELECT wanted FROM advocacy.crm_flag WHERE advocate_id = $first"; }
hold "SELECT advocacy.advocate_suspend($first, 'one')"
sql "INSERT INTO advocacy.suspension (advocate_id, cause, reason, opened_by) VALUES ($first, 'consent', 'two', 'test')" &
two=$!
eventually '(who changes the same advocate waits)' "locked_out \"query LIKE 'INSERT INTO advocacy.suspension%'\""
release COMMIT
wait "$two"
is 0 $? '(and goes on)'
sql "SELECT advocacy.advocate_reinstate($first, 'one is over')" >/dev/null
is W "$(wanted)" 'what both say counts'
sql "UPDATE advocacy.suspension SET closed_at = now(), closed_by = 'test', close_reason = 'test' WHERE closed_at IS NULL"
is Available "$(wanted)" 'until it is over'
done_testing
