#!/bin/bash
# Two daemons on one database: one works, the other stands by and says so. The one that works is killed TAKEOVERS times,
# in the middle of whatever it does; each time the other goes on within ten seconds. Nothing is lost, nothing is doubled
# without saying so. Then the server itself is restarted under both, RESTARTS times.
set -uo pipefail
. "$TOP/tests/lib.sh"

: "${TAKEOVERS:=10}"
: "${RESTARTS:=2}"
: "${SEED:=$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')}"
RANDOM=$SEED
echo "# SEED=$SEED TAKEOVERS=$TAKEOVERS RESTARTS=$RESTARTS"

scratch
unset PGBOX_OPTS
cluster_up "$SCRATCH/pg" || exit 1
declare -A pid=([a]="" [b]="")
clean_up_more() {
	local name
	for name in a b; do [ -z "${pid[$name]}" ] || kill "${pid[$name]}" 2>/dev/null; done
	wait 2>/dev/null
	DATABASE=
	"$TOP/tests/pgbox" down "$SCRATCH/pg"
}
database_new template_advocacy || exit 1
DATABASE=test_takeover
database_copy "$DATABASE" || exit 1
sandbox_up "$SCRATCH" --accounts 60 --set slack.per_minute=0 --set hubspot.search_per_second=0 --set hubspot.calls_per_ten_seconds=0 \
	--set hubspot.associations_per_ten_seconds=0 || exit 1
for name in a b; do
	mkdir "$SCRATCH/$name"
	CHECKPOINT=20 configuration_sandbox "$SCRATCH/$name" "$DATABASE"
	configuration_only "$SCRATCH/$name" hubspot
	sed -i "/^log_level/a metrics_listen = unix:$SCRATCH/$name/metrics\nstate_directory = $SCRATCH/$name" "$SCRATCH/$name/advocated.conf"
	# Two addresses, of which only the second answers.
	sed -i "s|^conninfo = host=$PGHOST|conninfo = host=$SCRATCH/nowhere,$PGHOST|" "$SCRATCH/$name/advocated.conf"
done

up() {
	"${DAEMON_WRAPPER[@]}" "$BUILD/advocated" -c "$SCRATCH/$1/advocated.conf" >>"$SCRATCH/$1.log" 2>&1 &
	pid[$1]=$!
}
says_ready() { curl -sS --max-time 5 --unix-socket "$SCRATCH/$1/metrics" http://advocated/readyz 2>/dev/null; }
stands_by() { [[ "$(says_ready "$1")" == "standing by"* ]]; }
works() { [[ "$(says_ready "$1")" =~ ^"1 source "(loading|current) ]]; }
add_deal
requests=0 changed=0
mapfile -t customers < <(sandbox_get 'world/account/[0-59]' | jq 'select(.ids.hubspot != null) | .account')
# Something for each to do: a message to send, and records to read.
busy() {
	sql "SELECT advocacy.request_submit(-99, 'quote', 'turn $requests', 'a prospect', 'a signature', now() + interval '1 day',
		'rep@vendor.example')" >/dev/null && requests=$((requests + 1)) || not_ok 'a request is filed'
	world "account ${customers[RANDOM % ${#customers[@]}]} rename \"turn $changed\" vendor=hubspot" >/dev/null || not_ok 'a record changes'
	changed=$((changed + 1))
}
ago() { sql "SELECT count(*) FROM advocacy.sync_stream WHERE last_success_at > to_timestamp($1)"; }

up a
eventually 'the first one works' 'works a' || show_logs
up b
eventually 'the second one stands by and says so' 'stands_by b' || show_logs
is 200 "$(curl -sS --unix-socket "$SCRATCH/b/metrics" -o /dev/null -w '%{http_code}' http://advocated/readyz)" 'which is nothing wrong'

worker=a standby=b worst_ms=0
take_over() {
	local began began_s ms
	busy
	pause_ms $((RANDOM % 900))
	busy
	began=$(date +%s%N) began_s=$(date +%s.%N)
	program_kill "${pid[$worker]}" || { show_logs; return 1; }
	until_ '[ "$(ago '"$began_s"')" -ge 1 ]' || { not_ok "take-over from $worker"; show_logs; return 1; }
	ms=$((($(date +%s%N) - began) / 1000000))
	[ $ms -le $worst_ms ] || worst_ms=$ms
	up "$worker"
	until_ 'stands_by $worker' || { not_ok "$worker stands by when it comes back"; show_logs; return 1; }
	[ "$worker" = a ] && worker=b standby=a || worker=a standby=b
}
taken=0
while [ $taken -lt "$TAKEOVERS" ] && take_over; do taken=$((taken + 1)); done
echo "# the longest take-over took $worst_ms ms"
is "$TAKEOVERS" "$taken" "the working daemon was killed $TAKEOVERS times"
memory_is_real && is t "$([ $worst_ms -le 10000 ] && echo t)" "and the other went on within 10 s, at worst after $worst_ms ms"

restarted=0
while [ $restarted -lt "$RESTARTS" ]; do
	busy
	"$TOP/tests/pgbox" stop "$SCRATCH/pg" >/dev/null
	cluster_up "$SCRATCH/pg" || exit 1
	began_s=$(date +%s.%N)
	until_ '[ "$(ago $began_s)" -ge 1 ]' || break
	restarted=$((restarted + 1))
done
is "$RESTARTS" "$restarted" "the server was restarted $RESTARTS times, and one of them went on"
eventually 'one works, one stands by' '{ works a && stands_by b; } || { works b && stands_by a; }' || show_logs
# A message a second is what the destination takes, and each take-over left some to send.
PATIENCE=$((PATIENCE + 3 * TAKEOVERS)) eventually 'everything is sent' '[ "$(sql "SELECT count(*) FROM advocacy.outbox WHERE state IN ('\''pending'\'', '\''sending'\'')")" = 0 ]'
second_passes
began_s=$(date +%s.%N)
eventually '(all is read once more)' '[ "$(ago $began_s)" -ge 4 ]'

# --- nothing lost, nothing doubled ---
is "$requests" "$(sql "SELECT count(*) FROM advocacy.outbox WHERE kind = 'request_received'")" "each of $requests requests is told"
load_messages
is 0 "$(sql "SELECT count(*) FROM advocacy.outbox WHERE state IN ('refused', 'nowhere')")" 'none was refused'
# Some are told by another message, or not worth telling.
is '' "$(sql "SELECT t.outbox_id, t.key FROM told AS t JOIN advocacy.outbox AS o USING (outbox_id)
	WHERE o.state = 'sent' AND NOT EXISTS (SELECT FROM slack AS s WHERE s.key = t.key)")" 'Slack got every message'
is '' "$(sql "SELECT s.key, count(*) FROM slack AS s GROUP BY s.key HAVING count(*) FILTER (WHERE NOT s.marked) > 1")" \
	'none came twice without saying that it may be a repeat'
is "$(sandbox_get summary | jq -r '.hubspot.accounts')" "$(sql 'SELECT count(*) FROM advocacy.account_source WHERE NOT deleted')" 'every account is there'
for name in a b; do
	kill "${pid[$name]}"
	wait "${pid[$name]}"
	is 0 $? "$name ends well"
	pid[$name]=
done
done_testing
