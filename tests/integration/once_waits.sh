#!/bin/bash
# long
# `once` waits half a minute for a database that isn't there; one that takes longer to judge a changed policy is there.
set -uo pipefail
. "$TOP/tests/lib.sh"

scratch
DATABASE=test_once_waits
database_copy "$DATABASE" || exit 1
sandbox_up "$SCRATCH" --accounts 20 || exit 1
configuration_sandbox "$SCRATCH" "$DATABASE"
configuration_only "$SCRATCH" salesforce account
# Who decides holds up whoever else would: the policy waits as if it had to judge millions.
sql 'BEGIN; SELECT advocacy.sync_lock(); SELECT pg_sleep(33); COMMIT' >/dev/null &
holder=$!
eventually '(somebody decides)' "[ \"\$(sql \"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())\")\" -ge 1 ]"
holds 'once outlasts what takes the database long' daemon_once "$SCRATCH" || show_logs
holds '(which took it long)' wait "$holder"
is t "$(sql "SELECT last_success_at IS NOT NULL FROM advocacy.sync_stream WHERE stream = 'account'")" 'and reads'
done_testing
