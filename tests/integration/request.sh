#!/bin/bash
# A request for a reference from its first second to its last: told at once, warned once, breached once, never silent.
set -uo pipefail
. "$TOP/tests/lib.sh"

scratch
DATABASE=test_request
database_copy "$DATABASE" || exit 1
sandbox_up "$SCRATCH" --accounts 60 --set slack.per_minute=0 || exit 1
POLL=5s ACKNOWLEDGE=6s CONNECT=1h configuration_sandbox "$SCRATCH" "$DATABASE"
world 'accounts 0..59 health 90 vendor=all' >/dev/null
daemon_up "$SCRATCH"
until_ all_synced || { show_logs; exit 1; }

# What a person or a tool may do, and no more.
operator() { sql "SET ROLE advocacy_operator; $1" 2>"$SCRATCH/refusal"; }
deal=$(sql "SELECT o.opportunity_id FROM advocacy.opportunity AS o JOIN advocacy.account AS a USING (account_id)
	WHERE NOT o.deleted AND NOT o.closed AND a.name IS NOT NULL ORDER BY 1 LIMIT 1")
deal_name=$(sql "SELECT name FROM advocacy.opportunity WHERE opportunity_id = $deal")
# submit: files a request and prints its number.
submit() { operator "SELECT advocacy.request_submit($deal, 'reference_call', '${1:-They doubt that we scale}', 'CTO', 'Signature this month',
	now() + interval '10 days', 'rep@vendor.example')"; }
# received REQUEST START: when Slack received the message of this request in sales that begins so, as epoch ms; '' if none.
received() { messages ".[] | select(.channel == \"sales\" and (.text | test(\"^$2\")) and (.text | test(\"REQ-$1\\\\b\"))) | .received_at" |
	while read -r stamp; do date -u -d "$stamp" +%s%3N; done; }
# count REQUEST START: how many.
count() { received "$1" "$2" | wc -l; }
clock() { sql "SELECT $3 FROM advocacy.sla_clock WHERE request_id = $1 AND metric = '$2'"; }
ms() { sql "SELECT round(extract(epoch FROM $1) * 1000)::bigint"; }
# within MS FROM TO WHAT: TO is at or after FROM, and no later than MS after it.
within() { if [ -n "$3" ] && [ -n "$2" ] && [ "$3" -ge "$2" ] && [ "$3" -le $(($2 + $1)) ]; then ok "$4"; else not_ok "$4" "from ${2:-nothing} to ${3:-nothing}, at most $1 ms"; fi; }
# valgrind and sanitizers slow everything down.
patient=$(( ${#DAEMON_WRAPPER[@]} == 0 ? 1 : 10 ))

# --- incomplete ones --------------------------------------------------------------------------------------------------
# refused WHAT PATTERN ARGUMENTS
refused() {
	operator "SELECT advocacy.request_submit($3)" >"$SCRATCH/out" && not_ok "refused: $1" 'it was accepted' ||
		holds "refused: $1" grep -qE -- "$2" "$SCRATCH/refusal"
}
refused 'no justification' 'incomplete: justification missing' "$deal, 'reference_call', NULL, 'CTO', 'x', now(), 'rep@vendor.example'"
refused 'a justification of spaces' 'incomplete: justification missing' "$deal, 'reference_call', '  ', 'CTO', 'x', now(), 'rep@vendor.example'"
refused 'several fields missing: all are named' 'incomplete: audience, outcome, requested_by missing' "$deal, 'reference_call', 'why', NULL, '', now(), NULL"
refused 'no date' 'incomplete: needed_by missing' "$deal, 'reference_call', 'why', 'CTO', 'x', NULL, 'rep@vendor.example'"
refused 'an unknown type' 'unknown activity_type "dinner"' "$deal, 'dinner', 'why', 'CTO', 'x', now(), 'rep@vendor.example'"
refused 'an unknown deal' 'there is no opportunity 999999' "999999, 'quote', 'why', 'CTO', 'x', now(), 'rep@vendor.example'"
is '0 0' "$(sql 'SELECT (SELECT count(*) FROM advocacy.request), (SELECT count(*) FROM advocacy.outbox)' | tr '|' ' ')" 'refused requests leave nothing behind'
sql "INSERT INTO advocacy.request (activity_type, justification, audience, outcome, requested_by, state) SELECT 'quote', 'x', 'x', 'x', 'x', 'submitted'" >/dev/null 2>&1
operator "DELETE FROM advocacy.request" && not_ok 'an operator cannot write to the tables' 'it could' || ok 'an operator cannot write to the tables'
sql 'DELETE FROM advocacy.request' >/dev/null

# --- late: warned, breached, acknowledged -----------------------------------------------------------------------------
before=$(date +%s%3N)
late=$(submit)
holds 'a request is filed by advocacy_operator' test -n "$late"
eventually 'it is told at once' '[ "$(count $late "REQUEST: ")" = 1 ]'
within $((1500 * patient)) "$before" "$(received "$late" 'REQUEST: ')" 'it is told within moments, without waiting for a poll'
text=$(messages ".[] | select(.text | test(\"REQ-$late\\\\b\")) | .text")
holds 'it tells the deal, the reason and who asks' grep -qF "$deal_name" <<<"$text" && grep -qF 'They doubt that we scale' <<<"$text" &&
	grep -qF rep@vendor.example <<<"$text" || not_ok 'it tells the deal, the reason and who asks' "$text"

warn_at=$(ms "$(printf '(%s)' "SELECT fire_at FROM advocacy.sla_clock WHERE request_id = $late AND metric = 'acknowledge'")")
breach_at=$(ms "$(printf '(%s)' "SELECT breach_at FROM advocacy.sla_clock WHERE request_id = $late AND metric = 'acknowledge'")")
started_at=$(ms "$(printf '(%s)' "SELECT started_at FROM advocacy.sla_clock WHERE request_id = $late AND metric = 'acknowledge'")")
is 3000 $((warn_at - started_at)) 'the warning is due at half of the time'
is 6000 $((breach_at - started_at)) 'the deadline is the target'

# Meanwhile: another one, which is in time.
good=$(submit 'A second deal')
operator "SELECT advocacy.request_acknowledge($good, 'dana@vendor.example')" >/dev/null
advocate=$(sql "SELECT v.advocate_id FROM advocacy.advocate_availability AS v JOIN advocacy.account_source AS s USING (account_id)
	JOIN advocacy.signal AS g ON g.account_id = v.account_id AND g.source = 'gainsight' AND g.name = 'health_score'
	WHERE v.available AND s.source = 'salesforce' AND NOT EXISTS (SELECT FROM advocacy.support_case AS c WHERE c.account_id = v.account_id AND NOT c.closed)
	ORDER BY 1 LIMIT 1")
operator "SELECT advocacy.request_match($good, $advocate, 'dana@vendor.example')" >/dev/null
is "$advocate proposed" "$(sql "SELECT advocate_id, state FROM advocacy.request WHERE request_id = $good" | tr '|' ' ')" 'an available advocate is matched'

eventually 'it is warned' '[ "$(count $late "SLA WARNING")" -ge 1 ]'
eventually 'it is breached' '[ "$(count $late "SLA BREACH")" -ge 1 ]'
within $((1000 * patient)) "$warn_at" "$(received "$late" "SLA WARNING")" 'the warning is in Slack within a second of its time'
within $((1000 * patient)) "$breach_at" "$(received "$late" "SLA BREACH")" 'the breach is in Slack within a second of its time'
is 'running t t' "$(clock "$late" acknowledge "concat_ws(' ', state, breached_at = breach_at, detected_at >= breached_at)")" \
	'the clock runs on, breached at its computed time'
first=$(sql "SELECT -remaining_s FROM advocacy.sla_report WHERE request_id = $late AND metric = 'acknowledge'")
eventually 'the overrun grows' '[ "$(sql "SELECT -remaining_s FROM advocacy.sla_report WHERE request_id = $late AND metric = '\''acknowledge'\''")" -gt "${first:-0}" ]'
operator "SELECT advocacy.request_acknowledge($late, 'dana@vendor.example')" >/dev/null
is 'met_late t' "$(clock "$late" acknowledge "concat_ws(' ', state, breached_at IS NOT NULL)")" 'acknowledged late: met_late'
overrun=$(sql "SELECT -remaining_s FROM advocacy.sla_report WHERE request_id = $late AND metric = 'acknowledge'")
is met "$(clock "$good" acknowledge state)" 'acknowledged in time: met'

# --- connected in time ------------------------------------------------------------------------------------------------
operator "SELECT advocacy.request_schedule($good, now() + interval '2 days', 'dana@vendor.example')" >/dev/null
is 'met' "$(clock "$good" connect state)" 'connected in time: met'
eventually 'matching and scheduling are told in sales' '[ "$(sql "SELECT string_agg(kind, '\'' '\'' ORDER BY notification_id) FROM advocacy.notification
	JOIN advocacy.outbox AS o USING (outbox_id, kind) WHERE o.facts ->> '\''request'\'' = '\''REQ-$good'\''")" = "request_received request_matched request_scheduled" ]'

# --- the advocate falls into risk -------------------------------------------------------------------------------------
remote=$(sql "SELECT s.remote_id FROM advocacy.advocate JOIN advocacy.account_source AS s USING (account_id) WHERE advocate_id = $advocate AND s.source = 'salesforce' LIMIT 1")
account=$(curl -sS --noproxy '*' --fail -w '\n' "$CONTROL/world/account/[0-59]" | jq -r "select(.ids.salesforce == \"$remote\") | .account")
world "account $account health 34 vendor=gainsight" >/dev/null
eventually 'the CSM has a time to answer' '[ "$(sql "SELECT count(*) FROM advocacy.suspension WHERE advocate_id = $advocate AND answer_due_at > now()")" = 1 ]'
is suspended_hold "$(sql "SELECT state FROM advocacy.request WHERE request_id = $good")" 'the call, which is near, waits for the answer'
eventually 'the rep is told that it is in doubt' '[ "$(messages "[.[] | select(.channel == \"sales\" and (.text | startswith(\"CALL IN DOUBT\")))] | length")" = 1 ]'

operator "SELECT advocacy.risk_confirm($advocate, 'they are right')" >/dev/null
eventually 'the request goes back to matching' '[ "$(sql "SELECT state FROM advocacy.request WHERE request_id = $good")" = matching ]'
is t "$(sql "SELECT advocate_id IS NULL FROM advocacy.request WHERE request_id = $good")" 'the advocate is off it'
is 'rematch suspended' "$(sql "SELECT (SELECT e.move FROM advocacy.request_event AS e WHERE e.request_id = $good ORDER BY e.event_id DESC LIMIT 1),
	(SELECT 'suspended' FROM advocacy.suspension WHERE advocate_id = $advocate AND closed_at IS NULL LIMIT 1)" | tr '|' ' ')" 'because the advocate is suspended'
eventually 'the rep is told' '[ "$(sql "SELECT count(*) FROM advocacy.notification WHERE kind = '\''advocate_unavailable'\''")" = 1 ]'
unavailable=$(sql "SELECT n.text || o.facts FROM advocacy.notification AS n JOIN advocacy.outbox AS o USING (outbox_id) WHERE n.kind = 'advocate_unavailable'")
payload=$(sandbox_get slack/messages | jq --arg request "REQ-$good" '[.[] | select(.channel == "sales" and (.text | contains($request)))] | last')
told=$unavailable$payload
while IFS= read -r name; do # a company may be called Health
	told=${told//"$name"/}
	told=${told//"${name//&/&amp;}"/}
done < <(sql "SELECT c ->> 'customer' FROM advocacy.outbox AS o, jsonb_array_elements(o.facts -> 'candidates') AS c WHERE o.kind = 'advocate_unavailable'")
is 3 "$(grep -oE 'ADV-[0-9]+' <<<"$unavailable" | sort -u | wc -l)" 'the rep is told who else would suit'
is '' "$(grep -ioE 'health|risk|score|suspen|escalat|gainsight|csm' <<<"$told")" "the rep's message holds no fact about health"
is csm "$(messages '[.[] | select(.text | startswith("SUSPENDED")) | .channel] | unique | join(" ")')" 'the reason is told in csm only'
operator "SELECT advocacy.request_match($good, $advocate)" && not_ok 'a suspended advocate cannot be matched' 'it was' ||
	holds 'a suspended advocate cannot be matched' grep -q "advocate $advocate is not available" "$SCRATCH/refusal"
is '' "$(grep -iE 'health|risk|score|suspended' "$SCRATCH/refusal" | grep -v HINT)" 'and the refusal does not say why'

# --- each thing once --------------------------------------------------------------------------------------------------
until_ '[ "$(sql "SELECT count(*) FROM advocacy.outbox WHERE state NOT IN ('\''sent'\'', '\''muted'\'')")" = 0 ]'
is "1 1" "$(sql "SELECT count(*) FILTER (WHERE kind = 'sla_warning'), count(*) FILTER (WHERE kind = 'sla_breach') FROM advocacy.notification" | tr '|' ' ')" \
	'warned once, breached once'
is "$(sql 'SELECT count(*) FROM advocacy.notification')" "$(messages length)" 'every notification is one message'
is "$overrun" "$(sql "SELECT -remaining_s FROM advocacy.sla_report WHERE request_id = $late AND metric = 'acknowledge'")" 'the overrun ended with the acknowledgement'
is '' "$(grep -E ' (error|warning) ' "$SCRATCH/advocated.log")" 'the log holds no warning'
done_testing
