-- digest_next_at() -> timestamptz
--
-- Purpose:    when digest_fire must be called next.
-- Returns:    an instant (in the past: at once); NULL where the policy says that the week isn't told.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.digest_next_at()
RETURNS timestamptz
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT min(t.due_at) FROM advocacy.digest_turn AS t
$$;

COMMENT ON FUNCTION advocacy.digest_next_at() IS 'When the next weekly digest is due; NULL where there are none.';
