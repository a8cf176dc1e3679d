-- writeback_register: takes over from a source's mapping what of advocates is written back into it.
-- Other words for the same states, or other fields, are written anew; what is no longer mapped is no longer written (and
-- stays in the CRM as it is). Nothing is sent before a person has said so once (writeback_start): the first thing that a
-- wrong mapping of health would do is to call a whole program suspended.
-- Parameters: source; targets, {"contact": {"fields", "words": {STATE: WORD}}, "account": the same}, each may be absent; at.
-- Returns: whether anything changed. Writes: crm_target, crm_flag, audit_log.
CREATE OR REPLACE FUNCTION advocacy.writeback_register(source text, targets jsonb, at timestamptz DEFAULT now())
RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	before jsonb;
	mapped jsonb := coalesce(writeback_register.targets, '{}');
	one record;
BEGIN
	SELECT coalesce(jsonb_object_agg(t.entity, jsonb_build_object('fields', t.fields, 'words', t.words)), '{}')
	  INTO before FROM advocacy.crm_target AS t WHERE t.source = writeback_register.source;
	IF before = mapped THEN
		RETURN false;
	END IF;
	FOR one IN
		SELECT k.entity, k.target, w.states FROM jsonb_each(mapped) AS k (entity, target)
		  CROSS JOIN LATERAL (SELECT CASE k.entity
			WHEN 'request' THEN '{waiting,refused,submitted,triaged,matching,proposed,awaiting_csm,awaiting_advocate,scheduled,'
				'suspended_hold,held,feedback_due,completed,declined,expired,cancelled,unfulfillable}'
			ELSE '{eligible,caution,suspended,ineligible,withdrawn,left}' END::text[] AS states) AS w
		 WHERE jsonb_typeof(k.target -> 'words') IS DISTINCT FROM 'object' OR NOT k.target -> 'words' ?& w.states
	LOOP
		RAISE EXCEPTION 'the flag of % needs a word for each state, not %', one.entity, one.target -> 'words'
			USING ERRCODE = '22023', HINT = format('The states are %s.', array_to_string(one.states, ', '));
	END LOOP;
	-- Who suspends somebody meanwhile would find nothing mapped, and isn't seen here.
	PERFORM advocacy.sync_lock();
	-- (Before the first target: with one go its flags, and who wishes for one looks at its target.)
	PERFORM advocacy.writeback_lock(false);
	DELETE FROM advocacy.crm_target AS t WHERE t.source = writeback_register.source AND NOT mapped ? t.entity;
	INSERT INTO advocacy.crm_target AS t (source, entity, fields, words)
	SELECT writeback_register.source, k.entity, coalesce(k.target ->> 'fields', ''), k.target -> 'words'
	  FROM jsonb_each(mapped) AS k (entity, target) ORDER BY k.entity
	ON CONFLICT (source, entity) DO UPDATE SET fields = excluded.fields, words = excluded.words
	 WHERE (t.fields, t.words) IS DISTINCT FROM (excluded.fields, excluded.words);
	-- Another field holds nothing of ours yet; and what was refused may not be refused any more.
	UPDATE advocacy.crm_flag AS f
	   SET delivery = 'pending', doubtful = true, attempts = 0, not_before = writeback_register.at, claimed_by = NULL,
	       claimed_until = NULL
	 WHERE f.source = writeback_register.source
	   AND (f.delivery = 'refused' OR before -> f.entity -> 'fields' IS DISTINCT FROM mapped -> f.entity -> 'fields');
	INSERT INTO advocacy.audit_log (at, actor, action, subject, details)
	VALUES (writeback_register.at, 'configuration', 'writeback_register', 'source ' || writeback_register.source,
		jsonb_build_object('before', before, 'after', mapped));
	PERFORM advocacy.writeback_follow(NULL, writeback_register.at);
	RETURN true;
END $$;
COMMENT ON FUNCTION advocacy.writeback_register(text, jsonb, timestamptz) IS
	'Takes over from a source''s mapping what of advocates is written back into it; true if anything changed.';
