#!/bin/bash
# The played Gainsight keeps its document's promises, the unpleasant ones too: asked as a client asks, with curl.
set -uo pipefail
. "$TOP/tests/lib.sh"

scratch
sandbox_up "$SCRATCH" --accounts 130000 --set gainsight.per_minute=0 || exit 1
KEY=gs-5a4db0c5-0000-4000-8000-000000000002

# ask METHOD PATH [BODY]: the answer is in $SCRATCH/body, its status in code.
ask() {
	local -a data=()
	[ $# -lt 3 ] || data=(-H 'Content-Type: application/json' --data-binary "$3")
	code=$(curl -sS --noproxy '*' -X "$1" -H "AccessKey: $KEY" "${data[@]}" -o "$SCRATCH/body" -w '%{http_code}' "$GAINSIGHT$2")
}
tell() { world "$1" >/dev/null; }
body() { jq -r "$1" "$SCRATCH/body"; }
# query OBJECT SELECT [CONDITIONS]: select by commas; conditions as JSON, all of them to hold.
query() {
	ask POST "/v1/data/objects/query/$1" "$(jq -nc --arg select "$2" --argjson conditions "${3:-[]}" '
		[$conditions[] | if (.value | type) == "array" then . else .value = [.value] end] |
		to_entries | map(.value + {alias: ("A\(.key)")}) |
		{select: ($select | split(",")), orderBy: {Gsid: "asc"}, limit: 5000, offset: 0} +
		if length == 0 then {} else {where: {conditions: ., expression: (map(.alias) | join(" AND "))}} end')"
}
is_() { printf '{"name":"%s","operator":"EQ","value":"%s"}' "$1" "$2"; }
# having WANTED WHAT OBJECT CONDITION FURTHER...: how many rows come, or the refusal's code; a further one is a field, an operator
# and JSON.
having() {
	local wanted=$1 what=$2 object=$3 conditions=$4 condition field operator value
	shift 4
	for condition; do
		read -r field operator value <<<"$condition"
		conditions+=",{\"name\":\"$field\",\"operator\":\"$operator\",\"value\":$value}"
	done
	query "$object" Gsid "[$conditions]"
	is "$wanted" "$(body '.errorCode // (.data.records | length)')" "$what"
}
describe() { ask GET "/v1/meta/services/objects/$1/describe?ic=false&cl=0&idd=false&ihc=false&piec=false"; }
field() { body ".data[0].fields[] | select(.fieldName == \"$1\") | $2"; }

# --- metadata ---------------------------------------------------------------------------------------------------------
ask GET '/v1/meta/services/objects/list?po=company&em=false'
is 'call_to_action company company_person customer_health_fact da_picklist gsuser person record_delete_log record_delete_log_high_volume scorecard_measure scorecard_scheme_definition' \
	"$(body '[.data[].objectName] | sort | join(" ")')" 'the list of objects has all of them'
describe Company
is 'DATETIME true true false' "$(field ModifiedDate '"\(.dataType) \(.meta.filterable) \(.meta.sortable) \(.meta.updateable)"')" 'a field tells what can be done with it'
is 'Active true,Suspended true,Legacy false' "$(field Advocate_Status__gc '[.options[] | "\(.label) \(.active)"] | join(",")')" 'a picklist has its options, inactive ones too'
is 'Csm__gr gsuser' "$(field Csm '.meta.lookupDetail | "\(.lookupName) \(.lookupObjects[0].objectName)"')" 'a lookup tells where it leads'
is 'CUSTOM SYSTEM' "$(field Overall_Score__gc .meta.fieldGroupType) $(field Gsid .meta.fieldGroupType)" 'a field tells whose it is'
describe companny
is '400 OBJECT_NOT_FOUND' "$code $(body .title)" 'an unknown object is refused'
tell 'set gainsight.field_type company.Overall_Score__gc=STRING'
describe company
is STRING "$(field Overall_Score__gc .dataType)" 'a field can change its type'
tell 'set gainsight.hide_field company.Overall_Score__gc'
describe company
is '' "$(field Overall_Score__gc .dataType)" 'a field can vanish'
query Company Gsid,Overall_Score__gc
is '400 GSOBJ_1002' "$code $(body .errorCode)" 'and is then refused in a query'
tell 'set gainsight.hide_field none'

# --- paging by Gsid ---------------------------------------------------------------------------------------------------
started=$(date +%s%3N) after='[]'
for _ in {1..99}; do
	query Company Gsid,SfdcAccountId "$after"
	body '.data.records[] | "\(.Gsid) \(.SfdcAccountId)"' >"$SCRATCH/page"
	cat "$SCRATCH/page" >>"$SCRATCH/rows"
	[ "$(wc -l <"$SCRATCH/page")" = 5000 ] || break
	after="[{\"name\":\"Gsid\",\"operator\":\"GT\",\"value\":\"$(tail -n 1 "$SCRATCH/page" | cut -d' ' -f1)\"}]"
done
echo "# $(wc -l <"$SCRATCH/rows") companies read in $(($(date +%s%3N) - started)) ms"
is "$(sandbox_get summary | jq .gainsight.accounts)" "$(wc -l <"$SCRATCH/rows")" 'paging by Gsid reads every company'
holds 'there are more than 100,000' [ "$(wc -l <"$SCRATCH/rows")" -gt 100000 ]
holds 'each once, in the order of ids' env LC_ALL=C sort -uC -k1,1 "$SCRATCH/rows"
is '0 15 18' "$(cut -d' ' -f2 "$SCRATCH/rows" | awk '{ print length }' | sort -nu | xargs)" 'a Salesforce id has 15 or 18 characters, or is empty'

# --- health and risk --------------------------------------------------------------------------------------------------
query Company Gsid,Name,SfdcAccountId "[$(is_ Gsid "$(sed -n 5p "$SCRATCH/rows" | cut -d' ' -f1)")]"
gsid=$(body '.data.records[0].Gsid')
# The counter in an id is the account's number.
account=$((36#${gsid:4:10} - 60466176))
score='CompanyId,MeasureId__gr.Name,CurrentScoreId__gr.Score,CurrentScoreId__gr.Name,Trend'
tell "account $account health 22 vendor=gainsight"
query customer_health_fact "$score" "[$(is_ CompanyId "$gsid"),$(is_ MeasureId__gr.Name 'Overall Score')]"
is "200 1 $gsid 22 Red" "$code $(body '.data.records | "\(length) \(.[0].CompanyId) \(.[0]["CurrentScoreId__gr.Score"]) \(.[0]["CurrentScoreId__gr.Name"])"')" \
	'the score object tells of the health'
query Company Overall_Score__gc,Stage "[$(is_ Gsid "$gsid")]"
is 22 "$(body '.data.records[0].Overall_Score__gc')" 'and so does the company'
company=$(is_ Gsid "$gsid")
query Company Stage "[$company]"
stage=$(body '.data.records[0].Stage')
having 1 'a number below another' Company "$company" 'Overall_Score__gc LT 22.5' 'Overall_Score__gc LTE 22' 'Overall_Score__gc GT -1'
having 0 'a number that is no lower' Company "$company" 'Overall_Score__gc LT 22'
having GSOBJ_VDTNUM1001 'a number that is asked for as a text is refused' Company "$company" 'Overall_Score__gc LT "22"'
having 1 'a picklist is one of some items' Company "$company" "Stage IN [\"1I0\",\"$stage\"]"
having 0 'their labels name none' Company "$company" 'Stage IN ["Onboarding","Adoption","Value Realized","At Risk"]'
tell "account $account health null vendor=gainsight"
having 0 'what is not scored is not below anything' Company "$company" 'Overall_Score__gc LT 22.5'
query customer_health_fact "$score" "[$(is_ CompanyId "$gsid")]"
is 'null null null' "$(body '.data.records[0] | "\(.["CurrentScoreId__gr.Score"]) \(.["CurrentScoreId__gr.Name"]) \(.Trend)"')" 'not scored is null'
query scorecard_scheme_definition Gsid,Name,Score
is '101 Green,Red,Yellow' "$(body '.data.records | "\(length) \(map(.Name) | unique | join(","))"')" 'the scheme has a definition for each score'
definition=$(body '.data.records[50].Gsid')
tell 'set gainsight.scheme changed'
query scorecard_scheme_definition Gsid,Name,Score
is "101 Red" "$(body '.data.records | "\(length) \(map(.Name) | unique | join(","))"')" 'another scheme can come into force'
holds 'with definitions of its own' eval "! body '.data.records[].Gsid' | grep -qx $definition"
tell 'set gainsight.scheme numeric'

cta="[$(is_ CompanyId "$gsid")]"
tell "account $account cta open"
query call_to_action Name,CompanyId,TypeId__gr.Name,StatusId__gr.Name,ReasonId__gr.Name,IsClosed,ClosedDate "$cta"
is 'Risk New Health false null' "$(body '.data.records[0] | "\(.["TypeId__gr.Name"]) \(.["StatusId__gr.Name"]) \(.["ReasonId__gr.Name"]) \(.IsClosed) \(.ClosedDate)"')" \
	'an open risk CTA'
having 1 'and found as such, through a lookup' call_to_action "$(is_ CompanyId "$gsid")" 'TypeId__gr.Name IN ["Risk","Lifecycle"]' 'IsClosed EQ false'
having GSOBJ_VDTBOOL1001 'no is no text' call_to_action "$(is_ CompanyId "$gsid")" 'IsClosed EQ "false"'
tell "account $account cta close"
query call_to_action Name,StatusId__gr.Name,IsClosed "$cta"
is 'Closed Success true' "$(body '.data.records[0] | "\(.["StatusId__gr.Name"]) \(.IsClosed)"')" 'and a closed one'
query Company 'Csm__gr.Email,Csm__gr.Manager__gr.Name' "[$(is_ Gsid "$gsid")]"
is '400 GSOBJ_1002' "$code $(body .errorCode)" 'a path that leads nowhere is refused'

query gsuser Gsid,ModifiedDate
shown=$(body '.data.records[0].ModifiedDate') user=$(body '.data.records[0].Gsid')
query gsuser Gsid "$(jq -nc --arg from "$(date -u -d "@$((shown / 1000))" '+%F %T')" \
	--arg to "$(date -u -d "@$((shown / 1000 + 1))" '+%F %T')" \
	'[{name: "ModifiedDate", operator: "GTE", value: $from}, {name: "ModifiedDate", operator: "LT", value: $to}]')"
holds 'the date that a user shows is the one that conditions meet' eval "body '.data.records[].Gsid' | grep -qx $user"

# --- deletions and merges ---------------------------------------------------------------------------------------------
other=$(sed -n 6p "$SCRATCH/rows" | cut -d' ' -f1)
third=$(sed -n 7p "$SCRATCH/rows" | cut -d' ' -f1)
loser=$((36#${other:4:10} - 60466176))
log() {
	ask POST "/v1/data/objects/query/$1" '{"select":["RecordId","ObjectName"],"limit":5000}'
	body '.data.records[] | "\(.RecordId) \(.ObjectName)"'
}
tell "account $account merge $loser vendor=all"
query Company Gsid "[$(is_ Gsid "$other")]"
is 0 "$(body '.data.records | length')" 'a merged company disappears'
is "$other company" "$(log record_delete_log)" 'and is in the log of deletions'
tell 'set gainsight.log_merges no'
is '' "$(log record_delete_log)" 'or is not, as a switch will have it'
tell "account $((36#${third:4:10} - 60466176)) delete vendor=gainsight"
is "$third company" "$(log record_delete_log | grep ' company$')" 'a deleted one always is'
holds 'and its people with it' eval "log record_delete_log | grep -q company_person"
tell 'set gainsight.high_volume person,company_person'
is "$third company" "$(log record_delete_log)" 'deletions of people can be in the other log'
is 'company_person person' "$(log record_delete_log_high_volume | cut -d' ' -f2 | sort -u | xargs)" 'where they are'

# --- refusals ---------------------------------------------------------------------------------------------------------
ask POST /v1/data/objects/query/Company '{"select":["Gsid"],"limit":5001}'
is 400 "$code" 'a page has no more than 5,000 rows'
tell 'set gainsight.per_minute 1'
for _ in 1 2 3; do query gsuser Gsid; done
is '429 GU_2400' "$code $(body .errorCode)" 'the minute has a limit'
tell 'set gainsight.per_minute 0'
tell 'set gainsight.per_day 1'
query gsuser Gsid
is '429 GU_2400' "$code $(body .errorCode)" 'and so has the day'
KEY=wrong
query gsuser Gsid
is '401 GS_APIG_2401' "$code $(body .errorCode)" 'a wrong key opens nothing'
done_testing
