#!/bin/bash
# The operator's view of a sync: what it would change, reading everything anew, fields that vanish, records that are gone,
# and a budget that is spent.
set -uo pipefail
. "$TOP/tests/lib.sh"

tables=(account account_source contact support_case opportunity signal signal_history risk suspension sync_stream sync_run outbox)
scratch
DATABASE=test_resync
database_copy "$DATABASE" || exit 1
sandbox_up "$SCRATCH" --accounts 120 --set slack.per_minute=0 || exit 1
POLL=5s configuration_sandbox "$SCRATCH" "$DATABASE"
configuration_only "$SCRATCH" salesforce
advocated() { "$BUILD/advocated" -c "$SCRATCH/advocated.conf" "$@" 2>&1; }
counted() { grep -c "$1" <<<"$2"; }

out=$(advocated once --dry-run)
is 1 $? 'a dry run before the first sync fails'
holds 'and says that nothing is known of the source' grep -q 'not registered' <<<"$out"
second_passes
holds 'the first load ends well' daemon_once "$SCRATCH" || { show_logs; exit 1; }

# ---- a dry run

world $'accounts 40..70 health 41 vendor=salesforce\naccount 12 contact 0 advocate true\naccount 3 rename "New \\u001b[31m Name"\naccount 4 delete' >/dev/null || exit 1
second_passes
before=$(written_rows "${tables[@]}")
out=$(advocated once --dry-run)
is 0 $? 'a dry run ends well'
holds 'it counts what would change' grep -qE '^salesforce account: [1-9][0-9]* records would change' <<<"$out"
is 1 "$(counted 'name: ".*" -> "New' "$out")" 'it shows values before and after'
is 0 "$(printf '%s' "$out" | grep -c $'\e')" 'nothing from the CRM steers the terminal'
holds 'it tells of risks' grep -qE '[1-9][0-9]* risks opened' <<<"$out"
holds 'and of whom it would suspend' grep -qE '[1-9][0-9]* advocates suspended' <<<"$out"
is "$before" "$(written_rows "${tables[@]}")" 'it writes no row'
is '' "$(messages '.[]')" 'and tells nobody'
is "$out" "$(advocated once --dry-run)" 'done again it says the same'

# ---- a resync

daemon_up "$SCRATCH"
until_ "[ \"\$(sql \"SELECT count(*) FROM advocacy.account_source WHERE deleted\")\" = 1 ]"
# Something went wrong here that the vendor knows nothing of: no change will ever bring it right.
sql "UPDATE advocacy.account_source SET name = 'wrong', arr = 1 WHERE remote_id IN
	(SELECT remote_id FROM advocacy.account_source WHERE NOT deleted ORDER BY remote_id LIMIT 5)" >/dev/null
out=$(advocated resync salesforce account --dry-run)
is 0 $? 'a resync that is only shown ends well'
is 1 "$(counted '0 new, 5 changed, 0 gone' "$out")" 'it finds what differs'
is 5 "$(sql "SELECT count(*) FROM advocacy.account_source WHERE name = 'wrong'")" 'and leaves it'
out=$(advocated resync salesforce account </dev/null)
is 1 "$(counted 'nobody could be asked' "$out")" 'without a terminal nothing is applied'
# Readers never see fewer rows: looked at all the time while the resync is applied.
touch "$SCRATCH/reading"
( while sql 'SELECT count(*) FROM advocacy.account_source' && [ -e "$SCRATCH/reading" ]; do :; done | sort -u >"$SCRATCH/seen" ) &
reader=$!
out=$(advocated resync salesforce --yes)
is 0 $? 'a resync of the whole source ends well'
is 5 "$(counted ': applied$' "$out")" 'each stream is applied'
rm "$SCRATCH/reading"
wait $reader
is 120 "$(cat "$SCRATCH/seen")" 'readers saw all records all the time'
is 0 "$(sql "SELECT count(*) FROM advocacy.account_source WHERE name = 'wrong'")" 'what was wrong is right again'
is 2 "$(sql "SELECT count(*) FROM advocacy.audit_log WHERE action = 'resync_request' AND details ->> 'commit' = 'false'")" \
	'who asked for it is remembered'
out=$(advocated resync nobody)
is 1 $? 'an unknown source is refused'
is 1 "$(counted 'The sources are salesforce' "$out")" 'with the known ones named'
is 64 "$(advocated resync >/dev/null; echo $?)" 'without a source it is wrong usage'

# A decision that nobody makes in time, and one made in SQL.
id=$(sql "SELECT advocacy.resync_request('salesforce', 'contact')")
eventually 'a resync waits for a decision' "[ \"\$(sql 'SELECT state FROM advocacy.resync WHERE resync_id = $id')\" = read ]"
sql "SELECT advocacy.resync_decide($id, false)" >/dev/null
eventually 'and takes it' "[ \"\$(sql 'SELECT state FROM advocacy.resync WHERE resync_id = $id')\" = refused ]"

# A daemon that dies over it: the next one does it.
world 'latency salesforce 1500' >/dev/null
id=$(sql "SELECT advocacy.resync_request('salesforce', 'contact', true)")
until_ "[ \"\$(sql 'SELECT state FROM advocacy.resync WHERE resync_id = $id')\" = reading ]"
daemon_kill
is reading "$(sql "SELECT state FROM advocacy.resync WHERE resync_id = $id")" 'the daemon died over a resync'
world 'latency salesforce 0' >/dev/null
daemon_up "$SCRATCH"
eventually 'the next daemon finishes it' "[ \"\$(sql 'SELECT state FROM advocacy.resync WHERE resync_id = $id')\" = applied ]"

# ---- a field that vanishes

scored() { sql "SELECT count(value) FROM advocacy.signal WHERE name = 'health_score'"; }
named() { sql "SELECT count(industry) FROM advocacy.account WHERE NOT deleted"; }
scores=$(scored) industries=$(named)
world 'set salesforce.hide_field Account.Health_Score__c,Account.Industry' >/dev/null || exit 1
eventually 'a field that the vendor has lost is noticed' \
	"[ \"\$(sql \"SELECT count(*) FROM advocacy.field_drift WHERE kind = 'vanished' AND resolved_at IS NULL\")\" = 2 ]"
world 'account 20 rename "Renamed meanwhile"' >/dev/null
eventually 'the other fields go on' "[ \"\$(sql \"SELECT count(*) FROM advocacy.account WHERE name = 'Renamed meanwhile'\")\" = 1 ]"
is "$scores $industries" "$(scored) $(named)" 'and what is known of it stays'
eventually 'people are told' "[ \"\$(messages '[.[] | select(.text | test(\"DRIFT\"))] | length')\" = 2 ]"
is 2 "$(advocated status | grep -c '^Drift: ')" 'status tells it too'
daemon_down
is 78 "$(advocated check --online >"$SCRATCH/check"; echo $?)" 'check --online refuses such a mapping'
is 2 "$(grep -cE 'salesforce account: .*(Health_Score__c|Industry)' "$SCRATCH/check")" 'and names the fields'
world 'set salesforce.hide_field none' >/dev/null
daemon_up "$SCRATCH"
eventually 'when it is back that is noticed as well' \
	"[ \"\$(sql 'SELECT count(*) FROM advocacy.field_drift WHERE resolved_at IS NULL')\" = 0 ]"
daemon_down

# ---- records that are gone without a trace

sed -i 's/^poll = 5s/poll = 5s\nfull_read_every = 1s/' "$SCRATCH/advocated.conf"
world $'account 30 delete\naccount 30 purge' >/dev/null || exit 1
daemon_up "$SCRATCH"
eventually 'a full read misses a record that is gone' \
	"[ \"\$(sql 'SELECT count(*) FROM advocacy.account_source WHERE missing_since IS NOT NULL')\" = 1 ]"
is 1 "$(sql 'SELECT count(*) FROM advocacy.account_source WHERE deleted')" 'which is no proof yet'
sql "UPDATE advocacy.account_source SET missing_since = missing_since - interval '2 hours'" >/dev/null
eventually 'the next one is' "[ \"\$(sql 'SELECT count(*) FROM advocacy.account_source WHERE deleted')\" = 2 ]"
daemon_down

# ---- a budget

sed -i 's/^poll = 5s/poll = 5s\napi_budget = 300/' "$SCRATCH/advocated.conf"
sql "UPDATE advocacy.sync_stream SET calls_day = (now() AT TIME ZONE 'UTC')::date, calls_today = 299 WHERE stream = 'account';
	UPDATE advocacy.sync_stream SET calls_today = 0 WHERE stream <> 'account'" >/dev/null
daemon_up "$SCRATCH"
eventually 'a budget that is spent is a state of its own' \
	"[ \"\$(sql 'SELECT state FROM advocacy.source_status')\" = throttled ]"
eventually 'with the reason in a sentence' "[ \"\$(sql \"SELECT detail FROM advocacy.source_status\" | grep -c 'may make today are used up')\" = 1 ]"
made() { sql 'SELECT sum(calls) FROM advocacy.sync_stream'; }
# For longer than a poll takes to come: that time goes by is what is looked at.
nothing_is_made() {
	local before
	before=$(made)
	pause 6
	[ "$(made)" = "$before" ]
}
eventually 'and at the stream that was refused' "[ \"\$(advocated status | grep -c '^  [a-z_]* .* may make today are used up')\" -ge 1 ]"
eventually 'then no call is made any more' nothing_is_made
is 1 "$(advocated status | grep -c 'calls today: [0-9]* of 300')" 'status shows the budget'
daemon_down
done_testing
