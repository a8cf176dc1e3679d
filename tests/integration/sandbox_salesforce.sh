#!/bin/bash
# The played Salesforce answers as its reference says: bulk jobs, describe, deletions, late commits, refusals.
set -uo pipefail
. "$TOP/tests/lib.sh"

scratch
sandbox_up "$SCRATCH" --accounts 3000 --set salesforce.bulk_queued_ms=0 --set salesforce.bulk_running_ms=0 || exit 1
DATA=/services/data/v66.0
JSON='Content-Type: application/json'

token() {
	curl -sS --noproxy '*' -d grant_type=client_credentials -d client_id=3MVG9sandbox.client.id \
		-d client_secret=5A4DB0C5EC2E7 "$SALESFORCE/services/oauth2/token" | jq -r .access_token
}
TOKEN=$(token)
# call PATH [CURL OPTIONS…]: the body on stdout, the head in $SCRATCH/head.
call() {
	local path=$1
	shift
	curl -sS --noproxy '*' -D "$SCRATCH/head" -H "Authorization: Bearer $TOKEN" "$@" "$SALESFORCE$path"
}
status() { sed -n '1s/^HTTP[^ ]* \([0-9]*\).*/\1/p' "$SCRATCH/head"; }
header() { sed -n "s/^$1: \(.*\)\r\$/\1/Ip" "$SCRATCH/head"; }
query() { call "$DATA/$1" -G --data-urlencode "q=$2"; }
rows() { query query "$1" | jq -c '.records[] | del(.attributes)'; }
rows_all() { query queryAll "$1" | jq -c '.records[] | del(.attributes)'; }
set_() { world "set $1 $2" >/dev/null; }

job() { # [OPERATION] SOQL: a job's id
	call "$DATA/jobs/query" -H "$JSON" -d "$(jq -n --arg o "$1" --arg q "$2" '{operation: $o, query: $q}')" | jq -r .id
}
state() { call "$DATA/jobs/query/$1" | jq -r .state; }
finished() { until_ "[ \"\$(state $1)\" = JobComplete ]"; }
job_done() { local id; id=$(job "$1" "$2"); finished "$id" || return 1; echo "$id"; }
# create JSON: the refusal of a job, as STATUS CODE
create() { call "$DATA/jobs/query" -H "$JSON" -d "$1" | jq -r '.[0] | .errorCode' >"$SCRATCH/code"; echo "$(status) $(<"$SCRATCH/code")"; }
refusal() { create "$(jq -n --arg q "$1" '{operation: "query", query: $q}')"; }
results() { call "$DATA/jobs/query/$1/results${2:+?$2}" "${@:3}"; }

# --- a job's life -------------------------------------------------------------------------------------------

ALL='SELECT Id, Name, Owner.Email, Health_Score__c, NumberOfEmployees, IsDeleted, LastActivityDate, SystemModstamp FROM Account'
created=$(call "$DATA/jobs/query" -H "$JSON" -d "$(jq -n --arg q "$ALL" '{operation: "query", query: $q}')")
is 200 "$(status)" 'a job is created with 200'
is 'query Account UploadComplete Parallel CSV LF COMMA' \
	"$(jq -r '[.operation, .object, .state, .concurrencyMode, .contentType, .lineEnding, .columnDelimiter] | join(" ")' <<<"$created")" \
	'and tells what it is'
id=$(jq -r .id <<<"$created")
is 1 "$(grep -c '"apiVersion":66.0,' <<<"$created")" 'the version is a number with a fraction'
is 18 "${#id}" 'its id has 18 characters'
is 750 "${id:0:3}" 'and the prefix of jobs'
eventually 'it completes' "[ \"\$(state $id)\" = JobComplete ]"
is '3000 V2Query 0' "$(call "$DATA/jobs/query/$id" | jq -r '[.numberRecordsProcessed, .jobType, .retries] | join(" ")')" \
	'and counts its rows'

results "$id" maxRecords=7 >"$SCRATCH/page"
is '"Id","Name","Owner.Email","Health_Score__c","NumberOfEmployees","IsDeleted","LastActivityDate","SystemModstamp"' \
	"$(head -1 "$SCRATCH/page")" 'the header has the columns in the order of the text'
is 7 "$(header Sforce-NumberOfRecords)" 'a page says how many rows it has'
is Nw "$(header Sforce-Locator)" 'and where the next one begins'
is 'text/csv; charset=UTF-8' "$(header Content-Type)" 'as CSV'
results "$id" maxRecords=7 | cmp -s - "$SCRATCH/page" && ok 'a page may be read again' || not_ok 'a page may be read again'

# pages ID MAXRECORDS FILE: all rows without headers; prints sum of Sforce-NumberOfRecords and the number of pages
pages() {
	local locator='' sum=0 count=0
	: >"$3"
	while :; do
		results "$1" "maxRecords=$2${locator:+&locator=$locator}" | tail -n +2 >>"$3"
		sum=$((sum + $(header Sforce-NumberOfRecords))) count=$((count + 1))
		locator=$(header Sforce-Locator)
		[ "$locator" != null ] || break
	done
	echo "$sum $count"
}
rest_ids() { # every id that REST pages through
	local page next
	page=$(query "$1" "$2")
	while :; do
		jq -r '.records[].Id' <<<"$page"
		next=$(jq -r '.nextRecordsUrl // empty' <<<"$page")
		[ -n "$next" ] || break
		page=$(call "$next")
	done
}
ids=$(job_done query 'SELECT Id FROM Account')
is '3000 4' "$(pages "$ids" 999 "$SCRATCH/ids")" 'four pages of 999 hold 3000 rows and end with the locator null'
is "$(rest_ids query 'SELECT Id FROM Account' | sort)" "$(tr -d '"' <"$SCRATCH/ids" | sort)" 'the rows that REST has'
is 3000 "$(sort -u "$SCRATCH/ids" | wc -l)" 'each once'
# number N: the id of the account that commands call N.
number() { tr -d '"' <"$SCRATCH/ids" | sed -n "$(($1 + 1))p"; }

set_ salesforce.row_order shuffled
one=$(job_done query 'SELECT Id FROM Account') two=$(job_done query 'SELECT Id FROM Account')
pages "$one" 5000 "$SCRATCH/one" >/dev/null
pages "$two" 5000 "$SCRATCH/two" >/dev/null
cmp -s "$SCRATCH/one" "$SCRATCH/two" && not_ok 'no order without ORDER BY' || ok 'no order without ORDER BY'
is "$(sort "$SCRATCH/one")" "$(sort "$SCRATCH/two")" 'but the same rows'
one=$(job_done query 'SELECT Id, SystemModstamp FROM Account ORDER BY SystemModstamp')
pages "$one" 5000 "$SCRATCH/one" >/dev/null
is "$(cut -d, -f2 "$SCRATCH/one" | sort)" "$(cut -d, -f2 "$SCRATCH/one")" 'ORDER BY holds'
sort -t, -k2,2 -k1,1 "$SCRATCH/one" | cmp -s - "$SCRATCH/one" && not_ok 'equal stamps come in any order' ||
	ok 'equal stamps come in any order'
set_ salesforce.row_order id

set_ salesforce.bulk_page_rows 600
is 600 "$(results "$ids" maxRecords=5000 >/dev/null; header Sforce-NumberOfRecords)" 'the service may give fewer rows than asked for'
parallel=$(call "$DATA/jobs/query/$ids/resultPages")
is '5 true' "$(jq -r '"\(.resultPages | length) \(.done)"' <<<"$parallel")" 'five pages to fetch side by side'
for url in $(jq -r '.resultPages[].resultUrl' <<<"$parallel"); do call "$url" | tail -n +2; done >"$SCRATCH/side"
is "$(<"$SCRATCH/ids")" "$(<"$SCRATCH/side")" 'which are the whole result'
set_ salesforce.bulk_page_rows 400
is '5 false' "$(call "$DATA/jobs/query/$ids/resultPages" | jq -r '"\(.resultPages | length) \(.done)"')" 'no more than five at once'
more=$(call "$DATA/jobs/query/$ids/resultPages" | jq -r .nextRecordsUrl)
is '3 true null' "$(call "$more" | jq -r '"\(.resultPages | length) \(.done) \(.nextRecordsUrl)"')" 'and the rest behind nextRecordsUrl'
set_ salesforce.bulk_page_rows 50000

results "$ids" '' -H 'Accept-Encoding: gzip' >"$SCRATCH/packed"
is gzip "$(header Content-Encoding)" 'gzip where it is asked for'
is "$(results "$ids")" "$(gzip -dc "$SCRATCH/packed")" 'and the same inside'

empty=$(job_done query "SELECT Id FROM Account WHERE Name = 'nobody has this name'")
is '"Id"' "$(results "$empty")" 'an empty result has a header'
is '0 null' "$(header Sforce-NumberOfRecords) $(header Sforce-Locator)" 'no rows and no next page'

TOKEN=$(token)
is JobComplete "$(state "$id")" 'a job belongs to no session'
is true "$(call "$DATA/jobs/query" | jq --arg id "$id" '[.records[].id] | index($id) != null and (length > 3)')" 'jobs are listed'
call "$DATA/jobs/query/$id" -X DELETE
is 204 "$(status)" 'an ended job can be deleted'
call "$DATA/jobs/query/$id" >/dev/null
is 404 "$(status)" 'and is gone then'
call "/services/data/v65.0/jobs/query/$ids/results" >/dev/null
is 409 "$(status)" 'another version for the results is a conflict'

set_ salesforce.bulk_queued_ms 1500
set_ salesforce.bulk_running_ms 600000 # until it is aborted
slow=$(job query 'SELECT Id FROM Account')
results "$slow" >/dev/null
is 400 "$(status)" 'no results before the end'
is null "$(call "$DATA/jobs/query/$slow" | jq .numberRecordsProcessed)" 'nor a count while it is queued'
is '400 API_ERROR' "$(call "$DATA/jobs/query/$slow" -X DELETE | jq -r '.[0].errorCode' >"$SCRATCH/code"; echo "$(status) $(<"$SCRATCH/code")")" \
	'a job under way cannot be deleted'
eventually 'it is InProgress for a while' "[ \"\$(state $slow)\" = InProgress ]"
is Aborted "$(call "$DATA/jobs/query/$slow" -X PATCH -H "$JSON" -d '{"state":"Aborted"}' | jq -r .state)" 'it can be aborted'
is INVALIDJOBSTATE "$(call "$DATA/jobs/query/$slow" -X PATCH -H "$JSON" -d '{"state":"Aborted"}' | jq -r '.[0].errorCode')" 'once'
set_ salesforce.bulk_queued_ms 0
set_ salesforce.bulk_running_ms 0

# --- refusals -----------------------------------------------------------------------------------------------

is '400 API_ERROR' "$(refusal 'SELECT Type FROM Account GROUP BY Type')" 'no GROUP BY'
is '400 API_ERROR' "$(refusal 'SELECT Id FROM Account LIMIT 5 OFFSET 5')" 'no OFFSET'
is '400 API_ERROR' "$(refusal 'SELECT COUNT() FROM Account')" 'no aggregates'
is '400 API_ERROR' "$(refusal 'SELECT MAX (AnnualRevenue) FROM Account')" 'with a blank in front of the parenthesis either'
is '400 API_ERROR' "$(refusal 'SELECT Id, (SELECT Id FROM Contacts) FROM Account')" 'no child subqueries'
is '400 API_ERROR' "$(refusal 'SELECT Id, BillingAddress FROM Account')" 'no compound fields'
is '400 INVALID_FIELD' "$(refusal 'SELECT Id, Helth__c FROM Account')" 'no field that there is not'
is '400 INVALID_TYPE' "$(refusal 'SELECT Id FROM Acount')" 'no object that there is not'
is '400 MALFORMED_QUERY' "$(refusal 'SELECT Id FROM Account WHERE')" 'no half query'
is '400 API_ERROR' "$(create '{"query":"SELECT Id FROM Account"}')" 'no job without an operation'
is '400 API_ERROR' "$(create '{"operation":"query"}')" 'nor without a query'
is '400 API_ERROR' "$(create '{"operation":"query","query":"SELECT Id FROM Account","lineEnding":"CR"}')" 'nor with another line ending'
is '400 API_ERROR' "$(create '{"operation":"query","query":"SELECT Id FROM Account","columnDelimiter":"DOT"}')" 'nor with another delimiter'
is '400 JSON_PARSER_ERROR' "$(create '{"operation":"query","query":"SELECT Id FROM Account","color":"red"}')" 'nor with an unknown member'
is '400 JSON_PARSER_ERROR' "$(create '{"operation":')" 'nor from half a body'
set_ salesforce.bulk_refused Case,User
is '400 INVALIDENTITY' "$(refusal 'SELECT Id FROM Case')" 'some objects are not for Bulk'
set_ salesforce.bulk_jobs_used 10000
is '400 LIMIT_EXCEEDED' "$(refusal 'SELECT Id FROM Account')" 'a day has so many jobs'
is 0 "$(call "$DATA/limits" | jq .DailyBulkV2QueryJobs.Remaining)" 'as limits tells'
set_ salesforce.bulk_jobs_used 0
set_ salesforce.bulk_storage_used_kb 1000000000
is 'Max bulk v2 query result size stored (1000000000) kb per 24 hrs has been exceeded' \
	"$(call "$DATA/jobs/query" -H "$JSON" -d '{"operation":"query","query":"SELECT Id FROM Account"}' | jq -r '.[0].message')" \
	'and so much space'
set_ salesforce.bulk_storage_used_kb 0
results "$ids" locator=QUJD >/dev/null
is 400 "$(status)" 'a locator that was never given is refused'
results "$ids" maxRecords=0 >/dev/null
is 400 "$(status)" 'and a page of no rows'

# --- CSV ----------------------------------------------------------------------------------------------------

world 'account 5 rename "line one\nline \"two\", and \u0000 more"' >/dev/null
world 'account 6 health null vendor=salesforce' >/dev/null
account5=$(number 5)
pick="SELECT Id, Name, Rating, IsDeleted, SystemModstamp FROM Account WHERE Id = '$account5'"
csv=$(job_done query "$pick")
stamp=$(rows "$pick" | jq -r .SystemModstamp)
printf '"Id","Name","Rating","IsDeleted","SystemModstamp"\n"%s","line one\nline ""two"", and \0 more","","false","%s"\n' \
	"$account5" "${stamp%+0000}Z" | cmp - <(results "$csv") &&
	ok 'quotes, breaks, NUL, null, boolean and datetime as the reference writes them' || not_ok 'a row is written exactly'
other=$(call "$DATA/jobs/query" -H "$JSON" -d "$(jq -n --arg q "$pick" '{operation: "query", query: $q, columnDelimiter: "PIPE", lineEnding: "CRLF"}')" | jq -r .id)
finished "$other"
is '"Id"|"Name"|"Rating"|"IsDeleted"|"SystemModstamp"\r' "$(results "$other" | head -1 | sed 's/\r/\\r/')" 'another delimiter and line ending'
frozen=$(job_done query "$pick")
results "$frozen" >"$SCRATCH/before"
world 'account 5 rename "something else"' >/dev/null
results "$frozen" | cmp -s - "$SCRATCH/before" && ok 'a result stays what it was' || not_ok 'a result stays what it was'

# --- faults on the way --------------------------------------------------------------------------------------

world 'fault salesforce bulk-fail object=jobCreate message="Something broke"' >/dev/null
bad=$(job query 'SELECT Id FROM Account')
eventually 'a job fails' "[ \"\$(state $bad)\" = Failed ]"
is 'Something broke' "$(call "$DATA/jobs/query/$bad" | jq -r .errorMessage)" 'with a message'
world 'fault salesforce bulk-fail message=none' >/dev/null
bad=$(job query 'SELECT Id FROM Account')
eventually 'or' "[ \"\$(state $bad)\" = Failed ]"
is null "$(call "$DATA/jobs/query/$bad" | jq .errorMessage)" 'without one'
world 'fault salesforce bulk-stuck' >/dev/null
bad=$(job query 'SELECT Id FROM Account')
second_passes
is InProgress "$(state "$bad")" 'a job is stuck'
world 'fault salesforce bulk-count object=jobResults by=3' >/dev/null
results "$ids" maxRecords=10 >"$SCRATCH/page"
is '13 11' "$(header Sforce-NumberOfRecords) $(wc -l <"$SCRATCH/page")" 'a page promises more rows than it has'
world 'fault salesforce bulk-cut object=jobResults' >/dev/null
results "$ids" maxRecords=10 >"$SCRATCH/cut"
is '10 10' "$(header Sforce-NumberOfRecords) $(wc -l <"$SCRATCH/cut")" 'a page ends inside its last row'
head -c "$(stat -c %s "$SCRATCH/cut")" "$SCRATCH/page" | cmp -s - "$SCRATCH/cut" && ok 'and is right up to there' || not_ok 'and is right up to there'
world 'fault salesforce bulk-short by=5' >/dev/null
few=$(job_done query 'SELECT Id FROM Account')
is '3000 2995' "$(call "$DATA/jobs/query/$few" | jq .numberRecordsProcessed) $(pages "$few" 5000 "$SCRATCH/few" | cut -d' ' -f1)" 'rows that were counted are missing'
world 'fault salesforce bulk-locator object=jobResultsMore' >/dev/null
results "$ids" 'maxRecords=10&locator=MTA' >/dev/null
is 400 "$(status)" 'a good locator is refused'
results "$ids" 'maxRecords=10&locator=MTA' >/dev/null
is 200 "$(status)" 'and taken the next time'
world 'fault salesforce bulk-no-locator' >/dev/null
results "$ids" maxRecords=10 >/dev/null
is '' "$(header Sforce-Locator)" 'the locator is missing'
world 'fault salesforce 200-html object=jobResults' >/dev/null
results "$ids" >/dev/null
is '200 text/html; charset=UTF-8' "$(status) $(header Content-Type)" 'a page of HTML'
world 'fault salesforce bulk-gone object=job' >/dev/null
call "$DATA/jobs/query/$ids" >/dev/null
is 404 "$(status)" 'a job that nobody knows any more'
world 'fault salesforce false-gzip object=jobResults' >/dev/null
results "$ids" '' -H 'Accept-Encoding: gzip' >"$SCRATCH/page"
is 'gzip "Id"' "$(header Content-Encoding) $(head -1 "$SCRATCH/page")" 'a page that says gzip and is none'
set_ salesforce.bulk_life_seconds 0
second_passes
call "$DATA/jobs/query/$ids" >/dev/null
is 404 "$(status)" 'an ended job is not kept for ever'
set_ salesforce.bulk_life_seconds 604800

# --- describe -----------------------------------------------------------------------------------------------

describe() { call "$DATA/sobjects/Account/describe" "$@"; }
field() { describe | jq -c --arg f "$1" '.fields[] | select(.name == $f) | '"$2"; }
is '["double",5,2,true,true,false]' "$(field Health_Score__c '[.type, .precision, .scale, .nillable, .filterable, .calculated]')" 'describe tells what a field is'
is '["string",255,false]' "$(field Name '[.type, .length, .nillable]')" 'how long, and whether it may be empty'
is '["Hot","Warm","Cold"]' "$(field Rating '[.picklistValues[] | select(.active) | .value]')" 'what a picklist offers'
is '[["User"],"Owner",false]' "$(field OwnerId '[.referenceTo, .relationshipName, .nillable]')" 'where a lookup leads'
is '' "$(jq -r '.fields[] | select(([has("name", "type", "soapType", "length", "precision", "scale", "nillable", "filterable", "calculated", "updateable", "externalId", "unique", "picklistValues")] | all) | not) | .name' <<<"$(describe)")" \
	'every field has every member'
then=$(describe -o /dev/null; header Date)
describe -H "If-Modified-Since: $then" >"$SCRATCH/body"
is '304 0' "$(status) $(stat -c %s "$SCRATCH/body")" 'nothing has changed since'
set_ salesforce.hide_field Account.Health_Score__c,Account.Rating
is '200 ' "$(describe -H "If-Modified-Since: $then" | jq -r '.fields[] | select(.name == "Health_Score__c" or .name == "Rating") | .name' >"$SCRATCH/body"; echo "$(status) $(<"$SCRATCH/body")")" \
	'a hidden field leaves describe, and describe has changed'
is INVALID_FIELD "$(query query 'SELECT Id, Health_Score__c FROM Account' | jq -r '.[0].errorCode')" 'SOQL does not know it'
is INVALID_FIELD "$(query query 'SELECT Id FROM Contact WHERE Account.Rating = null' | jq -r '.[0].errorCode')" 'behind a lookup neither'
is '400 INVALID_FIELD' "$(refusal 'SELECT Id, Health_Score__c FROM Account')" 'nor does Bulk'
set_ salesforce.hide_field '""'
set_ salesforce.field_type Account.Health_Score__c:string
is '["string",false]' "$(field Health_Score__c '[.type, .calculated]')" 'a field has another type'
is '"string"' "$(rows "SELECT Health_Score__c FROM Account WHERE Health_Score__c != null LIMIT 1" | jq '.Health_Score__c | type')" 'and values of it'
set_ salesforce.field_type '""'
set_ salesforce.formula_field Account.Health_Score__c
is '["double",true,false]' "$(field Health_Score__c '[.type, .calculated, .updateable]')" 'a field is a formula'
health="SELECT Health_Score__c, SystemModstamp FROM Account WHERE Id = '$account5'"
before=$(rows "$health")
world 'account 5 health 3 vendor=salesforce' >/dev/null
is "$(jq -c .SystemModstamp <<<"$before") 3" "$(rows "$health" | jq -rc '"\"\(.SystemModstamp)\" \(.Health_Score__c | floor)"')" \
	'whose value changes and whose row has no new stamp'
set_ salesforce.formula_field '""'
second_passes
world 'account 5 health 4 vendor=salesforce' >/dev/null
[ "$(jq -r .SystemModstamp <<<"$before")" != "$(rows "$health" | jq -r .SystemModstamp)" ] && ok 'otherwise it has' || not_ok 'otherwise it has'

# --- deleted, merged, purged --------------------------------------------------------------------------------

account() { rows_all "SELECT Id, IsDeleted, MasterRecordId, SystemModstamp FROM Account WHERE Id = '$1'"; }
survivor=$(number 20) loser=$(number 21) kept=$(number 22) still=$(number 23)
children() { rows "SELECT Id, SystemModstamp FROM Contact WHERE AccountId = '$1'" | sort; }
mine=$(children "$survivor") theirs=$(children "$loser")
second_passes
world 'account 20 merge 21' >/dev/null
is "[true,\"$survivor\"]" "$(account "$loser" | jq -c '[.IsDeleted, .MasterRecordId]')" 'the loser of a merge points at the survivor'
is '' "$(rows "SELECT Id FROM Account WHERE Id = '$loser'")" 'and only queryAll has it'
is '[false,null]' "$(account "$survivor" | jq -c '[.IsDeleted, .MasterRecordId]')" 'the survivor lives'
is "$(printf '%s\n%s\n' "$mine" "$theirs" | jq -r .Id | sort)" "$(children "$survivor" | jq -r .Id | sort)" 'and has both their contacts'
for id in $(jq -r .Id <<<"$theirs"); do rows "SELECT Id, SystemModstamp FROM Contact WHERE Id = '$id'"; done >"$SCRATCH/moved"
is "$(account "$survivor" | jq .SystemModstamp)" "$(jq .SystemModstamp "$SCRATCH/moved" | sort -u)" 'which have a new stamp'
theirs=$(children "$still")
world 'account 22 merge 23 restamp=false' >/dev/null
for id in $(jq -r .Id <<<"$theirs"); do rows "SELECT Id, SystemModstamp FROM Contact WHERE Id = '$id' AND AccountId = '$kept'"; done | sort >"$SCRATCH/moved"
is "$theirs" "$(<"$SCRATCH/moved")" 'or move without one'

gone=$(number 30)
people=$(children "$gone" | wc -l)
world 'account 30 delete vendor=salesforce' >/dev/null
is 'true null' "$(account "$gone" | jq -r '"\(.IsDeleted) \(.MasterRecordId)"')" 'a deleted account is in queryAll'
is "$people" "$(rows_all "SELECT Id FROM Contact WHERE AccountId = '$gone' AND IsDeleted = true" | wc -l)" 'with its contacts'
world 'account 30 undelete' >/dev/null
is false "$(account "$gone" | jq -r .IsDeleted)" 'and comes back'
is "$people" "$(children "$gone" | wc -l)" 'with them'
world $'account 30 delete vendor=salesforce\naccount 30 purge' >/dev/null
is ' 0' "$(account "$gone") $(rows_all "SELECT Id FROM Contact WHERE AccountId = '$gone'" | wc -l)" 'what is purged is in queryAll no more'
window="start=$(date -u -d '-1 hour' +%Y-%m-%dT%H:%M:%S%%2B00:00)&end=$(date -u -d '+2 minutes' +%Y-%m-%dT%H:%M:%S%%2B00:00)"
is true "$(call "$DATA/sobjects/Account/deleted/?$window" | jq --arg id "$gone" '[.deletedRecords[].id] | index($id) != null')" 'but its deletion is in the log'
world 'account 31 purge' >/dev/null
is false "$(account "$(number 31)" | jq -r .IsDeleted)" 'a live row is not purged'
gone=$(number 40)
world 'account 40 delete vendor=salesforce' >/dev/null
set_ salesforce.recycle_bin_seconds 4 # stamps are whole seconds
[ -n "$(account "$gone")" ] && ok 'the bin keeps a row' || not_ok 'the bin keeps a row'
eventually 'until it empties itself' "[ -z \"\$(account $gone)\" ]"
set_ salesforce.recycle_bin_seconds 0

# --- stamps -------------------------------------------------------------------------------------------------

late=$(number 100) early=$(number 101)
world $'late 3 account 100 health 11 vendor=salesforce' >/dev/null
second_passes
second_passes
world 'account 101 health 12 vendor=salesforce' >/dev/null
recent="SELECT Id, SystemModstamp FROM Account WHERE Id IN ('$late', '$early') AND SystemModstamp > $(date -u -d '-30 seconds' +%Y-%m-%dT%H:%M:%SZ) ORDER BY SystemModstamp"
is "$early" "$(rows "$recent" | jq -r .Id)" 'what commits late is not seen yet'
covered=$(call "$DATA/sobjects/Account/updated/?$window" | jq -r .latestDateCovered)
seen=$(rows "$recent" | jq -r .SystemModstamp)
[[ $covered < $seen ]] && ok 'and latestDateCovered waits for it' || not_ok 'and latestDateCovered waits for it' "$covered" "$seen"
eventually 'then it is' "[ \"\$(rows \"$recent\" | wc -l)\" = 2 ]"
is "$late $early" "$(rows "$recent" | jq -r .Id | paste -sd' ')" 'with a stamp before those that were seen first'

world 'touch 200..2999 stamp=same vendor=salesforce' >/dev/null
top=$(rows 'SELECT SystemModstamp FROM Account ORDER BY SystemModstamp DESC LIMIT 1' | jq -r .SystemModstamp)
is 2800 "$(query query "SELECT count() FROM Account WHERE SystemModstamp = ${top%+0000}Z" | jq .totalSize)" 'thousands of rows share a stamp'

before=$(date -u +%Y-%m-%dT%H:%M:%SZ)
world 'late 3 touch 0..99 vendor=salesforce' >/dev/null
after=$(date -u +%Y-%m-%dT%H:%M:%SZ)
mass="SELECT count() FROM Account WHERE SystemModstamp >= $before AND SystemModstamp <= $after AND Id < '$(number 100)'"
is 0 "$(query query "$mass" | jq .totalSize)" 'a mass update that commits late is not seen'
eventually 'and then has the stamp of its beginning' "[ \"\$(query query \"\$mass\" | jq .totalSize)\" -ge 90 ]"

# --- limits of a query --------------------------------------------------------------------------------------

for pair in 1:200 199:200 200:200 777:777 2000:2000 9999:2000; do
	is "${pair#*:}" "$(call "$DATA/query" -G --data-urlencode 'q=SELECT Id FROM Account' -H "Sforce-Query-Options: batchSize=${pair%:*}" | jq '.records | length')" \
		"batchSize=${pair%:*} gives pages of ${pair#*:}"
done
long=$(printf '%016384d' 0)
is 414 "$(call "$DATA/query?q=SELECT+Id+FROM+Account+WHERE+Name='$long'" >/dev/null; status)" 'an address that is too long is refused'
half=$(printf '%09000d' 0)
is 431 "$(call "$DATA/query?q=SELECT+Id+FROM+Account+WHERE+Name='${half:0:3900}'+OR+Name='${half:0:3900}'" -H "X-Pad: $half" >/dev/null; status)" \
	'so is one that is too long with its headers'
is MALFORMED_QUERY "$(query query 'SELECT Id FROM Account WHERE SystemModstamp > 1600-01-01T00:00:00Z' | jq -r '.[0].errorCode')" 'and a year before 1700'
is 415 "$(call "$DATA/composite/sobjects" -X PATCH -H 'Content-Type: text/plain' -d '{"records":[]}' >/dev/null; status)" 'and a write that comes as no JSON'
next=$(query query 'SELECT Id FROM Account' | jq -r .nextRecordsUrl)
old=$TOKEN TOKEN=$(token)
is 200 "$(call "$next" >/dev/null; status)" 'a new session of the user may go on paging'
set_ salesforce.cursor_session 1
is INVALID_QUERY_LOCATOR "$(call "$next" | jq -r '.[0].errorCode')" 'unless locators are bound to the session'
TOKEN=$old
is 200 "$(call "$next" >/dev/null; status)" 'which itself may'

# --- over TLS ------------------------------------------------------------------------------------------------

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1 \
	-addext subjectAltName=IP:127.0.0.1 -keyout "$SCRATCH/key.pem" -out "$SCRATCH/certificate.pem" 2>/dev/null
cat "$SCRATCH/certificate.pem" "$SCRATCH/key.pem" >"$SCRATCH/both.pem"
kill "$sandbox_pid" && wait "$sandbox_pid"
sandbox_up "$SCRATCH" --accounts 10 --tls "$SCRATCH/both.pem" || exit 1
is https "${SALESFORCE%%:*}" 'with --tls the vendors speak TLS'
is http "${CONTROL%%:*}" 'and the control listener does not'
is "$SALESFORCE" "$(curl -sS --noproxy '*' --cacert "$SCRATCH/certificate.pem" -d grant_type=client_credentials \
	-d client_id=3MVG9sandbox.client.id -d client_secret=5A4DB0C5EC2E7 "$SALESFORCE/services/oauth2/token" | jq -r .instance_url)" \
	'a token names the address it is good for'

done_testing
