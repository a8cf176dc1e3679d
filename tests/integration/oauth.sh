#!/bin/bash
# A vendor that renews its refresh tokens: the newest is found again after a restart, and never asked for twice.
set -uo pipefail
. "$TOP/tests/lib.sh"

first=na1-cccc-0000-4000-8000-000000000003

scratch
DATABASE=test_oauth
database_copy "$DATABASE" || exit 1
sandbox_up "$SCRATCH" --accounts 10 --set slack.per_minute=0 --set hubspot.rotate_refresh=yes || exit 1
LOG_LEVEL=debug configuration_sandbox "$SCRATCH" "$DATABASE"
configuration_only "$SCRATCH" hubspot account
secret "$SCRATCH/client-secret" bbbbbbbb-0000-4000-8000-000000000002
secret "$SCRATCH/refresh-token" "$first"
mkdir "$SCRATCH/state"
kept=$SCRATCH/state/hubspot.refresh-token
sed -i -e 's/^token_file = .*/client_id = aaaaaaaa-0000-4000-8000-000000000001\nclient_secret_file = client-secret\nrefresh_token_file = refresh-token/' \
	-e "s|^\[daemon\]|&\nstate_directory = $SCRATCH/state|" "$SCRATCH/advocated.conf"
advocated() { "${DAEMON_WRAPPER[@]}" "$BUILD/advocated" -c "$SCRATCH/advocated.conf" "$@" 2>>"$SCRATCH/advocated.log"; }
once() { daemon_once "$SCRATCH"; }
# The run fails because the refresh token is void, and for nothing else.
refusals() { grep -c invalid_grant "$SCRATCH/advocated.log"; }
refused() {
	local before
	before=$(refusals)
	! once && [ "$(refusals)" -gt "$before" ]
}

holds 'the first run ends well' once
is 600 "$(stat -c %a "$kept")" 'the new refresh token is kept, for its owner alone'
is "$first" "$(cat "$SCRATCH/refresh-token")" 'the configured file stays as it is'
holds 'the second run ends well with what the first one kept' once
mv "$kept" "$SCRATCH/aside"
holds '(with the configured one it would not: that is void)' refused
mv "$SCRATCH/aside" "$kept"
holds 'a preview renews it, too' advocated once --dry-run
holds 'and what it kept is good' once

# --- a person puts another one into the file ---
second=na1-dddd-0000-4000-8000-000000000004
world "set hubspot.refresh_token $second" >/dev/null
holds 'the kept one is refused when the app is installed anew' refused
secret "$SCRATCH/refresh-token" "$second"
holds 'the new configured one wins over the kept one' once
holds 'and what came in its place is kept' once

# --- beside a daemon that renews all the time ---
world 'set hubspot.token_seconds 2' >/dev/null
daemon_up "$SCRATCH"
newest() { cksum "$kept"; }
before=$(newest)
eventually 'the daemon renews it by the clock' '[ "$(newest)" != "$before" ]'
holds 'check --online gets a token of its own' advocated check --online
before=$(newest)
eventually 'and the daemon goes on with what that left' '[ "$(newest)" != "$before" ]'
holds 'the daemon ends well' daemon_down
holds 'one more start goes on' once
world 'set hubspot.token_seconds 1800' >/dev/null

# --- while it is being renewed ---
# renewing COMMAND…: the command while the vendor, which has renewed the token already, holds its answer to a new daemon back.
held_ms=1500
renewing() {
	at=$(sql 'SELECT clock_timestamp()')
	world "fault hubspot slow object=token ms=$held_ms count=1" >/dev/null
	daemon_up "$SCRATCH"
	until_ '[ "$(sandbox_get faults)" = "[]" ]' && "$@"
}
is_read() { [ "$(sql "SELECT last_success_at > '$at' FROM advocacy.sync_stream WHERE source = 'hubspot'")" = t ]; }
lose_link() { [ "$(sql "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
	WHERE datname = current_database() AND application_name = 'advocated source hubspot'")" = 1 ]; }
change_source() {
	sed -i 's/^checkpoint_rows = .*/checkpoint_rows = 10000/' "$SCRATCH/advocated.conf"
	kill -HUP "$daemon_pid"
}
before=$(refusals)
holds 'the link to the database is lost' renewing lose_link
eventually 'the source is read when it is back' is_read
holds 'the daemon ends well' daemon_down
holds 'a reload changes the source' renewing change_source
eventually 'which is read then' is_read
holds 'the daemon ends well' daemon_down
holds 'a daemon that is renewing it ends well' renewing daemon_down
# ended ARGUMENTS…: with which status the program ends when a SIGTERM comes while it is renewing the token.
ended() {
	world "fault hubspot slow object=token ms=$held_ms count=1" >/dev/null
	"${DAEMON_WRAPPER[@]}" "$BUILD/advocated" -c "$SCRATCH/advocated.conf" "$@" >/dev/null 2>>"$SCRATCH/advocated.log" &
	local pid=$!
	until_ '[ "$(sandbox_get faults)" = "[]" ]'
	kill "$pid"
	wait "$pid"
	echo $?
}
is 143 "$(ended once --dry-run)" 'a preview ends, when it has it'
is 143 "$(ended check --online)" 'and so does a check'
holds 'and the next start goes on' once
is "$before" "$(refusals)" 'no void refresh token was ever used'
is 0 "$(grep -c token_abandoned "$SCRATCH/advocated.log")" 'and none was given up'
stop_soon() {
	local begin=${EPOCHREALTIME/./}
	daemon_down && [ $((${EPOCHREALTIME/./} - begin)) -lt 5000000 ]
}
held_ms=20000
holds 'a vendor that holds it back for long does not hold up a stop' renewing stop_soon
is 1 "$(grep -c 'warning token_abandoned: hubspot: ' "$SCRATCH/advocated.log")" 'and the log says what that may have cost'

# --- nowhere to keep it ---
sed -i "s|^state_directory = .*|state_directory = $SCRATCH/nowhere|" "$SCRATCH/advocated.conf"
third=na1-eeee-0000-4000-8000-000000000005
world "set hubspot.refresh_token $third" >/dev/null
secret "$SCRATCH/refresh-token" "$third"
holds 'a run that can keep nothing ends well' once
is 1 "$(grep -c 'error renewed_secret_not_kept: hubspot: .*nowhere (No such file or directory)' "$SCRATCH/advocated.log")" \
	'and the log says so, once'
is '' "$(grep -oE 'na1-[0-9a-z-]{6,}|CKz9[0-9a-f]{8}' "$SCRATCH/advocated.log")" 'no token stands in the log'
done_testing
