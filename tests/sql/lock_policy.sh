#!/bin/bash
# A policy takes its locks as a match does: advocates, requests, and only then clocks. While it waits for somebody's advocate, whom it is
# about to suspend, it holds no clock that a holiday of its moves, or who matches would wait for that, and it for them.
set -uo pipefail
. "$TOP/tests/lib.sh"
DATABASE=$PGDATABASE
export PGOPTIONS='-c client_min_messages=warning -c lock_timeout=60s'
psql -X -q -v ON_ERROR_STOP=1 -o /dev/null <<'SQL'
CREATE FUNCTION public.policy(holidays jsonb, below integer) RETURNS bigint LANGUAGE sql AS $$
	SELECT count(*) FROM advocacy.policy_apply(jsonb_build_object(
		'calendars', jsonb_build_array(jsonb_build_object('name', 'office', 'time_zone', 'UTC', 'holidays', holidays,
			'weekly_hours', '{"mon": [["09:00", "17:00"]], "tue": [["09:00", "17:00"]], "wed": [["09:00", "17:00"]], "thu": [["09:00", "17:00"]], "fri": [["09:00", "17:00"]]}'::jsonb)),
		'slas', '[{"name": "ack", "metric": "acknowledge", "calendar": "office", "target_s": 288000}]'::jsonb,
		'risks', jsonb_build_array(jsonb_build_object('name', 'health', 'signal', 'health_score', 'severity', 'hard',
			'enter', jsonb_build_object('operator', '<', 'value', below), 'clear', jsonb_build_object('operator', '>', 'value', below + 1))))) $$;
SELECT public.policy('[]', 60);
SELECT advocacy.source_register('sf', 'salesforce', 1, '36500 days'), advocacy.stage_prepare();
INSERT INTO pg_temp.stage_account (remote_id, modified_at, name, signals) VALUES ('a', now() - interval '1 day', 'A', '{"health_score": 70}');
INSERT INTO pg_temp.stage_contact (remote_id, modified_at, account_remote_id, email, first_name, advocate) VALUES ('c', now() - interval '1 day', 'a', 'c@x.example', 'C', true);
SELECT advocacy.sync_apply('sf', 'all', 'c', true, now(), 1, 1, now(), now());
SQL
add_deal
sql "SELECT advocacy.request_submit(-99, 'quote', 'j', 'a', 'o', now() + interval '30 days', 'rep@x.example')" >/dev/null
clock="SELECT concat_ws(' ', c.version, k.due_at) FROM advocacy.sla_clock AS k JOIN advocacy.calendar AS c USING (calendar_id)"
before=$(sql "$clock")
hold "SELECT 'held' FROM advocacy.advocate FOR NO KEY UPDATE"
is held "$held" '(somebody holds an advocate)'
# A day of work among the next ones.
holiday=$(sql "SELECT to_jsonb(ARRAY[min(d)::date]) FROM generate_series(now() + interval '2 days', now() + interval '6 days', '1 day') AS d WHERE extract(isodow FROM d) < 6")
psql -X -q -c "SELECT public.policy('$holiday', 80)" >/dev/null &
policy=$!
eventually 'a policy waits for the advocate whom it is about to suspend' "locked_out \"query LIKE 'SELECT public.policy%'\""
is free "$(holder_says "SELECT 'free' FROM advocacy.sla_clock FOR UPDATE NOWAIT")" 'and holds no clock meanwhile'
release COMMIT
wait "$policy"
is 0 $? 'then both are done'
is t "$(sql "SELECT (SELECT due_at FROM advocacy.sla_clock) > '${before#* }'")" 'the holiday holds for the clock that was open'
is '1 2' "${before%% *} $(sql "$clock" | cut -d' ' -f1)" 'as a new version of its calendar'
is 1 "$(sql 'SELECT count(*) FROM advocacy.suspension WHERE closed_at IS NULL')" 'and the advocate is suspended'

# Of two calendars: a request has clocks on both, and who moves it takes them by their ids.
psql -X -q -v ON_ERROR_STOP=1 -o /dev/null <<'SQL'
CREATE FUNCTION public.calendars(jsonb) RETURNS bigint LANGUAGE sql AS $$
	SELECT count(*) FROM advocacy.policy_apply(jsonb_build_object(
		'calendars', (SELECT jsonb_agg(to_jsonb(c) - '{calendar_id,version,holidays}'::text[] || jsonb_build_object('name', n, 'holidays', $1))
			FROM advocacy.calendar AS c, unnest('{hq,office}'::text[]) AS n WHERE c.version = 1 AND c.name = 'office'),
		'slas', '[{"name": "ack", "metric": "acknowledge", "calendar": "office", "target_s": 288000}, {"name": "connect", "metric": "connect", "calendar": "hq", "target_s": 288000}]'::jsonb)) $$;
SELECT public.calendars('[]');
SELECT advocacy.request_submit(-99, 'reference_call', 'j', 'a', 'o', now() + interval '30 days', 'rep@x.example');
SQL
is 'ack connect' "$(sql "SELECT string_agg(p.name, ' ' ORDER BY k.clock_id) FROM advocacy.sla_clock AS k JOIN advocacy.sla_policy AS p USING (policy_id) WHERE k.subject_id = (SELECT max(request_id) FROM advocacy.request)")" '(a request with two clocks)'
# waits_in_order WHAT STATEMENT
waits_in_order() {
	local mover
	hold "SELECT 'held' FROM advocacy.sla_clock WHERE clock_id = (SELECT max(clock_id) - 1 FROM advocacy.sla_clock) FOR UPDATE"
	is held "$held" '(somebody moves it, and has the first)'
	psql -X -q -o /dev/null -c "$2" &
	mover=$!
	eventually "$1 waits for that" "locked_out \"query LIKE 'SELECT%calendar%'\""
	is free "$(holder_says "SELECT 'free' FROM advocacy.sla_clock ORDER BY clock_id DESC LIMIT 1 FOR UPDATE NOWAIT")" 'and does not have the other'
	release COMMIT
	wait "$mover"
	is 0 $? 'then it is done'
}
waits_in_order 'a policy' "SELECT public.calendars('$holiday')"
# As if the layouts were from before a change of law.
sql "UPDATE advocacy.calendar_span SET closes_at = closes_at - interval '1 hour', opens_at = opens_at - interval '1 hour' WHERE opens_at > now() + interval '2 days'
	AND calendar_id IN (SELECT max(calendar_id) FROM advocacy.calendar GROUP BY name)" >/dev/null
waits_in_order 'who looks after the zones' 'SELECT * FROM advocacy.calendar_check_zones()'
is 'hq office' "$(sql "SELECT string_agg(subject, ' ' ORDER BY subject) FROM advocacy.audit_log WHERE action = 'calendar_zone_changed' AND details -> 'clocks' <> '[]'")" 'and has both calendars anew'
done_testing
