#!/bin/bash
# Two senders claim flags of one source at once: each flag goes to one of them. And two who change one advocate at a time
# leave the flag as both changes make it.
set -uo pipefail
psql -XAtq -v ON_ERROR_STOP=1 >/dev/null <<'SQL'
SELECT advocacy.source_register('sf', 'salesforce', 1, '36500 days');
INSERT INTO advocacy.contact (source, remote_id, email) SELECT 'sf', n::text, n || '@x.example' FROM generate_series(1, 40) AS n;
INSERT INTO advocacy.account (account_id, source, remote_id) VALUES (1, 'sf', 'a');
UPDATE advocacy.contact SET account_id = 1;
INSERT INTO advocacy.advocate (contact_id, account_id, enrolled_by) SELECT contact_id, 1, 'test' FROM advocacy.contact;
SELECT advocacy.writeback_register('sf', '{"contact": {"fields": "f", "words": {"eligible": "Available", "caution": "Caution",
	"suspended": "Suspended", "ineligible": "I", "withdrawn": "W", "left": "L"}}}'), advocacy.writeback_start('sf', 'test');
SQL
echo 1..3
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
claim() { psql -XAtq -c "BEGIN; SELECT remote_id FROM advocacy.writeback_claim('sf', 20, '1 minute'); SELECT pg_sleep(1); COMMIT" | grep -E '^[0-9]'; }
claim >one & claim >two & wait
if [ "$(sort -u one two | wc -l) $(cat one two | wc -l)" = '40 40' ]; then echo 'ok 1 - each flag goes to one sender'; else echo 'not ok 1 - each flag goes to one sender'; fi
psql -XAtq -c 'SELECT advocacy.writeback_recover($$sf$$)' >/dev/null
first=$(psql -XAtq -c 'SELECT min(advocate_id) FROM advocacy.advocate')
psql -XAtq >/dev/null <<SQL &
BEGIN; SELECT advocacy.advocate_suspend($first, 'one'); SELECT pg_sleep(1); COMMIT;
SQL
one=$!
until psql -XAtq -c "SELECT count(*) FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation JOIN pg_database AS d ON d.oid = l.database AND d.datname = current_database()
	WHERE c.relname = 'suspension' AND l.mode = 'RowExclusiveLock'" | grep -q '^[1-9]'; do :; done
psql -XAtq >/dev/null <<SQL
INSERT INTO advocacy.suspension (advocate_id, cause, reason, opened_by) VALUES ($first, 'consent', 'two', 'test');
SQL
wait "$one"
psql -XAtq -c "SELECT advocacy.advocate_reinstate($first, 'one is over')" >/dev/null 2>&1
is=$(psql -XAtq -c "SELECT wanted FROM advocacy.crm_flag WHERE advocate_id = $first")
if [ "$is" = W ]; then echo 'ok 2 - what both say counts'; else echo "not ok 2 - what both say counts ($is)"; fi
psql -XAtq >/dev/null -c "UPDATE advocacy.suspension SET closed_at = now(), closed_by = 'test', close_reason = 'test' WHERE closed_at IS NULL"
is=$(psql -XAtq -c "SELECT wanted FROM advocacy.crm_flag WHERE advocate_id = $first")
if [ "$is" = Available ]; then echo 'ok 3 - until it is over'; else echo "not ok 3 - until it is over ($is)"; fi

