#!/bin/bash
# long
# Ways to lose rows, each played against the daemon: ties, late commits, an index that lags, a ceiling, a Bulk job that is
# cut short, values that change without their record, scores that are gone for everybody at once.
set -uo pipefail
. "$TOP/tests/lib.sh"

scratch
# accounts NUMBER: a world of that size, from here on.
accounts() {
	sandbox_down && sandbox_up "$SCRATCH" --accounts "$1" --set slack.per_minute=0 --set hubspot.search_per_second=0 \
		--set hubspot.calls_per_ten_seconds=0 || exit 1
	living=$(sandbox_get summary | jq .salesforce.accounts)
	companies=$(sandbox_get summary | jq .hubspot.accounts)
}
accounts 4000

# begin NAME SOURCE STREAMS [LINE…]: a database of its own, one source, and these lines in its section.
begin() {
	local name=$1 source=$2 streams=$3
	shift 3
	world 'clear all' >/dev/null
	DATABASE=test_lanes_$name
	database_copy "$DATABASE" || exit 1
	POLL=5s configuration_sandbox "$SCRATCH" "$DATABASE"
	configuration_only "$SCRATCH" "$source" "$streams"
	for line in "$@"; do
		sed -i "/^${line%% *} = /d; /^\[source $source\]/a $line" "$SCRATCH/advocated.conf"
	done
	: >"$SCRATCH/advocated.log"
}
once() { daemon_once "$SCRATCH"; }
stored() { sql "SELECT count(*) FROM advocacy.account_source WHERE NOT deleted"; }

# ---- a Bulk job, and what can go wrong with it

begin bulk salesforce account 'bulk_from = 1000'
world 'set salesforce.bulk_page_rows 600' >/dev/null
holds 'a first load by Bulk' once || show_logs
is "$living" "$(stored)" 'brings all accounts'
is '1 4' "$(sandbox_get calls | jq -r '.salesforce.endpoints | [to_entries[] | select(.key | startswith("jobCreate")) | .value, 0] as $jobs
	| [to_entries[] | select(.key | startswith("jobResults")) | .value] as $pages | "\($jobs | add) \($pages | add)"')" '(the rest in four pages of one job)'
plain=$(synced_content)
world 'set salesforce.bulk_page_rows 50000' >/dev/null
begin rest salesforce account 'bulk_from = 0'
holds 'a first load page by page' once
is "$plain" "$(synced_content)" 'brings the same'
is t "$(sql "SELECT count(*) > 1 FROM advocacy.sync_run WHERE rows_read > 0")" 'piece by piece, though 20,000 rows make a checkpoint'
# The page behind one is asked for before that has come wholly; of one that breaks off it is thrown away, and both come again.
more() { sandbox_get calls | jq '.salesforce.endpoints | [to_entries[] | select(.key | startswith("queryMore")) | .value] | add // 0'; }
begin ahead salesforce account 'bulk_from = 0'
world $'set salesforce.page_size 500\nfault salesforce truncate object=queryMore after=1' >/dev/null
before=$(more)
holds 'a first load with a page that breaks off' once
is "$plain" "$(synced_content)" 'brings the same, too'
looked=$((($(sql "SELECT count(*) FROM advocacy.risk WHERE rule = 'health_low'") - 1) / 500)) # further pages of what is at risk
is "$(((living - 1) / 500 + 2))" "$(($(more) - before - looked))" 'the page is asked for again, and the one behind it'
world 'set salesforce.page_size 0' >/dev/null
for fault in 'bulk-short object=jobResults by=3' 'bulk-count object=jobResultsMore by=2' 'bulk-cut object=jobResultsMore' \
	'bulk-fail object=jobCreate message=whatever' 'bulk-locator object=jobResultsMore' 'bulk-gone object=job' 'bulk-gone object=jobResultsMore' \
	'500 object=jobResults' '200-html object=job' '200-html object=jobResultsMore'; do
	begin faults salesforce account 'bulk_from = 1000'
	world "set salesforce.bulk_page_rows 600
fault salesforce $fault" >/dev/null || not_ok "the sandbox plays $fault"
	until_ once || show_logs
	is '[]' "$(sandbox_get faults)" "$fault: was played"
	is "$plain" "$(synced_content)" "Bulk with $fault: nothing is missing, nothing twice"
	world 'set salesforce.bulk_page_rows 50000' >/dev/null
	database_drop "$DATABASE"
done

# ---- a tie: every account stamped in one second, read over many pages, each with a session of its own

accounts 11000
begin tie salesforce account 'bulk_from = 0'
holds 'a first load of many' once
world $'touch all stamp=same vendor=salesforce\nset salesforce.page_size 500\nset salesforce.cursor_session 1
set salesforce.token_calls 4' >/dev/null
second_passes
holds 'changes with one stamp for all' once || show_logs
is "$living" "$(sql "SELECT count(*) FROM advocacy.account_source WHERE NOT deleted AND modified_at =
	(SELECT max(modified_at) FROM advocacy.account_source)")" 'come all, whatever page they were on'
world $'set salesforce.page_size 0\nset salesforce.cursor_session 0\nset salesforce.token_calls 0' >/dev/null

# ---- a change that is committed long after its stamp

begin late salesforce account 'overlap = 0s' 'late = 20s' 'prove_every = 1s'
holds 'a first load' once
world 'late 8 account 77 rename "Committed late"' >/dev/null
second_passes
until_ "[ \"\$(sandbox_get world/account/77 | jq -r .names.salesforce)\" = 'Committed late' ]"
world 'account 78 rename "Committed at once"' >/dev/null
second_passes
holds 'a run after the late commit' once
is 'Committed at once,Committed late' "$(sql "SELECT string_agg(name, ',' ORDER BY name) FROM advocacy.account WHERE name LIKE 'Committed%'")" \
	'a change that was stamped before the last run and committed after it is not lost'
is t "$(sql 'SELECT complete_until < fresh_until FROM advocacy.sync_stream')" 'fresh and complete are two figures'

# ---- HubSpot: more than 10,000 results with one stamp, and an index that lags

begin ceiling hubspot account 'overlap = 5s' 'late = 0s'
holds 'a first load of HubSpot' once
is "$companies" "$(stored)" 'brings all companies'
world 'touch all stamp=same vendor=hubspot' >/dev/null
second_passes
holds 'changes above the ceiling' once || show_logs
is "$companies" "$(sql "SELECT count(*) FROM advocacy.account_source WHERE NOT deleted AND modified_at =
	(SELECT max(modified_at) FROM advocacy.account_source)")" 'come all, though search ends at 10,000'
sed -i 's/^overlap = 5s/overlap = 0s/; s/^late = 0s/late = 30s\nprove_every = 0s/' "$SCRATCH/advocated.conf"
world $'set hubspot.search_lag_ms 600000\naccount 41 rename "Indexed late" vendor=hubspot' >/dev/null
second_passes
holds 'a run while the index lags' once
is 0 "$(sql "SELECT count(*) FROM advocacy.account_source WHERE name = 'Indexed late'")" 'does not see the change'
world 'set hubspot.search_lag_ms 0' >/dev/null
holds 'a proving run' once
is 1 "$(sql "SELECT count(*) FROM advocacy.account_source WHERE name = 'Indexed late'")" 'does, though its watermark was past it'

# ---- a health score that is a formula

# (Nothing is read again because it is recent: a score seen null in one record alone is honest news.)
begin formula salesforce account,contact 'calculated_read_every = 2s' 'overlap = 0s' 'late = 0s'
world 'set salesforce.formula_field Account.Health_Score__c' >/dev/null
daemon_up "$SCRATCH"
eventually 'a first load' "[ \"\$(stored)\" = $living ]"
number=$(sql "SELECT s.remote_id FROM advocacy.account_source AS s JOIN advocacy.signal AS g USING (account_id)
	WHERE g.name = 'health_score' AND g.value > 80 ORDER BY 1 LIMIT 1")
account=$(curl -sS --noproxy '*' --fail -w '\n' "$CONTROL/world/account/[0-300]" |
	jq -r "select(.ids.salesforce == \"$number\") | .account")
world "account $account health 12 vendor=salesforce stamp=none" >/dev/null
eventually 'a formula that changes without its record is noticed' "[ \"\$(sql \"SELECT value = 12 FROM advocacy.signal AS g
	JOIN advocacy.account_source AS s USING (account_id) WHERE s.remote_id = '$number' AND g.name = 'health_score'\")\" = t ]"
eventually 'and the log says why it reads everything' "grep -q 'mapping_note.*Health_Score__c' '$SCRATCH/advocated.log'"

# ---- all scores are gone at once

before=$(sql "SELECT count(value) FROM advocacy.signal WHERE name = 'health_score'")
world 'accounts 0..10999 health null vendor=salesforce' >/dev/null
eventually 'scores that are gone for everybody are one piece of news' \
	"[ \"\$(sql \"SELECT count(*) FROM advocacy.field_drift WHERE kind = 'null_for_all' AND resolved_at IS NULL\")\" = 1 ]"
is "$before" "$(sql "SELECT count(value) FROM advocacy.signal WHERE name = 'health_score'")" 'and no score is forgotten'
is 0 "$(messages '[.[] | select(.text | test("REINSTATED|SUSPENDED"))] | length')" 'nobody is suspended or reinstated by it'
holds 'the daemon ends well' daemon_down
done_testing
