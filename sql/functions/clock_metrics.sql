-- clock_metrics() -> one row per metric
--
-- Purpose:    what can be promised, and what the program ships with: a policy says what it wants otherwise.
-- Returns:    metric, subject_kind  whose moves and states the words are; target_days  business days allowed;
--             starts, fulfils, cancels  moves made and states entered; pauses  states and reasons while which it stands;
--             supersedes  a start while it runs begins it anew (another person is asked), else it is the same obligation;
--             reopen_days  within which a start after the end continues the same cycle; breaches  false: nobody is late,
--             the subject moves on at the target; owed_by, owed_to; owners  whose time a state is, where it isn't owed_by's.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.clock_metrics()
RETURNS TABLE (metric text, subject_kind text, target_days numeric, starts text[], fulfils text[], cancels text[],
	pauses text[], supersedes boolean, reopen_days integer, breaches boolean, owed_by text, owed_to text, owners jsonb)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	VALUES
	('acknowledge', 'request', 0.5, '{submit}'::text[],
	 '{acknowledge,triage,triaged,matching,proposed,awaiting_csm,awaiting_advocate,scheduled,declined}'::text[],
	 '{cancelled,expired,unfulfillable}'::text[], '{}'::text[], false, 0, true, 'program', 'sales', '{}'::jsonb),
	('propose', 'request', 1, '{submit}',
	 '{proposed,awaiting_csm,awaiting_advocate,scheduled}',
	 '{cancelled,declined,expired,unfulfillable}', '{waiting_on_rep,waiting_on_prospect}', false, 0, true, 'program', 'sales',
	 '{}'),
	-- It doesn't pause while the CSM is asked, nor while an advocate is suspended: that is the program's own side.
	('connect', 'request', 3, '{submit,reopen,matching}', '{scheduled}',
	 '{cancelled,declined,expired,unfulfillable}', '{waiting_on_rep,waiting_on_prospect}', false, 3, true, 'program', 'sales',
	 '{"awaiting_csm": "cs", "proposed": "sales"}'),
	('csm_consent', 'request', 1, '{ask_csm,awaiting_csm}', '{csm_yes,csm_no}',
	 '{rematch,return,suspended_hold,cancelled,declined,expired,unfulfillable}', '{}', true, 0, true, 'cs', 'program', '{}'),
	('advocate_reply', 'request', 2, '{ask_advocate,awaiting_advocate}', '{advocate_yes,advocate_no}',
	 '{rematch,return,suspended_hold,cancelled,declined,expired,unfulfillable}', '{}', true, 0, false, 'advocate', 'program',
	 '{}'),
	('rep_choice', 'request', 1, '{propose,match,proposed}',
	 '{ask_csm,ask_advocate,schedule,return,rep_yes,rep_no,awaiting_csm,awaiting_advocate,scheduled}',
	 '{rematch,suspended_hold,cancelled,declined,expired,unfulfillable}', '{}', true, 0, true, 'sales', 'program', '{}'),
	('feedback', 'request', 5, '{held,feedback_due}', '{feedback,completed}',
	 '{matching,cancelled,expired,unfulfillable}', '{}', false, 0, true, 'sales', 'program', '{}'),
	('nomination_triage', 'nomination', 3, '{nominated}', '{accepted,declined}', '{withdrawn}', '{}', false, 0, true, 'program',
	 'nominator', '{}'),
	('risk_review', 'suspension', 1, '{opened}', '{confirmed,overridden}', '{closed}', '{}', false, 0, true, 'cs', 'program',
	 '{}'),
	('approval', 'approval', 2, '{asked}', '{granted,refused}', '{withdrawn}', '{}', false, 0, true, 'approver', 'program', '{}'),
	('takedown', 'asset', 2, '{withdrawn}', '{down}', '{restored}', '{}', false, 0, true, 'marketing', 'program', '{}')
$$;

COMMENT ON FUNCTION advocacy.clock_metrics() IS
	'What can be promised: each metric with the moves and states that start, end and pause its clock, as shipped.';
