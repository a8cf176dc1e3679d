-- commitment_observe(agreement, commitment, kept, note, actor, happened_at, at) -> bigint
--
-- Purpose:    writes down something seen of a commitment: one more of what is counted, one meeting of a cadence, or the yes or
--             no of the team that an attested one is owed to (the last in a quarter holds).
-- Parameters: agreement, commitment  their names; kept  false only of an attested one; note  what it was;
--             actor  the person, NULL for session_user; happened_at  when, NULL for at; at  now.
-- Returns:    observation_id. Raises P0002 for an unknown commitment, 22023 for a timed one, which its clocks tell of, for a no
--             to what is counted, and for what is still to come.
-- Writes:     commitment_observation, audit_log.
CREATE OR REPLACE FUNCTION advocacy.commitment_observe(
	agreement text, commitment text, kept boolean DEFAULT true, note text DEFAULT NULL, actor text DEFAULT NULL,
	happened_at timestamptz DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS bigint
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	who  constant text := coalesce(nullif(btrim(commitment_observe.actor), ''), session_user);
	this text;
	id   bigint;
BEGIN
	PERFORM advocacy.time_refuse(commitment_observe.at);
	SELECT c.kind INTO this FROM advocacy.agreement AS a JOIN advocacy.commitment AS c USING (agreement_id)
	WHERE a.name = commitment_observe.agreement AND c.name = commitment_observe.commitment ORDER BY a.version DESC LIMIT 1;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'agreement "%" has no commitment "%"', commitment_observe.agreement, commitment_observe.commitment
			USING ERRCODE = 'P0002', HINT = 'SELECT agreement, commitment FROM advocacy.sla_attainment lists those that hold.';
	END IF;
	IF this = 'timed' OR commitment_observe.kept IS NULL OR NOT commitment_observe.kept AND this <> 'attested' THEN
		RAISE EXCEPTION 'commitment "%" is %: it can''t be observed as %', commitment_observe.commitment, this,
				CASE commitment_observe.kept WHEN true THEN 'kept' WHEN false THEN 'not kept' ELSE 'neither' END
			USING ERRCODE = '22023', COLUMN = 'kept', HINT = 'Clocks tell of a timed one; only an attested one is kept or not.';
	END IF;
	IF commitment_observe.happened_at > at THEN
		RAISE EXCEPTION 'commitment "%" can''t have happened at %', commitment_observe.commitment, commitment_observe.happened_at
			USING ERRCODE = '22023', COLUMN = 'happened_at', HINT = 'That is still to come.';
	END IF;
	INSERT INTO advocacy.commitment_observation AS o (agreement, commitment, happened_at, kept, actor, note, recorded_at)
	VALUES (commitment_observe.agreement, commitment_observe.commitment, coalesce(commitment_observe.happened_at, at),
	        commitment_observe.kept, who, commitment_observe.note, at)
	RETURNING o.observation_id INTO id;
	INSERT INTO advocacy.audit_log (at, actor, action, subject, reason, details)
	VALUES (at, who, 'commitment_observe', commitment_observe.agreement || '/' || commitment_observe.commitment, commitment_observe.note,
	        jsonb_build_object('kept', commitment_observe.kept, 'role', session_user));
	RETURN id;
END
$$;

COMMENT ON FUNCTION advocacy.commitment_observe(text, text, boolean, text, text, timestamptz, timestamptz) IS
	'Writes down something seen of a commitment: one more, one meeting, or a yes or no.';
