-- request_lock(request) -> request
--
-- Purpose:    takes a request that is about to change; its clocks come after it, its advocate before (sync_lock).
-- Parameters: request  request_id.
-- Returns:    the request. Raises P0002 for an unknown one.
-- Writes:     nothing; locks until the transaction ends.
CREATE OR REPLACE FUNCTION advocacy.request_lock(request bigint)
RETURNS advocacy.request
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	found_one advocacy.request;
BEGIN
	SELECT r.* INTO found_one FROM advocacy.request AS r WHERE r.request_id = request_lock.request FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no request %', coalesce(request_lock.request::text, 'null')
			USING ERRCODE = 'P0002', HINT = 'Its number is what request_submit answered: 42 of REQ-42.';
	END IF;
	RETURN found_one;
END
$$;

COMMENT ON FUNCTION advocacy.request_lock(bigint) IS 'Locks a request that is about to change; refuses an unknown one.';
