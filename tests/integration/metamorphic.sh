#!/bin/bash
# The same world gives the same tables and the same decisions, by whatever way it is read: large or small pages, by Bulk or
# page by page, with a token that dies with every call, refusals at every k-th, kills at random, small commits or large
# ones, proving at every run or not. Each way reads the world twice: as it is, and after it has changed.
set -uo pipefail
. "$TOP/tests/lib.sh"

: "${SEED:=$RANDOM}"
RANDOM=$SEED
echo "# SEED=$SEED"
scratch
sandbox_up "$SCRATCH" --accounts 150 --set slack.per_minute=0 --set hubspot.search_per_second=0 \
	--set gainsight.per_minute=0 || exit 1
world $'account 3 contact 0 advocate true\naccount 8 delete\naccount 60 case open priority=P1
touch 70..120 stamp=same vendor=all' >/dev/null || exit 1

ways=(plain small one token tie bulk bulk-pages refused commits prove kills)
# How a way differs: what the sandbox is told, and lines for the sources.
prepare() {
	local name=$1 line=''
	world 'clear all
set salesforce.page_size 0
set salesforce.token_calls 0
set salesforce.cursor_session 0
set salesforce.row_order id
set salesforce.bulk_page_rows 50000
set gainsight.clamp 5000' >/dev/null
	case $name in
	small) world $'set salesforce.page_size 37\nset gainsight.clamp 13' >/dev/null; line='page_size = 20' ;;
	one) world 'set salesforce.page_size 1' >/dev/null ;;
	token) world $'set salesforce.token_calls 2\nset salesforce.page_size 20\nset salesforce.cursor_session 1' >/dev/null ;;
	tie) world $'set salesforce.page_size 10\nset salesforce.row_order shuffled' >/dev/null ;;
	bulk) ;;
	bulk-pages) world $'set salesforce.bulk_page_rows 23\nset salesforce.page_size 10' >/dev/null ;;
	refused)
		world $'set salesforce.page_size 20\nfault salesforce 503 every=4 count=all\nfault hubspot 429 every=5 count=all
fault gainsight 500 every=4 count=all' >/dev/null
		;;
	esac
	DATABASE=test_way_${name//-/_}
	database_copy "$DATABASE" || exit 1
	HOLD=1h CHECKPOINT=$([ "$name" = commits ] && echo 10 || echo 20000) configuration_sandbox "$SCRATCH" "$DATABASE"
	[ -z "$line" ] || sed -i "/^connector = hubspot/a $line" "$SCRATCH/advocated.conf"
	case $name in
	bulk | bulk-pages) sed -i '/^connector = salesforce/a bulk_from = 1' "$SCRATCH/advocated.conf" ;;
	*) sed -i '/^connector = salesforce/a bulk_from = 0' "$SCRATCH/advocated.conf" ;;
	esac
	[ "$name" != prove ] || sed -i '/^poll = /a prove_every = 0s' "$SCRATCH/advocated.conf"
	calls=$(sandbox_get summary | jq '.salesforce.calls // 0')
}

# One cycle, whatever it takes: one source after the other, since which one speaks first is not what this is about.
cycle() {
	local source
	cp "$SCRATCH/advocated.conf" "$SCRATCH/all.conf"
	for source in salesforce hubspot gainsight; do
		cp "$SCRATCH/all.conf" "$SCRATCH/advocated.conf"
		configuration_only "$SCRATCH" "$source"
		source_cycle "$1" || return
	done
}
source_cycle() {
	local tries=0
	if [ "$1" = kills ]; then
		for _ in 1 2 3; do
			"$BUILD/advocated" -c "$SCRATCH/advocated.conf" once >>"$SCRATCH/advocated.log" 2>&1 &
			daemon_pid=$!
			pause "0.$(printf %03d $((RANDOM % 700)))"
			kill -KILL "$daemon_pid" 2>/dev/null
			wait "$daemon_pid" 2>/dev/null
			daemon_pid=
		done
	fi
	until daemon_once "$SCRATCH"; do
		tries=$((tries + 1))
		[ $tries -lt 6 ] || { show_logs; return 1; }
	done
}

# The decisions themselves, with what they rest on, without our own numbers and times.
decisions() {
	sql "SELECT r.rule, s.source, s.remote_id, r.cleared_at IS NOT NULL, r.evidence ->> 'value'
	       FROM advocacy.risk AS r JOIN advocacy.account_source AS s USING (account_id) ORDER BY 1, 2, 3, 4, 5" | md5sum
	sql "SELECT c.source, c.remote_id, s.rule, s.closed_at IS NOT NULL FROM advocacy.suspension AS s
	       JOIN advocacy.advocate AS a USING (advocate_id) JOIN advocacy.contact AS c USING (contact_id) ORDER BY 1, 2, 3, 4" | md5sum
}
outcome() { synced_content && decisions; }

declare -A first
for way in "${ways[@]}"; do
	prepare "$way"
	second_passes
	holds "$way: a first load" cycle "$way"
	first[$way]=$(outcome)
	is "${first[plain]}" "${first[$way]}" "$way: the first load brings the same"
done

world $'account 12 health 31\naccount 13 health 90\naccount 60 case close\naccount 9 delete\naccount 8 undelete\naccount 10 merge 11
account 14 rename "Other \\ud83d\\ude80 name"\naccount 15 contact 0 email "other@example.org"\naccounts 30..36 health 44
touch 40..130 stamp=same vendor=all\naccount 17 opportunity open amount=5' >/dev/null || exit 1
reference=
for way in "${ways[@]}"; do
	# The same database again, under the same way.
	kept=test_way_${way//-/_}
	psql -XAtqc "ALTER DATABASE \"$kept\" RENAME TO kept_way"
	prepare "$way"
	database_drop "$kept"
	psql -XAtqc "ALTER DATABASE kept_way RENAME TO \"$kept\""
	second_passes
	holds "$way: a second cycle" cycle "$way"
	second=$(outcome)
	: "${reference:=$second}"
	is "$reference" "$second" "$way: what changed comes the same"
	database_drop "$kept"
done
is f "$([ "$reference" = "${first[plain]}" ] && echo t || echo f)" '(and something did change)'
done_testing
