-- asset_publish(advocate, type, title, place, request, published_at, actor, at) -> bigint
--
-- Purpose:    writes down what was published with an advocate's name, so that it can be taken down when they withdraw. What has
--             no consent behind it when it is written down is to come down at once.
-- Parameters: advocate  advocate_id; type  an activity type; title; place  where it is to be found;
--             request  the request it came of, NULL: none; published_at  NULL for at;
--             actor  the person, NULL for session_user; at  now.
-- Returns:    asset_id. Raises P0002 for an unknown advocate or request, 22023 naming what is missing or wrong, 55000 for a
--             request that wasn't held with this advocate, 23505 for what is written down already.
-- Writes:     asset, audit_log; as asset_withdraw. Locks the advocate.
CREATE OR REPLACE FUNCTION advocacy.asset_publish(
	advocate bigint, type text, title text, place text, request bigint DEFAULT NULL, published_at timestamptz DEFAULT NULL,
	actor text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS bigint
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	who    constant text := coalesce(nullif(btrim(asset_publish.actor), ''), session_user);
	since  constant timestamptz := coalesce(asset_publish.published_at, asset_publish.at);
	person advocacy.advocate;
	made   bigint;
BEGIN
	SELECT a.* INTO person FROM advocacy.advocate AS a WHERE a.advocate_id = asset_publish.advocate FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no advocate %', coalesce(asset_publish.advocate::text, 'null')
			USING ERRCODE = 'P0002', HINT = 'Look the advocate up in advocacy.advocate_availability.';
	END IF;
	IF asset_publish.type IS NULL OR asset_publish.type <> ALL (advocacy.activity_types()) THEN
		RAISE EXCEPTION 'unknown activity type "%"', coalesce(asset_publish.type, 'null') USING ERRCODE = '22023',
			COLUMN = 'type', HINT = 'One of ' || array_to_string(advocacy.activity_types(), ', ') || '.';
	END IF;
	IF btrim(coalesce(asset_publish.title, '')) = '' OR btrim(coalesce(asset_publish.place, '')) = '' THEN
		RAISE EXCEPTION 'what was published needs its title and its place' USING ERRCODE = '22023',
			COLUMN = CASE WHEN btrim(coalesce(asset_publish.title, '')) = '' THEN 'title' ELSE 'place' END,
			HINT = 'The place is where it is to be taken down, such as https://example.com/stories/acme.';
	END IF;
	IF since > asset_publish.at OR NOT isfinite(since) OR NOT isfinite(asset_publish.at) THEN
		RAISE EXCEPTION 'nothing can have been published at %', since USING ERRCODE = '22023', COLUMN = 'published_at',
			HINT = 'A time that has come.';
	END IF;
	IF asset_publish.request IS NOT NULL AND NOT EXISTS (SELECT FROM advocacy.request AS r WHERE r.request_id = asset_publish.request) THEN
		RAISE EXCEPTION 'there is no request %', asset_publish.request USING ERRCODE = 'P0002';
	ELSIF asset_publish.request IS NOT NULL AND NOT EXISTS (
		SELECT FROM advocacy.request AS r WHERE r.request_id = asset_publish.request AND r.advocate_id = person.advocate_id
		   AND r.state IN ('held', 'feedback_due', 'completed')) THEN
		RAISE EXCEPTION 'request REQ-% wasn''t held with advocate %', asset_publish.request, person.advocate_id
			USING ERRCODE = '55000', HINT = 'request_held first; what came of no request is published without one.';
	END IF;
	INSERT INTO advocacy.asset AS s (advocate_id, activity_type, title, place, request_id, published_at, published_by, state)
	VALUES (person.advocate_id, asset_publish.type, btrim(asset_publish.title), btrim(asset_publish.place), asset_publish.request,
	        since, who, 'published')
	ON CONFLICT DO NOTHING
	RETURNING s.asset_id INTO made;
	IF made IS NULL THEN
		RAISE EXCEPTION '% is written down already', btrim(asset_publish.place) USING ERRCODE = '23505', COLUMN = 'place';
	END IF;
	INSERT INTO advocacy.audit_log (at, actor, action, subject, details)
	VALUES (asset_publish.at, who, 'asset_publish', 'asset ' || made, jsonb_build_object('advocate_id', person.advocate_id,
		'type', asset_publish.type, 'title', asset_publish.title, 'place', asset_publish.place, 'request', asset_publish.request));
	IF NOT advocacy.consent_allows(person.former_contacts || person.contact_id, asset_publish.type, asset_publish.at) THEN
		PERFORM advocacy.asset_withdraw(person.advocate_id, asset_publish.type, asset_publish.at);
	END IF;
	RETURN made;
END
$$;

COMMENT ON FUNCTION advocacy.asset_publish(bigint, text, text, text, bigint, timestamptz, text, timestamptz) IS
	'Writes down what was published with an advocate''s name (audited), so that it can be taken down; returns the asset_id.';
