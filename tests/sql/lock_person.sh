#!/bin/bash
# A person's transaction that moves a request and only then suspends somebody, while an apply that has the lock on decisions comes
# to that request: one of the two is broken off, whichever it is, and nothing is lost.
set -uo pipefail
. "$TOP/tests/lib.sh"
DATABASE=$PGDATABASE
export PGOPTIONS='-c client_min_messages=warning -c lock_timeout=60s'
# The one that looks for a deadlock first is broken off.
patient='SET deadlock_timeout = 60000' hasty='SET deadlock_timeout = 50'
psql -X -q -v ON_ERROR_STOP=1 -o /dev/null <<'SQL'
SELECT advocacy.policy_setting_define('consent', '"enrolment"'), advocacy.policy_setting_define('observe', 'false'),
	advocacy.risk_rule_define('low', 'health_score', '<', 60, '>', 75, '0', 'suspend', 'hard');
SELECT advocacy.source_register('sf', 'salesforce', 1, '36500 days'), advocacy.stage_prepare();
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals) SELECT 'a' || n, now() - interval '1 day', 'A' || n, '{"health_score": 90}' FROM generate_series(1, 2) AS n;
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate)
SELECT 'c' || n, now() - interval '1 day', 'a' || n, n || '@x.example', 'C', true FROM generate_series(1, 2) AS n;
SELECT advocacy.sync_apply('sf', 'all', 'c', true, now(), 1, 1, now(), now());
SQL
add_deal
who() { echo "(SELECT a.advocate_id FROM advocacy.advocate AS a JOIN advocacy.contact AS c USING (contact_id) WHERE c.remote_id = '$1')"; }
request() { sql "SELECT advocacy.request_match(r, $(who c1)) IS NOT NULL, r FROM advocacy.request_submit(-99, 'quote', 'j', 'a', 'o', now() + interval '9 days', 'rep@x.example') AS r" | cut -d '|' -f 2; }
score() {
	echo "SELECT advocacy.stage_prepare(); INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals) VALUES ('a1', now(), 'A1', '{\"health_score\": $1}');
		SELECT suspended FROM advocacy.sync_apply('sf', 'all', 'c', true, now(), 1, 1, now(), now())"
}
stands() { sql "SELECT r.state || ' ' || r.priority || ' ' || (SELECT string_agg(s.cause, ',' ORDER BY s.cause) FROM advocacy.suspension AS s WHERE s.closed_at IS NULL) FROM advocacy.request AS r WHERE r.request_id = $1"; }

# The person is broken off.
one=$(request)
hold "$hasty; SELECT 'moved' FROM advocacy.request_prioritize($one, 'expedite')"
is moved "$held" '(a request is moved)'
sql "BEGIN; $patient; $(score 20); COMMIT" >/dev/null &
applying=$!
eventually 'an apply comes to that request and waits' "locked_out \"query LIKE '%sync_apply%'\""
said=$(holder_says "SELECT advocacy.advocate_suspend($(who c2), 'leave')") # psql ends with the error
wait "$applying"
is 0 $? 'the apply goes on'
is '1 1' "$(grep -c '^ERROR:  this transaction waited' <<<"$said") $(grep -c '^HINT:  Nothing of it was kept; do it again' <<<"$said")" 'the person reads what to do'
is 'matching normal risk' "$(stands "$one")" 'what the apply decided holds, of what the person did nothing'
is '' "$(sql "SELECT advocacy.request_prioritize($one, 'expedite'); SELECT advocacy.advocate_suspend($(who c2), 'leave')" 2>&1 >/dev/null)" 'done again it goes well'
is 'matching expedite person,risk' "$(stands "$one")" 'with its effect'
sql "SELECT advocacy.advocate_reinstate($(who c2), 'back'); $(score 90)" >/dev/null

# The apply is broken off: its run is over, and the next one brings the same.
two=$(request)
hold "$hasty; SELECT 'deciding' FROM advocacy.sync_lock()"
is deciding "$held" '(an apply has the lock)'
sql "BEGIN; $patient; SELECT advocacy.request_prioritize($two, 'expedite'); SELECT advocacy.advocate_suspend($(who c2), 'leave'); COMMIT" >/dev/null &
person=$!
eventually 'a person who has moved a request waits for it' "locked_out \"query LIKE '%advocate_suspend%'\""
said=$(holder_says "$(score 20)")
is 1 "$(grep -c '^ERROR:  deadlock detected' <<<"$said")" 'the apply comes to that request and is broken off'
wait "$person"
is 0 $? 'the person is through'
is 'proposed expedite person' "$(stands "$two")" 'with what they did'
is 1 "$(sql "$(score 20)" | tail -n 1)" 'applied again it suspends'
is 'matching expedite person,risk' "$(stands "$two")" 'and takes the request back'
done_testing
