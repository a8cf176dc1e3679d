#!/bin/bash
# Discord as a destination: the same messages, another shape; what it refuses is classified, and a webhook that is gone is told
# of through Slack.
set -uo pipefail
. "$TOP/tests/lib.sh"

scratch
DATABASE=test_discord
database_copy "$DATABASE" || exit 1
sandbox_up "$SCRATCH" --accounts 3 || exit 1
configuration_sandbox "$SCRATCH" "$DATABASE"
configuration_only "$SCRATCH" gainsight staff
TOKEN=3d89bb7572e0fb30d8128367b3b1b44fecd1726de135cbe28a41f8b2f777c372ba29
secret "$SCRATCH/discord-csm" "$DISCORD/api/webhooks/223704706495545344/$TOKEN"
sed -i '/^\[channel csm\]/,/^\[/{s/^connector = .*/connector = discord/;s/^webhook_url_file = .*/webhook_url_file = discord-csm/}' "$SCRATCH/advocated.conf"

# put NUMBER: a message for the channel, known by its name.
put() {
	sql "SELECT advocacy.outbox_put('advocate_suspended', 'test-$1', '{\"event\": \"test-$1\", \"account\": \"Number $1 @everyone\",
		\"csm_email\": \"dana@example.com\"}')" >/dev/null
}
of() { sql "SELECT $2 FROM advocacy.outbox WHERE dedup_key = 'test-$1'"; }
sent() { [ "$(of "$1" state)" = sent ]; }
# here NUMBER FILTER: the messages of that number that Discord has, through jq.
here() { sandbox_get discord/messages | jq -c "[.[] | select(.text | contains(\"Number $1 \"))] | $2"; }

daemon_up "$SCRATCH"
eventually 'the routes are known' '[ "$(sql "SELECT count(*) FROM advocacy.route")" = 3 ]'
put 1
eventually 'a message is sent' 'sent 1'
is '[1,1,[]]' "$(here 1 '[length, (.[0].payload.embeds | length), .[0].payload.allowed_mentions.parse]')" 'once, laid out, mentioning nobody'
is t "$(sql "SELECT text LIKE '%Number 1 @everyone%' FROM advocacy.notification")" 'and what was said is kept without markup'

world 'fault discord 429 retry_after_ms=1200' >/dev/null
put 2
eventually 'too fast: it waits, and goes on' 'sent 2'
is '1 2 f' "$(here 2 length) $(of 2 "attempts || ' ' || left(possibly_repeated::text, 1)")" 'once, at the second try, unmarked'

world 'fault discord invalid_form' >/dev/null
put 3
eventually 'a refused layout is sent as text' 'sent 3'
is '[1,null]' "$(here 3 '[length, .[0].payload.embeds]')" 'once'

world 'fault discord answer-lost' >/dev/null
put 4
eventually 'a message without an answer is sent again' 'sent 4'
is '[2,1]' "$(here 4 '[length, ([.[] | select(.text | contains("may be a repeat"))] | length)]')" 'and the second says so'

world 'fault discord unknown_webhook count=all' >/dev/null
put 5
eventually 'a deleted webhook is told of through Slack' \
	'[ "$(messages "[.[] | select(.channel == \"ops\" and (.text | startswith(\"CHANNEL BROKEN\")))] | length")" = 1 ]'
is pending "$(of 5 state)" 'while what waits for it stays'
world 'clear discord' >/dev/null
sql "SELECT advocacy.channel_open('csm')" >/dev/null
eventually 'mended, it gets it' 'sent 5'
is '[1,false]' "$(here 5 '[length, (.[0].text | contains("may be a repeat"))]')" 'once, unmarked'
is 0 "$(cat "$SCRATCH"/*.log | grep -c "$TOKEN")" 'and its address is in no log'
holds 'the daemon ends well' daemon_down
done_testing
