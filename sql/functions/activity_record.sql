-- activity_record: a person records what an advocate did without a request: a talk that came about otherwise, a review.
-- It counts against the caps from then on, and is never refused for them: it has happened.
-- Parameters: advocate, an advocate_id; type, an activity type; occurred_at, when it took place (NULL: at); note, in words;
-- actor (NULL: the session's user); at.
-- Returns: the activity_id.
-- Refuses: an unknown advocate, an unknown type, a time that has not come, the same twice.
-- Writes: activity, audit_log.
CREATE OR REPLACE FUNCTION advocacy.activity_record(advocate bigint, type text, occurred_at timestamptz DEFAULT NULL,
	note text DEFAULT NULL, actor text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	by_whom text := coalesce(nullif(btrim(activity_record.actor), ''), session_user);
	happened timestamptz := coalesce(activity_record.occurred_at, activity_record.at);
	made bigint;
BEGIN
	PERFORM advocacy.time_refuse(activity_record.at);
	PERFORM FROM advocacy.advocate AS a WHERE a.advocate_id = activity_record.advocate FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no advocate %', coalesce(activity_record.advocate::text, 'null')
			USING ERRCODE = 'P0002', HINT = 'Look the advocate up in advocacy.advocate_availability.';
	END IF;
	IF activity_record.type IS NULL OR activity_record.type <> ALL (advocacy.activity_types()) THEN
		RAISE EXCEPTION 'unknown activity type "%"', coalesce(activity_record.type, 'null') USING ERRCODE = '22023',
			COLUMN = 'type', HINT = 'One of ' || array_to_string(advocacy.activity_types(), ', ') || '.';
	END IF;
	IF happened > activity_record.at OR NOT isfinite(happened) THEN
		RAISE EXCEPTION 'an activity at % has not taken place yet', happened USING ERRCODE = '22023',
			COLUMN = 'occurred_at', HINT = 'What is to come is asked for by a request: advocacy.request_submit.';
	END IF;
	IF EXISTS (SELECT FROM advocacy.activity AS v WHERE v.advocate_id = activity_record.advocate
	            AND v.activity_type = activity_record.type AND v.occurred_at = happened AND v.status = 'completed') THEN
		RAISE EXCEPTION 'this % of advocate % at % is recorded already', replace(activity_record.type, '_', ' '),
			activity_record.advocate, advocacy.sync_time_text(happened) USING ERRCODE = '23505';
	END IF;
	INSERT INTO advocacy.activity AS v (advocate_id, activity_type, status, occurred_at, weight, account_id, cell, note, recorded_at,
	                                    recorded_by)
	SELECT activity_record.advocate, activity_record.type, 'completed', happened,
	       advocacy.activity_weight(activity_record.type), p.account_id, p.cell, nullif(btrim(activity_record.note), ''),
	       activity_record.at, by_whom
	  FROM (SELECT) AS one
	  LEFT JOIN advocacy.advocate_profile AS p ON p.advocate_id = activity_record.advocate
	RETURNING v.activity_id INTO made;
	INSERT INTO advocacy.audit_log (at, actor, action, subject, reason, details)
	VALUES (activity_record.at, by_whom, 'activity_record', 'advocate ' || activity_record.advocate, activity_record.note,
	        jsonb_build_object('activity_id', made, 'type', activity_record.type,
	                           'occurred_at', advocacy.sync_time_text(happened)));
	PERFORM advocacy.activity_tell_cap(activity_record.advocate, activity_record.at);
	RETURN made;
END $$;
COMMENT ON FUNCTION advocacy.activity_record(bigint, text, timestamptz, text, text, timestamptz) IS
	'Records what an advocate did without a request (audited); returns the activity_id.';
