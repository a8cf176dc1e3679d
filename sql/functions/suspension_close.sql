-- suspension_close: a cause of an advocate's own (suspension_open) is over. Others stay.
-- Parameters: advocate, an advocate_id; rule, the cause's name; reason, in words; actor (NULL: rule); at; cycle, the
-- decision_cycle that decides (NULL: none).
-- Returns: whether it was open. Writes: suspension; outbox (advocate_reinstated where its beginning was told and nothing
-- else is open).
CREATE OR REPLACE FUNCTION advocacy.suspension_close(advocate bigint, rule text, reason text, actor text DEFAULT NULL,
	at timestamptz DEFAULT now(), cycle bigint DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	ended advocacy.suspension;
BEGIN
	UPDATE advocacy.suspension AS s
	   SET closed_at = suspension_close.at, closed_by = coalesce(nullif(suspension_close.actor, ''), 'rule'),
	       close_reason = suspension_close.reason, closed_in = suspension_close.cycle
	 WHERE s.advocate_id = suspension_close.advocate AND s.cause = 'own' AND s.rule = suspension_close.rule
	   AND s.closed_at IS NULL
	RETURNING s.* INTO ended;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	IF ended.severity IN ('soft', 'hard')
		AND NOT EXISTS (SELECT FROM advocacy.suspension AS o
		                 WHERE o.advocate_id = suspension_close.advocate AND o.closed_at IS NULL)
		AND EXISTS (SELECT FROM advocacy.advocate AS a
		             WHERE a.advocate_id = suspension_close.advocate AND a.retired_at IS NULL) THEN
		PERFORM advocacy.outbox_put('advocate_reinstated', 'reinstated:own:' || ended.suspension_id,
			advocacy.suspension_facts(ended.suspension_id) || jsonb_build_object('rule', suspension_close.rule,
				'suspended_at', advocacy.sync_time_text(ended.opened_at), 'at', advocacy.sync_time_text(suspension_close.at)),
			5, suspension_close.at);
	END IF;
	RETURN true;
END $$;
COMMENT ON FUNCTION advocacy.suspension_close(bigint, text, text, text, timestamptz, bigint) IS
	'Ends a cause of an advocate''s own by name; true if it was open.';
