#!/bin/bash
# Beside a daemon somebody previews, resyncs or takes decisions back: whoever works on a stream takes the lock on decisions before the
# stream, and the stream before its source. Otherwise two wait for each other, and one of their runs is lost.
set -uo pipefail
. "$TOP/tests/lib.sh"
DATABASE=$PGDATABASE
export PGOPTIONS='-c client_min_messages=warning -c lock_timeout=60s'
psql -X -q -v ON_ERROR_STOP=1 -o /dev/null <<'SQL'
SELECT advocacy.source_register('sf', 'salesforce', 1, '36500 days'), advocacy.stage_prepare();
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name) VALUES ('a', now() - interval '1 day', 'A');
SELECT advocacy.sync_apply('sf', 'account', 'c', true, now(), 1, 1, now(), now());
SQL
# While somebody has what HELD locks, STATEMENTS wait for it, and FREE gives t to whoever has that: behind WHAT nobody waits in a ring.
# waits_without WHAT HELD STATEMENTS FREE
waits_without() {
	hold "SELECT 'held' FROM (SELECT 1) AS one, LATERAL ($2) AS held"
	is held "$held" "($1: somebody is there before)"
	psql -X -q -o /dev/null -v ON_ERROR_STOP=1 -c "$3" &
	local waiting=$!
	eventually "$1 waits for that" "[ \"\$(sql \"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'\")\" = 1 ]"
	is t "$(holder_says "$4")" "and holds nothing that comes after it"
	release COMMIT
	wait $waiting
	is 0 $? 'then it is done'
}
decisions="SELECT advocacy.sync_lock()"
stream="SELECT FROM advocacy.sync_stream WHERE source = 'sf' AND stream = 'account' FOR UPDATE"
stage="SELECT advocacy.stage_prepare(); INSERT INTO pg_temp.stage_account (remote_id, modified_at, name) VALUES ('a', now(), 'B')"
takes_stream="SELECT true FROM advocacy.sync_stream WHERE source = 'sf' AND stream = 'account' FOR UPDATE NOWAIT"
takes_source="SELECT true FROM advocacy.source_status WHERE source = 'sf' FOR UPDATE NOWAIT"
waits_without 'an apply' "$decisions" "$stage; SELECT advocacy.sync_apply('sf', 'account', 'c', true, now(), 1, 1, now(), now())" "$takes_stream"
waits_without 'a stream that is taken out' "$decisions" "SELECT advocacy.source_register('sf', 'salesforce', 1, '36500 days', streams => '{contact}')" "$takes_stream"
waits_without 'the report of a failure' "$stream" "SELECT advocacy.source_report('sf', 'account', 'retrying', 'transient', 'no')" "$takes_source"

# Who begins a stream holds its source until he is done, though nobody changes that.
hold "INSERT INTO advocacy.sync_stream (source, stream) VALUES ('sf', 'contact') RETURNING 'begun'"
is begun "$held" '(somebody begins another stream)'
is '' "$(PGOPTIONS='-c lock_timeout=5s' sql "SELECT advocacy.source_report('sf', 'account', 'current')")" 'a run of the first one ends meanwhile'
release COMMIT
done_testing
