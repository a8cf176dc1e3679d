# What the integration tests, the SQL tests and the demo share. Sourced by bash; TOP and BUILD must be set.
# shellcheck shell=bash

# Programs under test may be slow under a sanitizer or valgrind: every wait has a generous deadline and ends at once
# when its condition holds.
: "${PATIENCE:=60}"

cluster_up() {
	local exports
	# Tests lose nothing they need when the machine stops; the daemon's own durability is tested by killing it.
	exports=$(PGBOX_OPTS="-c fsync=off -c max_connections=200 ${PGBOX_OPTS:-}" "$TOP/tests/pgbox" up "$1") || return 1
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

database_copy() { psql -XAtq -c "CREATE DATABASE \"$1\" TEMPLATE template_advocacy"; }
database_drop() { psql -XAtq -c "DROP DATABASE IF EXISTS \"$1\" WITH (FORCE)"; }

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

# Waits until a shell expression holds: until_ 'EXPRESSION'. Polls; never longer than PATIENCE seconds.
until_() {
	local deadline=$((SECONDS + PATIENCE))
	until eval "$1"; do
		[ $SECONDS -lt $deadline ] || return 1
		read -r -t 0.05 <> <(:) || true
	done
}
# eventually WHAT 'EXPRESSION': a test that waits.
eventually() { if until_ "$2"; then ok "$1"; else not_ok "$1" "never within ${PATIENCE}s: $2"; fi; }

sql() { psql -XAtq -d "$DATABASE" -c "$1"; }

# --- the sandbox and the daemon ----------------------------------------------------------------------------

# sandbox_up DIRECTORY [OPTIONS…]: starts it and sets SALESFORCE, HUBSPOT, GAINSIGHT, SLACK and CONTROL to their addresses.
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
	CONTROL=$(sed -n 's/^control=//p' "$directory/ports")
	export SALESFORCE HUBSPOT GAINSIGHT SLACK CONTROL
}
sandbox_down() {
	[ -z "${sandbox_pid:-}" ] || { kill "$sandbox_pid" 2>/dev/null; wait "$sandbox_pid" 2>/dev/null; }
	sandbox_pid=
}
# Gives the sandbox a command, e.g. world 'account 7 health 34'.
world() { curl -sS --noproxy '*' --fail-with-body --data-binary "$1" "$CONTROL/command"; }
# Asks its control listener: sandbox_get slack/messages
sandbox_get() { curl -sS --noproxy '*' --fail "$CONTROL/$1"; }

daemon_up() {
	local directory=$1
	"${DAEMON_WRAPPER[@]}" "$BUILD/advocated" -c "$directory/advocated.conf" >>"$directory/advocated.log" 2>&1 &
	daemon_pid=$!
}
daemon_down() {
	[ -z "${daemon_pid:-}" ] || { kill "$daemon_pid" 2>/dev/null; wait "$daemon_pid" 2>/dev/null; }
	daemon_pid=
}
daemon_once() { "${DAEMON_WRAPPER[@]}" "$BUILD/advocated" -c "$1/advocated.conf" once >>"$1/advocated.log" 2>&1; }
DAEMON_WRAPPER=()
[ -z "${VALGRIND:-}" ] || DAEMON_WRAPPER=(valgrind -q --leak-check=full --errors-for-leak-kinds=definite --error-exitcode=7)

# A scratch folder, gone with the test; whatever still runs is ended.
scratch() {
	SCRATCH=$(mktemp -d /tmp/advocated-test.XXXXXX)
	chmod 700 "$SCRATCH"
	trap 'daemon_down; sandbox_down; [ -z "${DATABASE:-}" ] || database_drop "$DATABASE"; rm -rf "$SCRATCH"' EXIT
}

# Prints what went wrong, for a test that gives up.
show_logs() { tail -n 40 "$SCRATCH"/*.log | sed 's/^/# /'; }
