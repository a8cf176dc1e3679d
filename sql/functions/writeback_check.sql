-- writeback_check: which flags to read back, to see whether somebody has changed them by hand: those not looked at for a
-- day, and with them what would be due in the next hours, so that one call asks for many.
-- Parameters: source; most; at.
-- Returns: entity (one for all), remote_id. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.writeback_check(source text, most integer, at timestamptz DEFAULT now())
RETURNS TABLE (entity text, remote_id text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT f.entity, f.remote_id
	  FROM advocacy.crm_flag AS f
	 WHERE f.source = writeback_check.source AND f.delivery = 'current'
	   AND f.checked_at <= writeback_check.at - interval '20 hours'
	   AND f.entity = (SELECT o.entity FROM advocacy.crm_flag AS o
	                     JOIN advocacy.crm_target AS t ON t.source = o.source AND t.entity = o.entity
	                      AND t.started_at IS NOT NULL
	                    WHERE o.source = writeback_check.source AND o.delivery = 'current'
	                      AND o.checked_at <= writeback_check.at - interval '1 day'
	                    ORDER BY o.checked_at LIMIT 1)
	 ORDER BY f.checked_at, f.remote_id LIMIT writeback_check.most
$$;
COMMENT ON FUNCTION advocacy.writeback_check(text, integer, timestamptz) IS
	'Which flags are to be read back, to see whether somebody has changed them by hand.';
