#!/bin/bash
# Killed at random moments around a send, the daemon loses no message. A webhook's may come twice where its answer was lost, and
# then the second says that it may be a repeat; what the bot says is found again, and never said twice.
# KILLS says how often, SEED repeats a run's choices: KILLS=500 ONLY=delivery_kills tests/run-tests build integration
set -uo pipefail
. "$TOP/tests/lib.sh"

: "${KILLS:=15}"
: "${SEED:=$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')}"
RANDOM=$SEED
echo "# SEED=$SEED KILLS=$KILLS"

scratch
DATABASE=test_delivery_kills
database_copy "$DATABASE" || exit 1
sandbox_up "$SCRATCH" --accounts 3 --set slack.per_minute=0 || exit 1
configuration_sandbox "$SCRATCH" "$DATABASE"
configuration_only "$SCRATCH" gainsight staff
# csm and ops are webhooks, sales is the bot's.
secret "$SCRATCH/slack-bot" xoxb-5a4db0c5-sandbox
sed -i "/^webhook_url_file = slack-sales/c\\
bot_token_file = slack-bot\\
channel_id = C0SALES00\\
api_url = $SLACK/api" "$SCRATCH/advocated.conf"
sed -i '/^\[channel sales\]/,/^connector/s/^connector = .*/connector = slack-bot/' "$SCRATCH/advocated.conf"

# A message more for each of the channels, while few wait, and what is to be tried again is, at once: put NUMBER
put() {
	sql "UPDATE advocacy.outbox SET not_before = now() WHERE state = 'pending';
		SELECT advocacy.outbox_put(k.kind, 'test-' || k.channel || '-$1', jsonb_build_object('event', 'test-' || k.channel || '-$1',
			'account', 'Number $1', 'request', 'REQ-$1'))
		FROM (VALUES ('advocate_suspended', 'csm'), ('request_received', 'sales'), ('test_of_ops', 'ops')) AS k (kind, channel)
		WHERE (SELECT count(*) FROM advocacy.outbox AS o WHERE o.channel = k.channel AND o.state IN ('pending', 'sending')) < 3" >/dev/null
}
quiet() { [ "$(sql "SELECT count(*) FROM advocacy.outbox WHERE state NOT IN ('sent', 'muted')")" = 0 ]; }

daemon_up "$SCRATCH"
eventually 'the routes are known' '[ "$(sql "SELECT count(*) FROM advocacy.route")" = 3 ]'
holds '(it ends well)' daemon_down
# How long it takes from the start until everything is said: the kills fall within a bit more than that.
put 0
begin=${EPOCHREALTIME/[.,]/}
daemon_up "$SCRATCH"
eventually 'it delivers' quiet
span=$(((${EPOCHREALTIME/[.,]/} - begin) / 1000))
[ "$span" -lt 5000 ] || span=5000
holds '(it ends well)' daemon_down
echo "# kills fall within $span ms of the start"

world 'latency slack 30' >/dev/null
for ((kill_number = 1; kill_number <= KILLS; kill_number++)); do
	put "$kill_number"
	case $((RANDOM % 8)) in
	0) world 'fault slack answer-lost object=csm' >/dev/null ;;
	1) world 'fault slack answer-lost object=chat.postMessage' >/dev/null ;;
	2) world 'fault slack 500 object=ops' >/dev/null ;;
	esac
	daemon_up "$SCRATCH"
	pause_ms $((RANDOM % (span + span / 4)))
	daemon_kill || { show_logs; break; }
done
world 'clear slack
latency slack 0' >/dev/null
daemon_up "$SCRATCH"
PATIENCE=300 eventually 'what is left is delivered' quiet || show_logs
holds 'the daemon ends well' daemon_down

sandbox_get slack/messages | jq -r '.[] | [(tojson | capture("event test-(?<key>[a-z]+-[0-9]+)").key), (tojson | contains("may be a repeat"))] | @tsv' \
	>"$SCRATCH/said.tsv"
psql -XAtq -v ON_ERROR_STOP=1 -d "$DATABASE" <<SQL || exit 1
CREATE TABLE public.said (place bigint GENERATED ALWAYS AS IDENTITY, key text, marked boolean);
\copy public.said (key, marked) FROM '$SCRATCH/said.tsv'
CREATE TABLE public.told AS
SELECT o.channel, o.dedup_key, o.possibly_repeated, s.times, s.marked, s.first_marked
  FROM advocacy.outbox AS o
  LEFT JOIN LATERAL (SELECT count(*) AS times, count(*) FILTER (WHERE d.marked) AS marked, (array_agg(d.marked ORDER BY d.place))[1] AS first_marked
                       FROM said AS d WHERE 'test-' || d.key = o.dedup_key) AS s ON true
 WHERE o.edits IS NULL AND o.dedup_key LIKE 'test-%';
SQL
echo "# $(sql "SELECT string_agg(format('%s: %s messages, %s said twice or more, %s marked', channel, n, twice, marked), '; ' ORDER BY channel)
	FROM (SELECT channel, count(*) AS n, count(*) FILTER (WHERE times > 1) AS twice, count(*) FILTER (WHERE possibly_repeated) AS marked FROM told GROUP BY channel) AS c")"
is t "$(sql "SELECT count(*) >= $KILLS FROM told")" '(there was something to lose)'
is '' "$(sql "SELECT string_agg(dedup_key, ' ') FROM told WHERE times = 0")" 'no message is lost'
is '' "$(sql "SELECT string_agg(dedup_key, ' ') FROM told WHERE channel <> 'sales' AND times > 1 AND (NOT possibly_repeated OR marked < times - 1)")" \
	'what a webhook got twice says that it may be a repeat'
is '' "$(sql "SELECT string_agg(dedup_key, ' ') FROM told WHERE NOT possibly_repeated AND times <> 1")" 'what isn'\''t marked came once'
is '' "$(sql "SELECT string_agg(dedup_key || ' ' || times, ' ') FROM told WHERE channel = 'sales' AND times <> 1")" 'the bot says everything once'
is '' "$(sql "SELECT string_agg(dedup_key, ' ') FROM (SELECT dedup_key FROM advocacy.outbox JOIN advocacy.notification USING (outbox_id)
	GROUP BY dedup_key HAVING count(*) > 1) AS n")" 'each is remembered once'
done_testing
