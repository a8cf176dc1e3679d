#!/bin/bash
# slow
# The primary's host dies under load and its streaming standby is promoted, FAILOVERS times. The daemon knows both addresses
# and goes on within ten seconds. With synchronous replication nothing is lost that anybody was told is stored, and nothing is
# told twice without saying so. Between the rounds the dead one is made anew as the standby.
set -uo pipefail
. "$TOP/tests/lib.sh"

: "${FAILOVERS:=2}"
scratch
unset PGBOX_OPTS
export PGBOX_OPTS='-c fsync=off -c max_connections=100'
box() { "$TOP/tests/pgbox" "$@"; }
eval "$(box up "$SCRATCH/one")" || exit 1
host_one=$PGHOST
clean_up_more() {
	[ -z "${client_pid:-}" ] || { kill "$client_pid" && wait "$client_pid"; } 2>/dev/null
	DATABASE=
	box down "$SCRATCH/one"
	box down "$SCRATCH/two"
}
database_new template_advocacy || exit 1
DATABASE=test_failover
database_copy "$DATABASE" || exit 1
eval "$(box follow "$SCRATCH/two" "$SCRATCH/one")" || exit 1
host_two=$PGHOST
# Whoever asks finds the one that takes writes, as the daemon does.
export PGHOST="$host_one,$host_two" PGTARGETSESSIONATTRS=read-write

in_step() { [ "$(psql -XAtq -c "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'" 2>/dev/null)" = 1 ]; }
# A commit is told of only when the standby has it, too. Said to each primary once its standby follows, so that no standby is a
# copy of that and would wait for another one when it is promoted.
synchronous() {
	psql -XAtq -c "ALTER SYSTEM SET synchronous_standby_names = '*'" -c 'SELECT pg_reload_conf()' >/dev/null && until_ in_step
}

sandbox_up "$SCRATCH" --accounts 60 --set slack.per_minute=0 --set hubspot.search_per_second=0 --set hubspot.calls_per_ten_seconds=0 \
	--set hubspot.associations_per_ten_seconds=0 || exit 1
CHECKPOINT=20 ACKNOWLEDGE=1h configuration_sandbox "$SCRATCH" "$DATABASE"
configuration_only "$SCRATCH" hubspot
sed -i "/^conninfo/s|\$| target_session_attrs=read-write|" "$SCRATCH/advocated.conf"
holds 'the standby follows' synchronous
daemon_up "$SCRATCH"
ago() { sql "SELECT count(*) FROM advocacy.sync_stream WHERE last_success_at > to_timestamp($1)" 2>/dev/null; }
began=$(date +%s.%N)
eventually 'the daemon works' '[ "$(ago $began)" -ge 4 ]' || show_logs

mapfile -t customers < <(sandbox_get 'world/account/[0-59]' | jq 'select(.ids.hubspot != null) | .account')
add_deal
# Somebody files requests all the time, and writes down those of which the database said that they are stored.
client() {
	local n=0
	while :; do
		n=$((n + 1))
		psql -XAtq -d "$DATABASE" -c "SELECT advocacy.request_submit(-99, 'quote', 'number $n', 'a prospect', 'a signature',
			now() + interval '1 day', 'rep@vendor.example')" >>"$SCRATCH/stored" 2>>"$SCRATCH/refused"
		world "account ${customers[n % ${#customers[@]}]} rename \"turn $n\" vendor=hubspot" >/dev/null || echo "$n" >>"$SCRATCH/unchanged"
		pause 1 # no more than a person does
	done
}
touch "$SCRATCH/stored"
client &
client_pid=$!

dead=one other=two worst_ms=0 rounds=0
while [ $rounds -lt "$FAILOVERS" ]; do
	eventually "round $((rounds + 1)): requests are filed" "[ \$(wc -l <'$SCRATCH/stored') -gt $(wc -l <"$SCRATCH/stored") ]"
	pause_ms $((RANDOM % 900))
	killed=$(date +%s%N) killed_s=$(date +%s.%N)
	box crash "$SCRATCH/$dead"
	box promote "$SCRATCH/$other" || break
	promoted=$(date +%s%N)
	until_ '[ "$(ago '"$killed_s"')" -ge 1 ]' || { not_ok 'it goes on'; show_logs; break; }
	ms=$((($(date +%s%N) - killed) / 1000000))
	echo "# round $((rounds + 1)): after $ms ms, of which $(((promoted - killed) / 1000000)) until the standby was promoted"
	[ $ms -le $worst_ms ] || worst_ms=$ms
	box follow "$SCRATCH/$dead" "$SCRATCH/$other" >/dev/null && synchronous || break
	[ "$dead" = one ] && dead=two other=one || dead=one other=two
	rounds=$((rounds + 1))
done
is "$FAILOVERS" "$rounds" "the primary died $FAILOVERS times"
memory_is_real && is t "$([ $worst_ms -le 10000 ] && echo t)" "and the daemon went on within 10 s, at worst after $worst_ms ms"
kill "$client_pid"; wait "$client_pid" 2>/dev/null; client_pid=
# A server that is gone, or not the primary yet, is no answer; any other refusal is one that nobody should get.
is '' "$(grep 'ERROR:' "$SCRATCH/refused" | grep -v 'read-only transaction')" 'no request is refused'

PATIENCE=300 eventually 'everything is sent' '[ "$(sql "SELECT count(*) FROM advocacy.outbox WHERE state IN ('\''pending'\'', '\''sending'\'')")" = 0 ]'
began=$(date +%s.%N)
second_passes
eventually '(all is read once more)' '[ "$(ago $began)" -ge 4 ]'
stored=$(grep -c . "$SCRATCH/stored")
is t "$([ "$stored" -ge $((FAILOVERS * 2)) ] && echo t)" "there was something to lose: $stored requests"
holds '(records changed all the time)' test ! -e "$SCRATCH/unchanged"
is '' "$(sql 'SELECT request_id FROM advocacy.request' | sort >"$SCRATCH/there"; sort "$SCRATCH/stored" | comm -23 - "$SCRATCH/there")" \
	'nothing is lost of which the database had said that it is stored'
is '' "$(sql "SELECT r.request_id FROM advocacy.request AS r WHERE NOT EXISTS (SELECT FROM advocacy.outbox AS o
	WHERE o.kind = 'request_received' AND o.facts ->> 'request' = 'REQ-' || r.request_id)")" 'each request is told'
load_messages
is '' "$(sql "SELECT t.outbox_id, t.key FROM told AS t JOIN advocacy.outbox AS o USING (outbox_id)
	WHERE o.state = 'sent' AND NOT EXISTS (SELECT FROM slack AS s WHERE s.key = t.key)")" 'Slack got every message'
is '' "$(sql "SELECT s.key, count(*) FROM slack AS s GROUP BY s.key HAVING count(*) FILTER (WHERE NOT s.marked) > 1")" \
	'none came twice without saying that it may be a repeat'
is "$(sandbox_get summary | jq -r '.hubspot.accounts')" "$(sql 'SELECT count(*) FROM advocacy.account_source WHERE NOT deleted')" 'every account is there'
holds 'the daemon ends well' daemon_down
done_testing
