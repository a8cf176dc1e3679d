#!/bin/bash
# long
# Advocates are protected: what suspends them, what doesn't give them back, and what people are told of it.
# Several accounts go through their stories side by side; each story has an account of its own.
set -uo pipefail
. "$TOP/tests/lib.sh"

scratch
DATABASE=test_risk
database_copy "$DATABASE" || exit 1
sandbox_up "$SCRATCH" --accounts 120 --set slack.per_minute=0 || exit 1
POLL=5s HOLD=3s configuration_sandbox "$SCRATCH" "$DATABASE"
sed -i '/^\[source gainsight\]/a stale_after = 20s' "$SCRATCH/advocated.conf"

# Accounts that all three vendors know, with one advocate and without an open case. No vendor drops more than three of
# them at a time: that would be for the circuit breaker.
mapfile -t chosen < <(curl -sS --noproxy '*' --fail -w '\n' "$CONTROL/world/account/[0-119]" | jq -r 'select(
	([.ids[] | values] | length == 3) and (.open_cases | length == 0) and .merged_into == null and
	([.deleted[] | select(.)] | length == 0) and ([.contacts[] | select(.advocate)] | length == 1)) | .account')
[ "${#chosen[@]}" -ge 9 ] || { echo "# only ${#chosen[@]} accounts fit"; exit 1; }
declare -A number=([first]=${chosen[0]} [health]=${chosen[1]} [case]=${chosen[2]} [both]=${chosen[3]} [person]=${chosen[4]}
	[null]=${chosen[5]} [stale]=${chosen[6]} [hostile]=${chosen[7]} [calm]=${chosen[8]})
world 'accounts 0..119 health 90 vendor=all' >/dev/null
for story in "${!number[@]}"; do
	world "account ${number[$story]} rename \"Story ${story^}\"" >/dev/null
done
world "account ${number[hostile]} rename \"<!channel> *x* <https://evil|y> <@U0123> @here &amp;\"
account ${number[first]} health 31 vendor=all" >/dev/null

# account STORY: its account_id. suspensions STORY [WHERE]: how many are open. available STORY: t if all of them are.
account() { sql "SELECT DISTINCT account_id FROM advocacy.account_source WHERE source = 'salesforce' AND remote_id = '$(
	sandbox_get "world/account/${number[$1]}" | jq -r .ids.salesforce)'"; }
suspensions() { sql "SELECT count(*) FROM advocacy.suspension AS s JOIN advocacy.advocate AS a USING (advocate_id)
	WHERE a.account_id = ${id[$1]} AND s.closed_at IS NULL AND ${2:-true}"; }
available() { sql "SELECT bool_and(available) FROM advocacy.advocate_availability WHERE account_id = ${id[$1]}"; }
# told STORY WORD: how many messages in csm begin with WORD and name the account.
told() { messages "[.[] | select(.channel == \"csm\" and (.text | startswith(\"$2\")) and (.text | contains(\"Story ${1^}\")))] | length"; }
# polls: a mark; polled MARK: whether every account stream has been read twice since, once after anything that went before.
polls() { sql "SELECT jsonb_object_agg(source, last_success_at) FROM advocacy.sync_stream WHERE stream = 'account'"; }
polled() { [ "$(sql "SELECT bool_and(last_success_at > ('$1'::jsonb ->> source)::timestamptz + interval '4 seconds')
	FROM advocacy.sync_stream WHERE stream = 'account' AND source <> '${2:-}'")" = t ]; }

# --- the first load ---------------------------------------------------------------------------------------------------
daemon_up "$SCRATCH"
until_ all_synced || { show_logs; exit 1; }
eventually 'the first load is told' '[ "$(messages length)" -ge 1 ] && [ "$(sql "SELECT count(*) FROM advocacy.outbox WHERE state NOT IN ('\''sent'\'', '\''muted'\'')")" = 0 ]'
declare -A id=()
for story in "${!number[@]}"; do
	id[$story]=$(account "$story")
done
is f "$(available first)" 'first load: who is at risk is suspended'
is first_load_summary "$(sql 'SELECT string_agg(DISTINCT kind, $$ $$) FROM advocacy.outbox')" 'first load: nothing is told but the summary'
is 1 "$(messages length)" 'first load: one message'
holds 'first load: the summary names the account' test -n "$(messages '.[0] | select(.channel == "csm") | .text | select(contains("Story First"))')"
is '' "$(for story in "${!number[@]}"; do [ $story = first ] || [ "$(available $story)" = t ] || echo $story; done)" \
	'first load: the others are available'

# --- into risk --------------------------------------------------------------------------------------------------------
started=$EPOCHSECONDS
case_id=$(world "account ${number[case]} case open priority=P1 escalated=true subject=\"All is down\" vendor=salesforce" | head -n 1)
both_id=$(world "account ${number[both]} case open priority=P3 escalated=true subject=\"Escalated\" vendor=salesforce" | head -n 1)
world "account ${number[health]} health 34 vendor=gainsight
account ${number[both]} health 20 vendor=hubspot
account ${number[person]} health 45 vendor=gainsight
account ${number[null]} health 45 vendor=gainsight
account ${number[stale]} health 45 vendor=hubspot
account ${number[hostile]} health 34 vendor=salesforce
account ${number[calm]} health 61 vendor=all" >/dev/null
until_ '[ "$(sql "SELECT count(DISTINCT r.account_id || r.rule) FROM advocacy.risk AS r JOIN advocacy.suspension AS s USING (risk_id)
		WHERE s.closed_at IS NULL AND r.account_id <> ${id[first]}")" = 8 ]' || not_ok 'everybody at risk is suspended' "$(sql 'SELECT account_id, rule FROM advocacy.risk')"
is t "$(sql "SELECT max(opened_at) <= to_timestamp($started) + interval '8 seconds' FROM advocacy.risk WHERE account_id <> ${id[first]}")" \
	'within one poll (5 s, a tenth of jitter, its run) everybody at risk is suspended'
is 'health_score 34 90 < 60 gainsight account soft' "$(sql "SELECT DISTINCT concat_ws(' ', e ->> 'signal', e ->> 'value', e ->> 'previous', e ->> 'threshold',
	e ->> 'source', e ->> 'stream', e ->> 'severity') FROM advocacy.suspension AS s JOIN advocacy.advocate USING (advocate_id), LATERAL (SELECT s.evidence) AS x (e)
	WHERE account_id = ${id[health]}")" 'a health drop: the evidence tells signal, value, previous, threshold, source'
is t "$(sql "SELECT bool_and(date_trunc('second', '$(sandbox_get "world/account/${number[health]}" | jq -r .modified_at.gainsight)'::timestamptz) = (s.evidence ->> 'observed_at')::timestamptz)
	FROM advocacy.suspension AS s JOIN advocacy.advocate USING (advocate_id) WHERE account_id = ${id[health]}")" \
	'a health drop: observed_at is the time in the source, not ours'
is 'escalation hard All is down' "$(sql "SELECT DISTINCT concat_ws(' ', s.rule, s.evidence ->> 'severity', s.evidence #>> '{cases,0,subject}') FROM advocacy.suspension AS s
	JOIN advocacy.advocate USING (advocate_id) WHERE account_id = ${id[case]}")" 'an escalated case: a hard suspension with the case as evidence'
is 'escalation health_low' "$(sql "SELECT string_agg(DISTINCT s.rule, ' ' ORDER BY s.rule) FROM advocacy.suspension AS s
	JOIN advocacy.advocate USING (advocate_id) WHERE account_id = ${id[both]}")" 'both at once: two suspensions, each for itself'
is '0 t' "$(suspensions calm) $(available calm)" 'a score between the thresholds suspends nobody'

# A person suspends one whom a rule has suspended already.
people=$(sql "SELECT count(*) FROM advocacy.advocate WHERE account_id = ${id[person]}")
persons=$(sql "SELECT array_agg(advocate_id) FROM advocacy.advocate WHERE account_id = ${id[person]}")
sql "SET ROLE advocacy_operator; SELECT advocacy.advocate_suspend(a, 'asked for a quiet month', 'dana@vendor.example')
	FROM unnest('$persons'::bigint[]) AS a" >/dev/null
is "$people" "$(suspensions person "cause = 'person'")" 'a person suspends, as advocacy_operator'

# quiet: nothing waits to be told.
quiet() { [ "$(sql "SELECT count(*) FROM advocacy.outbox WHERE state NOT IN ('sent', 'muted')")" = 0 ]; }
eventually 'all of it is told' quiet
is "1 1 2 $((1 + people)) 1 1" "$(told health SUSPENDED) $(told case SUSPENDED) $(told both SUSPENDED) $(told person SUSPENDED) $(told null SUSPENDED) $(told stale SUSPENDED)" \
	'one message in csm for each risk, with the name of the account' || messages '.[].text' | sed 's/^/# /'
is "$people" "$(messages '[.[] | select(.channel == "csm" and (.text | contains("Story Person")) and (.text | contains("asked for a quiet month")))] | length')" \
	'the suspension by a person is told with its reason'
holds 'the message says what was seen: value, previous value, source' test -n "$(messages '.[].text |
	select(contains("Story Health") and contains("34") and contains("90") and contains("gainsight"))')"
is 0 "$(messages '[.[] | select(.channel != "csm")] | length')" 'health is told nowhere but in csm'

# Whatever Slack would read: no bare < > in any text but those that we write ourselves (<!date^…>).
hostile=$(messages '[.[] | select(.text | contains("evil"))]')
is 1 "$(jq length <<<"$hostile")" 'a hostile name: one message'
is '' "$(jq -r '.. | strings | gsub("<!date\\^[0-9]+\\^[^<>|]*\\|[^<>|]*>"; "") | select(test("[<>]"))' <<<"$hostile")" \
	'a hostile name: no text holds a < or > of the name'
is '' "$(jq -r '.[].payload | .. | objects | select(.type == "mrkdwn" and .verbatim != true) | .text' <<<"$hostile")" \
	'a hostile name: Slack is told not to look for names and links by itself'
is none "$(jq -r '.[].payload.parse' <<<"$hostile")" 'a hostile name: nor in the fallback text'
holds 'a hostile name: it can still be read' test -n "$(jq -r '.[].text | select(contains("&lt;!channel&gt;") and contains("&lt;@U0123&gt;") and contains("&amp;amp;"))' <<<"$hostile")"

# --- nothing new, nothing better --------------------------------------------------------------------------------------
# One source is well again where another one (or a person) is not; a score between the thresholds; a score that is gone.
world "account ${number[health]} health 70 vendor=gainsight
account ${number[null]} health null vendor=gainsight
account ${number[person]} health 90 vendor=gainsight
account ${number[both]} health 90 vendor=hubspot
account ${number[case]} case close $case_id" >/dev/null
eventually 'both at once: the health risk is cleared' '[ "$(suspensions both "rule = '\''health_low'\''")" = 0 ]'
is '1 f' "$(sql "SELECT count(DISTINCT s.rule) FROM advocacy.suspension AS s JOIN advocacy.advocate USING (advocate_id)
	WHERE account_id = ${id[both]} AND closed_at IS NULL") $(available both)" 'both at once: lifting one does not reinstate'
eventually 'a closed case: reinstated' '[ "$(available case)" = t ]'
is t "$(sql "SELECT bool_and(closed_at - (r.clear_evidence ->> 'well_since')::timestamptz >= interval '3 seconds') FROM advocacy.suspension
	JOIN advocacy.risk AS r USING (risk_id) WHERE r.account_id = ${id[case]}")" 'a closed case: not before the hold is over'
eventually "a person's suspension: the rule's own one ends" '[ "$(suspensions person "cause = '\''risk'\''")" = 0 ]'
is "$people f" "$(suspensions person "cause = 'person'") $(available person)" "a person's suspension: survives the recovery"

# Gainsight goes silent, for longer than its values are trusted; HubSpot says that all is well.
world 'fault gainsight refuse' >/dev/null
eventually 'the source is stale' '[ "$(sql "SELECT max(last_success_at) < now() - interval '\''21 seconds'\'' FROM advocacy.sync_stream
	WHERE source = '\''gainsight'\'' AND stream = '\''account'\''")" = t ]'
world "account ${number[stale]} health 90 vendor=hubspot" >/dev/null
eventually 'the other source says that all is well' '[ "$(sql "SELECT value FROM advocacy.signal WHERE account_id = ${id[stale]} AND source = '\''hubspot'\'' AND name = '\''health_score'\''")" = 90 ]'
until_ quiet
mark=$(polls)
before=$(sql 'SELECT (SELECT count(*) FROM advocacy.outbox), (SELECT count(*) FROM advocacy.suspension), (SELECT count(*) FROM advocacy.risk),
	(SELECT count(*) FROM advocacy.signal_history)')
eventually 'the others are polled on' 'polled "$mark" gainsight'
is "$before" "$(sql 'SELECT (SELECT count(*) FROM advocacy.outbox), (SELECT count(*) FROM advocacy.suspension), (SELECT count(*) FROM advocacy.risk),
	(SELECT count(*) FROM advocacy.signal_history)')" 'unchanged polls add no message, no suspension, no risk and no history'
is "t 90" "$(sql "SELECT bool_and(closed_at IS NULL), max(g.value) FROM advocacy.suspension JOIN advocacy.risk AS r USING (risk_id)
	JOIN advocacy.signal AS g ON g.account_id = r.account_id AND g.source = 'hubspot' AND g.name = 'health_score'
	WHERE r.account_id = ${id[stale]}" | tr '|' ' ')" 'a stale source: the other one says 90, and still nobody is reinstated'
is 'f f' "$(available health) $(available null)" 'a score between the thresholds, or none at all, reinstates nobody'
is '' "$(sql "SELECT well_since FROM advocacy.risk WHERE account_id IN (${id[health]}, ${id[null]}) AND cleared_at IS NULL AND well_since IS NOT NULL")" \
	'a score between the thresholds, or none at all, does not even count as well'

# --- recovery ---------------------------------------------------------------------------------------------------------
world 'clear gainsight' >/dev/null
world "account ${number[health]} health 76 vendor=gainsight
account ${number[both]} case close $both_id" >/dev/null
sql "SET ROLE advocacy_operator; SELECT advocacy.advocate_reinstate(a, 'the month is over', 'dana@vendor.example')
	FROM unnest('$persons'::bigint[]) AS a" >/dev/null
is t "$(available person)" "a person's suspension: lifted by advocate_reinstate"
eventually 'both at once: reinstated when the second one is lifted' '[ "$(available both)" = t ]'
eventually 'a health drop: reinstated above 75' '[ "$(available health)" = t ]'
eventually 'a stale source: reinstated when it is back and well' '[ "$(available stale)" = t ]'
is t "$(sql "SELECT bool_and(closed_at - (r.clear_evidence ->> 'well_since')::timestamptz >= interval '3 seconds') FROM advocacy.suspension
	JOIN advocacy.risk AS r USING (risk_id) WHERE r.account_id = ${id[health]}")" 'a health drop: not before the hold is over'
is f "$(available null)" 'a score that is gone: still suspended'
eventually 'all of it is told' quiet
is '1 1 1 1 0' "$(told health REINSTATED) $(told case REINSTATED) $(told both REINSTATED) $(told stale REINSTATED) $(told null REINSTATED)" \
	'one message for each that is available again, none for what ended but did not help'
is "$people" "$(told person REINSTATED)" "a person's suspension: its end is told, and the rule's end was not"
is "1 1 2 $((1 + people)) 1 1" "$(told health SUSPENDED) $(told case SUSPENDED) $(told both SUSPENDED) $(told person SUSPENDED) $(told null SUSPENDED) $(told stale SUSPENDED)" \
	'nothing was told twice'
is '' "$(grep -E ' (error|warning) ' "$SCRATCH/advocated.log" | grep -v gainsight)" 'the log holds no warning but of the vendor that was down'
done_testing
