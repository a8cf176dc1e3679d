-- agreement_sign(agreement, team, actor, at) -> boolean
--
-- Purpose:    signs the newest version of an agreement for one of its teams.
-- Parameters: agreement  its name; team  one of the two; actor  the person, NULL for session_user; at  when.
-- Returns:    whether it holds now, both having signed. Raises P0002 for an unknown agreement, 22023 for a team that isn't in
--             it and for a time that is none, 55000 when that team has signed already.
-- Writes:     agreement, audit_log.
CREATE OR REPLACE FUNCTION advocacy.agreement_sign(
	agreement text, team text, actor text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS boolean
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	who  constant text := coalesce(nullif(btrim(agreement_sign.actor), ''), session_user);
	this advocacy.agreement;
	side integer;
BEGIN
	IF at IS NULL OR NOT isfinite(at) THEN
		RAISE EXCEPTION 'an agreement is signed at a time, not %', coalesce(at::text, 'null')
			USING ERRCODE = '22023', COLUMN = 'at', HINT = 'Attainment is worked out for every quarter since.';
	END IF;
	SELECT a.* INTO this FROM advocacy.agreement AS a WHERE a.name = agreement_sign.agreement
	ORDER BY a.version DESC LIMIT 1 FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no agreement "%"', coalesce(agreement_sign.agreement, 'null')
			USING ERRCODE = 'P0002', HINT = 'agreement_define writes one down.';
	END IF;
	side := array_position(this.teams, agreement_sign.team);
	IF side IS NULL THEN
		RAISE EXCEPTION 'agreement % is not between % and others', this.name, coalesce(agreement_sign.team, 'nobody')
			USING ERRCODE = '22023', COLUMN = 'team', HINT = format('%s or %s.', this.teams[1], this.teams[2]);
	END IF;
	IF this.signed_by[side] IS NOT NULL THEN
		RAISE EXCEPTION 'agreement %, version %, was signed for % by % already', this.name, this.version, this.teams[side],
				this.signed_by[side] USING ERRCODE = '55000';
	END IF;
	this.signed_by[side] := who;
	UPDATE advocacy.agreement AS a SET signed_by = this.signed_by,
		signed_at = CASE WHEN this.signed_by[3 - side] IS NOT NULL THEN at END
	WHERE a.agreement_id = this.agreement_id;
	INSERT INTO advocacy.audit_log (at, actor, action, subject, details)
	VALUES (at, who, 'agreement_sign', this.name, jsonb_build_object('version', this.version, 'team', this.teams[side], 'role', session_user));
	RETURN this.signed_by[3 - side] IS NOT NULL;
END
$$;

COMMENT ON FUNCTION advocacy.agreement_sign(text, text, text, timestamptz) IS
	'Signs the newest version of an agreement for one of its teams; true when both have.';
