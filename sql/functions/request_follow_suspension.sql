-- request_follow_suspension(advocate, severity, at, since) -> void
--
-- Purpose:    what a suspension means for the advocate's open requests, by how far each has come:
--               not asked yet       proposed, awaiting_csm: back to matching at once, whether soft or hard; the clocks run on
--               asked               awaiting_advocate: the CSM alone takes back an ask (request_decline)
--               agreed, near        a call within two business days: suspended_hold, the CSM decides (request_decide) within
--                                   4 business hours; silence keeps it for soft, replaces the advocate for hard
--               agreed              hard: back to matching; soft: stays until the CSM answers (risk_confirm, suspension_fire)
--               under way, held     goes on
--             Who left or withdrew their consent is taken off all of them. Caution and hold change nothing.
-- Parameters: advocate  advocate_id, whose row the caller has locked; severity  as suspension.severity; at  now;
--             since  what the CSM decided about a call since then stands (NULL: since now, for a cause that is new).
-- Returns:    nothing.
-- Writes:     as request_move and request_rematch_one; outbox (call_review to the CSM, call_in_doubt to the rep). Notifies
--             advocacy_deadline. Locks the requests in id order, then all their clocks.
CREATE OR REPLACE FUNCTION advocacy.request_follow_suspension(advocate bigint, severity text, at timestamptz DEFAULT now(),
	since timestamptz DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	soft    constant boolean := request_follow_suspension.severity = 'soft';
	matched bigint[];
	one     advocacy.request;
	until   timestamptz;
	asked   bigint;
BEGIN
	IF request_follow_suspension.severity IN ('withdrawn', 'left') THEN
		PERFORM advocacy.request_rematch(request_follow_suspension.advocate, request_follow_suspension.at, NULL, true);
	END IF;
	IF request_follow_suspension.severity NOT IN ('hard', 'ineligible', 'soft') THEN
		RETURN;
	END IF;
	SELECT array_agg(l.request_id ORDER BY l.request_id) INTO matched
	FROM (SELECT r.request_id FROM advocacy.request AS r
	      WHERE r.advocate_id = request_follow_suspension.advocate
	        AND r.state IN ('proposed', 'awaiting_csm', 'scheduled', 'suspended_hold')
	      ORDER BY r.request_id FOR UPDATE) AS l;
	PERFORM FROM advocacy.sla_clock AS k
	WHERE k.request_id = ANY (matched) AND k.state IN ('running', 'paused')
	ORDER BY k.clock_id FOR UPDATE;

	FOR one IN SELECT r.* FROM advocacy.request AS r WHERE r.request_id = ANY (matched) ORDER BY r.request_id LOOP
		IF one.state = 'scheduled' THEN
			CONTINUE WHEN one.scheduled_for <= request_follow_suspension.at
				OR EXISTS (SELECT FROM advocacy.request_event AS e
				           WHERE e.request_id = one.request_id AND e.move IN ('keep', 'move')
				             AND e.occurred_at >= request_follow_suspension.since);
			until := advocacy.request_decide_by(one.scheduled_for, request_follow_suspension.at);
			CONTINUE WHEN until IS NULL AND soft;
		END IF;
		IF one.state = 'scheduled' AND until IS NOT NULL THEN
			PERFORM advocacy.request_move(one.request_id, 'suspend', 'rule', 'the advocate became unavailable',
				request_follow_suspension.at, decide_by => until);
			PERFORM advocacy.outbox_put('call_in_doubt', format('call:%s:doubt:%s', one.request_id, advocacy.sync_time_text(until)),
				advocacy.request_facts(one.request_id) - 'state' || jsonb_build_object(
					'scheduled_for', advocacy.sync_time_text(one.scheduled_for), 'decide_by', advocacy.sync_time_text(until),
					'at', advocacy.sync_time_text(request_follow_suspension.at)), 2, request_follow_suspension.at);
			PERFORM pg_notify('advocacy_deadline', '');
		ELSIF one.state <> 'suspended_hold' THEN
			PERFORM advocacy.request_rematch_one(one.request_id, request_follow_suspension.at);
			CONTINUE;
		END IF;
		-- Asked again where silence has come to mean something else.
		SELECT max(e.event_id) INTO asked FROM advocacy.request_event AS e WHERE e.request_id = one.request_id AND e.move = 'suspend';
		PERFORM advocacy.outbox_put('call_review',
			format('call:%s:%s:%s', one.request_id, asked, advocacy.request_call_default(one.request_id, request_follow_suspension.at)),
			advocacy.request_call_facts(one.request_id, request_follow_suspension.at), 2, request_follow_suspension.at);
	END LOOP;
END
$$;

COMMENT ON FUNCTION advocacy.request_follow_suspension(bigint, text, timestamptz, timestamptz) IS
	'Does to an advocate''s open requests what a suspension of this severity means, by how far each has come.';
