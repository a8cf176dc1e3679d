-- request_criteria: whom a request asks for: what must be, and what had better be.
-- Parameters: request, a request_id; criteria, {"required": {"region": "EMEA"}, "preferred": {"industry": ["Retail", "Food"]}},
-- each of industry, region, segment, product, use_case, persona, language, time_zone with a text or a list of texts, one of
-- which is enough (NULL: somebody like the deal's own account); actor (NULL: the session's user); at.
-- Returns: nothing.
-- Refuses: an unknown request, one that has ended, what isn't of that form.
-- Writes: request, audit_log.
CREATE OR REPLACE FUNCTION advocacy.request_criteria(request bigint, criteria jsonb, actor text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	known constant text[] := '{industry,region,segment,product,use_case,persona,language,time_zone}';
	by_whom text := coalesce(nullif(btrim(request_criteria.actor), ''), session_user);
	wrong text;
BEGIN
	PERFORM advocacy.time_refuse(request_criteria.at);
	SELECT CASE WHEN e.key NOT IN ('required', 'preferred') OR jsonb_typeof(e.value) <> 'object' THEN
	                 format('"%s": %s', e.key, e.value)
	            ELSE (SELECT format('%s: %s is %s', e.key, i.key, i.value) FROM jsonb_each(e.value) AS i
	                   WHERE i.key <> ALL (known) OR jsonb_typeof(i.value) NOT IN ('string', 'array') OR i.value IN ('""', '[]')
	                      OR EXISTS (SELECT FROM jsonb_array_elements(CASE jsonb_typeof(i.value) WHEN 'array' THEN i.value
	                                                                  ELSE '[]' END) AS v
	                                  WHERE jsonb_typeof(v.value) <> 'string' OR v.value = '""') LIMIT 1) END
	  INTO wrong
	  FROM jsonb_each(CASE WHEN request_criteria.criteria IS NULL THEN '{}'
	                       WHEN jsonb_typeof(request_criteria.criteria) = 'object' THEN request_criteria.criteria
	                       ELSE jsonb_build_object('criteria', request_criteria.criteria) END) AS e
	 ORDER BY 1 NULLS LAST LIMIT 1;
	IF wrong IS NOT NULL THEN
		RAISE EXCEPTION 'criteria can''t be %', wrong USING ERRCODE = '22023', COLUMN = 'criteria',
			HINT = 'As in {"required": {"region": "EMEA"}, "preferred": {"industry": ["Retail", "Food"]}}, of '
			       || array_to_string(known, ', ') || '.';
	END IF;
	UPDATE advocacy.request AS r SET criteria = request_criteria.criteria
	 WHERE r.request_id = request_criteria.request
	   AND r.state NOT IN ('completed', 'declined', 'expired', 'cancelled', 'unfulfillable');
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no open request %', coalesce(request_criteria.request::text, 'null')
			USING ERRCODE = CASE WHEN EXISTS (SELECT FROM advocacy.request AS r WHERE r.request_id = request_criteria.request)
			                     THEN '55000' ELSE 'P0002' END;
	END IF;
	INSERT INTO advocacy.audit_log (at, actor, action, subject, details)
	VALUES (request_criteria.at, by_whom, 'request_criteria', 'REQ-' || request_criteria.request,
	        jsonb_build_object('criteria', request_criteria.criteria));
END $$;
COMMENT ON FUNCTION advocacy.request_criteria(bigint, jsonb, text, timestamptz) IS
	'Whom a request asks for: what must be and what had better be (audited).';
