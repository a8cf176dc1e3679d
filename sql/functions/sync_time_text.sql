-- sync_time_text: a time as messages and evidence carry it, ISO 8601 in UTC with a Z.
-- Parameters: at. Returns: text, such as 2025-11-22T08:00:00Z.
-- Writes: nothing. (No SET search_path: the body is bound when it is made, so that it can be inlined.)
CREATE OR REPLACE FUNCTION advocacy.sync_time_text(at timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');
COMMENT ON FUNCTION advocacy.sync_time_text(timestamptz) IS 'A time as ISO 8601 in UTC with a Z, for messages and evidence.';
