#!/bin/bash
# Deadlines take their locks as a match does: advocates first, then requests. While somebody holds the advocate of one thing that
# is due, nothing holds the request of another, or the two would wait for each other for ever.
set -uo pipefail
export PGOPTIONS='-c client_min_messages=warning -c lock_timeout=20s'
psql -X -q -v ON_ERROR_STOP=1 -o /dev/null <<'SQL'
INSERT INTO advocacy.account (account_id, source, remote_id, name) OVERRIDING SYSTEM VALUE VALUES (900200, 'lock', 'a', 'Account');
INSERT INTO advocacy.contact (contact_id, source, remote_id, account_id) OVERRIDING SYSTEM VALUE SELECT 900200 + g, 'lock', 'c' || g, 900200 FROM generate_series(1, 2) AS g;
INSERT INTO advocacy.advocate (advocate_id, contact_id, account_id, enrolled_by) OVERRIDING SYSTEM VALUE SELECT 900200 + g, 900200 + g, 900200, 'lock' FROM generate_series(1, 2) AS g;
SELECT advocacy.policy_setting_define('consent', '"required"');
SELECT advocacy.consent_record(900201, 'quote', now() + interval '1 hour', given_at => now() - interval '3 days');
SELECT advocacy.request_match(advocacy.request_submit(NULL, 'quote', 'j', 'a', 'o', now() + interval '9 days', 'rep@x.example'), 900201, 'ann');
SELECT advocacy.advocate_suspend(900202, 'leave', 'mary', now(), 'hard', now() + interval '1 hour');
SQL
# A transaction that is about to match: it has the advocate whose suspension is due to end.
coproc HOLDER { psql -X -q -At 2>&1; }
echo "BEGIN; SELECT 'held' FROM advocacy.advocate WHERE advocate_id = 900202 FOR NO KEY UPDATE;" >&"${HOLDER[1]}"
read -r -t 20 answer <&"${HOLDER[0]}"
[ "${answer:-}" = held ] || echo "# the other transaction didn't answer: ${answer:-}"
psql -X -q -At -c "SELECT 1 FROM advocacy.deadlines_fire(now() + interval '2 hours')" >/dev/null &
for _ in $(seq 200); do
	waiting=$(psql -X -q -At -c "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%deadlines_fire(now%' AND pid <> pg_backend_pid()")
	[ "$waiting" = 1 ] && break
	sleep 0.05
done
[ "$waiting" = 1 ] && echo 'ok 1 - deadlines wait for the advocate' || echo "not ok 1 - deadlines wait for the advocate"
echo "SELECT 'free' FROM advocacy.request WHERE advocate_id = 900201 FOR UPDATE NOWAIT;" >&"${HOLDER[1]}"
read -r -t 20 answer <&"${HOLDER[0]}"
[ "${answer:-}" = free ] && echo 'ok 2 - and hold no request meanwhile' || { echo 'not ok 2 - and hold no request meanwhile'; echo "# ${answer:-}"; }
echo 'ROLLBACK;' >&"${HOLDER[1]}"
wait %2 2>/dev/null || wait $!
is() { [ "$2" = "$3" ] && echo "ok $1" || { echo "not ok $1"; echo "# $3"; }; }
is '3 - then both are done' 'matching t' "$(psql -X -q -At -F ' ' -c "SELECT (SELECT state FROM advocacy.request), (SELECT closed_at IS NOT NULL FROM advocacy.suspension)")"
echo '1..3'
