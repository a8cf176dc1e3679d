#!/bin/bash
# A dump is restored on another server, and the daemon goes on there as if nothing had been. Then the schema becomes newer under
# it: it goes on and says so, or makes way for those that know the schema.
set -uo pipefail
. "$TOP/tests/lib.sh"

scratch
DATABASE=test_upgrade
database_copy "$DATABASE" || exit 1
clean_up_more() { DATABASE=; "$TOP/tests/pgbox" down "$SCRATCH/pg"; }
sandbox_up "$SCRATCH" --accounts 30 --set slack.per_minute=0 --set hubspot.search_per_second=0 --set hubspot.calls_per_ten_seconds=0 \
	--set hubspot.associations_per_ten_seconds=0 || exit 1
configuration_sandbox "$SCRATCH" "$DATABASE"
configuration_only "$SCRATCH" hubspot
add_deal
sql "SELECT advocacy.request_submit(-99, 'quote', 'before', 'whom', 'what', now() + interval '1 day', 'rep@vendor.example')" >/dev/null
holds 'a program' daemon_once "$SCRATCH"
tables=(account account_source contact signal signal_history risk advocate suspension outbox notification request sla_clock)
counts() { for table in "${tables[@]}"; do sql "SELECT '$table', count(*), md5(coalesce(string_agg(t::text, ' ' ORDER BY t::text), '')) FROM advocacy.$table AS t"; done; }
before=$(counts)
told=$(messages length)

# --- elsewhere, where nothing of it ever was ---
pg_dump -Fc -d "$DATABASE" -f "$SCRATCH/dump" || not_ok 'pg_dump'
database_drop "$DATABASE"
# The tests' own roles; those of the schema are made by migrate.
eval "$(PGBOX_OPTS='-c fsync=off' "$TOP/tests/pgbox" up "$SCRATCH/pg")"
psql -XAtq -c 'CREATE ROLE advocacy_owner LOGIN CREATEROLE' -c 'CREATE ROLE advocated_app LOGIN' -c "CREATE DATABASE $DATABASE OWNER advocacy_owner"
holds 'it is restored' pg_restore --exit-on-error --no-owner --no-privileges --role=advocacy_owner -d "$DATABASE" "$SCRATCH/dump"
is "$before" "$(counts)" 'to the last row'
configuration_sandbox "$SCRATCH" "$DATABASE"
configuration_only "$SCRATCH" hubspot
sed -i "/^log_level/a metrics_listen = unix:$SCRATCH/metrics" "$SCRATCH/advocated.conf"
advocated() { "$BUILD/advocated" -c "$SCRATCH/advocated.conf" "$@"; }
holds 'migrate brings roles and rights' advocated migrate
psql -XAtq -d "$DATABASE" -c 'GRANT advocacy_daemon TO advocated_app'
holds 'check finds nothing wrong' advocated check --online
is '' "$(sql "SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = 'advocacy'::regnamespace AND c.relkind = 'r' AND pg_get_userbyid(c.relowner) <> 'advocacy_owner'")" 'all is the owner'"'"'s'
holds 'the daemon goes on' daemon_once "$SCRATCH"
is "$told" "$(messages length)" 'nobody is told again'
is "$(grep -E '^(account|account_source|signal_history|risk|suspension|advocate|request)\|' <<<"$before")" \
	"$(counts | grep -E '^(account|account_source|signal_history|risk|suspension|advocate|request)\|')" 'and nothing is stored twice'
sql "SELECT advocacy.request_submit(-99, 'quote', 'after', 'whom', 'what', now() + interval '1 day', 'rep@vendor.example')" >/dev/null
daemon_up "$SCRATCH"
eventually 'what is new is told' '[ "$(messages length)" -gt '"$told"' ]'
readyz() { curl -sS --max-time 5 --unix-socket "$SCRATCH/metrics" "$@" http://advocated/readyz 2>/dev/null; }
eventually '(and it works)' '[[ "$(readyz)" == "1 source current"* ]]'

# --- the schema becomes newer under it ---
heard=$(psql -XAtq -d "$DATABASE" -c 'LISTEN advocacy_schema' -c "\\! '$BUILD/advocated' -c '$SCRATCH/advocated.conf' migrate" -c 'SELECT')
holds 'whoever runs hears of each migrate, for the one before it may have been killed half way' grep -q 'Asynchronous notification "advocacy_schema"' <<<"$heard"
# What is only busy says nothing of the version.
hold 'LOCK TABLE advocacy.schema_version'
sql 'NOTIFY advocacy_schema' >/dev/null
asks="application_name = 'advocated control'"
eventually '(it asks for the version)' 'locked_out "$asks"'
is t "$(sql "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND $asks")" '(and is cancelled)'
eventually 'a version that could not be asked for is asked for again' "grep -q 'canceling statement' '$SCRATCH/advocated.log'"
release ROLLBACK
eventually '(and it works)' '[[ "$(readyz)" == "1 source current"* ]]'
holds 'by the same daemon' kill -0 "$daemon_pid"
newer() { sql "INSERT INTO advocacy.schema_version (version, name, breaking, program) VALUES ($1, 'migrations/$1', $2, 'newer'); NOTIFY advocacy_schema" >/dev/null; }
newer 9001 false
eventually 'a newer schema that it can work with is told' "grep -q 'schema_newer.*version 9001' '$SCRATCH/advocated.log'"
is 200 "$(readyz -o /dev/null -w '%{http_code}')" 'and worked with'
refusal=$(advocated migrate 2>&1)
is 1 $? 'an older program puts none of its functions in place of newer ones'
holds 'and says so' grep -q 'at version 9001, newer than this program' <<<"$refusal"
newer 9002 true
until_ '! kill -0 "$daemon_pid" 2>/dev/null' || kill "$daemon_pid"
wait "$daemon_pid"
is 69 $? 'before one that breaks it, it ends'
daemon_up "$SCRATCH"
eventually 'and when it is started again it stands by and says why' '[[ "$(readyz)" == *"too new"*"version 9002"*"upgrade the program"* ]]'
is 503 "$(readyz -o /dev/null -w '%{http_code}')" 'it is not ready'
is '' "$(sql "SELECT application_name, state, query FROM pg_stat_activity WHERE usename = 'advocated_app' AND application_name LIKE 'advocated source%' AND datname = current_database()")" 'no source is worked on'
sql 'DELETE FROM advocacy.schema_version WHERE version = 9002' >/dev/null
eventually 'it goes on when it can' '[[ "$(readyz)" == "1 source current"* ]]'
holds 'the daemon ends well' daemon_down

# --- a newer program than its schema ---
sql 'DELETE FROM advocacy.schema_version WHERE version = 9001; UPDATE advocacy.schema_version SET version = version - 1' >/dev/null
refusal=$(advocated check --online 2>&1)
is 78 $? 'check finds the schema too old'
holds 'and says what to do' grep -q 'too old: run .advocated migrate.' <<<"$refusal"
daemon_up "$SCRATCH"
eventually 'a newer program than its schema waits, and says what to do' '[[ "$(readyz)" == *"too old"*"run `advocated migrate`"* ]]'
holds 'as an error, for it waits for a person' grep -q ' error database_not_ready: .*too old' "$SCRATCH/advocated.log"
is 503 "$(readyz -o /dev/null -w '%{http_code}')" 'it is not ready'
sql 'UPDATE advocacy.schema_version SET version = version + 1; NOTIFY advocacy_schema' >/dev/null
eventually 'it begins once somebody has' '[[ "$(readyz)" == "1 source current"* ]]'
holds 'and says that it does' grep -q ' info database_ready: ' "$SCRATCH/advocated.log"
holds 'the same daemon' daemon_down

# --- where nothing can be written ---
psql -XAtq -c 'ALTER ROLE advocated_app SET default_transaction_read_only = on'
refusal=$(advocated check --online 2>&1)
is 69 $? 'check finds that nothing can be written'
holds 'and says so' grep -q 'database: it takes no writes' <<<"$refusal"
daemon_up "$SCRATCH"
eventually 'the daemon waits until it can be' '[[ "$(readyz)" == *"takes no writes: it is a standby, or read-only"*"target_session_attrs"* ]]'
psql -XAtq -c 'ALTER ROLE advocated_app RESET default_transaction_read_only'
sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE $asks" >/dev/null
eventually 'and says what ended its session' "grep -q 'terminating connection due to administrator command' '$SCRATCH/advocated.log'"
eventually 'and goes on' '[[ "$(readyz)" == "1 source current"* ]]'
holds 'by itself' daemon_down

# --- in another encoding ---
DATABASE=test_upgrade_ascii
psql -XAtq -c "CREATE DATABASE $DATABASE OWNER advocacy_owner TEMPLATE template0 ENCODING SQL_ASCII LC_COLLATE 'C' LC_CTYPE 'C'"
sed -i "s/dbname=[a-z_]*/dbname=$DATABASE/" "$SCRATCH/advocated.conf"
refusal=$(advocated migrate 2>&1)
is 1 $? 'no schema is made where texts can'"'"'t be kept'
holds 'and what would do is said' grep -q 'in SQL_ASCII, and has to be in UTF8 - make one by createdb --encoding=UTF8' <<<"$refusal"
holds '(it is restored there)' pg_restore --exit-on-error --no-owner --role=advocacy_owner -d "$DATABASE" "$SCRATCH/dump"
refusal=$(advocated check --online 2>&1)
is 78 $? 'check finds where it was restored'
holds 'and says the same' grep -q "database: it isn't in UTF8" <<<"$refusal"
daemon_up "$SCRATCH"
eventually 'the daemon works on nothing there' '[[ "$(readyz)" == *"SQL_ASCII"*"has to be in UTF8"* ]]'
holds 'it ends well' daemon_down
done_testing
