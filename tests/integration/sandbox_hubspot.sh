#!/bin/bash
# The played HubSpot keeps its document's promises, the unpleasant ones too: asked as a client asks, with curl.
set -uo pipefail
. "$TOP/tests/lib.sh"

scratch
sandbox_up "$SCRATCH" --accounts 400 --set hubspot.search_per_second=0 || exit 1
TOKEN=pat-na1-5a4db0c5-0000-4000-8000-000000000001

# ask METHOD PATH [BODY]: the answer is in $SCRATCH/body, its head in $SCRATCH/head, its status in code.
ask() {
	local -a data=()
	[ $# -lt 3 ] || data=(-H 'Content-Type: application/json' --data-binary "$3")
	code=$(curl -sS --noproxy '*' -X "$1" -H "Authorization: Bearer $TOKEN" "${data[@]}" -D "$SCRATCH/head" -o "$SCRATCH/body" \
		-w '%{http_code}' "$HUBSPOT$2")
}
tell() { world "$1" >/dev/null; }
get() { ask GET "$1"; }
post() { ask POST "$1" "$2"; }
body() { jq -r "$1" "$SCRATCH/body"; }
header() { sed -n "s/^$1: //Ip" "$SCRATCH/head" | tr -d '\r'; }
search() { post "/crm/v3/objects/$1/search" "$2"; }
by_id() { jq -nc --arg id "$1" '{filterGroups: [{filters: [{propertyName: "hs_object_id", operator: "EQ", value: $id}]}]}'; }
# found WANTED WHAT OBJECT FILTER...: how many a search finds, or the status of its refusal. A filter is a property, an operator
# and a value or some with commas; `or` begins another group.
found() {
	local wanted=$1 what=$2 object=$3
	shift 3
	search "$object" "$(printf '%s\n' "$@" | jq -Rnc '{filterGroups: (reduce inputs as $line ([{filters: []}]; if $line == "or"
		then . + [{filters: []}] else .[-1].filters += [$line | capture("(?<propertyName>\\S+) (?<operator>\\S+) (?<value>.*)")
		| if .operator | endswith("IN") then .values = (.value | split(",")) | del(.value) else . end] end))}')"
	is "$wanted" "$(if [ "$code" = 200 ]; then body .total; else echo "$code"; fi)" "$what"
}

# --- listing ----------------------------------------------------------------------------------------------------------
get '/crm/v3/objects/companies?limit=101'
is '400 VALIDATION_ERROR' "$code $(body .category)" 'a list takes no more than 100'
get '/crm/v3/objects/companies?limit=0'
is 400 "$code" 'a list takes no less than 1'
get '/crm/v3/objects/companies?limit=51&propertiesWithHistory=name'
is 400 "$code" 'with history a list takes no more than 50'
get "/crm/v3/objects/companies?properties=$(printf 'p%.0s' {1..9000})"
is 414 "$code" 'a long URL is refused'

# list_ids OBJECT PARAMETERS: every id, by paging.
list_ids() {
	local after=
	for _ in {1..99}; do
		get "/crm/v3/objects/$1?limit=100&after=$after${2:+&$2}"
		body '.results[].id'
		after=$(body '.paging.next.after // empty')
		[ -n "$after" ] || return 0
	done
}
list_ids companies '' >"$SCRATCH/ids"
holds 'a list is in the order of ids, each once' sort -nuC "$SCRATCH/ids"
is "$(sandbox_get summary | jq .hubspot.accounts)" "$(wc -l <"$SCRATCH/ids")" 'a list has all companies'
get '/crm/v3/objects/companies?limit=1&properties=name,no_such_property,cs_health'
is 'createdate,cs_health,hs_lastmodifieddate,hs_object_id,name' "$(body '.results[0].properties | keys | join(",")')" \
	'an unknown property is absent, without an error'
get '/crm/v3/objects/companies?limit=1'
is 'createdate,domain,hs_lastmodifieddate,hs_object_id,name' "$(body '.results[0].properties | keys | join(",")')" \
	'unasked come the default properties'
tell 'set hubspot.association_page 1'
get '/crm/v3/objects/companies?limit=20&associations=contacts'
page=$(body '[.results[].associations.contacts | select(.paging != null)][0] | "\(.results | unique_by(.id) | length) \(.paging.next | keys | join(","))"')
is '1 after,link' "$page" 'associations page inside a record, with a link'
link=$(body '[.results[].associations.contacts.paging.next.link | values][0]')
get "${link#https://api.hubapi.com}"
is '200 1' "$code $(body '.results | length')" 'the link leads to the next page of these associations'
tell 'set hubspot.association_page 500'

# --- archived, restored, merged, erased -------------------------------------------------------------------------------
for object in companies contacts tickets deals; do
	get "/crm/v3/objects/$object?limit=3"
	{ read -r one; read -r two; read -r three; } < <(body '.results[].id')
	tell "hubspot $object $one archive"
	get "/crm/v3/objects/$object/$one"
	is '404 OBJECT_NOT_FOUND' "$code $(body .category)" "$object: an archived record is not found"
	get "/crm/v3/objects/$object/$one?archived=true"
	is '200 true true' "$code $(body '"\(.archived) \(.archivedAt != null)"')" "$object: but with archived=true it is"
	get "/crm/v3/objects/$object?archived=true"
	is "$one" "$(body '.results[].id')" "$object: it is the one archived record"
	search $object "$(by_id "$one")"
	is 0 "$(body .total)" "$object: search never shows it"
	tell "hubspot $object $one restore"
	get "/crm/v3/objects/$object/$one"
	is "200 false" "$code $(body .archived)" "$object: a restored one is there again"

	before=$(date +%s%3N)
	tell "hubspot $object $one merge $two"
	tell "hubspot $object $one merge $three"
	get "/crm/v3/objects/$object/$two"
	is 404 "$code" "$object: a merged-away id is gone"
	get "/crm/v3/objects/$object?archived=true"
	is 0 "$(body '.results | length')" "$object: without being archived"
	get "/crm/v3/objects/$object/$one?properties=hs_merged_object_ids"
	is "$(printf '%s\n' "$two" "$three" | sort)" "$(body .properties.hs_merged_object_ids | tr ';' '\n' | sort)" \
		"$object: the survivor names those it took in"
	holds "$object: the survivor was modified" [ "$(date -d "$(body .updatedAt)" +%s%3N)" -ge "$before" ]
	search $object "$(by_id "$two")"
	is 0 "$(body .total)" "$object: search does not show the merged-away id"
	post "/crm/v3/objects/$object/batch/read" "{\"inputs\":[{\"id\":\"$two\"},{\"id\":\"$one\"}],\"properties\":[]}"
	is "207 $one $two" "$code $(body '.results[].id') $(body '.errors[0].context.ids[0]')" "$object: nor does a batch"
done
tell 'set hubspot.merged_id survivor'
get "/crm/v3/objects/deals/$two"
is "200 $one" "$code $(body .id)" 'a merged-away id can be made to read as the survivor'
get '/crm/v3/objects/contacts?limit=5'
contact=$(body '.results[4].id')
tell "hubspot contacts $contact gdpr-delete"
get "/crm/v3/objects/contacts/$contact?archived=true"
is 404 "$code" 'an erased contact is in no bin'
is 'line 1: HubSpot has no such record' "$(world "hubspot contacts $contact restore" 2>/dev/null)" 'and does not come back'

# --- search -----------------------------------------------------------------------------------------------------------
search companies '{"filterGroups":[],"limit":200,"after":"9900"}'
is 400 "$code" 'search ends at 10,000'
search companies '{"filterGroups":[],"limit":201}'
is 400 "$code" 'search takes no more than 200'
search companies '{"filterGroups":[],"limit":100,"after":"0"}'
is '100 true' "$(body '"\(.results | length) \(.total > 300)"')" 'total tells of more than the page'
is '' "$(header X-HubSpot-RateLimit-Max)" 'search tells nothing of limits'
tell 'account 5 health 22.5 vendor=hubspot'
company=$(sandbox_get world/account/5 | jq -r .ids.hubspot)
one="hs_object_id EQ $company"
found 1 'numbers are compared as such' companies "$one" 'cs_health LT 100' 'cs_health LTE 22.500000' 'cs_health GT -1' 'cs_health GTE 22.5'
found 0 'one that is not below' companies "$one" 'cs_health LT 22.5'
found 400 'no number to compare with' companies 'cs_health EQ true'
found 1 'one group or the other' companies "$one" 'cs_health GT 50' or "$one" 'cs_health LT 50' or "$one" 'cs_health LT 60'
found 0 'behind an id' companies "hs_object_id GT $company" 'cs_health EQ 22.5' or "hs_object_id GT $company" 'cs_health LT 0'
tell 'account 5 health null vendor=hubspot'
found 0 'what has no value is not below anything' companies "$one" 'cs_health LT 1000'
name=$(sandbox_get world/account/5 | jq -r .names.hubspot)
found 1 'a text is one of some in lower case' companies "$one" "name IN x,${name,,}"
found 0 'and none of some in capitals' companies "$one" "name IN x,$name,${name^^}"
ticket=$(world 'account 5 case open priority=URGENT escalated=true vendor=hubspot')
one="hs_object_id EQ ${ticket%%[!0-9]*}"
found 1 'an option is one of some by its internal name' tickets "$one" 'hs_ticket_priority IN P1,URGENT' 'hs_pipeline_stage NOT_IN 4,981200354'
found 0 'and by no other' tickets "$one" 'hs_ticket_priority IN P1,Urgent,urgent'
found 1 'yes is asked for as true' tickets "$one" 'cs_escalated EQ true'
found 0 'not as false' tickets "$one" 'cs_escalated EQ false'
found 0 'a group is of filters that all hold' tickets "$one" 'cs_escalated EQ true' 'hs_pipeline_stage NOT_IN 1,2,3,981200351,981200352,981200353'
found 400 'no more than 5 groups' tickets "$one" or "$one" or "$one" or "$one" or "$one" or "$one"
found 400 'no more than 6 filters in one' tickets "$one" "$one" "$one" "$one" "$one" "$one" "$one"
four=("$one" "$one" "$one" "$one")
found 1 'up to 18 in all' tickets "$one" "$one" or "${four[@]}" or "${four[@]}" or "${four[@]}" or "${four[@]}"
found 400 'and no more' tickets "$one" "$one" "$one" or "${four[@]}" or "${four[@]}" or "${four[@]}" or "${four[@]}"
second_passes
now=$(date +%s%3N)
tell 'set hubspot.search_lag_ms 600000'
tell 'accounts 10..60 health 5 vendor=hubspot'
recent="{\"filterGroups\":[{\"filters\":[{\"propertyName\":\"hs_lastmodifieddate\",\"operator\":\"GTE\",\"value\":\"$now\"}]}],\"limit\":100,\"properties\":[\"cs_health\"]}"
search companies "$recent"
is 0 "$(body .total)" 'what is inside the lag is not found'
tell 'set hubspot.search_lag_ms 0'
search companies "$recent"
holds 'after the lag it is, in order' eval "body '.results[].id' | sort -nuC"
is 5 "$(body '[.results[].properties.cs_health] | unique | join(",")')" 'with its values'
tell 'set hubspot.search_unsettled_ms 600000'
search companies "$recent"
holds 'unsettled rows come in no order' eval "! body '.results[].id' | sort -nC"
holds 'and with values from before' eval "body '.results[].properties.cs_health' | grep -qvx 5"
tell 'set hubspot.search_unsettled_ms 0'

# --- properties -------------------------------------------------------------------------------------------------------
get /crm/v3/properties/companies/cs_health
is 'number false false false' "$(body '"\(.type) \(.calculated) \(.archived) \(.modificationMetadata.readOnlyValue)"')" 'a property tells of itself'
get /crm/v3/properties/companies
is 'AMER,APAC,EMEA' "$(body '[.results[] | select(.name == "cs_region") | .options[].value] | sort | join(",")')" 'a property has options'
tell 'set hubspot.property_type companies.cs_health=string,deals.amount=string'
get /crm/v3/properties/companies/cs_health
is 'string text' "$(body '"\(.type) \(.fieldType)"')" 'its type can change'
tell 'set hubspot.archive_property companies.cs_health'
get /crm/v3/properties/companies/cs_health
is 404 "$code" 'an archived property is not found'
get '/crm/v3/properties/companies?archived=true'
is 'cs_health true' "$(body '.results[] | "\(.name) \(.archived)"')" 'but listed among the archived'
get '/crm/v3/objects/companies?limit=1&properties=cs_health'
is false "$(body '.results[0].properties | has("cs_health")')" 'and its values are gone'
tell 'set hubspot.archive_property none'
tell 'set hubspot.health_calculated yes'
id=$(sed -n 100p "$SCRATCH/ids")
account=$(((id - 9100000000) / 13))
get "/crm/v3/objects/companies/$id?properties=cs_health"
stamp=$(body .updatedAt)
tell "account $account health 3.5 vendor=hubspot"
get "/crm/v3/objects/companies/$id?properties=cs_health"
is "3.5 $stamp" "$(body '"\(.properties.cs_health) \(.updatedAt)"')" 'a calculated value changes without a date'

# --- OAuth ------------------------------------------------------------------------------------------------------------
# refresh TOKEN [SECRET]
refresh() {
	code=$(curl -sS --noproxy '*' -o "$SCRATCH/body" -w '%{http_code}' "$HUBSPOT/oauth/2026-09/token" -d grant_type=refresh_token \
		-d client_id=aaaaaaaa-0000-4000-8000-000000000001 -d "client_secret=${2:-bbbbbbbb-0000-4000-8000-000000000002}" -d "refresh_token=$1")
}
first=na1-cccc-0000-4000-8000-000000000003
refresh "$first"
is "200 bearer 1800 4471023 $first" "$code $(body '"\(.token_type) \(.expires_in) \(.hub_id) \(.refresh_token)"')" 'a refresh gives half an hour'
static=$TOKEN TOKEN=$(body .access_token)
holds 'an access token is long' [ ${#TOKEN} -gt 255 ]
get '/crm/v3/objects/companies?limit=1'
is '200 110 ' "$code $(header X-HubSpot-RateLimit-Max) $(header X-HubSpot-RateLimit-Daily)" 'it opens the door, with the limits of an OAuth app'
refresh "$first" wrong
is '400 invalid_client BAD_CLIENT_SECRET' "$code $(body '"\(.error) \(.status)"')" 'a wrong secret is the configuration'
refresh na1-stranger
is '400 invalid_grant BAD_REFRESH_TOKEN' "$code $(body '"\(.error) \(.status)"')" 'a wrong refresh token is revoked'
get '/crm/v3/objects/companies?limit=1'
is 200 "$code" 'what was issued before goes on'
tell 'set hubspot.rotate_refresh yes'
tell 'set hubspot.token_seconds 1'
refresh "$first"
second=$(body .refresh_token) TOKEN=$(body .access_token)
refresh "$first"
is '400 BAD_REFRESH_TOKEN' "$code $(body .status)" 'a rotated refresh token is dead'
refresh "$second"
is 200 "$code" 'its successor is not'
eventually 'an access token dies by the clock' 'get "/crm/v3/objects/companies?limit=1" && [ $code = 401 ]'
is 'EXPIRED_AUTHENTICATION true' "$(body '"\(.category) \(.context["expire time"][0] | test("Z$"))"')" 'and the answer says since when'
TOKEN=pat-na1-unknown
get '/crm/v3/objects/companies?limit=1'
is '401 INVALID_AUTHENTICATION' "$code $(body .category)" 'an unknown one never lived'
TOKEN=$static

# --- limits -----------------------------------------------------------------------------------------------------------
get '/crm/v3/objects/companies?limit=1'
is '190 10000 650000' "$(header X-HubSpot-RateLimit-Max) $(header X-HubSpot-RateLimit-Interval-Milliseconds) $(header X-HubSpot-RateLimit-Daily)" 'limits are told'
# limited SWITCH=VALUE POLICY COMMAND…: a call over this limit.
limited() {
	local switch=$1 policy=$2 what=$3
	shift 3
	tell "set ${switch%=*} ${switch#*=}"
	for _ in 1 2 3; do "$@"; done
	is "429 $policy RATE_LIMIT" "$code $(body '"\(.policyName) \(.errorType)"')" "$what"
	tell "set ${switch%=*} 0"
}
limited hubspot.calls_per_ten_seconds=1 TEN_SECONDLY_ROLLING 'the burst has a limit' get '/crm/v3/objects/companies?limit=1'
limited hubspot.search_per_second=1 SECONDLY 'search has its own' search companies '{"filterGroups":[]}'
limited hubspot.associations_per_ten_seconds=1 TEN_SECONDLY_ROLLING 'associations have theirs' \
	post /crm/v4/associations/companies/contacts/batch/read "{\"inputs\":[{\"id\":\"$id\"}]}"
limited hubspot.daily_limit=1 DAILY 'and so has the day' get '/crm/v3/objects/companies?limit=1'
done_testing
