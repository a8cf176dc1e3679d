#!/bin/bash
# slow
# race_suspend.sh [DATABASE [ROUNDS]] - people match requests, by hand and as match_advocates proposes, while sources suspend and
# reinstate the same advocates, each through the real path, from many connections at once: no request is ever left with an
# advocate with an open hard cause, not even between two transactions; nothing deadlocks. 8 x ROUNDS matches meet as many changes of health.
# Needs PGHOST/PGUSER and a database that may be filled with rubbish.
set -euo pipefail
export PGDATABASE=${1:-${PGDATABASE:?database}} PGOPTIONS='-c client_min_messages=warning'
rounds=${2:-${RACE_ROUNDS:-150}}
psql -X -q -v ON_ERROR_STOP=1 -o /dev/null <<'SQL'
SELECT advocacy.policy_setting_define('consent', '"enrolment"'), advocacy.policy_setting_define('breaker_percent', '100'), advocacy.policy_setting_define('breaker_least', '1000');
INSERT INTO advocacy.route (route, kinds, channel) VALUES ('all', '{*}', 'race');
SELECT advocacy.risk_rule_define('low', 'health_score', '<', 60, '>', 75, '0', 'suspend', 'hard');
SELECT advocacy.source_register('s' || g, 'gainsight', g) FROM generate_series(1, 4) AS g;
-- Three accounts a source, two advocates each.
SELECT advocacy.stage_prepare();
DO $$ BEGIN FOR g IN 1 .. 4 LOOP
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals) SELECT 'a' || a, now(), 'Account ' || a, '{"health_score": 90}' FROM generate_series(1, 3) AS a;
	INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, opted_out, advocate)
	SELECT 'c' || c, now(), 'a' || 1 + c % 3, 'c' || c || '@s' || g || '.example', false, true FROM generate_series(1, 6) AS c;
	PERFORM advocacy.sync_apply('s' || g, 'account', NULL, true, now(), 1, 1, now(), clock_timestamp());
END LOOP; END $$;
INSERT INTO advocacy.opportunity (opportunity_id, source, remote_id) OVERRIDING SYSTEM VALUE VALUES (-99, 'none', '-99') ON CONFLICT DO NOTHING;
SELECT advocacy.request_submit(-99, 'reference_call', 'why', 'CIO', 'win', now() + interval '9 days', 'race') FROM generate_series(1, 24);
-- What nobody may ever see: committed, a request that was not held yet with an advocate with an open hard cause.
CREATE VIEW public.wrong AS
SELECT r.request_id, r.state, r.advocate_id, k.rule FROM advocacy.request AS r JOIN advocacy.advocate AS a USING (advocate_id)
  JOIN advocacy.risk AS k ON k.account_id = a.account_id AND k.cleared_at IS NULL JOIN advocacy.risk_rule AS u ON u.rule = k.rule AND u.severity = 'hard'
 WHERE r.state IN ('proposed', 'awaiting_csm', 'awaiting_advocate', 'scheduled');
SQL
matcher() {
	for _ in $(seq 1 "$rounds"); do
		cat <<'SQL'
SELECT request_id AS r FROM advocacy.request WHERE requested_by = 'race' ORDER BY random() LIMIT 1 \gset
SELECT coalesce(CASE WHEN random() < 0.5 THEN (SELECT m.advocate_id FROM advocacy.match_advocates(:r, 6) AS m ORDER BY random() LIMIT 1) END, 0) AS m \gset
SELECT coalesce(nullif(:m, 0), (SELECT advocate_id FROM advocacy.advocate ORDER BY random() LIMIT 1)) AS a \gset
SELECT CASE WHEN random() < 0.2 THEN format('SELECT advocacy.request_schedule(%s, now() + interval ''8 days'')', :r) WHEN random() < 0.2 THEN format('SELECT advocacy.request_decline(%s, %L, %L)', :r, 'x', 'rep')
	ELSE format('SELECT advocacy.request_match(%s, %s)', :r, :a) END \gexec
SQL
	done | psql -X -q -o /dev/null -v VERBOSITY=sqlstate 2>&1 | { grep -v 55000 || [ $? = 1 ]; } # not available, or not a move that the state allows
}
# A source whose scores come and go: suspender NUMBER
suspender() {
	echo "SELECT advocacy.stage_prepare();"
	for _ in $(seq 1 $((2 * rounds))); do
		echo "BEGIN; INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals)
		SELECT 'a' || a, clock_timestamp(), 'Account ' || a, jsonb_build_object('health_score', CASE WHEN random() < 0.5 THEN 20 ELSE 90 END) FROM generate_series(1, 3) AS a WHERE random() < 0.6;
		SELECT advocacy.sync_apply('s$1', 'account', NULL, true, now(), 1, 1, now(), clock_timestamp()); COMMIT;"
	done
}
suspend() { suspender "$1" | psql -X -q -o /dev/null -v VERBOSITY=sqlstate 2>&1; }
timer() { for _ in $(seq 1 "$rounds"); do echo "SELECT * FROM advocacy.deadlines_fire();"; done | psql -X -q -o /dev/null -v VERBOSITY=sqlstate 2>&1; }
# Looks at what is committed, again and again, until the others are through.
watcher() {
	while [ -e "$running" ]; do
		for _ in $(seq 1 50); do echo "SELECT format('request %s, %s: advocate %s, %s', request_id, state, advocate_id, rule) FROM public.wrong;"; done
	done | psql -X -q -At -v VERBOSITY=sqlstate 2>&1
}
errors=$(mktemp) seen=$(mktemp) running=$(mktemp)
trap 'rm -f "$errors" "$seen" "$running"' EXIT
watcher >"$seen" &
watching=$!
pids=()
for source in 1 2 3 4; do
	suspend $source >>"$errors" & pids+=($!)
	for _ in 1 2; do matcher >>"$errors" & pids+=($!); done
done
timer >>"$errors" & pids+=($!)
for pid in "${pids[@]}"; do wait "$pid"; done
rm -f "$running"
wait "$watching"
psql -X -At <<'SQL'
SELECT '# ' || move || ' ' || count(*) FROM advocacy.request_event JOIN advocacy.request USING (request_id) WHERE requested_by = 'race' GROUP BY move ORDER BY 1;
SELECT '# suspended ' || count(*) || ', reinstated ' || count(closed_at) FROM advocacy.suspension;
SQL
sort "$errors" | uniq -c | head | sed 's/^/# /'
sort "$seen" | uniq -c | head | sed 's/^/# seen /'
number=0
verdict() { number=$((number + 1)); if [ "$1" = "$2" ]; then echo "ok $number - $3"; else echo "not ok $number - $3"; echo "# wanted $1, got $2"; fi; }
verdict 0 "$(psql -X -At -c 'SELECT count(*) FROM public.wrong')" 'no request is left with an advocate with an open hard cause'
verdict 0 "$(wc -l <"$seen")" 'nor was one ever seen'
verdict 0 "$(wc -l <"$errors")" 'nothing deadlocks, and nothing fails but for refusals'
verdict t "$(psql -X -At -c "SELECT (SELECT count(*) FROM advocacy.request_event WHERE move = 'match') > $rounds AND (SELECT count(*) FROM advocacy.request_event WHERE move = 'rematch') > $rounds / 4
	AND (SELECT count(*) FROM advocacy.suspension) > $rounds")" 'they did meet'
verdict 0 "$(psql -X -At -c 'SELECT count(*) FROM advocacy.sla_rebuild_check()')" 'the clocks are what their events say'
echo "1..$number"
