#!/bin/bash
# What is decided stands in both CRMs within seconds, and nowhere twice: suspended and reinstated, one refused record beside
# good ones, a daemon killed between writing and knowing it, a person who changes the field by hand.
set -uo pipefail
. "$TOP/tests/lib.sh"

scratch
DATABASE=test_writeback
database_copy "$DATABASE" || exit 1
sandbox_up "$SCRATCH" --accounts 40 --set slack.per_minute=0 --set hubspot.write_scopes=contacts,companies || exit 1
configuration_sandbox "$SCRATCH" "$DATABASE"
cat >>"$SCRATCH/mapping/salesforce.conf" <<-CONF
	[write contact]
	availability = Advocate_Status__c
	availability_since = Advocate_Since__c
	[write account]
	availability = Reference_Status__c
	availability_since = Reference_Since__c | date
CONF
cat >>"$SCRATCH/mapping/hubspot.conf" <<-CONF
	[write contact]
	availability = advocate_status
	availability_since = advocate_since
CONF
# flag VENDOR ID [FIELD]: what stands there; writes VENDOR ID [FIELD]: how often it was written.
field_of() { echo "${3:-$([ "$1" = salesforce ] && echo Advocate_Status__c || echo advocate_status)}"; }
flag() { sandbox_get written | jq -r --arg v "$1" --arg i "$2" --arg f "$(field_of "$@")" '.[] | select(.vendor == $v and .id == $i and .field == $f) | .value'; }
writes() { sandbox_get written | jq -r --arg v "$1" --arg i "$2" --arg f "$(field_of "$@")" '[.[] | select(.vendor == $v and .id == $i and .field == $f) | .times] | add // 0'; }
stands() { [ "$(flag salesforce "$one") $(flag hubspot "$other")" = "$1 $1" ]; }
# Two accounts that both CRMs have, each with a contact that is an advocate.
accounts=$(for n in $(seq 0 39); do
	sandbox_get "world/account/$n" | jq -r "select(.ids.hubspot != null and (.contacts | length) > 0 and .contacts[0].ids.hubspot != null and .contacts[0].email != null) | $n"
done | head -n 2)
read -r first second <<<"$(echo "$accounts" | paste -sd ' ')"
world "account $first contact 0 advocate true
account $second contact 0 advocate true
accounts 0..39 health 90" >/dev/null || exit 1
one=$(sandbox_get "world/account/$first" | jq -r '.contacts[0].ids.salesforce')
other=$(sandbox_get "world/account/$first" | jq -r '.contacts[0].ids.hubspot')
two=$(sandbox_get "world/account/$second" | jq -r '.contacts[0].ids.salesforce')
customer=$(sandbox_get "world/account/$first" | jq -r '.ids.salesforce')

holds 'the metadata agrees with what is to be written' "$BUILD/advocated" -c "$SCRATCH/advocated.conf" check
daemon_up "$SCRATCH"
eventually 'everything is read' all_synced
eventually 'and is to be written' "[ \"\$(sql \"SELECT count(*) FROM advocacy.crm_flag WHERE remote_id IN ('$one', '$other', '$two', '$customer')\")\" = 4 ]"
is '[]' "$(sandbox_get written)" 'before a person says so nothing is written'
sql "SELECT advocacy.writeback_start('salesforce', 'looked at it'), advocacy.writeback_start('hubspot', 'looked at it')" >/dev/null
eventually 'then it is, in both' 'stands Available'
eventually 'and on the account' "[ \"\$(flag salesforce $customer Reference_Status__c)\" = Available ]"
eventually 'the database knows' "[ \"\$(sql \"SELECT count(*) FROM advocacy.crm_flag WHERE delivery <> 'current'\")\" = 0 ]"

# --- suspended by a person, and back ---
advocate=$(sql "SELECT a.advocate_id FROM advocacy.advocate AS a JOIN advocacy.contact AS c USING (contact_id) WHERE c.remote_id = '$one'")
start=$SECONDS
sql "SELECT advocacy.advocate_suspend($advocate, 'on leave')" >/dev/null
eventually 'suspended: in both' 'stands Suspended'
is t "$([ $((SECONDS - start)) -le 5 ] && echo t)" 'within seconds'
sql "SELECT advocacy.advocate_reinstate($advocate, 'back')" >/dev/null
eventually 'reinstated: in both' 'stands Available'

# --- what comes back only because we wrote it ---
eventually 'the database knows' "[ \"\$(sql \"SELECT count(*) FROM advocacy.crm_flag WHERE delivery <> 'current'\")\" = 0 ]"
before=$(written_rows contact account_source signal signal_history risk suspension decision_cycle)
count=$(writes salesforce "$one")
since=$(sql 'SELECT now()')
eventually 'every stream is read again' "[ \"\$(sql \"SELECT count(*) FROM advocacy.sync_stream WHERE last_success_at > timestamptz '$since' + interval '2 seconds' AND source IN ('salesforce', 'hubspot')\")\" -ge 8 ]"
is "$before" "$(written_rows contact account_source signal signal_history risk suspension decision_cycle)" 'our own writes come back as no news: no row is written'
is "$count" "$(writes salesforce "$one")" 'and nothing is written again'

# --- one record that is refused, and one that is locked, beside good ones ---
world "set salesforce.invalid_records $two
set hubspot.locked_records $other" >/dev/null
third=$(sql "SELECT a.advocate_id FROM advocacy.advocate AS a JOIN advocacy.contact AS c USING (contact_id) WHERE c.remote_id = '$two'")
sql "SELECT advocacy.advocate_suspend($third, 'a test'), advocacy.advocate_suspend($advocate, 'a test')" >/dev/null
eventually 'the one is written' "[ \"\$(flag salesforce $one)\" = Suspended ]"
eventually 'the other is refused, with the reason' "[ \"\$(sql \"SELECT last_code FROM advocacy.crm_flag WHERE remote_id = '$two' AND delivery = 'refused'\")\" = FIELD_CUSTOM_VALIDATION_EXCEPTION ]"
eventually 'the locked one is tried again' "[ \"\$(sql \"SELECT attempts > 0 FROM advocacy.crm_flag WHERE remote_id = '$other'\")\" = t ]"
world 'set hubspot.locked_records none' >/dev/null
eventually 'until it is free' "[ \"\$(flag hubspot $other)\" = Suspended ]"
is 1 "$("$BUILD/advocated" -c "$SCRATCH/advocated.conf" status | grep -c 'FIELD_CUSTOM_VALIDATION_EXCEPTION')" 'status says what is refused'
eventually 'people are told once' "[ \"\$(sql \"SELECT count(*) FROM advocacy.outbox WHERE kind = 'writeback_failing'\")\" = 1 ]"

# --- killed between writing and knowing it ---
hold "SELECT 'locked' FROM advocacy.crm_target WHERE source = 'salesforce' FOR UPDATE"
is locked "${held%%$'\n'*}" '(it will not get to know)'
count=$(writes salesforce "$one")
sql "SELECT advocacy.advocate_reinstate($advocate, 'again')" >/dev/null
eventually 'it arrives' "[ \"\$(flag salesforce $one)\" = Available ]"
daemon_kill
# Its last words, which wait for the lock, must not be heard either.
sql "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '$DATABASE' AND usename = 'advocated_app'" >/dev/null
eventually 'it is gone' "[ \"\$(sql \"SELECT count(*) FROM pg_stat_activity WHERE datname = '$DATABASE' AND usename = 'advocated_app'\")\" = 0 ]"
release ROLLBACK
eventually 'nobody knows' "[ \"\$(sql \"SELECT delivery FROM advocacy.crm_flag WHERE remote_id = '$one'\")\" = sending ]"
daemon_up "$SCRATCH"
eventually 'the next daemon makes sure' "[ \"\$(sql \"SELECT delivery || ' ' || sent FROM advocacy.crm_flag WHERE remote_id = '$one'\")\" = 'current Available' ]"
is "Available $((count + 2))" "$(flag salesforce "$one") $(writes salesforce "$one")" 'by saying the same once more'

# --- changed by hand: a day later our word is written again ---
curl -sS --noproxy '*' --fail -X POST -H 'Authorization: Bearer pat-na1-5a4db0c5-0000-4000-8000-000000000001' -H 'Content-Type: application/json' \
	-d "{\"inputs\":[{\"id\":\"$other\",\"properties\":{\"advocate_status\":\"Suspended\"}}]}" "$HUBSPOT/crm/v3/objects/contacts/batch/update" >/dev/null
is Suspended "$(flag hubspot "$other")" 'somebody changes it'
sql "UPDATE advocacy.crm_flag SET checked_at = now() - interval '25 hours' WHERE delivery = 'current'; NOTIFY advocacy_writeback" >/dev/null
eventually 'our word is written again' "[ \"\$(flag hubspot $other)\" = Available ]"
is 'hubspot contact '"$other"' Suspended' "$(sql "SELECT subject || ' ' || (details ->> 'theirs') FROM advocacy.audit_log WHERE action = 'flag_changed_by_hand'")" 'and what stood there is audited, for that one alone'

# --- stopped while all of it is under way: reading, writing into both CRMs, a message by webhook and one by the bot ---
secret "$SCRATCH/slack-bot" xoxb-5a4db0c5-sandbox
sed -i -e "/^webhook_url_file = slack-csm/c\\
bot_token_file = slack-bot\\
channel_id = C0CSMTEAM\\
api_url = $SLACK/api" -e '/^\[channel csm\]/,/^connector/s/^connector = .*/connector = slack-bot/' "$SCRATCH/advocated.conf"
daemon_down
daemon_up "$SCRATCH"
since=$(sql 'SELECT now()')
eventually '(everything is read)' "[ \"\$(sql \"SELECT count(*) FROM advocacy.sync_stream WHERE last_success_at > timestamptz '$since'\")\" = 12 ]"
world 'latency all 2500' >/dev/null
add_deal
sql "SELECT advocacy.advocate_suspend($advocate, 'busy');
	SELECT advocacy.request_submit(-99, 'quote', 'busy by webhook', 'whom', 'what', now() + interval '1 day', 'rep@vendor.example')" >/dev/null
until_ "[ \"\$(sql \"SELECT (SELECT count(*) FROM advocacy.crm_flag WHERE delivery = 'sending') > 0 AND (SELECT count(*) FROM advocacy.outbox WHERE state = 'sending') > 1\")\" = t ]" &&
	ok 'flags and two messages are under way' || not_ok 'flags and two messages are under way'
start=$EPOCHREALTIME
kill -TERM "$daemon_pid"
wait "$daemon_pid"
is 0 $? 'stopped in the middle of that it ends well'
holds 'within 5 s' awk "BEGIN { exit !($EPOCHREALTIME - $start < 5) }"
daemon_pid=
world 'latency all 0' >/dev/null
daemon_up "$SCRATCH"
eventually 'started again it writes what is left' 'stands Suspended'
eventually 'and tells' "[ \"\$(sql \"SELECT count(*) FROM advocacy.outbox WHERE state IN ('pending', 'sending')\")\" = 0 ]"
unmarked() { messages "[.[] | select((tostring | contains(\"$1\")) and (tostring | contains(\"may be a repeat\") | not))] | length"; }
holds 'none twice without a mark' eval '[ "$(unmarked "busy by webhook")" -le 1 ] && [ "$(messages "[.[] | select(tostring | contains(\"busy by webhook\"))] | length")" -ge 1 ]'
sql "SELECT advocacy.advocate_reinstate($advocate, 'not busy any more')" >/dev/null
eventually 'reinstated: in both' 'stands Available'

# --- by a rule; an end in order, and once ---
world "account $first health 30" >/dev/null
eventually 'suspended by a rule: in both' 'stands Suspended'
eventually 'the account says so too' "[ \"\$(flag salesforce $customer Reference_Status__c)\" = Suspended ]"
daemon_down
sql "SELECT advocacy.advocate_retire($advocate, 'moved on')" >/dev/null
holds 'a run by hand ends well' daemon_once "$SCRATCH" || show_logs
holds 'and has written too' stands Left
is null "$(flag salesforce "$customer" Reference_Status__c)" 'the account has no advocate any more'
is 0 "$(grep -c 'level=error\|ERROR' "$SCRATCH/advocated.log")" 'no error is logged'
done_testing
