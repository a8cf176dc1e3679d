#!/bin/bash
# Two senders claim flags of one source at once: each flag goes to one of them. And two who change one advocate at a time
# leave the flag as both changes make it. Who records what became of flags, and somebody who wishes for others of them in
# another order, don't wait for each other.
set -uo pipefail
. "$TOP/tests/lib.sh"
DATABASE=$PGDATABASE
# Whoever had to wait would do so until then.
export PGOPTIONS="-c lock_timeout=60s"
contacts="SELECT advocacy.writeback_register('sf', '{\"contact\": {\"fields\": \"f\", \"words\": {\"eligible\": \"Available\", \"caution\": \"Caution\",
	\"suspended\": \"Suspended\", \"ineligible\": \"I\", \"withdrawn\": \"W\", \"left\": \"L\"}}}')"
psql -XAtq -v ON_ERROR_STOP=1 >/dev/null <<'SQL'
SELECT advocacy.source_register('sf', 'salesforce', 1, '36500 days');
INSERT INTO advocacy.contact (source, remote_id, email) SELECT 'sf', n::text, n || '@x.example' FROM generate_series(1, 40) AS n;
INSERT INTO advocacy.account (account_id, source, remote_id) VALUES (1, 'sf', 'a');
UPDATE advocacy.contact SET account_id = 1;
INSERT INTO advocacy.advocate (contact_id, account_id, enrolled_by) SELECT contact_id, 1, 'test' FROM advocacy.contact;
SQL
sql "$contacts; SELECT advocacy.writeback_start('sf', 'test')" >/dev/null
claim="SELECT remote_id FROM advocacy.writeback_claim('sf', 20, '1 minute')"
hold "$claim"
one=$held two=$(sql "$claim")
release COMMIT
is '20 20 40' "$(wc -l <<<"$one") $(wc -l <<<"$two") $(sort -u <<<"$one"$'\n'"$two" | wc -l)" 'each flag goes to one sender'
sql "SELECT advocacy.writeback_recover('sf')" >/dev/null

first=$(sql 'SELECT min(advocate_id) FROM advocacy.advocate')
wanted() { sql "SELECT wanted FROM advocacy.crm_flag WHERE advocate_id = $first"; }
hold "SELECT advocacy.advocate_suspend($first, 'one')"
sql "INSERT INTO advocacy.suspension (advocate_id, cause, reason, opened_by) VALUES ($first, 'consent', 'two', 'test')" &
two=$!
eventually '(who changes the same advocate waits)' "locked_out \"query LIKE 'INSERT INTO advocacy.suspension%'\""
release COMMIT
wait "$two"
is 0 $? '(and goes on)'
sql "SELECT advocacy.advocate_reinstate($first, 'one is over')" >/dev/null
is W "$(wanted)" 'what both say counts'
sql "UPDATE advocacy.suspension SET closed_at = now(), closed_by = 'test', close_reason = 'test' WHERE closed_at IS NULL"
is Available "$(wanted)" 'until it is over'

# One has sent two flags and says so; the other suspends the second advocate, and once the first one waits for that, the first.
sender="(SELECT l.pid FROM pg_locks AS l WHERE l.locktype = 'advisory' AND l.objid = 1 AND l.granted)"
hold "SELECT pg_advisory_lock(1); $claim"
holder_says 'COMMIT' >/dev/null
is 2 "$(grep -cx '1[01]' <<<"$held")" '(both flags are claimed)'
# (Asked for once: a flag that is wished for moves.)
order=$(sql "SELECT array_agg(c.remote_id ORDER BY f.ctid) FROM advocacy.crm_flag AS f JOIN advocacy.contact AS c USING (source, remote_id) WHERE c.remote_id IN ('10', '11')")
suspend() { echo "PERFORM advocacy.advocate_suspend(a.advocate_id, 'race') FROM advocacy.advocate AS a JOIN advocacy.contact AS c USING (contact_id) WHERE c.remote_id = ('$order'::text[])[$1]"; }
psql -XAtq -v ON_ERROR_STOP=1 -c "DO \$\$ BEGIN
	$(suspend 2);
	PERFORM pg_advisory_xact_lock(2);
	WHILE NOT EXISTS (SELECT FROM pg_locks AS l WHERE l.pid = $sender AND NOT l.granted) LOOP PERFORM pg_sleep(0.01); END LOOP;
	$(suspend 1);
END \$\$" &
wisher=$!
eventually '(somebody suspends the second)' '[ "$(sql "SELECT count(*) FROM pg_locks WHERE locktype = '"'advisory'"' AND objid = 2 AND granted")" = 1 ]'
is 0 "$(holder_says "SELECT advocacy.writeback_settle('sf', 'contact', '$order'::text[], '{sent,sent}', '{NULL,NULL}', '{NULL,NULL}')")" 'what became of two flags is recorded'
release COMMIT
wait "$wisher"
is 0 $? 'while somebody wishes for others, in the other order'
is 'Suspended pending|Suspended pending' "$(sql "SELECT string_agg(wanted || ' ' || delivery, '|') FROM advocacy.crm_flag WHERE remote_id IN ('10', '11')")" 'and both are to be sent'

# Flags that are no longer mapped go when nobody wishes for any; and who wishes for one meanwhile finds that it isn't mapped.
sql "INSERT INTO advocacy.contact (source, remote_id, email, account_id) SELECT 'sf', n, n || '@x.example', 1 FROM unnest('{41,42}'::text[]) AS n" >/dev/null
enrol() { echo "SELECT c.remote_id FROM advocacy.contact AS c, advocacy.advocate_enroll(c.contact_id, 'test') WHERE c.remote_id = '$1'"; }
hold "SELECT advocacy.advocate_suspend($first, 'away')"
sql "SELECT advocacy.writeback_register('sf', '{}')" >/dev/null &
register=$!
eventually '(a mapping without flags waits for somebody who wishes for one)' "locked_out \"query LIKE 'SELECT advocacy.writeback_register%'\""
is 41 "$(holder_says "$(enrol 41)")" 'who goes on to wish for one of a new record'
release COMMIT
wait "$register"
is '0 0' "$? $(sql 'SELECT count(*) FROM advocacy.crm_flag')" '(then all of them are gone)'
sql "$contacts" >/dev/null
hold "SELECT advocacy.writeback_register('sf', '{}')"
sql "$(enrol 42)" >/dev/null &
wisher=$!
eventually '(who wishes for one waits for the mapping)' "locked_out \"query LIKE 'SELECT c.remote_id%'\""
release COMMIT
wait "$wisher"
is '0 0' "$? $(sql 'SELECT count(*) FROM advocacy.crm_flag')" 'a wish that is no longer mapped is none, and no fault'
done_testing
