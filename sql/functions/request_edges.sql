-- request_edges() -> move, from_state, to_state, while_waiting
--
-- Purpose:    the life of a request: every move there is. What isn't listed is refused (request_move).
-- Returns:    one row per edge; while_waiting: NULL  whether or not the request waits for the rep or the prospect,
--             false  only when it doesn't, true  only when it does.
-- Writes:     nothing.
--
--   submit -> submitted -acknowledge-> triaged -match-> proposed -schedule-> scheduled -fulfil-> completed
--
--   match        also from submitted, from matching, and again from proposed (another advocate)
--   return       proposed, scheduled -> matching: the advocate or the rep said no
--   rematch      proposed, scheduled -> matching: the advocate became unavailable
--   wait/resume  in triaged, matching, proposed: the ball is with the rep or the prospect, connect pauses
--   decline      until proposed -> declined: the program says no
--   cancel       until scheduled -> cancelled: the rep needs it no longer
--
-- Any move but cancel acknowledges a submitted request. connect is fulfilled by schedule; a request that comes back
-- from scheduled gets a new cycle of it.
CREATE OR REPLACE FUNCTION advocacy.request_edges()
RETURNS TABLE (move text, from_state text, to_state text, while_waiting boolean)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	VALUES ('acknowledge', 'submitted', 'triaged', false),
	       ('match', 'submitted', 'proposed', false),
	       ('match', 'triaged', 'proposed', false),
	       ('match', 'matching', 'proposed', false),
	       ('match', 'proposed', 'proposed', false),
	       ('schedule', 'proposed', 'scheduled', NULL),
	       ('fulfil', 'scheduled', 'completed', false),
	       ('return', 'proposed', 'matching', NULL),
	       ('return', 'scheduled', 'matching', NULL),
	       ('rematch', 'proposed', 'matching', NULL),
	       ('rematch', 'scheduled', 'matching', NULL),
	       ('wait', 'triaged', 'triaged', false),
	       ('wait', 'matching', 'matching', false),
	       ('wait', 'proposed', 'proposed', false),
	       ('resume', 'triaged', 'triaged', true),
	       ('resume', 'matching', 'matching', true),
	       ('resume', 'proposed', 'proposed', true),
	       ('decline', 'submitted', 'declined', NULL),
	       ('decline', 'triaged', 'declined', NULL),
	       ('decline', 'matching', 'declined', NULL),
	       ('decline', 'proposed', 'declined', NULL),
	       ('cancel', 'submitted', 'cancelled', NULL),
	       ('cancel', 'triaged', 'cancelled', NULL),
	       ('cancel', 'matching', 'cancelled', NULL),
	       ('cancel', 'proposed', 'cancelled', NULL),
	       ('cancel', 'scheduled', 'cancelled', NULL)
$$;

COMMENT ON FUNCTION advocacy.request_edges() IS 'Every move a request can make, from which state to which.';
