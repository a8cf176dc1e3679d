#!/bin/bash
# Suspending, reinstating, retiring an advocate doesn't wait for somebody who just names them in a request: the foreign
# key check of that request holds the advocate's row FOR KEY SHARE until its transaction ends.
set -uo pipefail
. "$TOP/tests/lib.sh"
DATABASE=$PGDATABASE
# A statement that waited for the other would do so until then.
export PGOPTIONS='-c client_min_messages=warning -c lock_timeout=5s'
psql -X -q -v ON_ERROR_STOP=1 -o /dev/null <<'SQL'
INSERT INTO advocacy.account (account_id, source, remote_id, name) OVERRIDING SYSTEM VALUE VALUES (900100, 'lock', 'a', 'Account');
INSERT INTO advocacy.contact (contact_id, source, remote_id, account_id) OVERRIDING SYSTEM VALUE SELECT 900100 + g, 'lock', 'c' || g, 900100 FROM generate_series(1, 2) AS g;
INSERT INTO advocacy.advocate (advocate_id, contact_id, account_id, enrolled_by) OVERRIDING SYSTEM VALUE SELECT 900100 + g, 900100 + g, 900100, 'lock' FROM generate_series(1, 2) AS g;
SELECT advocacy.risk_rule_define('lock', 'health_score', '<', 60, '>', 75);
INSERT INTO advocacy.risk (account_id, rule, rule_version, opened_at, evidence) VALUES (900100, 'lock', 1, now(), '{}');
SQL
# A transaction that names both advocates.
hold "INSERT INTO advocacy.request (activity_type, justification, audience, outcome, requested_by, state, advocate_id)
	SELECT 'quote', 'j', 'a', 'o', 'rep', 'completed', 900100 + g FROM generate_series(1, 2) AS g; SELECT 'named'"
is named "$held" '(a request names them)'
try() { is '' "$(psql -X -q -At -v ON_ERROR_STOP=1 -c "$2" 2>&1 >/dev/null)" "$1"; }
try 'a person suspends' "SELECT advocacy.advocate_suspend(900101, 'leave', 'mary')"
try 'a person reinstates' "SELECT advocacy.advocate_reinstate(900101, 'back', 'mary')"
try 'a rule suspends' "SELECT advocacy.suspension_follow('{900100}')"
try 'a person retires' "SELECT advocacy.advocate_retire(900102, 'left', 'mary')"
release ROLLBACK
done_testing
