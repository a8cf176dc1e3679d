#!/bin/bash
# SIGHUP applies all of a good configuration or nothing of a bad one; systemd is told the truth; SIGTERM ends it soon.
set -uo pipefail
. "$TOP/tests/lib.sh"

scratch
DATABASE=test_reload
database_copy "$DATABASE" || exit 1
sandbox_up "$SCRATCH" --accounts 24 --set slack.per_minute=0 || exit 1
POLL=5s HOLD=1s configuration_sandbox "$SCRATCH" "$DATABASE"
world 'accounts 0..23 health 70 vendor=all' >/dev/null

${CC:-gcc} -O1 -o "$SCRATCH/notify_listener" "$TOP/tests/integration/notify_listener.c" || exit 1
"$SCRATCH/notify_listener" "$SCRATCH/notify" >"$SCRATCH/told" &
listener_pid=$!
clean_up_more() { kill $listener_pid; }
until_ '[ -S "$SCRATCH/notify" ]' || exit 1

log() { grep -c -- "$1" "$SCRATCH/advocated.log"; }
told() { grep -cE -- "$1" "$SCRATCH/told"; }
# after LINE PATTERN: the lines that systemd was told after LINE lines which match.
after() { tail -n "+$(($1 + 1))" "$SCRATCH/told" | grep -E -- "$2"; }
lines() { wc -l <"$SCRATCH/told"; }
# reload: SIGHUP, and waits until systemd was told that it is over.
reload() {
	mark=$(lines)
	kill -HUP "$daemon_pid"
	until_ '[ -n "$(after $mark "^RELOADING=1")" ] && [ -n "$(after $mark "^READY=1")" ]'
}
suspended() { sql "SELECT count(*) FROM advocacy.suspension WHERE closed_at IS NULL"; }

# --- the start --------------------------------------------------------------------------------------------------------
export NOTIFY_SOCKET=$SCRATCH/notify WATCHDOG_USEC=600000
daemon_up "$SCRATCH"
unset NOTIFY_SOCKET WATCHDOG_USEC
until_ all_synced || { show_logs; exit 1; }
is 1 "$(told '^READY=1')" 'READY=1 is told once'
holds 'READY=1 comes with a STATUS' grep -qE '^READY=1\|STATUS=.' "$SCRATCH/told"
eventually 'STATUS tells when all sources are current' 'grep -qE "^STATUS=3 sources current" "$SCRATCH/told"'
mark=$(lines)
eventually 'WATCHDOG=1 is told again and again' '[ "$(after $mark "^WATCHDOG=1$" | wc -l)" -ge 3 ]'
start=$EPOCHREALTIME mark=$(lines)
until_ '[ "$(after $mark "^WATCHDOG=1$" | wc -l)" -ge 5 ]'
holds 'WATCHDOG=1 comes at half of WATCHDOG_USEC' awk "BEGIN { took = ($EPOCHREALTIME - $start) / 5; exit !(took < 0.6) }"
is 0 "$(suspended)" 'nobody is below the first threshold'

# --- a good change ----------------------------------------------------------------------------------------------------
secret "$SCRATCH/slack-new" "$SLACK/services/T0SANDBOX/B0OPS0000/opsopsopsopsopsopsopsops"
cat >>"$SCRATCH/advocated.conf" <<-CONF
	[channel fresh]
	connector = slack
	webhook_url_file = slack-new
CONF
sed -i -e 's/^enter = < 60/enter = < 72/' -e '/^\[route risks\]/,/^channel/s/^channel = .*/channel = fresh/' "$SCRATCH/policy.conf"
sed -i '/^\[source hubspot\]/,/^\[/s/^poll = .*/poll = 7s/' "$SCRATCH/advocated.conf"
for vendor in salesforce hubspot gainsight; do world "fault $vendor refuse" >/dev/null; done
session() { sql "SELECT min(pid) FROM pg_stat_activity
	WHERE datname = current_database() AND application_name = 'advocated source $1'"; }
sessions=$(session hubspot) kept="$(session salesforce) $(session gainsight)"
reload
eventually 'a good change: the source that changed begins anew' '[ -n "$(session hubspot)" ] && [ "$(session hubspot)" != "$sessions" ]'
is "$kept" "$(session salesforce) $(session gainsight)" 'a good change: the others go on where they are'
holds 'a good change: READY=1 after RELOADING=1' test -n "$(after "$mark" '^READY=1')"
holds 'a good change: RELOADING=1 with the monotonic time' test -n "$(after "$mark" '^RELOADING=1\|MONOTONIC_USEC=[0-9]+$')"
is "RELOADING READY" "$(after "$mark" '^(RELOADING|READY)' | sed 's/=.*//' | tr '\n' ' ' | sed 's/ $//')" 'a good change: in that order, each once'
eventually 'a good change: logged' '[ "$(log " reloaded: ")" = 1 ]'
for pattern in 'channel fresh is new' 'source hubspot: poll .*7s' 'risk health_low: .*enter' 'route risks: .*channel'; do
	holds "a good change: the log says what changed ($pattern)" grep -qE "configuration_changed: .*$pattern" "$SCRATCH/advocated.log"
done
eventually 'a changed threshold: every account is judged again at once' '[ "$(suspended)" -gt 0 ]'
is "$(sql "SELECT count(DISTINCT a.advocate_id) FROM advocacy.advocate AS a JOIN advocacy.signal AS s USING (account_id)
	WHERE a.retired_at IS NULL AND s.name = 'health_score' AND s.value < 72")" \
	"$(sql 'SELECT count(DISTINCT advocate_id) FROM advocacy.suspension WHERE closed_at IS NULL')" 'a changed threshold: all of them, without asking any vendor'
is 2 "$(sql "SELECT DISTINCT rule_version FROM advocacy.risk WHERE rule = 'health_low'")" 'a changed threshold: by the new version of the rule'
for vendor in salesforce hubspot gainsight; do world "clear $vendor" >/dev/null; done
eventually 'a new channel: messages go there' '[ "$(sql "SELECT count(*) FROM advocacy.notification WHERE channel = '\''fresh'\''")" -ge 1 ]'
is 0 "$(sql "SELECT count(*) FROM advocacy.outbox WHERE channel = 'csm' AND kind = 'advocate_suspended'")" 'a new channel: and no longer to the old one'

# --- a bad file -------------------------------------------------------------------------------------------------------
# bad WHAT FILE PATTERN: the file is bad now; restores it afterwards.
bad() {
	reload
	is "RELOADING READY" "$(after "$mark" '^(RELOADING|READY)' | sed 's/=.*//' | tr '\n' ' ' | sed 's/ $//')" "$1: RELOADING=1, then READY=1 all the same"
	holds "$1: STATUS says that it is refused" test -n "$(after "$mark" '^READY=1\|STATUS=reload refused')"
	holds "$1: the fault is logged with file and line" grep -qE " error configuration_fault: $2:[0-9]+: .*$3" "$SCRATCH/advocated.log"
	cp "$SCRATCH/good/advocated.conf" "$SCRATCH/good/policy.conf" "$SCRATCH/"
	cp -p "$SCRATCH/good/hubspot-token" "$SCRATCH/"
}
mkdir "$SCRATCH/good"
cp -p "$SCRATCH"/{advocated.conf,policy.conf,hubspot-token} "$SCRATCH/good/"
version() { sql "SELECT string_agg(rule || version || active, ' ' ORDER BY rule) FROM advocacy.risk_rule"; }
before=$(version)

sed -i -e 's/^enter = < 72/enter = < 99/' -e 's/^hold = .*/hold = soon/' "$SCRATCH/policy.conf"
bad 'a bad policy file' "$SCRATCH/policy.conf" 'hold.*soon'
sed -i -e '/^\[channel sales\]/,$d' "$SCRATCH/advocated.conf"
bad 'a file without its channels' "$SCRATCH/.*.conf" 'sales'
chmod 644 "$SCRATCH/hubspot-token"
bad 'a secret that others can read' "$SCRATCH/advocated.conf" "token_file: .*$SCRATCH/hubspot-token"
rm "$SCRATCH/advocated.conf"
bad 'a file that is gone' "$SCRATCH/advocated.conf" 'No such file'
is 4 "$(log ' reload_refused: ')" 'four reloads were refused'
# What only the database knows to be wrong: it isn't asked to take it.
sed -i -e 's/^enter = < 72/enter = < 73/' -e '/^\[sla connect\]/a start = takeoff' "$SCRATCH/policy.conf"
reload
is "RELOADING READY" "$(after "$mark" '^(RELOADING|READY)' | sed 's/=.*//' | tr '\n' ' ' | sed 's/ $//')" 'a policy that the database would refuse: RELOADING=1, then READY=1 all the same'
holds 'a policy that the database would refuse: STATUS says so' test -n "$(after "$mark" '^READY=1\|STATUS=reload refused')"
holds 'a policy that the database would refuse: the log says what is wrong' grep -qE ' error reload_refused: the policy: .*takeoff' "$SCRATCH/advocated.log"
is 0 "$(log ' database_not_ready: ')" 'a policy that the database would refuse: work goes on'
cp "$SCRATCH/good/policy.conf" "$SCRATCH/"
is "$before" "$(version)" 'bad files: the rules are what they were'
# The old one works on: the old channel list, poll and thresholds.
sent=$(sql 'SELECT count(*) FROM advocacy.notification')
world 'accounts 0..23 health 90 vendor=all' >/dev/null
eventually 'bad files: the old one is in use: polled on, judged by it, told in its channel' '[ "$(suspended)" = 0 ]'
until_ '[ "$(sql "SELECT count(*) FROM advocacy.notification WHERE kind = '\''advocate_reinstated'\'' AND channel = '\''fresh'\''")" -ge 1 ]' &&
	ok 'bad files: and messages are delivered' || not_ok 'bad files: and messages are delivered' "still $sent"

# --- many reloads -----------------------------------------------------------------------------------------------------
until_ '[ "$(sql "SELECT count(*) FROM advocacy.outbox WHERE state NOT IN ('\''sent'\'', '\''muted'\'')")" = 0 ]'
resources() { find "/proc/$daemon_pid/fd" -mindepth 1 | wc -l; }
memory() { awk '/^VmRSS/ { print $2 }' "/proc/$daemon_pid/status"; }
links() { sql "SELECT count(*) FROM pg_stat_activity WHERE datname = '$DATABASE' AND application_name LIKE 'advocated %'"; }
until_ '[ "$(links)" = 4 ]'
for number in 1 2 3 4 5; do reload; done
until_ '[ "$(links)" = 4 ]'
memory_before=$(memory) done_before=$(log ' reloaded: ')
for number in {1..20}; do
	sed -i "s/^poll = .*/poll = $((5 + number % 2))s/" "$SCRATCH/advocated.conf"
	reload || { not_ok "reload $number" 'systemd was not told'; break; }
done
is $((done_before + 20)) "$(log ' reloaded: ')" 'twenty reloads in a row: each is applied'
eventually 'twenty reloads in a row: four links to the database, as before' '[ "$(links)" = 4 ]'
if memory_is_real; then
	holds "twenty reloads in a row: no memory is lost (from $memory_before to $(memory) KiB)" [ "$(memory)" -le $((memory_before + 3000)) ]
else
	ok 'twenty reloads in a row: no memory is lost # SKIP means nothing under valgrind or a sanitizer'
fi
holds "twenty reloads in a row: no descriptor is lost ($(resources))" [ "$(resources)" -le 30 ]
since=$(sql 'SELECT now()')
eventually 'twenty reloads in a row: every source is polled after them' '[ "$(sql "SELECT bool_and(last_success_at > '\''$since'\'') FROM advocacy.sync_stream WHERE stream = '\''account'\''")" = t ]'
# Signals that come together may become one, but the last configuration counts.
sed -i 's/^enter = < 72/enter = < 74/' "$SCRATCH/policy.conf"
for number in {1..20}; do kill -HUP "$daemon_pid"; done
eventually 'twenty signals at once: the last configuration is in use' '[ "$(sql "SELECT enter_value FROM advocacy.risk_rule WHERE rule = '\''health_low'\''")" = 74 ]'
holds 'twenty signals at once: it still runs' kill -0 "$daemon_pid"

# --- a secret is changed ------------------------------------------------------------------------------------------------
# As one is that was replaced at the vendor: a new value in the same file, and the configuration as it was.
good=$(cat "$SCRATCH/hubspot-token")
state_of() { sql "SELECT state FROM advocacy.source_status WHERE source = '$1'"; }
secret "$SCRATCH/hubspot-token" pat-na1-wr0ng000-0000-4000-8000-000000000001
reload
eventually 'a wrong secret in the same file: its source is refused' '[ "$(state_of hubspot)" = paused ]'
is current "$(state_of salesforce)" 'a wrong secret in the same file: the others go on'
secret "$SCRATCH/hubspot-token" "$good"
reload
eventually 'the right one again: its source goes on, by the same process' '[ "$(state_of hubspot)" = current ] && kill -0 "$daemon_pid"'

# --- the end ----------------------------------------------------------------------------------------------------------
# stop WHAT: SIGTERM, and how it ends.
stop() {
	local start=$EPOCHREALTIME code
	mark=$(lines)
	kill -TERM "$daemon_pid"
	wait "$daemon_pid"
	code=$?
	daemon_pid=
	is 0 $code "$1: SIGTERM ends it with exit 0"
	holds "$1: within 5 s" awk "BEGIN { exit !($EPOCHREALTIME - $start < 5) }"
	until_ '[ -n "$(after $mark "^STOPPING=1")" ]'
	is 1 "$(after "$mark" '^STOPPING=1' | wc -l)" "$1: STOPPING=1 is told once"
}
until_ '[ "$(sql "SELECT count(*) FROM advocacy.outbox WHERE state NOT IN ('\''sent'\'', '\''muted'\'')")" = 0 ]'
stop 'idle'

# In the middle of a load: pages that take their time.
database_copy "$DATABASE" || exit 1
world 'latency all 300' >/dev/null
world 'set salesforce.page_size 10' >/dev/null
export NOTIFY_SOCKET=$SCRATCH/notify
daemon_up "$SCRATCH"
until_ '[ "$(sql "SELECT count(*) FROM advocacy.sync_stream WHERE last_success_at IS NOT NULL")" -ge 2 ]'
is f "$(sql 'SELECT count(*) = 12 FROM advocacy.sync_stream WHERE last_success_at IS NOT NULL')" 'the load is under way'
stop 'in the middle of a load'
eventually 'in the middle of a load: no link is left at the server' '[ "$(links)" = 0 ]'

# Without a database: it waits, says so, and can be ended.
sed -i "s#host=$PGHOST#host=$SCRATCH#" "$SCRATCH/advocated.conf"
mark=$(lines)
daemon_up "$SCRATCH"
eventually 'without a database: STATUS says so' '[ -n "$(after $mark "STATUS=the database can.t be reached: ")" ]'
holds 'without a database: it keeps running' kill -0 "$daemon_pid"
stop 'without a database'

for file in salesforce-secret hubspot-token gainsight-key slack-csm slack-sales slack-ops slack-new; do
	is '' "$(grep -hF "$(cat "$SCRATCH/$file")" "$SCRATCH/advocated.log" "$SCRATCH/told")" "the secret in $file is neither logged nor told"
done
done_testing
