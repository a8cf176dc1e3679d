-- request_follow_causes(causes, at) -> void
--
-- Purpose:    does to open requests what causes of advocates' own that have just opened mean (request_follow_suspension). It is
--             apart from their opening since locks are taken in the order advocate, request, clock everywhere: after the first
--             request no more advocates may be locked.
-- Parameters: causes  suspension ids, as risk_evaluate_contacts returns them, whose advocates the caller has locked; NULL: none;
--             at  now.
-- Returns:    nothing.
-- Writes:     as request_follow_suspension.
CREATE OR REPLACE FUNCTION advocacy.request_follow_causes(causes bigint[], at timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	one record;
BEGIN
	FOR one IN
		SELECT s.advocate_id, s.severity FROM advocacy.suspension AS s
		 WHERE s.suspension_id = ANY (request_follow_causes.causes) ORDER BY s.advocate_id, s.suspension_id
	LOOP
		PERFORM advocacy.request_follow_suspension(one.advocate_id, one.severity, request_follow_causes.at);
	END LOOP;
END $$;
COMMENT ON FUNCTION advocacy.request_follow_causes(bigint[], timestamptz) IS
	'Does to open requests what causes of advocates'' own that have just opened mean.';
