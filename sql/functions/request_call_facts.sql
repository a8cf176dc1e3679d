-- request_call_facts(request, at) -> jsonb
--
-- Purpose:    the facts of a message about the call of a suspended advocate, for those who look after the account.
-- Parameters: request  request_id, in suspended_hold; at  now.
-- Returns:    as consent_facts, and {"request","scheduled_for","decide_by","severity","silence","keep","move","replace","manager"}:
--             severity  soft or hard, the worst that is open; silence  what becomes of it when nobody decides; keep, move, replace  the commands.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.request_call_facts(request bigint, at timestamptz)
RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT f.facts || jsonb_strip_nulls(jsonb_build_object('request', 'REQ-' || r.request_id,
		'scheduled_for', advocacy.sync_time_text(r.scheduled_for), 'decide_by', advocacy.sync_time_text(r.decide_by),
		'severity', CASE d.verdict WHEN 'keep' THEN 'soft' ELSE 'hard' END,
		'silence', CASE d.verdict WHEN 'keep' THEN 'it takes place as agreed' WHEN 'replace' THEN 'somebody else is looked for'
		           ELSE format('it counts as agreed, and may have taken place. Whoever knows records it: SELECT advocacy.request_held(%1$s);'
		                       ' or, if it has not: SELECT advocacy.request_decline(%1$s, ''REASON'', ''csm'')', r.request_id) END,
		'keep', format('SELECT advocacy.request_decide(%s, ''keep'')', r.request_id),
		'move', format('SELECT advocacy.request_decide(%s, ''move'', ''DATE AND TIME'')', r.request_id),
		'replace', format('SELECT advocacy.request_decide(%s, ''replace'')', r.request_id),
		'manager', advocacy.outbox_manager(f.facts ->> 'csm_email'),
		'at', advocacy.sync_time_text(request_call_facts.at)))
	FROM advocacy.request AS r
	CROSS JOIN LATERAL (SELECT advocacy.request_call_default(r.request_id, request_call_facts.at) AS verdict) AS d
	CROSS JOIN LATERAL (SELECT advocacy.consent_facts(r.advocate_id) AS facts) AS f
	WHERE r.request_id = request_call_facts.request
$$;

COMMENT ON FUNCTION advocacy.request_call_facts(bigint, timestamptz) IS
	'The facts of a message about the call of a suspended advocate, for those who look after the account.';
