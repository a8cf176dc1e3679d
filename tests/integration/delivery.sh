#!/bin/bash
# What Slack does to a message, and what becomes of it: kept in order, at most one a second and channel, tried again
# when that makes sense, marked when it may have arrived already, and no channel holds up another.
set -uo pipefail
. "$TOP/tests/lib.sh"

scratch
DATABASE=test_delivery
database_copy "$DATABASE" || exit 1
sandbox_up "$SCRATCH" --accounts 3 || exit 1
configuration_sandbox "$SCRATCH" "$DATABASE"
configuration_only "$SCRATCH" gainsight staff

# put CHANNEL NUMBER: a message for this channel, known by the event test-NUMBER
put() {
	local kind
	case $1 in csm) kind=advocate_suspended ;; sales) kind=request_received ;; ops) kind=source_failing ;; esac
	sql "SELECT advocacy.outbox_put('$kind', 'test-$2', '{\"event\": \"test-$2\", \"account\": \"Number $2\", \"request\": \"REQ-$2\",
		\"source\": \"number $2\"}')" >/dev/null
}
# of NUMBER EXPRESSION: of its outbox row; here NUMBER: how many messages of it Slack has
of() { sql "SELECT $2 FROM advocacy.outbox WHERE dedup_key = 'test-$1'"; }
here() { sandbox_get slack/messages | jq "[.[] | select(tojson | test(\"\\\"event test-$1[ \\\"]\"))] | length"; }
sent() { [ "$(of "$1" state)" = sent ]; }
# got NUMBER: how many Slack has, how many of them marked as a repeat, how many with a layout; how often it was tried
got() {
	load_messages
	sql "SELECT count(*) || ' ' || count(*) FILTER (WHERE marked) || ' ' || count(*) FILTER (WHERE laid_out) || ' ' ||
		(SELECT attempts FROM advocacy.outbox WHERE dedup_key = 'test-$1')
		FROM slack WHERE text ~ 'Number $1\\M' OR text ~ 'REQ-$1\\M' OR text ~ 'number $1\\M'"
}

# --- order and pace ---
daemon_up "$SCRATCH"
eventually 'the routes are known' '[ "$(sql "SELECT count(*) FROM advocacy.route")" = 3 ]'
for number in 1 2 3 4 5; do put csm "$number"; put sales "1$number"; done
eventually 'ten messages are sent' '[ "$(sql "SELECT count(*) FROM advocacy.outbox WHERE state = '\''sent'\''")" = 10 ]' || show_logs
load_messages
for channel in csm sales; do
	is "$(sql "SELECT string_agg(key, ', ' ORDER BY outbox_id) FROM told WHERE channel = '$channel'")" \
		"$(sql "SELECT string_agg(key, ', ' ORDER BY place) FROM slack WHERE channel = '$channel'")" "$channel keeps its order"
	is t "$(sql "SELECT min(gap) >= '0.9 s' FROM (SELECT received_at - lag(received_at) OVER (ORDER BY place) AS gap
		FROM slack WHERE channel = '$channel') AS g")" "$channel gets no more than one message a second"
done
is t "$(sql "SELECT (SELECT min(received_at) FROM slack WHERE channel = 'sales') < (SELECT max(received_at) FROM slack WHERE channel = 'csm')
	AND (SELECT min(received_at) FROM slack WHERE channel = 'csm') < (SELECT max(received_at) FROM slack WHERE channel = 'sales')")" \
	'the channels do not wait for one another'
is 0 "$(sandbox_get calls | jq '[.. | objects | ."429"? // 0 | numbers] | add // 0')" 'Slack had no reason to complain'

# --- not now: 429 ---
world 'fault slack rate_limited retry_after=8 object=csm' >/dev/null
put csm 20
eventually 'a throttled channel waits' '[ "$(sql "SELECT state FROM advocacy.channel_status WHERE channel = '\''csm'\''")" = waiting ]'
put csm 21
put sales 22
eventually 'the others go on' 'sent 22'
is pending "$(of 20 state)" '(while it waits)'
eventually 'then it goes on' 'sent 20 && sent 21'
is '1 0 1 2' "$(got 20)" 'the throttled message came once, unmarked, at the second try'
is open "$(sql "SELECT state FROM advocacy.channel_status WHERE channel = 'csm'")" 'and the channel is known as open again'
is t "$(sql "SELECT s.received_at - o.created_at BETWEEN '7.9 s' AND '20 s' FROM slack AS s, advocacy.outbox AS o
	WHERE s.text ~ 'Number 20\\M' AND o.dedup_key = 'test-20'")" 'after the time that Slack asked for'
is t "$(sql "SELECT (SELECT place FROM slack WHERE text ~ 'Number 20\\M') < (SELECT place FROM slack WHERE text ~ 'Number 21\\M')")" \
	'the one behind it came after it'

# --- Slack's own failures ---
world 'fault slack 500 object=csm' >/dev/null
put csm 30
eventually 'after a 500 it is tried again' 'sent 30'
is '1' "$(got 30 | cut -d' ' -f1)" 'and comes once'
is 2 "$(of 30 attempts)" 'at the second try'
world 'fault slack rollup_error object=csm' >/dev/null
put csm 31
eventually 'after a rollup_error it is tried again' 'sent 31'
is '1 0 1 2' "$(got 31)" 'and comes once, unmarked'

# --- a layout that Slack refuses ---
world 'fault slack invalid_blocks object=csm' >/dev/null
put csm 40
eventually 'a refused layout is sent again' 'sent 40'
is '1 0 0 1' "$(got 40)" 'once, as plain text, unmarked'
# What is refused as plain text too stays visible, and holds nobody up.
world 'fault slack invalid_blocks object=csm count=2' >/dev/null
put csm 41
put csm 42
eventually 'the one behind a refused message is sent' 'sent 42'
is refused "$(of 41 state)" 'the refused one is kept as refused'
is t "$(of 41 "last_error <> ''")" 'with the reason'

# --- the answer is lost ---
world 'fault slack answer-lost object=csm' >/dev/null
put csm 50
eventually 'a message without an answer is sent again' 'sent 50'
is '2 1 2 2' "$(got 50)" 'once, and says that it may be a repeat'
is t "$(of 50 possibly_repeated)" 'the outbox knows it, too'
is t "$(sql "SELECT bool_and(n.possibly_repeated) AND count(*) = 1 FROM advocacy.notification AS n
	JOIN advocacy.outbox AS o USING (outbox_id) WHERE o.dedup_key = 'test-50'")" 'and one notification is remembered, as such'

# --- a channel that is no more ---
world 'fault slack channel_is_archived object=csm count=all' >/dev/null
put csm 60
eventually 'an archived channel is broken' '[ "$(sql "SELECT state FROM advocacy.channel_status WHERE channel = '\''csm'\''")" = broken ]'
put csm 61
put sales 62
put ops 63
eventually 'the other channels go on' 'sent 62 && sent 63'
is 'pending pending' "$(of 60 state) $(of 61 state)" 'its messages wait'
is t "$(sql "SELECT closed_until > now() + interval '50 minutes' AND detail LIKE '%archived%' FROM advocacy.channel_status
	WHERE channel = 'csm'")" 'it is left alone for an hour, and the reason is kept'
world 'clear slack' >/dev/null
sql "SELECT advocacy.channel_open('csm')" >/dev/null
eventually 'opened again, it gets them' 'sent 60 && sent 61'
is '1 0 1 2' "$(got 60)" 'each once'
is '1 0 1 1' "$(got 61)" 'unmarked'
is t "$(sql "SELECT (SELECT place FROM slack WHERE text ~ 'Number 60\\M') < (SELECT place FROM slack WHERE text ~ 'Number 61\\M')")" \
	'and in order'
holds 'the daemon ends well' daemon_down
done_testing
