-- clock_subject(subject_kind, subject_id) -> jsonb
--
-- Purpose:    what policies match a subject by.
-- Parameters: subject_kind  request, suspension, approval, nomination, asset; subject_id  its key.
-- Returns:    {"priority" (a suspension's severity, an approval's team), "activity_type", "segment", "region"}; what isn't known is null.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.clock_subject(subject_kind text, subject_id bigint)
RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	answer jsonb;
BEGIN
	IF subject_kind = 'request' THEN
		SELECT jsonb_build_object('priority', r.priority, 'activity_type', r.activity_type, 'segment', a.segment,
		                          'region', a.region)
		INTO answer FROM advocacy.request AS r
		LEFT JOIN advocacy.opportunity AS o ON o.opportunity_id = r.opportunity_id
		LEFT JOIN advocacy.account AS a ON a.account_id = o.account_id
		WHERE r.request_id = subject_id;
	ELSIF subject_kind = 'suspension' THEN
		SELECT jsonb_build_object('priority', s.severity, 'segment', a.segment, 'region', a.region)
		INTO answer FROM advocacy.suspension AS s
		JOIN advocacy.advocate AS v ON v.advocate_id = s.advocate_id
		LEFT JOIN advocacy.account AS a ON a.account_id = v.account_id
		WHERE s.suspension_id = subject_id;
	ELSIF subject_kind = 'asset' THEN
		SELECT jsonb_build_object('activity_type', s.activity_type, 'segment', a.segment, 'region', a.region)
		INTO answer FROM advocacy.asset AS s
		JOIN advocacy.advocate AS v ON v.advocate_id = s.advocate_id
		LEFT JOIN advocacy.account AS a ON a.account_id = v.account_id
		WHERE s.asset_id = subject_id;
	ELSIF subject_kind = 'approval' THEN
		SELECT jsonb_build_object('priority', p.approver, 'activity_type', r.activity_type, 'segment', a.segment, 'region', a.region)
		INTO answer FROM advocacy.approval AS p
		JOIN advocacy.request AS r ON r.request_id = p.request_id
		JOIN advocacy.advocate AS v ON v.advocate_id = p.advocate_id
		LEFT JOIN advocacy.account AS a ON a.account_id = v.account_id
		WHERE p.approval_id = subject_id;
	END IF;
	RETURN coalesce(answer, '{}');
END
$$;

COMMENT ON FUNCTION advocacy.clock_subject(text, bigint) IS 'What policies match a clock''s subject by: priority, type, segment, region.';
