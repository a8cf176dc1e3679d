#!/bin/bash
# long
# A source that says nonsense: an empty answer, half of one, the scale turned round, no score, nothing but zeros. Nobody is
# suspended by it, no rep hears of it, ops hear of it once, and what waits for a person is settled by `advocated decisions`.
set -uo pipefail
. "$TOP/tests/lib.sh"

scratch
DATABASE=test_bad_feeds
database_copy "$DATABASE" || exit 1
sandbox_up "$SCRATCH" --accounts 60 --set slack.per_minute=0 --set gainsight.per_minute=0 || exit 1
POLL=5s configuration_sandbox "$SCRATCH" "$DATABASE"
advocated() { "$BUILD/advocated" -c "$SCRATCH/advocated.conf" "$@" 2>&1; }
# scores EXPRESSION: what Gainsight says of each account, n being its number.
scores() { local n; for ((n = 0; n < 60; n++)); do echo "account $n health $(($1)) vendor=gainsight"; done | curl -sS --noproxy '*' --fail-with-body --data-binary @- "$CONTROL/command" >/dev/null; }
world 'accounts 0..59 health 90 vendor=all' >/dev/null
scores '76 + n % 20' || exit 1

daemon_up "$SCRATCH"
quiet() { [ "$(sql "SELECT count(*) FROM advocacy.outbox WHERE state NOT IN ('sent', 'muted')")" = 0 ]; }
until_ all_synced && until_ quiet || { show_logs; exit 1; }
suspended() { sql 'SELECT count(*) FROM advocacy.suspension WHERE closed_at IS NULL'; }
known() { sql "SELECT count(*) FROM advocacy.signal WHERE name = 'health_score' AND source = 'gainsight' AND value $1"; }
# A rep waits for an answer about one of the advocates.
add_deal
sql "SELECT advocacy.request_submit(opportunity => -99, activity_type => 'quote', justification => 'why', audience => 'CIO', outcome => 'a yes',
	needed_by => now() + interval '9 days', requested_by => 'rep@vendor.example')" >/dev/null
sql "SELECT advocacy.request_match((SELECT request_id FROM advocacy.request), (SELECT v.advocate_id FROM advocacy.advocate_availability AS v
	JOIN advocacy.signal AS g ON g.account_id = v.account_id AND g.source = 'gainsight' AND g.name = 'health_score' WHERE v.available ORDER BY 1 LIMIT 1))" >/dev/null
until_ '[ "$(sql "SELECT count(*) FROM advocacy.outbox WHERE kind = '\''request_matched'\''")" = 1 ]' && until_ quiet
all=$(known 'IS NOT NULL')
before="$(suspended) $(messages '[.[] | select(.channel != "ops")] | length') proposed"
mark=$(sql 'SELECT max(outbox_id) FROM advocacy.outbox')
is t "$([ "$all" -ge 40 ] && echo t)" 'there are scores to lose'

# quietly WHAT KINDS: since the last time ops were told KINDS and nobody else anything; nobody was suspended.
quietly() {
	until_ quiet
	is "$2" "$(sql "SELECT string_agg(kind, ' ' ORDER BY outbox_id) FROM advocacy.outbox WHERE outbox_id > $mark")" "$1: what is told"
	is "$before" "$(suspended) $(messages '[.[] | select(.channel != "ops")] | length') $(sql 'SELECT state FROM advocacy.request')" \
		"$1: nobody is suspended, no rep and no CSM is told, the request stays"
	mark=$(sql 'SELECT max(outbox_id) FROM advocacy.outbox')
}
told() { [ "$(sql "SELECT count(*) FROM advocacy.outbox WHERE outbox_id > $mark AND kind = '$1'")" -gt 0 ]; }
batch() { sql 'SELECT batch_id FROM advocacy.decision_batch WHERE decision IS NULL'; }

# What breaks off is asked for again: it says nothing about anybody, and nobody need know.
for fault in 200-empty truncate; do
	world "fault gainsight $fault object=company count=2" >/dev/null
	eventually "$fault: played" '[ "$(sandbox_get faults)" = "[]" ]'
	at=$(sql 'SELECT now()')
	eventually "$fault: the source is read all the same" '[ "$(sql "SELECT last_success_at > '\''$at'\'' FROM advocacy.sync_stream
		WHERE source = '\''gainsight'\'' AND stream = '\''account'\''")" = t ]'
	quietly "$fault" ''
	is "$all" "$(known '> 75')" "$fault: the scores are as they were"
done

scores '24 - n % 20'
eventually 'the scale turned round: ops hear of it' 'told field_drift'
quietly 'the scale turned round' field_drift
is "$all" "$(known '> 75')" 'the scale turned round: what was known stays'
scores '76 + n % 20'
eventually 'the scale as it was' '[ "$(sql "SELECT count(*) FROM advocacy.field_drift WHERE resolved_at IS NULL")" = 0 ]'
quietly 'the scale as it was' ''

# In the same order, so that it may well be true of each.
scores '4 + n % 20'
eventually 'another scale: held' 'told suspensions_held'
quietly 'another scale' suspensions_held
holds 'it is listed' grep -q "^  batch $(batch): suspensions" <<<"$(advocated decisions)"
held=$(batch)
holds 'a person rejects it' grep -q 'were rejected$' <<<"$(advocated decisions reject "$held")"
is "rejected true" "$(sql "SELECT decision || ' ' || (decided_by LIKE '%on the command line') FROM advocacy.decision_batch WHERE batch_id = $held")" 'under their name'
scores '76 + n % 20'
eventually 'it is mended' '[ "$(known "> 75")" = "$all" ]'
quietly 'rejected and mended' ''

world 'accounts 0..59 health null vendor=gainsight' >/dev/null
eventually 'no score at all: ops hear of it' 'told field_drift'
quietly 'no score at all' field_drift
is "$all" "$(known '> 75')" 'no score at all: what was known stays'
scores '76 + n % 20'
eventually 'scores again' '[ "$(sql "SELECT count(*) FROM advocacy.field_drift WHERE resolved_at IS NULL")" = 0 ]'
quietly 'scores again' ''

world 'accounts 0..59 health 0 vendor=gainsight' >/dev/null
eventually 'nothing but zeros: held' 'told suspensions_held'
quietly 'nothing but zeros' suspensions_held
holds 'a person says it is true' grep -qE '^[1-9][0-9]* advocates followed$' <<<"$(advocated decisions approve "$(batch)")"
eventually 'then they are suspended' '[ "$(suspended)" -gt 20 ]'
eventually 'and the request is matched anew' '[ "$(sql "SELECT state FROM advocacy.request")" = matching ]'
is 'nothing' "$(advocated decisions | sed -n '2s/^ *//p')" 'nothing waits any more'
done_testing
