#!/bin/bash
# Of two who want advocates of one account at once, the second waits and sees what the first did: the account's cap holds.
set -uo pipefail
. "$TOP/tests/lib.sh"
DATABASE=$PGDATABASE
export PGOPTIONS='-c client_min_messages=warning -c lock_timeout=60s'
psql -X -q -v ON_ERROR_STOP=1 -o /dev/null <<'SQL'
SELECT advocacy.policy_setting_define('caps', '{"per_30_days": 9, "per_quarter": 9, "per_365_days": 9, "account_per_30_days": 1, "rest_s": 0, "long_rest_s": 0, "share_percent": 0}');
INSERT INTO advocacy.account (account_id, source, remote_id, name) OVERRIDING SYSTEM VALUE VALUES (900300, 'lock', 'a', 'Account');
INSERT INTO advocacy.contact (contact_id, source, remote_id, account_id) OVERRIDING SYSTEM VALUE SELECT 900300 + g, 'lock', 'c' || g, 900300 FROM generate_series(1, 2) AS g;
INSERT INTO advocacy.advocate (advocate_id, contact_id, account_id, enrolled_by) OVERRIDING SYSTEM VALUE SELECT 900300 + g, 900300 + g, 900300, 'lock' FROM generate_series(1, 2) AS g;
SQL
add_deal
request() { sql "SELECT advocacy.request_submit(-99, 'quote', 'j', 'a', 'o', now() + interval '9 days', 'rep@x.example')"; }
one=$(request) two=$(request)
hold "SELECT 'matched' FROM advocacy.request_match($one, 900301)"
is matched "$held" '(one is matched)'
grep -q 'ERROR:  55000' < <(psql -X -q -v VERBOSITY=sqlstate -c "SELECT advocacy.request_match($two, 900302)" 2>&1) &
other=$!
eventually 'another one of the account waits' "locked_out \"query LIKE 'SELECT advocacy.request_match%'\""
release COMMIT
wait "$other"
is 0 $? 'and is refused, since the slot is gone'
is 1 "$(sql "SELECT count(*) FROM advocacy.activity WHERE status = 'asked'")" 'one of them is asked'
done_testing
