#!/bin/bash
# What is at risk is read before all else: a first load that takes hours, or that a vendor breaks off, protects at once.
set -uo pipefail
. "$TOP/tests/lib.sh"

scratch
sandbox_up "$SCRATCH" --accounts 300 --set slack.per_minute=0 --set salesforce.page_size=200 --set hubspot.search_per_second=0 \
	--set hubspot.calls_per_ten_seconds=0 || exit 1
once() { daemon_once "$SCRATCH"; }
stored() { sql "SELECT count(*) FROM advocacy.$1"; }
# calls ENDPOINT: how many Salesforce has had since the sandbox began.
calls() { sandbox_get calls | jq "[.salesforce.endpoints | to_entries[] | select(.key | startswith(\"$1 \") or . == \"$1\") | .value] | add // 0"; }
# refused WHAT: a run that the vendor breaks off.
refused() { if once; then not_ok "$1"; else ok "$1"; fi; }

DATABASE=test_first_look
database_copy "$DATABASE" || exit 1
configuration_sandbox "$SCRATCH" "$DATABASE"
configuration_only "$SCRATCH" salesforce account

# Two that have an advocate each and no open case: one falls into risk.
mapfile -t chosen < <(curl -sS --noproxy '*' --fail -w '\n' "$CONTROL/world/account/[0-299]" | jq -r 'select(.ids.salesforce != null and
	(.open_cases | length == 0) and .merged_into == null and .deleted.salesforce != true and
	([.contacts[] | select(.advocate)] | length == 1)) | .account')
[ "${#chosen[@]}" -ge 2 ] || { echo "# only ${#chosen[@]} accounts fit"; exit 1; }
world "accounts 0..299 health 90 vendor=all
account ${chosen[0]} health 31 vendor=salesforce" >/dev/null
remote_id() { sandbox_get "world/account/$1" | jq -r .ids.salesforce; }
available() { sql "SELECT bool_and(v.available) FROM advocacy.advocate_availability AS v JOIN advocacy.account_source AS t USING (account_id)
	WHERE t.source = 'salesforce' AND t.remote_id = '$(remote_id "$1")'"; }

# ---- accounts: the load itself is refused at its first page
world 'fault salesforce 403-limit object=query after=1 count=all' >/dev/null
refused 'a first load that is refused at its first page fails'
is "$(remote_id "${chosen[0]}")" "$(sql 'SELECT string_agg(remote_id, $$ $$) FROM advocacy.account_source')" 'what is at risk has come, and nothing else'
is health_low "$(sql 'SELECT string_agg(rule, $$ $$) FROM advocacy.risk WHERE cleared_at IS NULL')" 'and is known to be at risk'
is 'f f' "$(sql "SELECT last_success_at IS NOT NULL, full_cursor IS NOT NULL FROM advocacy.sync_stream" | tr '|' ' ')" 'the stream has been read no further for that'
world 'clear all' >/dev/null
before=$(calls query)
# Neither is a checkbox compared with a number; that load brings it all the same.
sed -i 's/^streams = .*/streams = account, contact/' "$SCRATCH/advocated.conf"
sed -i '/^\[contact\]/a signal.flag = Reference_Advocate__c' "$SCRATCH/mapping/salesforce.conf"
printf '[risk flag]\nsignal = contact.flag\nenter = > 1\nclear = < 1\nseverity = caution\n' >>"$SCRATCH/policy.conf"
holds 'the load that goes on ends well' once || show_logs
is 3 "$(($(calls query) - before))" 'with a query for each stream and a look at the new one: what had been looked at is not looked at again'
is "$(sandbox_get summary | jq .salesforce.accounts)" "$(stored account_source)" 'all accounts have come'
holds 'a look that is refused is told' grep -q "salesforce contact: what is at risk can't be asked for before the rest" "$SCRATCH/advocated.log"
is "$(sandbox_get summary | jq .salesforce.contacts)" "$(stored contact)" 'and harms nothing'
is 'f t' "$(available "${chosen[0]}") $(available "${chosen[1]}")" 'who is at risk is suspended, and nobody else'

# ---- cases: of accounts that are known, before the load of all cases has begun
world "account ${chosen[1]} case open priority=P1 escalated=true subject=\"All is down\" vendor=salesforce" >/dev/null
sed -i 's/^streams = .*/streams = account, contact, support_case/' "$SCRATCH/advocated.conf"
world 'fault salesforce 403-limit object=query after=1 count=all' >/dev/null
refused 'a first load of cases that is refused at its first page fails'
is f "$(available "${chosen[1]}")" 'whose account has an escalated case is suspended'
is 0 "$(sql 'SELECT count(*) FROM advocacy.support_case WHERE closed OR NOT (escalated OR priority IN ($$P1$$, $$Critical$$, $$Urgent$$, $$Highest$$))')" \
	'no other case has come'
world 'clear all' >/dev/null
holds 'the load of the cases ends well' once || show_logs
is "$(sandbox_get summary | jq .salesforce.cases)" "$(stored support_case)" 'all cases have come'

# ---- HubSpot: by a search, before the first page of a list
world $'accounts 20..50 health 31 vendor=hubspot\naccount 70 case open priority=URGENT vendor=hubspot
account 71 case open priority=P1 vendor=hubspot\naccount 72 case open priority=URGENT vendor=hubspot\naccount 72 case close' >/dev/null
second_passes
# begin: a database that knows nothing of HubSpot.
begin() {
	database_drop "$DATABASE"
	database_copy "$DATABASE" || exit 1
	configuration_sandbox "$SCRATCH" "$DATABASE"
	configuration_only "$SCRATCH" hubspot
	: >"$SCRATCH/advocated.log"
}
begin
world 'fault hubspot 403 object=list count=all' >/dev/null
refused 'a first load whose lists are refused fails'
is "$(curl -sS --noproxy '*' --fail -w '\n' "$CONTROL/world/account/[20-50]" | jq -r '.ids.hubspot // empty' | sort | xargs)" \
	"$(sql 'SELECT string_agg(remote_id, $$ $$ ORDER BY remote_id COLLATE "C") FROM advocacy.account_source')" \
	'the companies at risk have come, and no others'
is t "$(sql "SELECT count(*) = (SELECT count(*) FROM advocacy.account) FROM advocacy.risk WHERE rule = 'health_low'")" 'each is known to be at risk'
is 'P1 URGENT' "$(sql 'SELECT string_agg(priority, $$ $$ ORDER BY priority) FROM advocacy.support_case WHERE NOT closed')" \
	'so have the open tickets of a top priority'
is 0 "$(sql 'SELECT count(*) FROM advocacy.support_case WHERE closed')" 'and not the closed ones'
world 'clear all' >/dev/null
holds 'the load that goes on ends well' once || show_logs
complete=$(synced_content)
is "$(sandbox_get summary | jq -r '.hubspot | "\(.accounts) \(.cases)"')" "$(stored account_source) $(stored support_case)" 'all have come'
begin
world 'fault hubspot 403 object=search count=1' >/dev/null
holds 'a load whose look is refused ends well' once || show_logs
is 1 "$(grep -c "at risk can't be asked for" "$SCRATCH/advocated.log")" '(it was)'
is "$complete" "$(synced_content)" 'and its tables are the same'
begin
configuration_only "$SCRATCH" hubspot account
sed -i '/^connector = hubspot/a page_size = 20' "$SCRATCH/advocated.conf"
world 'fault hubspot 403 object=search after=1 count=1' >/dev/null
holds 'one whose look is refused in the middle does, too' once || show_logs
holds 'it is told what was left' grep -q "hubspot account: what is at risk can't all be asked for" "$SCRATCH/advocated.log"
holds 'and what had come' grep -q 'hubspot account: 20 records at risk read before the rest' "$SCRATCH/advocated.log"
is "$(sandbox_get summary | jq .hubspot.accounts)" "$(stored account_source)" 'and all companies have come'

# ---- Gainsight: companies, scores in records of their own, calls to action; each load is refused at its first page
sandbox_down
sandbox_up "$SCRATCH" --accounts 30 --set slack.per_minute=0 --set gainsight.per_minute=0 || exit 1
database_drop "$DATABASE"
database_copy "$DATABASE" || exit 1
configuration_sandbox "$SCRATCH" "$DATABASE"
configuration_only "$SCRATCH" gainsight
sed -i '/^connector = gainsight/a page_size = 2' "$SCRATCH/advocated.conf"
# All that the sample has to switch on.
sed -i -E -e '/^#\[observation\]/,$s/^#([a-z[])/\1/' -e '/^object = /d' "$SCRATCH/mapping/gainsight.conf"
world 'accounts 0..29 health 90 vendor=all
accounts 10..14 health 34 vendor=gainsight
account 12 cta open
account 16 cta open
account 16 cta close' >/dev/null
# In pages of two: five companies and as many scores are three pages and an empty one, one open call one and an empty one.
world 'fault gainsight 302 object=company after=4 count=all
fault gainsight 302 object=customer_health_fact after=4 count=all
fault gainsight 302 object=call_to_action after=2 count=all' >/dev/null
read_so_far() { sql "SELECT string_agg(concat_ws(' ', stream, rows_read, last_success_at IS NOT NULL), ', ' ORDER BY stream) FROM advocacy.sync_stream WHERE stream <> 'staff'"; }
looks() { grep -c ' looked: gainsight ' "$SCRATCH/advocated.log"; }
refused 'a first load from Gainsight that is refused at its first pages fails'
is 'account 5 f, observation 5 f, support_case 1 f' "$(read_so_far)" 'what is at risk has come from each object, and nothing else'
is 'escalation 1, health_low 5' "$(sql "SELECT string_agg(rule || ' ' || n, ', ' ORDER BY rule) FROM (SELECT rule, count(*) AS n FROM advocacy.risk
	WHERE cleared_at IS NULL GROUP BY rule) AS r")" 'and is known to be at risk'
world 'clear all' >/dev/null
holds 'the load from Gainsight ends well' once || show_logs
is "$(sandbox_get summary | jq .gainsight.accounts) 3" "$(stored account_source) $(looks)" 'all companies have come, without another look'
done_testing
