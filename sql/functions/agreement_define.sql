-- agreement_define(name, teams, review_on, commitments, actor, at) -> bigint
--
-- Purpose:    writes down what two teams owe each other, as the next version of an agreement. It holds once both have signed.
-- Parameters: name; teams  the two; review_on  when it is to be looked at again, in the future;
--             commitments  [{"name", "owed_by", "owed_to", "kind", and "metric" of a timed one, "at_least" a quarter of a
--             counted one, "every_days" of one with a cadence}, ...], each between the two teams;
--             actor  the person, NULL for session_user; at  now.
-- Returns:    agreement_id. Raises 22023 naming the commitment and the value.
-- Writes:     agreement, commitment, audit_log.
CREATE OR REPLACE FUNCTION advocacy.agreement_define(
	name text, teams text[], review_on date, commitments jsonb, actor text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS bigint
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	this    constant text := agreement_define.name;
	parties constant text[] := agreement_define.teams;
	made    advocacy.agreement;
	one     record;
BEGIN
	IF this IS NULL OR btrim(this) = '' THEN
		RAISE EXCEPTION 'an agreement needs a name' USING ERRCODE = '22023', COLUMN = 'name';
	END IF;
	IF parties IS NULL OR cardinality(parties) <> 2 OR array_position(parties, NULL) IS NOT NULL OR parties[1] = parties[2] THEN
		RAISE EXCEPTION 'agreement %: it is between two teams, not %', this, coalesce(parties::text, 'null')
			USING ERRCODE = '22023', COLUMN = 'teams', HINT = 'For example {program,sales}.';
	END IF;
	IF agreement_define.review_on IS NULL OR agreement_define.review_on <= at::date THEN
		RAISE EXCEPTION 'agreement %: it must be reviewed on a day to come, not %', this, coalesce(agreement_define.review_on::text, 'never')
			USING ERRCODE = '22023', COLUMN = 'review_on';
	END IF;
	IF jsonb_typeof(agreement_define.commitments) IS DISTINCT FROM 'array' OR jsonb_array_length(agreement_define.commitments) = 0 THEN
		RAISE EXCEPTION 'agreement %: it needs a list of commitments', this USING ERRCODE = '22023', COLUMN = 'commitments';
	END IF;

	PERFORM pg_advisory_xact_lock(hashtextextended('advocacy.agreement/' || this, 0));
	INSERT INTO advocacy.agreement AS a (name, version, teams, review_on, created_at)
	SELECT this, coalesce(max(o.version), 0) + 1, parties, agreement_define.review_on, at FROM advocacy.agreement AS o WHERE o.name = this
	RETURNING a.* INTO made;
	FOR one IN
		SELECT c.* FROM jsonb_to_recordset(agreement_define.commitments)
			AS c (name text, owed_by text, owed_to text, kind text, metric text, at_least integer, every_days integer)
	LOOP
		IF coalesce(btrim(one.name), '') = '' OR one.owed_by IS NULL OR one.owed_to IS NULL
		   OR one.owed_by <> ALL (parties) OR one.owed_to <> ALL (parties) OR one.owed_by = one.owed_to THEN
			RAISE EXCEPTION 'agreement %, commitment "%": % can''t owe it to %', this, one.name, coalesce(one.owed_by, 'nobody'),
					coalesce(one.owed_to, 'nobody')
				USING ERRCODE = '22023', HINT = format('owed_by and owed_to are %s and %s, either way, and it has a name.', parties[1], parties[2]);
		END IF;
		IF coalesce(one.kind, '') NOT IN ('timed', 'counted', 'cadence', 'attested')
		   OR (one.kind = 'timed') <> (one.metric IS NOT NULL) OR (one.kind = 'counted') <> (one.at_least IS NOT NULL)
		   OR (one.kind = 'cadence') <> (one.every_days IS NOT NULL) OR one.at_least < 1 OR one.every_days NOT BETWEEN 1 AND 90 THEN
			RAISE EXCEPTION 'agreement %, commitment "%": kind "%" with metric %, at_least %, every_days %', this, one.name, one.kind,
					coalesce(one.metric, 'none'), coalesce(one.at_least::text, 'none'), coalesce(one.every_days::text, 'none')
				USING ERRCODE = '22023', HINT = 'timed has a metric, counted at_least (1 or more), cadence every_days (1 to 90, as quarters are counted), attested none of them.';
		END IF;
		IF one.kind = 'timed' AND NOT EXISTS (SELECT FROM advocacy.clock_metrics() AS m WHERE m.metric = one.metric) THEN
			RAISE EXCEPTION 'agreement %, commitment "%": unknown metric "%"', this, one.name, one.metric
				USING ERRCODE = '22023', HINT = (SELECT 'One of ' || string_agg(m.metric, ', ') || '.' FROM advocacy.clock_metrics() AS m);
		END IF;
		IF EXISTS (SELECT FROM advocacy.commitment AS c WHERE c.agreement_id = made.agreement_id AND c.name = one.name) THEN
			RAISE EXCEPTION 'agreement %: it names commitment "%" twice', this, one.name USING ERRCODE = '22023';
		END IF;
		INSERT INTO advocacy.commitment (agreement_id, name, owed_by, owed_to, kind, metric, at_least, every_days)
		VALUES (made.agreement_id, one.name, one.owed_by, one.owed_to, one.kind, one.metric, one.at_least, one.every_days);
	END LOOP;
	INSERT INTO advocacy.audit_log (at, actor, action, subject, details)
	VALUES (at, coalesce(nullif(btrim(agreement_define.actor), ''), session_user), 'agreement_define', this,
	        jsonb_build_object('version', made.version, 'teams', to_jsonb(parties), 'commitments', agreement_define.commitments,
	                           'review_on', made.review_on, 'role', session_user));
	RETURN made.agreement_id;
END
$$;

COMMENT ON FUNCTION advocacy.agreement_define(text, text[], date, jsonb, text, timestamptz) IS
	'Writes down what two teams owe each other, as the next version of an agreement; it holds once both have signed.';
