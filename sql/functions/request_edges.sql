-- request_edges() -> move, from_state, to_state, while_waiting, needs_reason
--
-- Purpose:    the life of a request: every move there is. What isn't listed is refused (request_move).
-- Returns:    one row per edge; while_waiting: NULL  whether or not the request waits for the rep or the prospect,
--             false  only when it doesn't, true  only when it does; needs_reason: whether it is refused without one.
-- Writes:     nothing.
--
--   submit -> submitted -acknowledge-> triaged -match-> proposed -schedule-> scheduled -fulfil-> completed
--
--   match        also from submitted, from matching, and again from proposed (another advocate)
--   return       proposed, scheduled -> matching: the advocate or the rep said no
--   rematch      proposed, scheduled -> matching: the advocate became unavailable
--   wait/resume  in triaged, matching, proposed: the ball is with the rep or the prospect, connect pauses
--   ask_csm      proposed -> awaiting_csm, then csm_yes -> awaiting_advocate or csm_no -> matching
--   ask_advocate proposed -> awaiting_advocate, then advocate_yes (the date is still open) or advocate_no -> matching
--   suspend      scheduled -> suspended_hold: the advocate was suspended and the call is near; keep or move -> scheduled:
--                the CSM lets it take place, at its time or another; return, rematch -> matching: with somebody else
--   hold         scheduled -> held: it took place, the rep's feedback is owed; feedback -> completed
--   overdue      held -> feedback_due: by time; expire: what was needed by then -> expired, by time
--   give_up      triaged, matching -> unfulfillable: nobody suits; reopen: what has ended -> matching
--   decline      until proposed -> declined: the program says no
--   cancel       until scheduled -> cancelled: the rep needs it no longer
--
-- Any move but cancel acknowledges a submitted request. connect is fulfilled by schedule; a request that comes back
-- from scheduled gets a new cycle of it.
CREATE OR REPLACE FUNCTION advocacy.request_edges()
RETURNS TABLE (move text, from_state text, to_state text, while_waiting boolean, needs_reason boolean)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT v.*, v.move IN ('decline', 'give_up', 'reopen', 'return', 'wait') FROM (VALUES
	       ('acknowledge', 'submitted', 'triaged', false),
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
	       ('cancel', 'scheduled', 'cancelled', NULL),
	       ('cancel', 'awaiting_csm', 'cancelled', NULL),
	       ('cancel', 'awaiting_advocate', 'cancelled', NULL),
	       ('decline', 'awaiting_csm', 'declined', NULL),
	       ('decline', 'awaiting_advocate', 'declined', NULL),
	       ('ask_csm', 'proposed', 'awaiting_csm', false),
	       ('csm_yes', 'awaiting_csm', 'awaiting_advocate', NULL),
	       ('csm_no', 'awaiting_csm', 'matching', NULL),
	       ('ask_advocate', 'proposed', 'awaiting_advocate', false),
	       ('advocate_yes', 'awaiting_advocate', 'awaiting_advocate', NULL),
	       ('advocate_no', 'awaiting_advocate', 'matching', NULL),
	       ('schedule', 'awaiting_advocate', 'scheduled', NULL),
	       ('return', 'awaiting_csm', 'matching', NULL),
	       ('return', 'awaiting_advocate', 'matching', NULL),
	       ('rematch', 'awaiting_csm', 'matching', NULL),
	       ('rematch', 'awaiting_advocate', 'matching', NULL),
	       ('suspend', 'scheduled', 'suspended_hold', NULL),
	       ('keep', 'suspended_hold', 'scheduled', NULL),
	       ('move', 'suspended_hold', 'scheduled', NULL),
	       ('return', 'suspended_hold', 'matching', NULL),
	       ('rematch', 'suspended_hold', 'matching', NULL),
	       ('cancel', 'suspended_hold', 'cancelled', NULL),
	       ('hold', 'suspended_hold', 'held', NULL),
	       ('hold', 'scheduled', 'held', NULL),
	       ('overdue', 'held', 'feedback_due', NULL),
	       ('feedback', 'held', 'completed', NULL),
	       ('feedback', 'feedback_due', 'completed', NULL),
	       ('fulfil', 'held', 'completed', NULL),
	       ('fulfil', 'feedback_due', 'completed', NULL),
	       ('expire', 'submitted', 'expired', NULL),
	       ('expire', 'triaged', 'expired', NULL),
	       ('expire', 'matching', 'expired', NULL),
	       ('expire', 'proposed', 'expired', NULL),
	       ('expire', 'awaiting_csm', 'expired', NULL),
	       ('expire', 'awaiting_advocate', 'expired', NULL),
	       ('give_up', 'triaged', 'unfulfillable', NULL),
	       ('give_up', 'matching', 'unfulfillable', NULL),
	       ('reopen', 'completed', 'matching', NULL),
	       ('reopen', 'declined', 'matching', NULL),
	       ('reopen', 'cancelled', 'matching', NULL),
	       ('reopen', 'expired', 'matching', NULL),
	       ('reopen', 'unfulfillable', 'matching', NULL)) AS v (move, from_state, to_state, while_waiting)
$$;

COMMENT ON FUNCTION advocacy.request_edges() IS 'Every move a request can make, from which state to which.';
