#!/bin/bash
# The bot: people are written to directly, a recovery answers its problem, nothing is said twice, and nobody who can't be
# reached keeps a message from being read.
set -uo pipefail
. "$TOP/tests/lib.sh"

scratch
DATABASE=test_slack_bot
database_copy "$DATABASE" || exit 1
sandbox_up "$SCRATCH" --accounts 40 --set slack.per_minute=0 || exit 1
POLL=5s HOLD=1s configuration_sandbox "$SCRATCH" "$DATABASE"
# Gainsight tells who the customer success managers are, Salesforce who theirs.
sed -i '/^\[source hubspot\]/,/^checkpoint_rows/d' "$SCRATCH/advocated.conf"
secret "$SCRATCH/slack-bot" xoxb-5a4db0c5-sandbox
# csm is the bot's; ops keeps its webhook, a way of its own.
sed -i "/^webhook_url_file = slack-csm/c\\
bot_token_file = slack-bot\\
channel_id = C0CSMTEAM\\
api_url = $SLACK/api" "$SCRATCH/advocated.conf"
sed -i '/^\[channel csm\]/,/^connector/s/^connector = .*/connector = slack-bot/' "$SCRATCH/advocated.conf"
sed -i '/^\[route risks\]/a to = owner' "$SCRATCH/policy.conf"

# put KIND NUMBER [PERSON]: as the rules would put it; NUMBER names the problem.
put() {
	sql "SELECT advocacy.outbox_put('$1', '$1-$2', jsonb_strip_nulls(jsonb_build_object('event', 'problem-$2',
		'account', 'Number $2', 'csm_email', nullif('${3:-}', ''))))" >/dev/null
}
of() { sql "SELECT $2 FROM advocacy.outbox WHERE dedup_key = '$1'"; }
sent() { [ "$(of "$1" state)" = sent ]; }
quiet() { [ "$(sql "SELECT count(*) FROM advocacy.outbox WHERE state NOT IN ('sent', 'muted')")" = 0 ]; }
# said TEXT EXPRESSION: of the messages of the Web API that hold the text, a line each.
said() { messages "[.[] | select(.ts and (.text | contains(\"$1\")))] | .[] | $2"; }
api_calls() { sandbox_get calls | jq -r ".slack.endpoints.\"api $1\" // 0"; }

# Every account is well at first, and has the same name everywhere.
world "accounts 0..39 health 90 vendor=all
$(for number in {0..39}; do echo "account $number rename \"Story ${number}x\""; done)" >/dev/null
daemon_up "$SCRATCH"
until_ '[ "$(sql "SELECT count(*) = 7 AND bool_and(last_success_at IS NOT NULL) FROM advocacy.sync_stream")" = t ]' || { show_logs; exit 1; }
# One with an advocate and a customer success manager.
read -r number csm <<<"$(sql "SELECT substring(a.name FROM '[0-9]+') || ' ' || lower(a.csm_email) FROM advocacy.account AS a
	WHERE a.name LIKE 'Story %' AND NOT a.deleted
	AND a.csm_email IS NOT NULL
	AND (SELECT count(DISTINCT x.source) FROM advocacy.account_source AS x WHERE x.account_id = a.account_id) = 2
	AND EXISTS (SELECT FROM advocacy.advocate AS v WHERE v.account_id = a.account_id) ORDER BY a.account_id LIMIT 1")"
[ -n "$csm" ] || { not_ok 'the world has such an account'; exit 1; }
story="Story ${number}x"

# --- an answer that is lost ---
world 'fault slack answer-lost object=chat.postMessage' >/dev/null
put advocate_suspended 2 "$csm"
eventually 'a lost answer: delivered all the same' 'sent advocate_suspended-2'
is 1 "$(said 'Number 2' .ts | wc -l)" 'found again, not said twice'
is 'f 2' "$(of advocate_suspended-2 "concat_ws(' ', possibly_repeated, attempts)")" '(and known as said once)'
is "$(said 'Number 2' '.channel + " " + .ts')" "$(sql "SELECT n.place || ' ' || n.message_id FROM advocacy.notification AS n
	JOIN advocacy.outbox AS o USING (outbox_id) WHERE o.dedup_key = 'advocate_suspended-2'")" '(and where it stands)'
is 1 "$(api_calls conversations.history)" 'by asking once'
is "$csm 1" "$(said 'Number 2' .to) $(api_calls users.lookupByEmail)" 'to the person, who was looked up once'

# --- a person who was found in another workspace, before the channel was given this one's token ---
sql "UPDATE advocacy.person_place SET user_id = 'U0ELSEWHERE', place = 'D0ELSEWHERE' WHERE email = '$csm'" >/dev/null
put advocate_suspended 6 "$csm"
eventually 'a person whose place is not there: told' 'sent advocate_suspended-6'
is "$csm" "$(said 'Number 6' .to)" 'and nobody else, once found again'
is "$(said 'Number 6' .channel)" "$(sql "SELECT place FROM advocacy.person_place WHERE email = '$csm'")" '(which is kept)'

# --- people who can't be reached, while the account's health is read ---
world "account $number health 31 vendor=all
set slack.unknown_users \"nobody@vendor.example gone@vendor.example\"" >/dev/null
sql "INSERT INTO advocacy.staff (source, remote_id, name, email, manager_remote_id, modified_at) VALUES
	('gainsight', 'gone', 'Gone', 'gone@vendor.example', 'boss', now()), ('gainsight', 'boss', 'Boss', 'boss@vendor.example', NULL, now())" >/dev/null
put advocate_suspended 3 nobody@vendor.example
put advocate_suspended 4 gone@vendor.example
eventually 'an address that nobody in Slack has: told' 'sent advocate_suspended-3 && sent advocate_suspended-4'
is C0CSMTEAM "$(said 'Number 3' .channel)" 'without a manager, in the channel'
is boss@vendor.example "$(said 'Number 4' .to)" 'else to the manager'

# --- an account in danger, and its end ---
eventually "an account in danger: its manager is told" '[ -n "$(said "$story" .to)" ]'
is "$csm " "$(said "$story" '.to + " " + (.thread_ts // "")')" 'directly, and once'
parent=$(said "$story" .ts)
world "account $number health 90 vendor=all
set slack.disabled_users boss@vendor.example" >/dev/null
sql "DELETE FROM advocacy.person_place WHERE email = 'boss@vendor.example'" >/dev/null
put advocate_suspended 5 gone@vendor.example
eventually 'a manager who can not be written to, either: told' 'sent advocate_suspended-5'
is C0CSMTEAM "$(said 'Number 5' .channel)" 'in the channel'
eventually 'the account is well again: told' '[ "$(said "$story" .ts | wc -l)" = 2 ]'
is "$csm $parent" "$(said "$story" 'select(.thread_ts) | .to + " " + .thread_ts')" 'in the thread of its suspension'
eventually '... which is changed to show how things are' '[ "$(messages ".[] | select(.ts == \"$parent\") | .edited")" = 1 ]'
holds '... and now says so' test -n "$(messages ".[] | select(.ts == \"$parent\") | .text | select(startswith(\"REINSTATED\"))")"

# --- a thread that is gone ---
put advocate_suspended 7 "$csm"
eventually 'a suspension' 'sent advocate_suspended-7'
world 'fault slack cannot_reply_to_message object=chat.postMessage
fault slack message_not_found object=chat.update' >/dev/null
put advocate_reinstated 7 "$csm"
eventually 'where no answer can be given, it is told as a message of its own' 'sent advocate_reinstated-7'
is '' "$(said 'Number 7' 'select(.text | startswith("REINSTATED")) | .thread_ts // ""')" '... outside the thread'
is 0 "$(sql "SELECT count(*) FROM advocacy.outbox WHERE edits IS NULL AND state = 'refused'")" 'nothing was given up'

# --- a channel that is archived ---
world 'set slack.archived_channels C0CSMTEAM' >/dev/null
put advocate_suspended 8
eventually 'an archived channel is broken' '[ "$(sql "SELECT state FROM advocacy.channel_status WHERE channel = '\''csm'\''")" = broken ]'
eventually '... and reported through another one' \
	'[ -n "$(messages ".[] | select(.channel == \"ops\" and (.text | test(\"archived\"))) | .text")" ]'
is pending "$(of advocate_suspended-8 state)" '... nothing is lost'
world 'set slack.archived_channels ""' >/dev/null
sql "UPDATE advocacy.channel_status SET closed_until = now(); NOTIFY advocacy_outbox" >/dev/null
eventually '... and told when it is back' 'sent advocate_suspended-8'
is '' "$(grep -c xoxb- "$SCRATCH/advocated.log" | grep -v '^0$')" 'the token stands in no log'
done_testing
