-- request_ask(request, on_whom, actor, at) -> void
--
-- Purpose:    the proposed advocate is asked, or first the CSM of their account whether they may be.
-- Parameters: request  request_id; on_whom  'csm' or 'advocate';
--             actor  the person, NULL for session_user; at  when.
-- Returns:    nothing. Raises P0002, 55000, 22023 as request_move; 22023 for anybody else, 55000 for an advocate who
--             may not be asked any more.
-- Writes:     as request_move; outbox, where the CSM is asked.
CREATE OR REPLACE FUNCTION advocacy.request_ask(
	request bigint, on_whom text, actor text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	event advocacy.request_event;
BEGIN
	IF on_whom IS NULL OR on_whom NOT IN ('csm', 'advocate') THEN
		RAISE EXCEPTION '"%" can''t be asked', coalesce(on_whom, 'null')
			USING ERRCODE = '22023', COLUMN = 'on_whom', HINT = 'csm or advocate.';
	END IF;
	IF on_whom = 'advocate' THEN
		PERFORM advocacy.request_refuse_advocate(request, at);
	END IF;
	event := advocacy.request_move(request, 'ask_' || on_whom, actor, NULL, at);
	IF on_whom = 'csm' THEN
		PERFORM advocacy.outbox_put('csm_asked', format('request:%s:asked:%s', event.request_id, event.event_id),
			advocacy.consent_facts(r.advocate_id) || (advocacy.request_facts(r.request_id) - 'account') || jsonb_strip_nulls(jsonb_build_object(
				'justification', r.justification, 'audience', r.audience,
				'answer_by', (SELECT advocacy.sync_time_text(k.due_at) FROM advocacy.sla_clock AS k
				               WHERE k.request_id = r.request_id AND k.metric = 'csm_consent' AND k.state = 'running'),
				'event', 'asked-' || event.event_id, 'at', advocacy.sync_time_text(event.occurred_at))), 4, at)
		FROM advocacy.request AS r WHERE r.request_id = event.request_id;
	END IF;
END
$$;

COMMENT ON FUNCTION advocacy.request_ask(bigint, text, text, timestamptz) IS
	'Records that the proposed advocate, or first the CSM, is asked.';
