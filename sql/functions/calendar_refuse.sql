-- calendar_refuse(calendar_id, at) -> nothing, ever
--
-- Purpose:    says that an instant, or as much business time as was asked for, lies beyond a calendar's layout.
-- Parameters: calendar_id  the version; at  the instant in question.
-- Returns:    never; raises P0002 for an unknown calendar, else 22008.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.calendar_refuse(calendar_id bigint, at timestamptz)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	this advocacy.calendar;
BEGIN
	SELECT c.* INTO this FROM advocacy.calendar AS c WHERE c.calendar_id = calendar_refuse.calendar_id;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no calendar with id %', calendar_refuse.calendar_id USING ERRCODE = 'P0002';
	END IF;
	RAISE EXCEPTION 'calendar % (version %) does not reach as far as this question, asked from %',
			this.name, this.version, at AT TIME ZONE 'UTC'
		USING ERRCODE = '22008',
		      HINT = format('It is laid out from %s to %s; calendar_extend lengthens it as time goes on.',
		                    this.laid_from, this.laid_to);
END
$$;

COMMENT ON FUNCTION advocacy.calendar_refuse(bigint, timestamptz) IS
	'Raises the error for a question beyond a calendar''s layout.';
