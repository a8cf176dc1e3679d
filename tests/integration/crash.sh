#!/bin/bash
# long
# Killed at any point and started again, the daemon loses no row, no transition and no message, and tells nobody twice
# without saying that it may be a repeat. A story runs in the world and in the database while the daemon is killed KILLS
# times at random moments. SEED repeats a run's choices (its timing is the machine's).
set -uo pipefail
. "$TOP/tests/lib.sh"

: "${KILLS:=60}"
: "${SEED:=$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')}"
# A program under valgrind begins later.
slower=1
[ -z "${VALGRIND:-}" ] || slower=10
RANDOM=$SEED
echo "# SEED=$SEED KILLS=$KILLS"

scratch
DATABASE=test_crash
database_copy "$DATABASE" || exit 1
sandbox_up "$SCRATCH" --accounts 60 --set slack.per_minute=0 --set gainsight.per_minute=0 --set salesforce.page_size=25 \
	--set hubspot.search_per_second=0 --set hubspot.calls_per_ten_seconds=0 --set hubspot.associations_per_ten_seconds=0 || exit 1
HOLD=1s ACKNOWLEDGE=6s CHECKPOINT=20 configuration_sandbox "$SCRATCH" "$DATABASE"

# The cast: accounts 1 to 9 have their ups and downs in health, 10 to 15 their escalations; each has an advocate.
# All the others are well and stay so; what changes in them is told to nobody.
cast=15
script='accounts 0..59 health 90 vendor=all'
for ((i = 1; i <= cast; i++)); do
	script+=$'\n'"account $i contact 0 advocate true"
done
world "$script" >/dev/null || exit 1
script=$(curl -sS --noproxy '*' --fail -w '\n' "$CONTROL/world/account/[0-59]" |
	jq -r '.account as $number | .open_cases[] | "account \($number) case close \(.id) vendor=\(.vendor)"')
[ -z "$script" ] || world "$script" >/dev/null || exit 1
second_passes
holds 'the first load ends well' daemon_once "$SCRATCH" || { show_logs; exit 1; }
is 0 "$(sql 'SELECT count(*) FROM advocacy.risk WHERE cleared_at IS NULL')" '(nobody is at risk yet)'

# Which row of the database is account N of the world.
curl -sS --noproxy '*' --fail -w '\n' "$CONTROL/world/account/[1-$cast]" | jq -r '[.account, .ids.salesforce] | @tsv' >"$SCRATCH/cast.tsv"
psql -XAtq -v ON_ERROR_STOP=1 -d "$DATABASE" <<SQL || exit 1
CREATE TABLE public.story (number integer PRIMARY KEY, salesforce_id text NOT NULL);
\copy public.story FROM '$SCRATCH/cast.tsv'
SQL
is "$cast" "$(sql "SELECT count(DISTINCT s.number) FROM story AS s
	JOIN advocacy.account_source AS t ON t.source = 'salesforce' AND t.remote_id = s.salesforce_id
	JOIN advocacy.advocate AS a USING (account_id) WHERE a.retired_at IS NULL")" 'each of the cast has an advocate'

# --- the story. An account falls only once the database knows that it is well, and recovers only once it knows that it
# is not: so every turn must be seen, exactly once, and the story knows how many there were.
declare -a phase turns
for ((i = 1; i <= cast; i++)); do phase[i]=well turns[i]=0; done
requests=0 calm=

tell_story() {
	local number open risks lines='' falling=0 first=$((RANDOM % cast))
	# More than two at once would look like broken data, and be held back for a person to decide.
	for number in "${phase[@]}"; do
		[ "$number" != falling ] || falling=$((falling + 1))
	done
	while IFS='|' read -r number open risks; do
		case ${phase[number]} in
		well)
			[ -z "$calm" ] && [ $falling -lt 2 ] && [ $((RANDOM % 4)) = 0 ] || continue
			falling=$((falling + 1))
			turns[number]=$((turns[number] + 1))
			phase[number]=falling
			if [ "$number" -le 9 ]; then
				lines+="account $number health $((20 + turns[number] % 30)) vendor=all"$'\n'
			else
				lines+="account $number case open escalated=true subject=\"turn ${turns[number]} of $number\""$'\n'
			fi
			;;
		falling)
			[ "$open $risks" = "t ${turns[number]}" ] || continue
			phase[number]=recovering
			if [ "$number" -le 9 ]; then
				lines+="account $number health $((80 + turns[number] % 20)) vendor=all"$'\n'
			else
				lines+="account $number case close"$'\n'
			fi
			;;
		recovering)
			[ "$open $risks" != "f ${turns[number]}" ] || phase[number]=well
			;;
		esac
	done < <(sql "SELECT s.number, coalesce(bool_or(r.cleared_at IS NULL), false), count(r.risk_id)
		FROM story AS s JOIN advocacy.account_source AS t ON t.source = 'salesforce' AND t.remote_id = s.salesforce_id
		LEFT JOIN advocacy.risk AS r ON r.account_id = t.account_id AND r.risk_id > $first_risk GROUP BY 1 ORDER BY (s.number + $first) % $cast")
	[ -z "$lines" ] || world "$lines" >/dev/null || echo "# the world refused: $lines"
	if [ -z "$calm" ] && [ $((RANDOM % 5)) = 0 ]; then
		sql "SELECT advocacy.request_submit(-99, 'reference_call', 'turn $requests', 'a prospect', 'a signature',
			now() + interval '1 day', 'rep@vendor.example')" >/dev/null && requests=$((requests + 1))
	fi
}
add_deal
first_risk=$(sql 'SELECT coalesce(max(risk_id), 0) FROM advocacy.risk')

random_pause() {
	local ms=$((RANDOM % 401 * slower))
	case $((RANDOM % 10)) in
	0) ms=$((RANDOM % 3000 * slower)) ;;
	1 | 2) ms=$((RANDOM % 1200 * slower)) ;;
	esac
	pause_ms $ms
}

started=$SECONDS kills=0
while [ $kills -lt "$KILLS" ]; do
	[ $((RANDOM % 2)) = 0 ] || tell_story
	daemon_up "$SCRATCH"
	[ $((RANDOM % 3)) = 0 ] || { random_pause; tell_story; }
	random_pause
	daemon_kill || { show_logs; break; }
	kills=$((kills + 1))
done
echo "# $kills kills in $((SECONDS - started)) s; turns: ${turns[*]}; requests: $requests"
is "$KILLS" "$kills" "the daemon was killed $KILLS times"

# --- it stays up now, and everything comes to rest ---
calm=yes
daemon_up "$SCRATCH"
all_well() {
	tell_story
	local i
	for ((i = 1; i <= cast; i++)); do [ "${phase[i]}" = well ] || return 1; done
}
PATIENCE=$((PATIENCE * 2))
eventually 'every account recovers' all_well || show_logs
eventually 'every deadline is past' \
	'[ "$(sql "SELECT count(*) FROM advocacy.sla_clock WHERE metric = '\''acknowledge'\'' AND breached_at IS NULL")" = 0 ]'
eventually 'everything is sent' \
	'[ "$(sql "SELECT count(*) FROM advocacy.outbox WHERE state NOT IN ('\''sent'\'', '\''muted'\'')")" = 0 ]' || sql "SELECT * FROM advocacy.outbox WHERE state NOT IN ('sent', 'muted')"
holds 'the daemon ends well' daemon_down

total=0
for ((i = 1; i <= cast; i++)); do total=$((total + turns[i])); done
is t "$([ $total -ge 10 ] && [ $requests -ge 3 ] && echo t)" 'the story had its turns'
is "${turns[*]}" "$(sql "SELECT string_agg(n::text, ' ' ORDER BY number) FROM (SELECT s.number, count(r.risk_id) AS n
	FROM story AS s JOIN advocacy.account_source AS t ON t.source = 'salesforce' AND t.remote_id = s.salesforce_id
	LEFT JOIN advocacy.risk AS r ON r.account_id = t.account_id AND r.risk_id > $first_risk AND r.cleared_at IS NOT NULL
	GROUP BY 1) AS x")" 'every turn opened one risk, and it is cleared'
is '' "$(sql "SELECT r.risk_id, count(s.suspension_id) FROM advocacy.risk AS r
	JOIN advocacy.advocate AS a ON a.account_id = r.account_id AND a.retired_at IS NULL
	LEFT JOIN advocacy.suspension AS s ON s.risk_id = r.risk_id AND s.advocate_id = a.advocate_id
	WHERE r.risk_id > $first_risk GROUP BY r.risk_id, a.advocate_id
	HAVING count(s.suspension_id) <> 1 OR bool_or(s.closed_at IS NULL)")" \
	'every risk suspended each advocate of its account once, and it is over'
is "$total $total" "$(sql "SELECT count(*) FILTER (WHERE kind = 'advocate_suspended') || ' ' ||
	count(*) FILTER (WHERE kind = 'advocate_reinstated') FROM advocacy.outbox")" \
	'each turn is told as a suspension and as a reinstatement'
is "$requests $requests" "$(sql "SELECT count(*) FILTER (WHERE kind = 'request_received') || ' ' ||
	count(*) FILTER (WHERE kind = 'sla_breach') FROM advocacy.outbox")" 'each request is told, and its breach'
is 't' "$(sql "SELECT (SELECT count(*) FROM advocacy.clock_event WHERE event = 'warn') =
	(SELECT count(*) FROM advocacy.outbox WHERE kind = 'sla_warning')")" 'each warning that was given is told'
is '' "$(sql "SELECT request_id, event, count(*) FROM advocacy.clock_event JOIN advocacy.sla_clock USING (clock_id)
	GROUP BY clock_id, request_id, event, percent HAVING count(*) > 1")" 'no clock did anything twice'
is '' "$(sql "SELECT o.outbox_id, o.kind, count(n.*) FROM advocacy.outbox AS o LEFT JOIN advocacy.notification AS n
	USING (outbox_id) WHERE o.state = 'sent' GROUP BY o.outbox_id HAVING count(n.*) <> 1")" 'each message has one notification'
is '' "$(sql "SELECT o.kind, o.last_error FROM advocacy.outbox AS o WHERE o.state = 'muted'
	AND (o.last_error IS NULL OR o.last_error NOT IN ('it was over before it was told', 'nobody was told that it had begun',
	     'another message about the same says more'))")" 'and what was not told was superfluous'
is '' "$(sql "SELECT kind, dedup_key FROM advocacy.outbox WHERE kind IN ('source_failing', 'records_rejected')")" \
	'nobody is told of failures, for there were none'

load_messages
is '' "$(sql 'SELECT key, count(*) FROM told GROUP BY key HAVING count(*) > 1')" '(each message can be told from the others)'
is '' "$(sql 'SELECT t.outbox_id, t.key FROM told AS t WHERE NOT EXISTS (SELECT FROM slack AS s WHERE s.key = t.key)')" \
	'Slack got every message'
is '' "$(sql 'SELECT s.key, s.text FROM slack AS s WHERE NOT EXISTS (SELECT FROM told AS t WHERE t.key = s.key)')" \
	'Slack got none that the database does not know'
is '' "$(sql "SELECT s.key, count(*), count(*) FILTER (WHERE s.marked) FROM slack AS s GROUP BY s.key
	HAVING count(*) FILTER (WHERE NOT s.marked) > 1")" 'none came twice without saying that it may be a repeat'
sql "SELECT '# ' || (SELECT count(*) FROM told) || ' messages; ' || count(*) || ' arrived; ' ||
	count(*) FILTER (WHERE marked) || ' say that they may be a repeat; ' ||
	count(*) - count(DISTINCT key) || ' are one' FROM slack"

# --- no row is lost: a load of the same world from nothing gives the same rows ---
records() { synced_content | grep -E '^(account|account_source|staff|contact|support_case|opportunity|signal|advocate|rejected_record)\|'; }
second_passes
holds 'a last run ends well' daemon_once "$SCRATCH" || show_logs
killed=$(records)
database_drop "$DATABASE"
DATABASE=test_crash_fresh
database_copy "$DATABASE" || exit 1
configuration_sandbox "$SCRATCH" "$DATABASE"
holds 'a load from nothing ends well' daemon_once "$SCRATCH" || show_logs
is "$(records)" "$killed" 'no row was lost and none is wrong'
done_testing
