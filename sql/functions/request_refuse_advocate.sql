-- request_refuse_advocate(request, at) -> void
--
-- Purpose:    nobody is asked, nor given a date, who may not be asked any more. An ask that was under way when its advocate was
--             suspended stays, since only the CSM takes it back; so it is here that it must not go on.
-- Parameters: request  request_id; at  when.
-- Returns:    nothing. Raises 55000 when the request's advocate was suspended hard, or soft and nobody has asked them yet or the
--             CSM has not kept them, left, or no longer consents. No advocate, or no request: nothing to refuse.
-- Writes:     nothing; locks the advocate, as request_match does, so that nobody is suspended meanwhile. Before the request.
CREATE OR REPLACE FUNCTION advocacy.request_refuse_advocate(request bigint, at timestamptz)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	asked  record;
	person advocacy.advocate;
BEGIN
	SELECT r.advocate_id, r.activity_type, r.state INTO asked FROM advocacy.request AS r
	WHERE r.request_id = request_refuse_advocate.request;
	SELECT a.* INTO person FROM advocacy.advocate AS a WHERE a.advocate_id = asked.advocate_id FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	IF person.retired_at IS NOT NULL
	   OR EXISTS (SELECT FROM advocacy.contact AS c WHERE c.contact_id = person.contact_id AND c.opted_out)
	   OR EXISTS (SELECT FROM advocacy.suspension AS s
	              WHERE s.advocate_id = person.advocate_id AND s.closed_at IS NULL
	                AND CASE s.severity WHEN 'caution' THEN false WHEN 'hold' THEN false
	                                    WHEN 'soft' THEN asked.state <> 'awaiting_advocate' OR s.answered_at IS NOT NULL ELSE true END)
	   OR NOT advocacy.consent_allows(person.former_contacts || person.contact_id, asked.activity_type, request_refuse_advocate.at) THEN
		RAISE EXCEPTION 'advocate % is not available any more', person.advocate_id
			USING ERRCODE = '55000', HINT = 'explain_advocate says why; request_decline by csm sends the request back to matching.';
	END IF;
END
$$;

COMMENT ON FUNCTION advocacy.request_refuse_advocate(bigint, timestamptz) IS
	'Refuses to go on with the advocate of a request who may not be asked any more.';
