#!/bin/bash
# A vendor that refuses every few calls for longer than a run waits: a first load gets on by each good answer, until it is through.
set -uo pipefail
. "$TOP/tests/lib.sh"

scratch
sandbox_up "$SCRATCH" --accounts 20 --set slack.per_minute=0 --set hubspot.search_per_second=0 \
	--set hubspot.calls_per_ten_seconds=0 --set hubspot.associations_per_ten_seconds=0 || exit 1
world "accounts 0..9 health 31 vendor=hubspot" >/dev/null || exit 1

# begin NAME: a database that knows nothing but HubSpot's companies.
begin() {
	DATABASE=test_patience_$1
	world 'clear all' >/dev/null
	database_copy "$DATABASE" || exit 1
	configuration_sandbox "$SCRATCH" "$DATABASE"
	sed -i '/^connector = hubspot/a page_size = 20' "$SCRATCH/advocated.conf"
	# Whose advocates they are decides who is suspended: companies come behind their people here.
	sed -i 's/^title = jobtitle/&\nadvocate = jobtitle | in CTO, Head of IT, Marketing Manager, RevOps Lead/' "$SCRATCH/mapping/hubspot.conf"
	cp "$SCRATCH/advocated.conf" "$SCRATCH/all.conf"
	configuration_only "$SCRATCH" hubspot account
	holds "$1: the companies" daemon_once "$SCRATCH" || show_logs
	cp "$SCRATCH/all.conf" "$SCRATCH/advocated.conf"
	configuration_only "$SCRATCH" hubspot staff,contact
}
load() {
	local runs=1
	until daemon_once "$SCRATCH"; do
		runs=$((runs + 1))
		[ $runs -le 30 ] || return
	done
	echo $runs
}

begin plain
is 1 "$(load)" 'without a refusal one run does'
wanted=$(synced_content)
linked=$(sql 'SELECT count(account_id) FROM advocacy.contact')
is 't t' "$([ "$linked" -gt 10 ] && echo t) $(sql 'SELECT count(*) > 3 FROM advocacy.suspension')" '(contacts have companies, and some are suspended)'
for every in 2 3; do
	begin "$every"
	world "fault hubspot 429 every=$every object=contacts retry_after=600
fault hubspot 503 every=2 object=owners retry_after=600" >/dev/null
	runs=$(load)
	is t "$([ "$runs" -gt 2 ] && echo t)" "one call in $every is refused: it takes some runs ($runs)"
	is "$wanted" "$(synced_content)" '... and all is there as without'
	is "$linked" "$(sql 'SELECT count(account_id) FROM advocacy.contact')" '... and belongs where it does'
	database_drop "$DATABASE"
done

# What a run behind a refused one has learnt is kept at once, not only when it ends: it may be killed.
begin killed
world 'fault hubspot 429 count=1 object=contacts retry_after=600' >/dev/null
load_once() { daemon_once "$SCRATCH"; }
is 1 "$(load_once; echo $?)" '(the first call is refused)'
world 'fault hubspot slow after=1 ms=30000 object=contacts' >/dev/null
"$BUILD/advocated" -c "$SCRATCH/advocated.conf" once >>"$SCRATCH/advocated.log" 2>&1 &
daemon_pid=$!
eventually 'the number of records, which is the first answer, is kept while the second one is waited for' \
	'[ "$(sql "SELECT full_expected > 10 FROM advocacy.sync_stream WHERE stream = '\''contact'\'' AND full_cursor IS NOT NULL")" = t ]'
kill -KILL "$daemon_pid"
wait "$daemon_pid" 2>/dev/null
daemon_pid=
sandbox_down
done_testing
