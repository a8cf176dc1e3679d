#!/bin/bash
# Reps ask for references where they work: a case in Salesforce, a ticket in HubSpot. Each is filed once, an incomplete one
# is refused to its rep and filed once it is mended, and one that is taken back there is cancelled here.
set -uo pipefail
. "$TOP/tests/lib.sh"

scratch
DATABASE=test_intake
database_copy "$DATABASE" || exit 1
sandbox_up "$SCRATCH" --accounts 30 --set slack.per_minute=0 --set hubspot.write_scopes=tickets || exit 1
POLL=5s configuration_sandbox "$SCRATCH" "$DATABASE"
cat >>"$SCRATCH/mapping/salesforce.conf" <<-CONF
	[request]
	object = Case
	activity_type = Reference_Activity__c
	justification = Justification__c
	audience = Audience__c
	outcome = Wanted_Outcome__c
	needed_by = Needed_By__c
	priority = Reference_Priority__c
	exposure = Exposure__c
	opportunity_remote_id = Opportunity__c
	requested_by_email = Owner.Email
	submitted = Reference_Status__c | in Submitted
	cancelled = Reference_Status__c | in Cancelled
	[write request]
	state = Reference_State__c
	state_since = Reference_State_Since__c
	reason = Reference_Reason__c
CONF
cat >>"$SCRATCH/mapping/hubspot.conf" <<-CONF
	[request]
	object = tickets
	activity_type = reference_activity
	justification = content
	audience = reference_audience
	outcome = reference_outcome
	needed_by = reference_needed_by
	exposure = reference_exposure
	opportunity_remote_id = reference_deal_id
	requested_by_remote_id = hubspot_owner_id
	submitted = hs_pipeline_stage | in 981200351
	cancelled = hs_pipeline_stage | in 981200354
	[write request]
	state = reference_state
	reason = reference_reason
CONF
online() { "$BUILD/advocated" -c "$SCRATCH/advocated.conf" check --online 2>&1; }
holds 'the mapping stands' "$BUILD/advocated" -c "$SCRATCH/advocated.conf" check
is '6 of them' "$(online | grep -c "hubspot.*reference_state doesn't have the internal value") of them" 'a property that lacks words is named before anything is written'
printf '%s = In progress\n' submitted triaged matching proposed awaiting_csm awaiting_advocate >>"$SCRATCH/mapping/hubspot.conf"
is '' "$(online | grep -E '(R|r)eference_(S|s)tat|(R|r)eference_(R|r)eason')" 'given them, all can be written'

TOKEN=$(curl -sS --noproxy '*' -d grant_type=client_credentials -d client_id=3MVG9sandbox.client.id \
	-d client_secret=5A4DB0C5EC2E7 "$SALESFORCE/services/oauth2/token" | jq -r .access_token)
# What a rep types: salesforce ID JSON, hubspot ID JSON. Prints what is wrong with it.
salesforce() {
	jq -n --arg id "$1" --argjson fields "$2" '{allOrNone: false, records: [{attributes: {type: "Case"}, id: $id} + $fields]}' |
		curl -sS --noproxy '*' -X PATCH -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' --data-binary @- \
			"$SALESFORCE/services/data/v66.0/composite/sobjects" | jq -r '.[] | select(.success | not)'
}
hubspot() {
	jq -n --arg id "$1" --argjson fields "$2" '{inputs: [{id: $id, properties: $fields}]}' |
		curl -sS --noproxy '*' -H 'Authorization: Bearer pat-na1-5a4db0c5-0000-4000-8000-000000000001' -H 'Content-Type: application/json' \
			--data-binary @- "$HUBSPOT/crm/v3/objects/tickets/batch/update" | jq -r 'select(.status != "COMPLETE")'
}
shown() { sandbox_get written | jq -r --arg i "$1" '[.[] | select(.id == $i and (.value // "") != "" and (.field | test("^Reference_(State|Reason)__c$|^reference_(state|reason)$"))) | "\(.field)=\(.value)"] | sort | join(" ")'; }
of_record() { sql "SELECT concat_ws(' ', t.state, r.state) FROM advocacy.request_record AS t LEFT JOIN advocacy.request AS r USING (request_id) WHERE t.remote_id = '$1'"; }

# An account that has a deal in both.
read -r account deal other_deal <<<"$(for n in $(seq 0 29); do
	sandbox_get "world/account/$n" | jq -r "select(.ids.hubspot != null) | .opportunities[]? | select(.ids.hubspot != null and .deleted == false and (.stage | startswith(\"Closed\") | not)) | \"$n \(.ids.salesforce) \(.ids.hubspot)\""
done | head -n 1)"
[ -n "${other_deal:-}" ] || { echo 'no account has an open deal in both' >&2; exit 1; }
case=$(world "account $account case open subject=\"A reference for our biggest deal\" vendor=salesforce" | head -n 1)
draft=$(world "account $account case open subject=\"Another\" vendor=salesforce" | head -n 1)
ticket=$(world "account $account case open subject=\"A reference\" vendor=hubspot" | head -n 1)
daemon_up "$SCRATCH"
eventually 'everything is read' "[ \"\$(sql 'SELECT count(*) FROM advocacy.sync_stream WHERE last_success_at IS NOT NULL')\" = 14 ]"
is '' "$(sql 'SELECT request_id FROM advocacy.request')" 'cases and tickets that are no requests are left alone'
sql "SELECT advocacy.writeback_start('salesforce', 'looked at it'), advocacy.writeback_start('hubspot', 'looked at it')" >/dev/null

day=$(date -u -d '+10 days' +%F)
is '' "$(salesforce "$case" "{\"Reference_Activity__c\": \"Reference Call\", \"Justification__c\": \"They doubt that we scale\", \"Audience__c\": \"CTO\", \"Wanted_Outcome__c\": \"Signature\", \"Needed_By__c\": \"$day\", \"Opportunity__c\": \"$deal\", \"Reference_Status__c\": \"Submitted\"}")" 'a rep files one in Salesforce'
is '' "$(salesforce "$draft" '{"Reference_Activity__c": "Case Study", "Reference_Status__c": "Submitted"}')" 'and another in a hurry'
is '' "$(hubspot "$ticket" "{\"reference_activity\": \"quote\", \"content\": \"They want a name\", \"reference_audience\": \"board\", \"reference_outcome\": \"trust\", \"reference_needed_by\": \"$day\", \"reference_exposure\": \"named\", \"reference_deal_id\": \"$other_deal\", \"hs_pipeline_stage\": \"981200351\"}")" 'a third comes by HubSpot'
eventually 'the first is filed' "[ \"\$(of_record $case)\" = 'filed submitted' ]"
eventually 'the second is refused' "[ \"\$(of_record $draft)\" = refused ]"
eventually 'the third is filed' "[ \"\$(of_record $ticket)\" = 'filed submitted' ]"
is 'quote|They want a name|board|trust|named|1' "$(sql "SELECT r.activity_type, r.justification, r.audience, r.outcome, r.exposure, count(o.opportunity_id) FROM advocacy.request AS r JOIN advocacy.request_record AS t USING (request_id) LEFT JOIN advocacy.opportunity AS o ON o.opportunity_id = r.opportunity_id AND o.source = 'hubspot' WHERE t.remote_id = '$ticket' GROUP BY r.request_id")" 'with what the rep wrote'
eventually 'the rep is told what is missing' "[ \"\$(messages '[.[] | select(.channel == \"sales\" and (.text | test(\"^NOT FILED.*opportunity, justification, audience, outcome, needed_by missing\")))] | length')\" = 1 ]"
eventually 'and reads it on the record' "[ \"\$(shown $draft)\" = 'Reference_Reason__c=the request is incomplete: opportunity, justification, audience, outcome, needed_by missing Reference_State__c=Refused' ]"
eventually 'as the others read theirs' "[ \"\$(shown $case) \$(shown $ticket)\" = 'Reference_State__c=Submitted reference_state=In progress' ]"
is '' "$(salesforce "$draft" "{\"Opportunity__c\": \"$deal\", \"Justification__c\": \"why\", \"Audience__c\": \"CIO\", \"Wanted_Outcome__c\": \"a yes\", \"Needed_By__c\": \"$day\"}")" 'mends it'
eventually 'and it is filed' "[ \"\$(of_record $draft)\" = 'filed submitted' ]"
eventually 'which the record shows, without a reason' "[ \"\$(shown $draft)\" = 'Reference_State__c=Submitted' ]"
later=$(date -u -d '+20 days' +%F)
is '' "$(salesforce "$case" "{\"Reference_Priority__c\": \"Expedite\", \"Needed_By__c\": \"$later\"}")" 'the first becomes urgent, and is needed later'
eventually 'here, too' "[ \"\$(sql \"SELECT r.priority || (r.needed_by - t.needed_by <= interval '2 days') FROM advocacy.request AS r JOIN advocacy.request_record AS t USING (request_id) WHERE t.remote_id = '$case' AND t.needed_by = '$later'\")\" = expeditetrue ]"
is '' "$(salesforce "$case" '{"Reference_Status__c": "Cancelled"}')" 'the first is needed no longer'
is '' "$(hubspot "$ticket" '{"hs_pipeline_stage": "981200354"}')" 'nor the third'
eventually 'it is cancelled here' "[ \"\$(of_record $case)\" = 'withdrawn cancelled' ]"
eventually 'likewise' "[ \"\$(of_record $ticket)\" = 'withdrawn cancelled' ]"
eventually 'and there' "[ \"\$(shown $case) \$(shown $ticket)\" = 'Reference_State__c=Cancelled reference_state=Cancelled' ]"
is '3' "$(sql 'SELECT count(*) FROM advocacy.request')" 'nothing was filed twice'
is '' "$(grep -E ' (error|warning): ' "$SCRATCH/advocated.log" | head -n 3)" 'and nobody complains'
done_testing
