-- advocate_limit: an advocate chooses how many calls a month they may be asked for; the program's caps hold besides.
-- Parameters: advocate, an advocate_id; calls_per_month, 1 to 3 (NULL: as the program says); actor (NULL: the session's
-- user); at. Returns: nothing.
-- Refuses: an unknown advocate, another number.
-- Writes: advocate, audit_log.
CREATE OR REPLACE FUNCTION advocacy.advocate_limit(advocate bigint, calls_per_month integer, actor text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	by_whom text := coalesce(nullif(btrim(advocate_limit.actor), ''), session_user);
BEGIN
	PERFORM advocacy.time_refuse(advocate_limit.at);
	IF advocate_limit.calls_per_month NOT BETWEEN 1 AND 3 THEN
		RAISE EXCEPTION '% calls a month can''t be chosen', advocate_limit.calls_per_month USING ERRCODE = '22023',
			COLUMN = 'calls_per_month', HINT = '1, 2 or 3; for none at all, withdraw the consent to reference calls.';
	END IF;
	UPDATE advocacy.advocate AS a SET calls_per_month = advocate_limit.calls_per_month
	 WHERE a.advocate_id = advocate_limit.advocate;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no advocate %', coalesce(advocate_limit.advocate::text, 'null')
			USING ERRCODE = 'P0002', HINT = 'Look the advocate up in advocacy.advocate_availability.';
	END IF;
	INSERT INTO advocacy.audit_log (at, actor, action, subject, details)
	VALUES (advocate_limit.at, by_whom, 'advocate_limit', 'advocate ' || advocate_limit.advocate,
	        jsonb_build_object('calls_per_month', advocate_limit.calls_per_month));
END $$;
COMMENT ON FUNCTION advocacy.advocate_limit(bigint, integer, text, timestamptz) IS
	'How many calls a month an advocate may be asked for by their own choice (audited).';
