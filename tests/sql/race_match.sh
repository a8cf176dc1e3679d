#!/bin/bash
# slow
# race_match.sh [DATABASE [SIZE]] - people match and move requests while advocates are suspended and deadlines fire: no request
# stays matched with somebody suspended, nothing deadlocks, and the clocks stay what their events say.
# Needs PGHOST/PGUSER and a database that may be filled with rubbish.
set -euo pipefail
export PGDATABASE=${1:-${PGDATABASE:?database}} PGOPTIONS='-c client_min_messages=warning'
rounds=${2:-250}
psql -X -q -v ON_ERROR_STOP=1 -o /dev/null <<'SQL'
SELECT advocacy.policy_apply('{"calendars":[{"name":"race","time_zone":"UTC","weekly_hours":{"mon":[["00:00","24:00"]],"tue":[["00:00","24:00"]],"wed":[["00:00","24:00"]],"thu":[["00:00","24:00"]],"fri":[["00:00","24:00"]],"sat":[["00:00","24:00"]],"sun":[["00:00","24:00"]]}}],
	"slas":[{"name":"a","metric":"acknowledge","calendar":"race","target_s":1,"thresholds":[[50,"owner"]],"ladder":[]},{"name":"c","metric":"connect","calendar":"race","target_s":2,"thresholds":[[50,"owner"]],"ladder":[]}],
	"routes":[{"name":"all","kinds":["*"],"channel":"race"}]}');
INSERT INTO advocacy.opportunity (opportunity_id, source, remote_id) OVERRIDING SYSTEM VALUE VALUES (-99, 'none', '-99') ON CONFLICT DO NOTHING;
INSERT INTO advocacy.account (account_id, source, remote_id, name) OVERRIDING SYSTEM VALUE SELECT 900000 + g, 'race', 'a' || g, 'Account ' || g FROM generate_series(1, 4) AS g;
INSERT INTO advocacy.contact (contact_id, source, remote_id, account_id, opted_out) OVERRIDING SYSTEM VALUE SELECT 900000 + g, 'race', 'c' || g, 900000 + g, false FROM generate_series(1, 4) AS g;
INSERT INTO advocacy.advocate (advocate_id, contact_id, account_id, enrolled_by) OVERRIDING SYSTEM VALUE SELECT 900000 + g, 900000 + g, 900000 + g, 'race' FROM generate_series(1, 4) AS g;
SELECT advocacy.request_submit(-99, 'quote', 'why', 'CIO', 'win', now() + interval '1 day', 'race') FROM generate_series(1, 12);
SQL
people() {
	for _ in $(seq 1 "$rounds"); do
		cat <<'SQL'
SELECT request_id AS r FROM advocacy.request WHERE requested_by = 'race' ORDER BY random() LIMIT 1 \gset
SELECT 900000 + ceil(random() * 4)::bigint AS a \gset
SELECT CASE (random() * 5)::int WHEN 0 THEN format('SELECT advocacy.request_schedule(%s)', :r) WHEN 1 THEN format('SELECT advocacy.request_decline(%s, %L, %L)', :r, 'x', 'rep')
	WHEN 2 THEN format('SELECT advocacy.request_wait(%s, %L, %L)', :r, 'rep', 'x') WHEN 3 THEN format('SELECT advocacy.request_resume(%s)', :r) ELSE format('SELECT advocacy.request_match(%s, %s)', :r, :a) END \gexec
SQL
	done | psql -X -q -o /dev/null -v VERBOSITY=sqlstate 2>&1 | { grep -v 55000 || [ $? = 1 ]; }
}
suspender() {
	for _ in $(seq 1 "$rounds"); do
		cat <<'SQL'
SELECT 900000 + ceil(random() * 4)::bigint AS a, 900000 + ceil(random() * 4)::bigint AS b \gset
BEGIN;
SELECT FROM advocacy.advocate WHERE advocate_id IN (:a, :b) ORDER BY advocate_id FOR NO KEY UPDATE;
INSERT INTO advocacy.suspension (advocate_id, cause, reason, opened_by) SELECT DISTINCT x, 'person', 'race', 'race' FROM unnest(ARRAY[:a, :b]) AS x ON CONFLICT DO NOTHING;
SELECT advocacy.request_rematch(:a), advocacy.request_rematch(:b);
COMMIT;
UPDATE advocacy.suspension SET closed_at = now(), closed_by = 'race', close_reason = 'race' WHERE opened_by = 'race' AND closed_at IS NULL AND random() < 0.7;
SQL
	done | psql -X -q -o /dev/null -v VERBOSITY=sqlstate 2>&1
}
timer() { for _ in $(seq 1 "$rounds"); do echo "SELECT * FROM advocacy.deadlines_fire();"; done | psql -X -q -o /dev/null -v VERBOSITY=sqlstate 2>&1; }
errors=$(mktemp)
pids=()
for part in people people people people suspender suspender timer timer; do $part >>"$errors" & pids+=($!); done
for pid in "${pids[@]}"; do wait "$pid"; done
verdict=$(psql -X -At -v ON_ERROR_STOP=1 <<'SQL'
SELECT concat_ws(' ', 'matched_while_suspended', (SELECT count(*) FROM advocacy.request AS r JOIN advocacy.suspension AS s USING (advocate_id)
		WHERE r.requested_by = 'race' AND r.state IN ('proposed', 'scheduled') AND s.closed_at IS NULL),
	'clocks_differ', (SELECT count(*) FROM advocacy.sla_rebuild_check()),
	'met', (SELECT count(*) FILTER (WHERE e.move = 'match') > 50 AND count(*) FILTER (WHERE e.move = 'rematch') > 5
	          FROM advocacy.request_event AS e JOIN advocacy.request AS r USING (request_id) WHERE r.requested_by = 'race'))
SQL
)
psql -X -At -c "SELECT '# ' || move || ' ' || count(*) FROM advocacy.request_event JOIN advocacy.request USING (request_id) WHERE requested_by = 'race' GROUP BY move ORDER BY 1"
verdict="$verdict errors $(wc -l <"$errors")" # every refusal but a forbidden move is an error: deadlocks above all
sort "$errors" | uniq -c | head | sed 's/^/# /'; rm -f "$errors"
echo "# $verdict"
if [ "$verdict" = 'matched_while_suspended 0 clocks_differ 0 met t errors 0' ]; then echo "ok 1 - no request stays matched with somebody suspended, nothing deadlocks, clocks are what their events say"; else echo "not ok 1 - no request stays matched with somebody suspended, nothing deadlocks, clocks are what their events say"; fi
echo 1..1
