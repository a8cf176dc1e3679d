#!/bin/bash
# PostgreSQL goes away and comes back: in the middle of a load, while the daemon is idle, while a message is on its way,
# before the daemon starts. The daemon says so, survives, catches up; nothing is lost and nothing is told twice.
set -uo pipefail
. "$TOP/tests/lib.sh"

scratch
unset PGBOX_OPTS
cluster_up "$SCRATCH/pg" || exit 1
clean_up_more() { DATABASE=; "$TOP/tests/pgbox" down "$SCRATCH/pg"; }
database_new template_advocacy || exit 1
DATABASE=test_database
database_copy "$DATABASE" || exit 1
stop_database() { "$TOP/tests/pgbox" stop "$SCRATCH/pg" >/dev/null; }
start_database() { cluster_up "$SCRATCH/pg"; }

sandbox_up "$SCRATCH" --accounts 1500 --set slack.per_minute=0 --set salesforce.page_size=200 || exit 1
CHECKPOINT=2000 configuration_sandbox "$SCRATCH" "$DATABASE"
configuration_only "$SCRATCH" salesforce
log="$SCRATCH/advocated.log"

# `once` waits half a minute for a database: this one looks where there never is any, while the rest goes on.
mkdir "$SCRATCH/nowhere"
CHECKPOINT=2000 PGHOST=$SCRATCH/nowhere configuration_sandbox "$SCRATCH/nowhere" "$DATABASE"
daemon_once "$SCRATCH/nowhere" &
nowhere_pid=$!

# --- the daemon starts first ---
stop_database
daemon_up "$SCRATCH"
eventually 'without a database the daemon says so' "grep -q 'database_not_ready: the database can.t be reached' '$log'"
world 'latency salesforce 200' >/dev/null
start_database
eventually 'and begins when it is there' "grep -q 'info database_connected' '$log'"

# --- the session that copies is ended: it is held until rows lie in its socket, then it dies of what waits for it ---
copier() { sql "SELECT min(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY pg_temp.stage_contact%'"; }
pages() { sandbox_get calls | jq '[.salesforce | .. | numbers] | add // 0'; }
eventually '(contacts are copied)' 'pid=$(copier) && [ -n "$pid" ]'
kill -STOP "$pid"
before=$(pages)
eventually '(pages come in while it stands still)' "[ \"\$(pages)\" -gt $((before + 6)) ]"
is t "$(sql "SELECT pg_terminate_backend($pid)")" 'its session is ended in the middle of COPY'
kill -CONT "$pid"
eventually 'and is gone' "[ \"\$(sql 'SELECT count(*) FROM pg_stat_activity WHERE pid = $pid')\" = 0 ]"
is 0 "$(sql 'SELECT count(*) FROM advocacy.contact')" 'nothing of it was committed'
# --- the server stops while some of the contacts are committed and others are not ---
all=$(sandbox_get summary | jq .salesforce.contacts)
eventually 'some contacts are committed' \
	'n=$(sql "SELECT count(*) FROM advocacy.contact") && [ "${n:-0}" -gt 0 ]'
stop_database
echo "# stopped after ${n:-no} of $all contacts"
is t "$([ "${n:-0}" -lt "$all" ] && echo t)" 'the server stops in the middle of a load'
eventually 'the daemon says that the database is gone' \
	"[ \"\$(grep -c 'database_not_ready: the database can.t be reached' '$log')\" -ge 2 ]"
holds 'and lives' kill -0 "$daemon_pid"
start_database
eventually 'the load goes on' '[ "$(sql "SELECT count(*) FROM advocacy.sync_stream WHERE last_success_at IS NOT NULL")" = 5 ]'
is "$all" "$(sql 'SELECT count(*) FROM advocacy.contact')" 'all contacts are there'
world 'latency salesforce 0' >/dev/null

# --- it stops while nothing happens ---
world $'accounts 1..2 health 90 vendor=all\naccount 1 contact 0 advocate true\naccount 2 contact 0 advocate true' >/dev/null
# Those two must be known as well and as having an advocate before their story begins.
known() { sql "SELECT count(DISTINCT t.account_id) FROM advocacy.account_source AS t JOIN advocacy.advocate AS a USING (account_id)
	JOIN advocacy.signal AS g USING (account_id) WHERE g.name = 'health_score' AND g.value = $1 AND t.remote_id IN ($ids)"; }
ids=$(curl -sS --noproxy '*' --fail -w '\n' "$CONTROL/world/account/[1-2]" | jq -r '"'\''\(.ids.salesforce)'\''"' | paste -sd,)
eventually '(two advocates are enrolled)' '[ "$(known 90)" = 2 ]'
eventually '(and all is told)' '[ "$(sql "SELECT count(*) FROM advocacy.outbox WHERE state NOT IN ('\''sent'\'', '\''muted'\'')")" = 0 ]'
stop_database
world 'account 1 health 31 vendor=all' >/dev/null
start_database
eventually 'what happened meanwhile is caught up with' \
	'[ "$(sql "SELECT count(*) FROM advocacy.notification WHERE kind = '\''advocate_suspended'\''")" = 1 ]'

# --- it stops while Slack thinks about a message: the verdict is kept until it can be written down ---
posts() { sandbox_get calls | jq '[.slack | .. | numbers] | add // 0'; }
before=$(posts)
world $'latency slack 1500\naccount 2 health 32 vendor=all' >/dev/null
eventually '(a message is on its way)' "[ \"\$(posts)\" -gt $before ]"
stop_database
eventually '(Slack takes it)' '[ "$(sandbox_get slack/messages | jq "[.[] | select(.text | test(\"^SUSPENDED.*score 32\"))] | length")" = 1 ]'
world 'latency slack 0' >/dev/null
start_database
eventually 'its delivery is written down' \
	'[ "$(sql "SELECT count(*) FROM advocacy.notification WHERE kind = '\''advocate_suspended'\''")" = 2 ]'
eventually 'everything is sent' '[ "$(sql "SELECT count(*) FROM advocacy.outbox WHERE state NOT IN ('\''sent'\'', '\''muted'\'')")" = 0 ]'
holds 'the daemon ends well' daemon_down
load_messages
is '' "$(sql 'SELECT t.key FROM told AS t WHERE (SELECT count(*) FROM slack AS s WHERE s.key = t.key) <> 1
	UNION ALL SELECT s.key FROM slack AS s WHERE s.marked OR s.key NOT IN (SELECT t.key FROM told AS t)')" \
	'Slack got every message once, none of them marked as a repeat'

# --- nothing is lost ---
second_passes
holds 'a last run ends well' daemon_once "$SCRATCH" || show_logs
got=$(synced_content | grep -v '^open\|^signal')
DATABASE=test_database_fresh
database_copy "$DATABASE" || exit 1
configuration_sandbox "$SCRATCH" "$DATABASE"
configuration_only "$SCRATCH" salesforce
holds 'a load from nothing ends well' daemon_once "$SCRATCH" || show_logs
is "$(synced_content | grep -v '^open\|^signal')" "$got" 'the rows are those of a load without trouble'

# --- a commit that fails while the next pages are on their way ---
database_drop "$DATABASE"
database_copy "$DATABASE" || exit 1
CHECKPOINT=20 POLL=5s configuration_sandbox "$SCRATCH" "$DATABASE"
configuration_only "$SCRATCH" salesforce account,contact
world 'set salesforce.page_size 20' >/dev/null
poisoned=$(sandbox_get world/account/5 | jq -r .names.salesforce)
psql -XAtq -d "$DATABASE" <<SQL
CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN PERFORM pg_sleep(0.3); RAISE 'no room'; END \$\$;
CREATE TRIGGER refuse BEFORE INSERT ON advocacy.account_source FOR EACH ROW WHEN (NEW.name = '$poisoned') EXECUTE FUNCTION public.refuse();
SQL
: >"$SCRATCH/advocated.log"
daemon_up "$SCRATCH"
eventually 'a refused commit is told' "grep -q 'committing account: .*no room' '$SCRATCH/advocated.log'"
eventually 'the other stream goes on meanwhile' '[ "$(sql "SELECT count(*) FROM advocacy.contact")" -gt 20 ]'
holds 'the daemon lives, and ends well' daemon_down
sql 'DROP TRIGGER refuse ON advocacy.account_source' >/dev/null
daemon_up "$SCRATCH"
eventually 'once the database takes it, everything is there' \
	'[ "$(sql "SELECT count(*) FROM advocacy.account_source WHERE NOT deleted")" = "$(sandbox_get summary | jq .salesforce.accounts)" ]'
holds 'the daemon ends well' daemon_down

wait "$nowhere_pid"
is 69 $? 'once without a database ends with 69'
is 1 "$(grep -c 'error database_unavailable: the database can.t be reached: .*' "$SCRATCH/nowhere/advocated.log")" 'and one clear line'
is 0 "$(grep -c ' error ' <(grep -v database_unavailable "$SCRATCH/nowhere/advocated.log"))" 'and no other error'
done_testing
