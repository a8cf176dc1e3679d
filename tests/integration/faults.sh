#!/bin/bash
# long
# Whatever a vendor's API does in the middle of a run, the database ends up as if nothing had happened.
# Each round plays one fault on each vendor, on the second call of its account stream or of another one, and compares
# the content of the tables with that of a load without faults.
set -uo pipefail
. "$TOP/tests/lib.sh"

scratch
DATABASE=test_faults
options=(--accounts 80 --set slack.per_minute=0 --set salesforce.page_size=25 --set gainsight.clamp=25
	--set gainsight.per_minute=0 --set hubspot.search_per_second=0 --set hubspot.calls_per_ten_seconds=0)
sandbox_up "$SCRATCH" "${options[@]}" || exit 1
# Some people suspended, some cases open: conclusions are compared as well as records.
world $'accounts 20..50 health 40\naccount 3 case open escalated=true' >/dev/null || exit 1
second_passes

# A database that knows nothing, and a small page for HubSpot, which lets its clients choose.
begin() {
	database_copy "$DATABASE" || exit 1
	configuration_sandbox "$SCRATCH" "$DATABASE"
	sed -i '/^connector = hubspot/a page_size = 60' "$SCRATCH/advocated.conf"
	: >"$SCRATCH/advocated.log"
}

begin
holds 'the load without faults ends well' daemon_once "$SCRATCH" || { show_logs; exit 1; }
wanted=$(synced_content)
is 11 "$(wc -l <<<"$wanted")" 'there is something to compare'
is t "$(sql 'SELECT (SELECT count(*) FROM advocacy.suspension) > 5 AND (SELECT count(*) FROM advocacy.risk) > 20')" \
	'also suspensions and risks'

played() { sandbox_get faults | jq -r '[.[] | select(.count_left != -1) | "\(.vendor) \(.kind)"] | join(", ")'; }

# round RUNS SALESFORCE HUBSPOT GAINSIGHT: RUNS is how many runs of `once` it may take; one, if every fault is one that
# a run gets over by itself. The fault is on the second call of a stream, in the middle of its pages.
round() {
	local runs=$1 run=0 salesforce=$2 hubspot=$3 gainsight=$4 what="$2 / $3 / $4"
	begin
	[ "$salesforce" = - ] || world "fault salesforce $salesforce" >/dev/null || return
	[ "$hubspot" = - ] || world "fault hubspot $hubspot" >/dev/null || return
	[ "$gainsight" = - ] || world "fault gainsight $gainsight" >/dev/null || return
	until daemon_once "$SCRATCH"; do
		run=$((run + 1))
		[ $run -lt "$runs" ] || break
	done
	[ $((run + 1)) = "$runs" ] || [ "$runs" -gt 1 ] || show_logs
	if [ "$runs" -gt 1 ]; then
		is "$runs" $((run + 1)) "$what: the run gives up, the next one goes on"
	else
		is 0 $run "$what: the run gets over it"
	fi
	is '' "$(played)" "$what: was played"
	is "$wanted" "$(synced_content)" "$what: the tables are as without it"
	world 'clear all' >/dev/null
}

in_account="object=account after=1" in_companies="object=companies after=1" in_company="object=company after=1"
round 1 "401 $in_account" "500 $in_companies" "500 $in_company"
round 1 "500 $in_account" "502-html $in_companies" "502-html $in_company"
round 1 "502-html $in_account" "200-html $in_companies" "200-html $in_company"
round 1 "200-html $in_account" "200-empty $in_companies" "200-empty $in_company"
round 1 "200-empty $in_account" "truncate $in_companies" "truncate $in_company"
round 1 "truncate $in_account" "reset $in_companies" "reset $in_company"
round 1 "reset $in_account" "stall ms=1500 $in_companies" "stall ms=1500 $in_company"
round 1 "stall ms=1500 $in_account" "slow ms=1500 $in_companies" "slow ms=1500 $in_company"
round 1 "slow ms=1500 object=contact after=1" "503 object=contacts after=1" "503 $in_company"
round 1 "503 object=opportunity after=2" "429 $in_companies retry_after=1" "504 $in_company"
round 1 "locator-lost object=contact after=1" "504 object=deals after=1" "200-false $in_company"
round 1 "query-timeout object=contact after=1" "524 object=contacts after=1" "truncate $in_company"
round 1 "token-503 object=token" "207-missing object=deals" "reset object=gsuser"
round 1 "500 $in_account count=3" "520 object=tickets" "500 $in_company count=3"
round 2 "403-limit $in_account" "401 $in_companies" "401 $in_company"
round 2 "token-expired object=token" "403 $in_companies" "403 $in_company"
round 2 "420 $in_account" "401-expired object=contacts" "400-key $in_company"
round 2 "truncate $in_account count=5" "truncate $in_companies count=5" "truncate $in_company count=5"
sandbox_down
database_drop "$DATABASE"

# --- a source whose credential is refused: only it stops, and people are told once, and once that it works again ---
DATABASE=test_faults_paused
database_copy "$DATABASE" || exit 1
sandbox_up "$SCRATCH" "${options[@]}" || exit 1
configuration_sandbox "$SCRATCH" "$DATABASE"
: >"$SCRATCH/advocated.log"
told() { sql "SELECT count(*) FROM advocacy.notification WHERE kind = '$1' AND channel = 'ops'"; }
synced() { sql "SELECT count(*) FROM advocacy.sync_stream WHERE source = '$1' AND last_success_at IS NOT NULL"; }

world 'fault hubspot 401 count=all' >/dev/null
daemon_up "$SCRATCH"
eventually 'the refused source is paused' '[ "$(sql "SELECT state FROM advocacy.source_status WHERE source = '\''hubspot'\''")" = paused ]'
eventually 'the other sources load' '[ "$(synced salesforce) $(synced gainsight)" = "5 2" ]'
eventually 'ops are told' '[ "$(told source_failing)" = 1 ]'
holds 'and which key names the secret, of those that are given' grep -q 'see token_file of \[source hubspot\]' "$SCRATCH/advocated.log"
calls=$(sandbox_get calls | jq '[.hubspot | .. | numbers] | add')
world 'accounts 5..9 health 11 vendor=gainsight' >/dev/null
eventually 'the other sources go on' \
	'[ "$(sql "SELECT count(*) FROM advocacy.signal WHERE source = '\''gainsight'\'' AND value = 11")" -gt 0 ]'
# Two polls later nobody has been told again, and the vendor has been left alone.
since=$(sql 'SELECT now()')
eventually 'two polls go by' \
	'[ "$(sql "SELECT count(*) FROM advocacy.sync_stream WHERE source = '\''gainsight'\'' AND last_success_at > '\''$since'\''::timestamptz + interval '\''6 seconds'\''")" = 2 ]'
is 1 "$(told source_failing)" 'ops are told once'
is "$calls" "$(sandbox_get calls | jq '[.hubspot | .. | numbers] | add')" 'a paused source is left alone'
is 0 "$(sql "SELECT count(*) FROM advocacy.account_source WHERE source = 'hubspot'")" '(and has brought nothing)'
world 'clear hubspot' >/dev/null
kill -HUP "$daemon_pid"
eventually 'after a reload it is asked again' '[ "$(synced hubspot)" = 5 ]'
eventually 'and ops are told that it works' '[ "$(told source_recovered)" = 1 ]'
is current "$(sql "SELECT state FROM advocacy.source_status WHERE source = 'hubspot'")" 'its state is current'
is "1 1" "$(sandbox_get slack/messages | jq -r '[.[] | select(.channel == "ops") | .text] |
	"\(map(select(test("FAILING|failing|refused|paused"; "i"))) | length) \(map(select(test("RECOVERED|again"; "i")) ) | length)"')" \
	'Slack has one message of each'
holds 'the daemon ends well' daemon_down
done_testing
