#!/bin/bash
# slow
# race_caps.sh [DATABASE [SIZE]] - many people want an advocate's last slot at once: one of them gets it. No cap of anybody,
# nor of an account, is ever exceeded, and nothing deadlocks.
set -euo pipefail
export PGDATABASE=${1:-${PGDATABASE:?database}} PGOPTIONS='-c client_min_messages=warning'
size=${2:-200}
psql -X -q -v ON_ERROR_STOP=1 -o /dev/null <<SQL
SELECT advocacy.policy_setting_define('caps', '{"per_30_days": 1, "per_quarter": 5, "per_365_days": 9, "account_per_30_days": 3, "rest_s": 0, "long_rest_s": 0, "share_percent": 0}');
INSERT INTO advocacy.account (account_id, source, remote_id, name) OVERRIDING SYSTEM VALUE SELECT 910000 + g, 'race', 'b' || g, 'Account ' || g FROM generate_series(1, 2) AS g;
INSERT INTO advocacy.contact (contact_id, source, remote_id, account_id, opted_out) OVERRIDING SYSTEM VALUE SELECT 910000 + g, 'race', 'd' || g, 910001 + (g > 1)::int, false FROM generate_series(1, 11) AS g;
INSERT INTO advocacy.advocate (advocate_id, contact_id, account_id, enrolled_by) OVERRIDING SYSTEM VALUE SELECT 910000 + g, 910000 + g, 910001 + (g > 1)::int, 'race' FROM generate_series(1, 11) AS g;
SELECT advocacy.request_submit(NULL, 'quote', 'why', 'CIO', 'win', now(), 'caps') FROM generate_series(1, $size + 40);
SQL
first=$(psql -X -At -c "SELECT min(request_id) FROM advocacy.request WHERE requested_by = 'caps'")
# Every session is connected and waits for a lock that this one holds, so that all start at once.
coproc GATE { psql -X -q -At; }
echo "SELECT pg_advisory_lock(42); SELECT 'held';" >&"${GATE[1]}"
while read -r -t 20 line <&"${GATE[0]}" && [ "$line" != held ]; do :; done
outcomes=$(mktemp -d)
trap 'rm -rf "$outcomes"' EXIT
pids=()
# Each wants one advocate's only slot, and every fifth then one of ten advocates of an account that allows three.
for i in $(seq 0 $((size - 1))); do
	statements=(-c "SELECT pg_advisory_lock_shared(42)" -c "SELECT advocacy.request_match($((first + i)), 910001)")
	(( i % 5 )) || statements+=(-c "SELECT advocacy.request_match($((first + size + i / 5)), $((910002 + i / 5 % 10)))")
	psql -X -q -o /dev/null -v VERBOSITY=sqlstate "${statements[@]}" 2>"$outcomes/$i" &
	pids+=($!)
done
until [ "$(psql -X -At -c "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 42 AND NOT granted
	AND database = (SELECT oid FROM pg_database WHERE datname = current_database())")" = "$size" ]; do sleep 0.1; done
echo "SELECT pg_advisory_unlock(42);" >&"${GATE[1]}"
for pid in "${pids[@]}"; do wait "$pid" || true; done
verdict=$(psql -X -At <<'SQL'
SELECT concat_ws(' ', count(*) FILTER (WHERE a.advocate_id = 910001), count(*) FILTER (WHERE a.advocate_id > 910001),
	max(a.n)) FROM (SELECT v.advocate_id, count(*) OVER (PARTITION BY v.advocate_id) AS n FROM advocacy.activity AS v WHERE v.advocate_id > 910000 AND v.status = 'asked') AS a
SQL
)
refusals=$(cat "$outcomes"/* | sort | uniq -c | sed 's/^ *//')
echo "# matched: $verdict; refused: $refusals"
number=0
check() { number=$((number + 1)); if [ "$2" = "$3" ]; then echo "ok $number - $1"; else echo "not ok $number - $1"; echo "# $3 instead of $2"; fi; }
check "of $size requests for the last slot one gets it; an account's three slots go to three; nobody is asked twice" '1 3 1' "$verdict"
check 'everybody else is refused, and by that alone' "$((size + size / 5 - 4)) ERROR:  55000" "$refusals"
echo 1..2
