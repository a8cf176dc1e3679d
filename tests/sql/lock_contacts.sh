#!/bin/bash
# An apply, and a policy, take their locks as a match does: advocates first, then requests. While somebody holds an advocate whom it is about to
# suspend or to stop, it holds no request yet, whatever it has found out about other advocates by then.
set -uo pipefail
. "$TOP/tests/lib.sh"
DATABASE=$PGDATABASE
export PGOPTIONS='-c client_min_messages=warning -c lock_timeout=60s'
psql -X -q -v ON_ERROR_STOP=1 -o /dev/null <<'SQL'
CREATE FUNCTION public.feed(first integer, last integer, health integer, x integer, opted integer, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM advocacy.stage_prepare();
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals)
	SELECT 'a' || n, at, 'Account ' || n, jsonb_build_object('health_score', CASE n WHEN health THEN 5 ELSE 90 END) FROM generate_series(first, last) AS n;
	INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate, opted_out, signals)
	SELECT 'c' || n, at, 'a' || n, 'c' || n || '@x.example', 'P' || n, true, n = opted, jsonb_build_object('x', CASE n WHEN x THEN 9 ELSE 0 END)
	  FROM generate_series(first, last) AS n;
	PERFORM advocacy.sync_apply('sf', 'contact', NULL, true, at, 1, 1, at, at);
END $$;
-- An account at risk, and a second contact of somebody else, whose flags in the CRM follow that.
CREATE FUNCTION public.twin(at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM advocacy.stage_prepare();
	INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals) VALUES ('a5', at, 'Account 5', '{"health_score": 5}');
	INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email) VALUES ('d6', at, 'a6', 'c6@x.example');
	PERFORM advocacy.sync_apply('sf', 'contact', NULL, true, at, 1, 1, at, at);
END $$;
-- Two pairs of contacts become one each.
CREATE FUNCTION public.merge(at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM advocacy.stage_prepare();
	INSERT INTO pg_temp.stage_contact (remote_id, modified_at, deleted, merged_into_remote_id) VALUES ('c10', at, true, 'c11'), ('c12', at, true, 'c13');
	PERFORM advocacy.sync_apply('sf', 'contact', NULL, true, at, 1, 1, at, at);
END $$;
CREATE FUNCTION public.policy(at timestamptz) RETURNS bigint LANGUAGE sql AS $$
	SELECT count(*) FROM advocacy.policy_apply('{"risks": [{"name": "health", "signal": "health_score", "enter": {"operator": "<", "value": 95}, "clear": {"operator": ">", "value": 96}, "severity": "hard"}],
		"approvals": [{"name": "legal", "approver": "legal", "exposures": ["internal"], "people": ["lea@x.example"]}]}', at) $$;
SELECT advocacy.source_register('sf', 'salesforce', 1, '36500 days');
SELECT advocacy.risk_rule_define('health', 'health_score', '<', 60, '>', 75, '0', 'suspend', 'hard'), advocacy.risk_rule_define('low', 'contact.x', '>=', 5, '<', 5, '0', 'suspend', 'hard');
SELECT public.feed(1, 13, 0, 0, 0, now() - interval '1 day');
INSERT INTO advocacy.request (activity_type, justification, audience, outcome, requested_by, state, advocate_id)
SELECT 'quote', 'j', 'a', 'o', 'rep', 'proposed', a.advocate_id FROM advocacy.advocate AS a JOIN advocacy.contact AS c USING (contact_id) WHERE c.remote_id IN ('c1', 'c3', 'c5', 'c7', 'c10') ORDER BY c.remote_id;
SQL
# while_held ADVOCATE FEED REQUEST: what becomes of the request while somebody who is about to match holds the advocate.
while_held() {
	local feed
	hold "SELECT 'held' FROM advocacy.advocate AS a JOIN advocacy.contact AS c USING (contact_id) WHERE c.remote_id = '$1' FOR NO KEY UPDATE OF a"
	is held "$held" '(somebody holds an advocate)'
	psql -X -q -c "SELECT public.$2" >/dev/null &
	feed=$!
	eventually 'an apply waits for the advocate' "locked_out \"query LIKE 'SELECT public.%'\""
	is free "$(holder_says "SELECT 'free' FROM advocacy.request WHERE advocate_id = (SELECT a.advocate_id FROM advocacy.advocate AS a JOIN advocacy.contact AS c USING (contact_id) WHERE c.remote_id = '$3') FOR UPDATE NOWAIT")" \
		"and holds no request meanwhile: $4"
	release COMMIT
	wait "$feed"
	is 0 $? 'then both are done'
}
while_held c2 'feed(1, 2, 2, 1, 0, now())' c1 'of whose own score is low'
is 'c1 own matching c2 risk' "$(sql "SELECT string_agg(concat_ws(' ', c.remote_id, s.cause, q.state), ' ' ORDER BY c.remote_id) FROM advocacy.suspension AS s JOIN advocacy.advocate USING (advocate_id) JOIN advocacy.contact AS c USING (contact_id) LEFT JOIN advocacy.request AS q ON q.state = 'matching' AND s.cause = 'own'")" \
	'one is suspended for a score of their own, the other by the account'
while_held c4 'feed(3, 4, 3, 0, 4, now())' c3 'whose account is at risk, while another opts out'
is '3|followed' "$(sql "SELECT (SELECT count(*) FROM advocacy.request WHERE advocate_id IS NOT NULL), opt_out FROM advocacy.advocate WHERE opt_out IS NOT NULL")" 'one is suspended, the other has opted out'
sql "SELECT advocacy.writeback_register('sf', '{\"contact\": {\"fields\": \"f\", \"words\": {\"eligible\": \"A\", \"caution\": \"C\", \"suspended\": \"S\", \"ineligible\": \"I\", \"withdrawn\": \"W\", \"left\": \"L\"}}}')" >/dev/null
while_held c6 'twin(now())' c5 'whose account is at risk, while the flag of another goes onto a second contact'
is '2|c6 d6' "$(sql "SELECT (SELECT count(*) FROM advocacy.request WHERE advocate_id IS NOT NULL), (SELECT string_agg(remote_id, ' ' ORDER BY remote_id) FROM advocacy.crm_flag WHERE remote_id LIKE '_6')")" 'both have happened'
while_held c13 'merge(now())' c10 'who becomes one with another, while the same happens to the one'
is c11 "$(sql "SELECT string_agg(c.remote_id, ' ') FROM advocacy.request AS q JOIN advocacy.advocate USING (advocate_id) JOIN advocacy.contact AS c USING (contact_id) WHERE c.remote_id LIKE 'c1_'")" 'their request goes over'
while_held c9 'policy(now())' c7 'for whom a policy wants an approval that suspends everybody too'
is '0|1' "$(sql "SELECT (SELECT count(*) FROM advocacy.request WHERE advocate_id IS NOT NULL), (SELECT count(*) FROM advocacy.approval_rule)")" 'both have happened'
done_testing
