#!/bin/bash
# Deadlines take their locks as a match does: advocates first, then requests. While somebody holds the advocate of one thing that
# is due, nothing holds the request of another, or the two would wait for each other for ever.
set -uo pipefail
export PGOPTIONS='-c client_min_messages=warning -c lock_timeout=20s'
psql -X -q -v ON_ERROR_STOP=1 -o /dev/null <<'SQL'
INSERT INTO advocacy.account (account_id, source, remote_id, name) OVERRIDING SYSTEM VALUE VALUES (900200, 'lock', 'a', 'Account');
INSERT INTO advocacy.contact (contact_id, source, remote_id, account_id) OVERRIDING SYSTEM VALUE SELECT 900200 + g, 'lock', 'c' || g, 900200 FROM generate_series(1, 4) AS g;
INSERT INTO advocacy.advocate (advocate_id, contact_id, account_id, enrolled_by) OVERRIDING SYSTEM VALUE SELECT 900200 + g, 900200 + g, 900200, 'lock' FROM generate_series(1, 4) AS g;
SELECT advocacy.policy_setting_define('consent', '"required"');
SELECT advocacy.consent_record(900200 + g, 'quote', now() + make_interval(hours => g), given_at => now() - interval '3 days'),
       advocacy.request_match(advocacy.request_submit(NULL, 'quote', 'j', 'a', 'o', now() + interval '9 days', 'rep@x.example'), 900200 + g, 'ann')
  FROM unnest('{1,3}'::integer[]) AS g;
SELECT advocacy.advocate_suspend(900202, 'leave', 'mary', now(), 'hard', now() + interval '1 hour');
SELECT advocacy.brake_hold('opt_out', 'lock', '{900204}', 0, 0, '[]', now() + interval '3 hours' - interval '72 hours') AS batch \gset
SELECT advocacy.suspension_open(900204, 'opt-out held', 'hold', 'too many', jsonb_build_object('batch', :batch));
SQL
is() { [ "$2" = "$3" ] && echo "ok $1" || { echo "not ok $1"; echo "# $3"; }; }
# round NUMBER ADVOCATE HOURS REQUEST: a transaction is about to match: it has the advocate of whom something is due.
round() {
	local number=$1 advocate=$2 hours=$3 answer waiting holder firing
	coproc HOLDER { psql -X -q -At 2>&1; }
	holder=$HOLDER_PID
	echo "BEGIN; SELECT 'held' FROM advocacy.advocate WHERE advocate_id = $advocate FOR NO KEY UPDATE;" >&"${HOLDER[1]}"
	read -r -t 20 answer <&"${HOLDER[0]}"
	[ "${answer:-}" = held ] || echo "# the other transaction didn't answer: ${answer:-}"
	psql -X -q -At -c "SELECT 1 FROM advocacy.deadlines_fire(now() + interval '$hours hours')" >/dev/null &
	firing=$!
	for _ in $(seq 200); do
		waiting=$(psql -X -q -At -c "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%deadlines_fire(now%' AND pid <> pg_backend_pid()")
		[ "$waiting" = 1 ] && break
		sleep 0.05
	done
	is "$number - deadlines wait for the advocate" 1 "$waiting"
	echo "SELECT 'free' FROM advocacy.request WHERE advocate_id = $4 FOR UPDATE NOWAIT;" >&"${HOLDER[1]}"
	read -r -t 20 answer <&"${HOLDER[0]}"
	is "$((number + 1)) - and hold no request meanwhile" free "${answer:-}"
	echo 'ROLLBACK;' >&"${HOLDER[1]}"
	eval "exec ${HOLDER[1]}>&-"
	wait "$firing"
	wait "$holder" 2>/dev/null
}
round 1 900202 2 900201
is '3 - then both are done' 'matching t' "$(psql -X -q -At -F ' ' -c "SELECT (SELECT state FROM advocacy.request ORDER BY request_id LIMIT 1), (SELECT closed_at IS NOT NULL FROM advocacy.suspension WHERE advocate_id = 900202)")"
round 4 900204 4 900203
is '6 - then both are done' 'matching t' "$(psql -X -q -At -F ' ' -c "SELECT (SELECT state FROM advocacy.request ORDER BY request_id DESC LIMIT 1), (SELECT closed_at IS NOT NULL FROM advocacy.suspension WHERE advocate_id = 900204)")"
echo '1..6'
