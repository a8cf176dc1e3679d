# What the integration tests, the SQL tests and the demo share. Sourced by bash; TOP and BUILD must be set.
# shellcheck shell=bash

# Programs under test may be slow under a sanitizer or valgrind: every wait has a generous deadline and ends at once
# when its condition holds.
: "${PATIENCE:=60}"

cluster_up() {
	local exports
	# Tests lose nothing they need when the machine stops; the daemon's own durability is tested by killing it.
	exports=$(PGBOX_OPTS="-c fsync=off -c max_connections=400 ${PGBOX_OPTS:-}" "$TOP/tests/pgbox" up "$1") || return 1
	eval "$exports"
}

# A database with the schema in it, owned by a role of its own; the daemon logs in as advocated_app, which may do no more
# than the role advocacy_daemon.
database_new() {
	local name=$1 directory
	psql -XAtq -v ON_ERROR_STOP=1 <<-SQL || return 1
		SET client_min_messages = warning;
		DO \$\$ BEGIN
			IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'advocacy_owner') THEN
				CREATE ROLE advocacy_owner LOGIN CREATEROLE;
			END IF;
			IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'advocated_app') THEN
				CREATE ROLE advocated_app LOGIN;
			END IF;
		END \$\$;
	SQL
	psql -XAtq -v ON_ERROR_STOP=1 -c "CREATE DATABASE \"$name\" OWNER advocacy_owner" || return 1
	directory=$(mktemp -d)
	configuration_minimal "$directory" "$name"
	"$BUILD/advocated" -c "$directory/advocated.conf" migrate >"$directory/log" 2>&1 ||
		{ cat "$directory/log" >&2; rm -rf "$directory"; return 1; }
	rm -rf "$directory"
	psql -XAtq -v ON_ERROR_STOP=1 -d "$name" -c 'GRANT advocacy_daemon TO advocated_app' || return 1
}

# What a broken-off run left behind under this name goes first.
database_copy() {
	database_drop "$1" && psql -XAtq -c "CREATE DATABASE \"$1\" OWNER advocacy_owner TEMPLATE template_advocacy"
}
database_drop() { PGOPTIONS='-c client_min_messages=warning' psql -XAtq -c "DROP DATABASE IF EXISTS \"$1\" WITH (FORCE)"; }

# migrate needs a configuration that stands; the source in it is never asked.
configuration_minimal() {
	local directory=$1 name=$2
	printf 'unused' >"$directory/token"
	chmod 600 "$directory/token"
	printf '[account]\nname = name\n' >"$directory/mapping.conf"
	cat >"$directory/advocated.conf" <<-CONF
		[database]
		conninfo = host=$PGHOST dbname=$name user=advocated_app
		migrate_conninfo = host=$PGHOST dbname=$name user=advocacy_owner
		[source hubspot]
		connector = hubspot
		base_url = http://127.0.0.1:1
		token_file = token
		mapping = mapping.conf
	CONF
}

# --- TAP ---------------------------------------------------------------------------------------------------

tap_count=0
ok() { tap_count=$((tap_count + 1)); echo "ok $tap_count - $1"; }
not_ok() { tap_count=$((tap_count + 1)); echo "not ok $tap_count - $1"; shift; printf '#   %s\n' "$@"; }
done_testing() { echo "1..$tap_count"; }
# is WANTED GOT WHAT
is() { if [ "$1" = "$2" ]; then ok "$3"; else not_ok "$3" "wanted: $1" "got:    $2"; fi; }
# holds WHAT COMMAND…
holds() { local what=$1; shift; if "$@" >/dev/null; then ok "$what"; else not_ok "$what" "failed: $*"; fi; }

# pause SECONDS: without a program of its own. Nothing ever comes, so any other status than the timeout's is a failure.
pause() { if read -r -t "$1" <> <(:); then return 1; else [ $? -gt 128 ]; fi; }
# For a moment that is chosen at random, as that of a kill; what can be waited for is waited for by until_.
pause_ms() { pause "$(($1 / 1000)).$(printf %03d $(($1 % 1000)))"; }
# Waits until a shell expression holds: until_ 'EXPRESSION'. Polls; never longer than PATIENCE seconds.
until_() {
	local deadline=$((SECONDS + PATIENCE))
	until eval "$1"; do
		[ $SECONDS -lt $deadline ] || return 1
		pause 0.05 || return 1
	done
}
# eventually WHAT 'EXPRESSION': a test that waits.
eventually() { if until_ "$2"; then ok "$1"; else not_ok "$1" "never within ${PATIENCE}s: $2"; fi; }

# A statement that fails is no empty answer: a test that expects none would pass.
sql() { psql -XAtq -d "$DATABASE" -c "$1" || { echo 'the statement failed'; return 1; }; }

# The deal -99, which no source knows, for requests in tests that are about something else.
add_deal() { sql "INSERT INTO advocacy.opportunity (opportunity_id, source, remote_id) OVERRIDING SYSTEM VALUE VALUES (-99, 'none', '-99')"; }

# Another session, with a transaction that stays open until release: hold STATEMENTS, and what they give is in held. holder_says
# goes on with it, and prints what that gives.
hold() {
	coproc HOLDER { psql -XAtq -v ON_ERROR_STOP=1 -d "$DATABASE" 2>&1; }
	holder_pid=$HOLDER_PID
	held=$(holder_says "BEGIN; $1")
}
holder_says() {
	local line
	printf '%s;\n\\echo done\n' "$1" >&"${HOLDER[1]}"
	while read -r -t "$PATIENCE" line <&"${HOLDER[0]}" && [ "$line" != done ]; do echo "$line"; done
}
# release COMMIT or ROLLBACK
release() {
	printf '%s;\n\\q\n' "$1" >&"${HOLDER[1]}"
	wait "$holder_pid"
}
# Whether a session of this database waits for a lock: locked_out CONDITION, on pg_stat_activity.
locked_out() { [ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND $1")" = 1 ]; }

# Whether memory figures mean anything: not under valgrind or a sanitizer.
memory_is_real() { [ -z "${VALGRIND:-}" ] && [[ $(nm "$BUILD/advocated") != *__asan_init* ]]; }

# --- the sandbox and the daemon ----------------------------------------------------------------------------

# program_end PID: false when it had ended before, or ends with a fault: what a sanitizer or valgrind finds is one, too.
program_end() {
	local lived=yes
	kill "$1" 2>/dev/null || lived=
	wait "$1" && [ -n "$lived" ]
}

# sandbox_up DIRECTORY [OPTIONS…]: starts it and sets SALESFORCE, HUBSPOT, GAINSIGHT, SLACK, DISCORD and CONTROL to their addresses.
sandbox_up() {
	local directory=$1
	shift
	rm -f "$directory/ports"
	"$BUILD/sandbox" --ports-file "$directory/ports" "$@" >"$directory/sandbox.log" 2>&1 &
	sandbox_pid=$!
	until_ "[ -s '$directory/ports' ] || ! kill -0 $sandbox_pid 2>/dev/null" && [ -s "$directory/ports" ] ||
		{ cat "$directory/sandbox.log" >&2; return 1; }
	SALESFORCE=$(sed -n 's/^salesforce=//p' "$directory/ports")
	HUBSPOT=$(sed -n 's/^hubspot=//p' "$directory/ports")
	GAINSIGHT=$(sed -n 's/^gainsight=//p' "$directory/ports")
	SLACK=$(sed -n 's/^slack=//p' "$directory/ports")
	DISCORD=$(sed -n 's/^discord=//p' "$directory/ports")
	CONTROL=$(sed -n 's/^control=//p' "$directory/ports")
	export SALESFORCE HUBSPOT GAINSIGHT SLACK DISCORD CONTROL
}
sandbox_down() {
	local pid=${sandbox_pid:-}
	sandbox_pid=
	[ -z "$pid" ] || program_end "$pid"
}
# Gives the sandbox a command, e.g. world 'account 7 health 34'. One that it doesn't take is a failure whoever asks, also where
# the answer is thrown away: a fault that was never played proves nothing.
world() {
	curl -sS --noproxy '*' --fail-with-body --data-binary "$1" "$CONTROL/command" && return
	not_ok 'the sandbox does what it is told' "$1" >&2
	return 1
}
# Asks its control listener: sandbox_get slack/messages
sandbox_get() { curl -sS --noproxy '*' --fail "$CONTROL/$1"; }

# messages FILTER: what Slack received, through jq.
messages() { sandbox_get slack/messages | jq -r "$1"; }
# Whether every stream of configuration_sandbox has been read to its end.
all_synced() { [ "$(sql 'SELECT count(*) FROM advocacy.sync_stream WHERE last_success_at IS NOT NULL')" = 12 ]; }

daemon_up() {
	local directory=$1
	"${DAEMON_WRAPPER[@]}" "$BUILD/advocated" -c "$directory/advocated.conf" >>"$directory/advocated.log" 2>&1 &
	daemon_pid=$!
}
daemon_down() {
	local pid=${daemon_pid:-}
	daemon_pid=
	[ -z "$pid" ] || program_end "$pid"
}
daemon_once() { "${DAEMON_WRAPPER[@]}" "$BUILD/advocated" -c "$1/advocated.conf" once >>"$1/advocated.log" 2>&1; }
# program_kill PID, daemon_kill: in the middle of whatever it does. Not dead already: a program that fell over by itself is a
# failure of its own.
program_kill() {
	local status
	kill -KILL "$1" 2>/dev/null
	wait "$1" 2>/dev/null
	status=$?
	[ $status = 137 ] || { not_ok 'the daemon lives until it is killed' "it ended with status $status"; return 1; }
}
daemon_kill() {
	local pid=$daemon_pid
	daemon_pid=
	program_kill "$pid"
}
DAEMON_WRAPPER=()
[ -z "${VALGRIND:-}" ] || DAEMON_WRAPPER=(valgrind -q --leak-check=full --errors-for-leak-kinds=definite --error-exitcode=7)

# A scratch folder, gone with the test; whatever still runs is ended.
scratch() {
	SCRATCH=$(mktemp -d /tmp/advocated-test.XXXXXX)
	chmod 700 "$SCRATCH"
	trap clean_up EXIT
}
# The end of every test. A program that doesn't end well fails it, also after its plan.
clean_up() {
	local status=$?
	daemon_down || { not_ok 'the daemon ends well'; show_logs; status=1; }
	sandbox_down || { not_ok 'the sandbox ends well'; show_logs; status=1; }
	clean_up_more
	[ -z "${DATABASE:-}" ] || database_drop "$DATABASE"
	rm -rf "$SCRATCH"
	exit $status
}
# A test that has more to clean up defines its own.
clean_up_more() { :; }

# Prints what went wrong, for a test that gives up.
show_logs() { tail -n 40 "$SCRATCH"/*.log | sed 's/^/# /'; }

# configuration_sandbox DIRECTORY DATABASE: three sources and three channels, all played by the running sandbox, with the
# mappings of etc/. Deadlines and holds are seconds, so that a test (or an audience) can wait for them.
# POLL, HOLD, ACKNOWLEDGE, CONNECT, CHECKPOINT and LOG_LEVEL change what they say.
configuration_sandbox() {
	local directory=$1 name=$2
	mkdir -p "$directory/mapping"
	cp "$TOP"/etc/mapping/*.conf "$directory/mapping/"
	secret "$directory/salesforce-secret" 5A4DB0C5EC2E7
	secret "$directory/hubspot-token" pat-na1-5a4db0c5-0000-4000-8000-000000000001
	secret "$directory/gainsight-key" gs-5a4db0c5-0000-4000-8000-000000000002
	secret "$directory/slack-csm" "$SLACK/services/T0SANDBOX/B0CSMTEAM/csmcsmcsmcsmcsmcsmcsmcsm"
	secret "$directory/slack-sales" "$SLACK/services/T0SANDBOX/B0SALES00/salesalesalesalesalesale"
	secret "$directory/slack-ops" "$SLACK/services/T0SANDBOX/B0OPS0000/opsopsopsopsopsopsopsops"
	cat >"$directory/advocated.conf" <<-CONF
		include = policy.conf
		[daemon]
		log_level = ${LOG_LEVEL:-info}
		[database]
		conninfo = host=$PGHOST dbname=$name user=advocated_app
		migrate_conninfo = host=$PGHOST dbname=$name user=advocacy_owner
		[source salesforce]
		connector = salesforce
		base_url = $SALESFORCE
		client_id = 3MVG9sandbox.client.id
		client_secret_file = salesforce-secret
		mapping = mapping/salesforce.conf
		poll = ${POLL:-5s}
		settle = 0s
		overlap = 60s
		checkpoint_rows = ${CHECKPOINT:-20000}
		[source hubspot]
		connector = hubspot
		base_url = $HUBSPOT
		token_file = hubspot-token
		mapping = mapping/hubspot.conf
		poll = ${POLL:-5s}
		settle = 0s
		overlap = 60s
		checkpoint_rows = ${CHECKPOINT:-20000}
		[source gainsight]
		connector = gainsight
		base_url = $GAINSIGHT
		access_key_file = gainsight-key
		mapping = mapping/gainsight.conf
		poll = ${POLL:-5s}
		overlap = 60s
		calls_per_minute = 100
		checkpoint_rows = ${CHECKPOINT:-20000}
		[channel csm]
		connector = slack
		webhook_url_file = slack-csm
		audience = csm
		[channel sales]
		connector = slack
		webhook_url_file = slack-sales
		audience = rep
		[channel ops]
		connector = slack
		webhook_url_file = slack-ops
		audience = program
	CONF
	cat >"$directory/policy.conf" <<-CONF
		[risk health_low]
		signal = health_score
		enter = < 60
		clear = > 75
		hold = ${HOLD:-3s}
		action = suspend
		severity = soft
		flaps = 0
		[risk escalation]
		signal = open_escalations
		enter = >= 1
		clear = < 1
		hold = ${HOLD:-3s}
		action = suspend
		severity = hard
		confirm = no
		flaps = 0
		[calendar always]
		time_zone = UTC
		always = yes
		[sla acknowledge]
		metric = acknowledge
		calendar = always
		target = ${ACKNOWLEDGE:-6s}
		warn = 50%
		[sla connect]
		metric = connect
		calendar = always
		target = ${CONNECT:-1h}
		warn = 75%
		[notifications]
		together = ${TOGETHER:-0}
		weekly_most = 0
		digest_day = ${DIGEST_DAY:-never}
		[eligibility]
		consent = ${CONSENT:-enrolment}
		reinstate_least = ${REINSTATE_LEAST:-1000}
		observe = ${OBSERVE:-no}
		[caps]
		reinstated_rest = ${REINSTATED_REST:-0}
		[route risks]
		kinds = advocate_suspended, advocate_reinstated, advocate_suspended_by_person, advocate_reinstated_by_person, suspension_lifted_by_person, first_load_summary
		channel = csm
		[route requests]
		kinds = request_received, request_refused, request_matched, request_scheduled, call_in_doubt, advocate_unavailable, sla_warning, sla_breach
		channel = sales
		[route everything-else]
		kinds = *
		channel = ops
	CONF
}

secret() {
	printf '%s' "$2" >"$1"
	chmod 600 "$1"
}

# --- what the database holds -------------------------------------------------------------------------------

# Every version of every row of these tables, so that any write at all changes it: written_rows TABLE…
written_rows() {
	local table
	for table in "$@"; do
		sql "SELECT '$table', count(*), md5(coalesce(string_agg(ctid::text || xmin::text, ' ' ORDER BY ctid), ''))
		     FROM advocacy.$table"
	done
}

# What was synced and concluded, a line a table, without what is our own (ids, times of arrival, which source came
# first): the same world gives the same lines, by whatever way it came.
synced_content() {
	psql -XAtq -v ON_ERROR_STOP=1 -d "$DATABASE" <<-'SQL'
		CREATE TEMP VIEW who AS SELECT account_id,
			string_agg(source || ' ' || remote_id, ', ' ORDER BY source, remote_id) AS who
			FROM advocacy.account_source GROUP BY account_id;
		SELECT 'account', count(*), md5(coalesce(string_agg(x, E'\n' ORDER BY x), '')) FROM (
			SELECT w.who || (to_jsonb(t) - '{account_id,source,remote_id,merged_into,created_at,updated_at}'::text[]) AS x
			  FROM advocacy.account AS t JOIN who AS w USING (account_id)) AS t;
		SELECT 'account_source', count(*), md5(coalesce(string_agg(x, E'\n' ORDER BY x), '')) FROM (
			SELECT w.who || (to_jsonb(t) - '{account_id,link_reason}'::text[]) AS x
			  FROM advocacy.account_source AS t JOIN who AS w USING (account_id)) AS t;
		SELECT 'staff', count(*), md5(coalesce(string_agg(x, E'\n' ORDER BY x), '')) FROM (
			SELECT (to_jsonb(t) - 'staff_id')::text AS x FROM advocacy.staff AS t) AS t;
		SELECT 'contact', count(*), md5(coalesce(string_agg(x, E'\n' ORDER BY x), '')) FROM (
			SELECT coalesce(w.who, '') || (to_jsonb(t) - '{contact_id,account_id}'::text[]) AS x
			  FROM advocacy.contact AS t LEFT JOIN who AS w USING (account_id)) AS t;
		SELECT 'support_case', count(*), md5(coalesce(string_agg(x, E'\n' ORDER BY x), '')) FROM (
			SELECT coalesce(w.who, '') || (to_jsonb(t) - '{case_id,account_id}'::text[]) AS x
			  FROM advocacy.support_case AS t LEFT JOIN who AS w USING (account_id)) AS t;
		SELECT 'opportunity', count(*), md5(coalesce(string_agg(x, E'\n' ORDER BY x), '')) FROM (
			SELECT coalesce(w.who, '') || (to_jsonb(t) - '{opportunity_id,account_id}'::text[]) AS x
			  FROM advocacy.opportunity AS t LEFT JOIN who AS w USING (account_id) WHERE t.source <> 'none') AS t; -- add_deal
		SELECT 'signal', count(*), md5(coalesce(string_agg(x, E'\n' ORDER BY x), '')) FROM (
			SELECT w.who || (to_jsonb(t) - 'account_id') AS x
			  FROM advocacy.signal AS t JOIN who AS w USING (account_id)
			 WHERE NOT (t.name = 'open_escalations' AND t.value = 0)) AS t; -- kept only where there was one
		SELECT 'advocate', count(*), md5(coalesce(string_agg(x, E'\n' ORDER BY x), '')) FROM (
			SELECT concat_ws(' ', w.who, c.source, c.remote_id, t.retired_at IS NULL) AS x FROM advocacy.advocate AS t
			  JOIN advocacy.contact AS c USING (contact_id) LEFT JOIN who AS w ON w.account_id = t.account_id) AS t;
		SELECT 'open risk', count(*), md5(coalesce(string_agg(x, E'\n' ORDER BY x), '')) FROM (
			SELECT concat_ws(' ', w.who, t.rule) AS x FROM advocacy.risk AS t JOIN who AS w USING (account_id)
			 WHERE t.cleared_at IS NULL) AS t;
		SELECT 'open suspension', count(*), md5(coalesce(string_agg(x, E'\n' ORDER BY x), '')) FROM (
			SELECT concat_ws(' ', c.source, c.remote_id, t.cause, t.rule) AS x FROM advocacy.suspension AS t
			  JOIN advocacy.advocate AS a USING (advocate_id) JOIN advocacy.contact AS c USING (contact_id)
			 WHERE t.closed_at IS NULL) AS t;
		SELECT 'rejected_record', count(*) FROM advocacy.rejected_record WHERE resolved_at IS NULL;
	SQL
}

# HubSpot and Gainsight stamp to the second and are read up to the last full one: what was changed in this second is
# read in the next. Waits for it.
second_passes() {
	local second
	second=$(date +%s)
	until_ "[ \$(date +%s) -gt $second ]"
}

# configuration_only DIRECTORY SOURCE [STREAMS]: of configuration_sandbox's sources only this one, with these streams.
configuration_only() {
	local directory=$1 source=$2 streams=${3:-}
	awk -v wanted="[source $source]" -v streams="$streams" '
		/^\[/ { drop = /^\[source / && $0 != wanted }
		!drop { print }
		$0 == wanted && streams != "" { print "streams = " streams }' "$directory/advocated.conf" >"$directory/only.conf" &&
		mv "$directory/only.conf" "$directory/advocated.conf"
}

# --- what people are told ----------------------------------------------------------------------------------

# What Slack got, beside what the database says it sent, in the tables public.slack and public.told. A message is known
# by its channel, by what it shouts ("SLA BREACH") and by the event or the request that it names.
load_messages() {
	local file=$SCRATCH/messages.json
	sandbox_get slack/messages | jq -c '.[]' >"$file"
	psql -XAtq -v ON_ERROR_STOP=1 -d "$DATABASE" <<-SQL
		SET client_min_messages = warning;
		DROP TABLE IF EXISTS public.message, public.slack, public.told;
		CREATE TABLE public.message (place bigint GENERATED ALWAYS AS IDENTITY, message jsonb);
		\copy public.message (message) FROM '$file' (FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02')
		CREATE TABLE public.slack AS
		SELECT m.place, m.message ->> 'channel' AS channel, m.message ->> 'text' AS text,
		       (m.message ->> 'received_at')::timestamptz AS received_at,
		       m.message::text LIKE '%may be a repeat%' AS marked,
		       m.message -> 'payload' ? 'attachments' OR m.message -> 'payload' ? 'blocks' AS laid_out,
		       concat_ws(' ', m.message ->> 'channel', substring(m.message ->> 'text' FROM '^([A-Z ]+):'),
		                 coalesce(substring(m.message::text FROM '"event ([a-z0-9-]+)'),
		                          substring(m.message ->> 'text' FROM 'REQ-[0-9]+'))) AS key
		  FROM public.message AS m;
		CREATE TABLE public.told AS
		SELECT o.outbox_id, o.channel, o.kind, n.text, o.possibly_repeated,
		       concat_ws(' ', o.channel, substring(n.text FROM '^([A-Z ]+):'),
		                 coalesce(o.facts ->> 'event', o.facts ->> 'request')) AS key
		  FROM advocacy.outbox AS o LEFT JOIN advocacy.notification AS n USING (outbox_id) WHERE o.state <> 'muted';
	SQL
}
