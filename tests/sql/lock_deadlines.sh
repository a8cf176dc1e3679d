#!/bin/bash
# Deadlines take their locks as a match does: advocates first, then requests. While somebody holds the advocate of one thing that
# is due, nothing holds the request of another, or the two would wait for each other for ever.
set -uo pipefail
. "$TOP/tests/lib.sh"
DATABASE=$PGDATABASE
export PGOPTIONS='-c client_min_messages=warning -c lock_timeout=60s'
psql -X -q -v ON_ERROR_STOP=1 -o /dev/null <<'SQL'
INSERT INTO advocacy.opportunity (opportunity_id, source, remote_id) OVERRIDING SYSTEM VALUE VALUES (-99, 'none', '-99') ON CONFLICT DO NOTHING;
INSERT INTO advocacy.account (account_id, source, remote_id, name) OVERRIDING SYSTEM VALUE VALUES (900200, 'lock', 'a', 'Account');
INSERT INTO advocacy.contact (contact_id, source, remote_id, account_id) OVERRIDING SYSTEM VALUE SELECT 900200 + g, 'lock', 'c' || g, 900200 FROM generate_series(1, 4) AS g;
INSERT INTO advocacy.advocate (advocate_id, contact_id, account_id, enrolled_by) OVERRIDING SYSTEM VALUE SELECT 900200 + g, 900200 + g, 900200, 'lock' FROM generate_series(1, 4) AS g;
SELECT advocacy.policy_setting_define('consent', '"required"');
SELECT advocacy.consent_record(900200 + g, 'quote', now() + make_interval(hours => g), given_at => now() - interval '3 days'),
       advocacy.request_match(advocacy.request_submit(-99, 'quote', 'j', 'a', 'o', now() + interval '9 days', 'rep@x.example'), 900200 + g, 'ann')
  FROM unnest('{1,3}'::integer[]) AS g;
SELECT advocacy.advocate_suspend(900202, 'leave', 'mary', now(), 'hard', now() + interval '1 hour');
SELECT advocacy.brake_hold('opt_out', 'lock', '{900204}', 0, 0, '[]', now() + interval '3 hours' - interval '72 hours') AS batch \gset
SELECT advocacy.suspension_open(900204, 'opt-out held', 'hold', 'too many', jsonb_build_object('batch', :batch));
SQL
# round ADVOCATE HOURS REQUEST: a transaction is about to match: it has the advocate of whom something is due.
round() {
	local firing
	hold "SELECT 'held' FROM advocacy.advocate WHERE advocate_id = $1 FOR NO KEY UPDATE"
	is held "$held" '(somebody holds an advocate)'
	psql -X -q -At -c "SELECT 1 FROM advocacy.deadlines_fire(now() + interval '$2 hours')" >/dev/null &
	firing=$!
	eventually 'deadlines wait for the advocate' "locked_out \"query LIKE '%deadlines_fire(now%'\""
	is free "$(holder_says "SELECT 'free' FROM advocacy.request WHERE advocate_id = $3 FOR UPDATE NOWAIT")" 'and hold no request meanwhile'
	release ROLLBACK
	wait "$firing"
	is 0 $? 'then both are done'
}
round 900202 2 900201
is 'matching|t' "$(sql "SELECT (SELECT state FROM advocacy.request ORDER BY request_id LIMIT 1), (SELECT closed_at IS NOT NULL FROM advocacy.suspension WHERE advocate_id = 900202)")" \
	'a consent that ended gives the request back, a leave that ended is over'
round 900204 4 900203
is 'matching|t' "$(sql "SELECT (SELECT state FROM advocacy.request ORDER BY request_id DESC LIMIT 1), (SELECT closed_at IS NOT NULL FROM advocacy.suspension WHERE advocate_id = 900204)")" \
	'and so does one, while an opt-out that was held is discarded'
done_testing
