#!/bin/bash
# /metrics, /healthz and /readyz: what they say while all is well, without a database, and while it hangs.
set -uo pipefail
. "$TOP/tests/lib.sh"

scratch
clean_up_more() { [ -z "${stopped:-}" ] || kill -CONT "$stopped"; }
DATABASE=test_metrics
database_copy "$DATABASE" || exit 1
sandbox_up "$SCRATCH" --accounts 30 --set slack.per_minute=0 || exit 1
# configure HOST
configure() {
	PGHOST=$1 POLL=1h configuration_sandbox "$SCRATCH" "$DATABASE"
	sed -i "/^log_level/a metrics_listen = unix:$SCRATCH/metrics" "$SCRATCH/advocated.conf"
}

ask() { curl -sS --max-time 15 --unix-socket "$SCRATCH/metrics" "http://advocated$1" "${@:2}"; }
status_of() { ask "$1" -o /dev/null -w '%{http_code}' "${@:2}"; }
figure() { ask /metrics | awk -v name="advocated_$1" '$1 == name { print $2 }'; }
# What promtool would say of the form, where it isn't there: families whole, each sample once, names as they should be.
well_formed() {
	awk '/^# HELP / { if ($3 in told) { print "twice:", $3; bad = 1 } told[$3] = 1; family = $3; next }
		/^# TYPE / { if ($3 != family) { print "type of another:", $0; bad = 1 }
			if (($4 == "counter") != ($3 ~ /_total$/)) { print "named wrong:", $3; bad = 1 } next }
		{ name = $0; sub(/[{ ].*/, "", name); sample = $0; sub(/ [^ ]*$/, "", sample)
			if (name != family || name !~ /^advocated_[a-z_]+$/) { print "out of place:", $0; bad = 1 }
			if (sample in seen) { print "twice:", $0; bad = 1 } seen[sample] = 1 }
		END { exit bad }' "$1"
}

# --- without a database ---
ulimit -Sc "$(ulimit -Hc)"
configure "$SCRATCH/nowhere"
daemon_up "$SCRATCH"
eventually 'it answers before the database does' '[ "$(status_of /healthz 2>/dev/null)" = 200 ]'
is 503 "$(status_of /readyz)" 'it is not ready then'
eventually 'and says why' 'ask /readyz | grep -q "the database can.t be reached: "'
is '0 0' "$(awk '/^Max core file size/ { print $5, $6 }' "/proc/$daemon_pid/limits")" 'whoever starts it: its secrets are in no core'
is '1 0' "$(figure database_figures_stale) $(figure ready)" 'its own figures are there, and say that the others are not'
holds '(it ends well)' daemon_down

# --- all is well ---
sql "INSERT INTO advocacy.sync_run (source, stream, started_at, ended_at, outcome)
     VALUES ('gone', 'account', now() - interval '31 days', now() - interval '31 days', 'complete')" >/dev/null
configure "$PGHOST"
# Two for the daemon itself, none for its sources.
sql "ALTER DATABASE $DATABASE CONNECTION LIMIT 2" >/dev/null
daemon_up "$SCRATCH"
eventually 'it says what keeps the sources from being worked on' \
	'ask /readyz | grep -q "^3 sources connecting (salesforce: .*too many connections for database"'
is 503 "$(status_of /readyz)" 'it is not ready then'
eventually 'and so does the journal, once for each' '[ "$(grep -c source_unlinked "$SCRATCH/advocated.log")" = 3 ]'
sql "ALTER DATABASE $DATABASE CONNECTION LIMIT -1" >/dev/null
eventually 'it gets ready' '[ "$(status_of /readyz 2>/dev/null)" = 200 ]'
eventually 'everything is read' 'all_synced'
eventually 'and it says so in a sentence' 'ask /readyz | grep -q "^3 sources current"'
add_deal
sql "SELECT advocacy.request_submit(-99, 'quote', 'why', 'whom', 'what', now() + interval '1 day', 'rep@vendor.example')" >/dev/null
read_by_all() { sql "SELECT sum(value) FROM advocacy.metric WHERE name = 'stream_records_read_total'"; }
eventually 'what had its time is gone, and counted' '[ "$(figure "retention_removed_rows_total{history=\"runs\"}")" = 1 ] &&
	[ "$(sql "SELECT count(*) FROM advocacy.sync_run WHERE source = '"'gone'"'")" = 0 ]'
is 0 "$("$BUILD/advocated" -c "$SCRATCH/advocated.conf" status | grep -c 'no daemon')" 'status knows who works on the sources'
holds 'and status tells it' eval '"$BUILD/advocated" -c "$SCRATCH/advocated.conf" status | grep -q "runs 30d (1 rows removed)"'
eventually 'the figures are those of the view' '[ "$(ask /metrics | tee "$SCRATCH/page" |
	awk "/^advocated_stream_records_read_total/ { n += \$2 } END { print n }")" = "$(read_by_all)" ] &&
	grep -q "^advocated_next_deadline" "$SCRATCH/page"'
holds 'the page is well formed' well_formed "$SCRATCH/page"
if command -v promtool >/dev/null; then
	holds 'promtool finds nothing in it' promtool check metrics <"$SCRATCH/page"
	holds 'nor in the alert rules' promtool check rules "$TOP/etc/prometheus/advocated.rules.yml"
	holds 'which fire when they should, and else not' promtool test rules "$TOP/tests/integration/alerts.yml"
else
	ok 'promtool on the page and the alert rules # SKIP it is not installed'
fi
is 'text/plain; version=0.0.4; charset=utf-8' "$(ask /metrics -o /dev/null -w '%{content_type}')" 'its type is that of the format'
is 405 "$(status_of /metrics -X DELETE)" 'nothing can be changed there'
is 404 "$(status_of /metrics/x)" 'and nothing else is served'
# Those of the database that speak of trouble have no sample while there is none; the manual has all.
names() { grep -ohE 'advocated_[a-z_]+' "$@" | sort -u; }
served=$({ names "$SCRATCH/page"; sql "SELECT 'advocated_' || m[1] FROM regexp_matches(pg_get_viewdef('advocacy.metric'::regclass),
	'''([a-z_]+)''::text(?: AS \w+)?,\s*''(?:gauge|counter)''::text', 'g') AS m"; } | sort -u)
explained=$({ "$TOP/docs/schema-manual" "$TOP"/sql/*.sql "$TOP"/sql/*/*.sql | sed -n '/^# FIGURES/,/^# FUNCTIONS/p'
	sed -n '/has its own besides:/,/^# SEVERAL/p' "$TOP/docs/advocated.8.scd"; } |
	grep -E '^\*' | grep -oE '\*[a-z_\\]+\*' | sed 's/[\\*]//g; s/^/advocated_/' | sort -u)
is '' "$(comm -3 <(echo "$served") <(echo "$explained"))" 'the manual explains each figure that is served, and no other'
is '' "$(comm -13 <(echo "$served") <(names "$TOP"/etc/prometheus/*))" 'alerts and panels ask for what there is'
is t "$(awk '/^advocated_sync_runs_total.*outcome="complete"/ { n += $2 } END { print (n >= 12 ? "t" : n) }' "$SCRATCH/page")" \
	'it counts its runs'

# --- a database that hangs ---
stopped=$(sql "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'advocated metrics'")
kill -STOP "$stopped"
# What is fresh is not asked for again.
eventually 'while the database hangs it gives what it knows, marked' '[ "$(ask /metrics | awk "/^advocated_database_figures_stale/ { printf \"%s \", \$2 }
	/^advocated_stream_failures/ { n++ } END { print n }")" = "1 12" ]'
is 200 "$(status_of /healthz)" 'and waits for nobody'
kill -CONT "$stopped"
stopped=
eventually 'then it is current again' '[ "$(figure database_figures_stale)" = 0 ]'

# --- another address by a reload ---
sed -i "s|^metrics_listen.*|metrics_listen = unix:$SCRATCH/other|" "$SCRATCH/advocated.conf"
kill -HUP "$daemon_pid"
eventually 'a reload moves it' '[ -S "$SCRATCH/other" ] && [ ! -e "$SCRATCH/metrics" ]'
is 200 "$(curl -sS --unix-socket "$SCRATCH/other" -o /dev/null -w '%{http_code}' http://advocated/healthz)" 'and it answers there'
holds 'the daemon ends well' daemon_down
is no "$([ -e "$SCRATCH/other" ] && echo yes || echo no)" 'its socket goes with it'
done_testing
