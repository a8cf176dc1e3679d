-- drift_judge: whether a field of a stream is to be kept as it was, by what this apply has staged of it.
-- It drifts when it is null in nine tenths of the staged records that had a value, and in ten at least. From then on it
-- is kept, until ten records have brought a value again (over several applies, if they are small), or a person accepts it.
-- Parameters: source; stream; field; had, how many of the staged records had a value before; lost, in how many of those it
-- is null now; known, how many staged records bring a value; at.
-- Returns: whether it is to be kept. Writes: field_drift, outbox; sync_stream: when values come back, all records are due to
-- be read again, since what they said meanwhile was not taken.
CREATE OR REPLACE FUNCTION advocacy.drift_judge(source text, stream text, field text, had bigint, lost bigint, known bigint,
	at timestamptz DEFAULT now()) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	many constant bigint := 10;
	share constant numeric := 0.9;
	drift advocacy.field_drift;
BEGIN
	SELECT d.* INTO drift FROM advocacy.field_drift AS d
	 WHERE d.source = drift_judge.source AND d.stream = drift_judge.stream AND d.field = drift_judge.field
	   AND d.kind NOT IN ('unreadable', 'reordered') AND (d.resolved_at IS NULL OR (d.accepted_by IS NOT NULL AND d.lapsed_at IS NULL))
	 ORDER BY d.resolved_at IS NOT NULL, d.drift_id DESC LIMIT 1;
	IF lost < many OR lost < share * had THEN
		IF drift.drift_id IS NULL THEN
			RETURN false;
		END IF;
		IF known > 0 THEN
			UPDATE advocacy.field_drift AS d
			   SET recovered = d.recovered + known,
			       resolved_at = CASE WHEN d.recovered + known >= many THEN coalesce(d.resolved_at, drift_judge.at)
			                          ELSE d.resolved_at END,
			       resolution = CASE WHEN d.recovered + known >= many THEN coalesce(d.resolution, 'values came back')
			                         ELSE d.resolution END,
			       lapsed_at = CASE WHEN d.accepted_by IS NOT NULL AND d.recovered + known >= many THEN drift_judge.at END
			 WHERE d.drift_id = drift.drift_id
			RETURNING d.* INTO drift;
			IF drift.accepted_by IS NULL AND drift.resolved_at IS NOT NULL THEN
				UPDATE advocacy.sync_stream AS y SET full_read_at = NULL
				 WHERE y.source = drift_judge.source AND y.stream = drift_judge.stream;
			END IF;
		END IF;
		RETURN drift.resolved_at IS NULL;
	END IF;
	IF drift.accepted_by IS NOT NULL THEN
		RETURN false;
	END IF;
	IF drift.drift_id IS NULL OR drift.kind = 'null_for_all' THEN
		PERFORM advocacy.drift_open(drift_judge.source, drift_judge.stream, drift_judge.field, 'null_for_all',
			format('null in %s of %s records that had a value', lost, had), lost, drift_judge.at);
	END IF;
	RETURN true;
END $$;
COMMENT ON FUNCTION advocacy.drift_judge(text, text, text, bigint, bigint, bigint, timestamptz) IS
	'Whether a field of a stream is to be kept as it was, since it became null for nearly all records at once.';
