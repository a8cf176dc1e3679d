-- advocate_tell_single() -> trigger
--
-- Purpose:    tells the CSM when an account is down to its last advocate: one more no, and nobody can speak for it.
-- Parameters: of the statement: its rows before and after. Advocates who turn out to be one person are no loss.
-- Returns:    NULL.
-- Writes:     outbox.
CREATE OR REPLACE FUNCTION advocacy.advocate_tell_single()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM advocacy.outbox_put('single_advocate', format('single:%s:%s', l.account_id, l.gone),
		advocacy.consent_facts(l.left_over) || jsonb_build_object('event', 'single-' || l.account_id,
			'at', advocacy.sync_time_text(l.retired_at)), 6, l.retired_at)
	FROM (SELECT g.account_id, max(g.advocate_id) AS gone, max(g.retired_at) AS retired_at,
	             (SELECT min(a.advocate_id) FROM advocacy.advocate AS a
	               WHERE a.account_id = g.account_id AND a.retired_at IS NULL HAVING count(*) = 1) AS left_over
	        FROM now_rows AS g JOIN old_rows AS o ON o.advocate_id = g.advocate_id
	       WHERE g.retired_at IS NOT NULL AND o.retired_at IS NULL AND g.retire_reason NOT LIKE 'the same person as %'
	       GROUP BY g.account_id) AS l
	WHERE l.left_over IS NOT NULL
	ORDER BY l.account_id;
	RETURN NULL;
END
$$;

COMMENT ON FUNCTION advocacy.advocate_tell_single() IS 'Tells the CSM when an account is down to its last advocate.';

CREATE OR REPLACE TRIGGER advocate_tell_single AFTER UPDATE ON advocacy.advocate
	REFERENCING OLD TABLE AS old_rows NEW TABLE AS now_rows FOR EACH STATEMENT EXECUTE FUNCTION advocacy.advocate_tell_single();
