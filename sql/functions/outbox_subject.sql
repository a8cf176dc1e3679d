-- outbox_subject(facts) -> text
--
-- Purpose:    what a message is about, the same for a problem and its end.
-- Parameters: facts  of the message.
-- Returns:    its event (risk-12, source-crm), or the promise about a request (REQ-4 connect; REQ-4 approval 7); NULL when it has neither.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.outbox_subject(facts jsonb)
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN facts ? 'request' AND facts ? 'metric' THEN concat_ws(' ', facts ->> 'request', facts ->> 'metric', facts ->> 'approval')
	            ELSE coalesce(facts ->> 'event', facts ->> 'request') END
$$;

COMMENT ON FUNCTION advocacy.outbox_subject(jsonb) IS 'What a message with these facts is about; problem and recovery have the same.';
