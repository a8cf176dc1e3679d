-- Who may do what in schema advocacy. Run after every change of functions and views; running it again changes nothing.
--
--   advocacy_daemon          reads and writes the tables, calls every function; no DDL, no TRUNCATE; it can only add to
--                            what is append-only, can't remove what retention_run alone removes, and can't touch
--                            schema_version.
--   advocacy_reader          the views and the synced tables, but for the columns below that hold or may hold
--                            somebody's contact details.
--   advocacy_contact_reader  those too.
--   advocacy_operator        calls the functions below, which check, act as their owner, and are audited.
--   everyone else            nothing.

DO $$
DECLARE
	-- Rows are only ever added.
	append_only constant pg_catalog.text[] := ARRAY['audit_log', 'clock_event', 'commitment_observation', 'notification', 'request_event',
		'risk_rule_version'];
	-- Rows go when their time is over (retention_run), and only then.
	kept constant pg_catalog.text[] := ARRAY['outbox', 'sla_clock', 'suspension', 'risk', 'risk_override', 'decision_batch',
		'decision_cycle', 'signal_history', 'sync_run'];
	-- Written by migrations alone, or by retention_run.
	migrated constant pg_catalog.text[] := ARRAY['schema_version', 'retention'];
	-- What readers may read besides the views.
	synced constant pg_catalog.text[] := ARRAY['account', 'account_source', 'contact', 'opportunity', 'signal',
		'signal_history', 'staff', 'support_case', 'source_status', 'sync_stream', 'sync_run', 'schema_version',
		'calendar', 'calendar_span', 'calendar_page', 'identity_review', 'field_drift', 'decision_cycle', 'decision_batch'];
	-- Columns with somebody's contact details (or free text that may hold them), in any table or view.
	contact_details constant pg_catalog.text[] := ARRAY['email', 'first_name', 'last_name', 'full_name', 'contact_name',
		'phone', 'owner_email', 'csm_email', 'contact_email', 'advocate_email', 'approver_emails', 'requested_by',
		'subject', 'facts', 'raw', 'text'];
	-- The functions for people and tools.
	operator_functions constant pg_catalog.text[] := ARRAY['request_submit', 'request_acknowledge', 'request_match',
		'request_schedule', 'request_fulfil', 'request_decline', 'request_wait', 'request_resume', 'request_cancel',
		'match_advocates', 'match_excluded', 'request_criteria', 'request_ask', 'request_answer', 'request_decide', 'request_held', 'request_feedback', 'request_give_up',
		'request_reopen', 'approval_decide', 'request_expose', 'request_prioritize', 'request_redate', 'asset_publish', 'asset_down', 'advocate_enroll', 'advocate_enrol', 'advocate_retire', 'advocate_suspend',
		'advocate_reinstate', 'consent_record', 'consent_withdraw', 'activity_record', 'explain_advocate',
		'advocate_limit', 'advocate_caps', 'calendar_define', 'contact_erase', 'resync_request', 'resync_decide', 'risk_release', 'risk_reject', 'risk_unpin', 'risk_override', 'risk_override_end', 'risk_confirm',
		'account_link',
		'account_split', 'account_unpin', 'decisions_undo', 'decisions_undo_batch', 'sla_acknowledge', 'sla_correct',
		'sla_migrate', 'sla_rebuild_check',
		'agreement_define', 'agreement_sign', 'commitment_observe', 'drift_accept', 'writeback_start', 'writeback_stop',
		'notification_silence', 'notification_silence_end'];
	-- Arithmetic that reads calendars and nothing else.
	calendar_functions constant pg_catalog.text[] := ARRAY['business_due_at', 'business_breach_at', 'business_before',
		'business_seconds', 'calendar_newest', 'calendar_due', 'calendar_due_at', 'calendar_breach_at', 'calendar_before',
		'calendar_seconds', 'calendar_position', 'calendar_refuse', 'sync_time_text'];
	one pg_catalog.record;
	readable pg_catalog.record;
BEGIN
	REVOKE ALL ON SCHEMA advocacy FROM PUBLIC, advocacy_daemon, advocacy_reader, advocacy_contact_reader, advocacy_operator;
	REVOKE ALL ON ALL TABLES IN SCHEMA advocacy
		FROM PUBLIC, advocacy_daemon, advocacy_reader, advocacy_contact_reader, advocacy_operator;
	REVOKE ALL ON ALL SEQUENCES IN SCHEMA advocacy
		FROM PUBLIC, advocacy_daemon, advocacy_reader, advocacy_contact_reader, advocacy_operator;
	REVOKE ALL ON ALL FUNCTIONS IN SCHEMA advocacy
		FROM PUBLIC, advocacy_daemon, advocacy_reader, advocacy_contact_reader, advocacy_operator;
	GRANT USAGE ON SCHEMA advocacy TO advocacy_daemon, advocacy_reader, advocacy_contact_reader, advocacy_operator;

	FOR one IN
		SELECT c.relname, c.relkind FROM pg_catalog.pg_class AS c
		WHERE c.relnamespace = 'advocacy'::pg_catalog.regnamespace
		  AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m}') ORDER BY c.relname
	LOOP
		IF one.relkind IN ('v', 'm') OR one.relname = ANY (migrated) THEN
			EXECUTE pg_catalog.format('GRANT SELECT ON advocacy.%I TO advocacy_daemon', one.relname);
		ELSIF one.relname = ANY (append_only) THEN
			EXECUTE pg_catalog.format('GRANT SELECT, INSERT ON advocacy.%I TO advocacy_daemon', one.relname);
		ELSIF one.relname = ANY (kept) THEN
			EXECUTE pg_catalog.format('GRANT SELECT, INSERT, UPDATE ON advocacy.%I TO advocacy_daemon', one.relname);
		ELSE
			EXECUTE pg_catalog.format('GRANT SELECT, INSERT, UPDATE, DELETE ON advocacy.%I TO advocacy_daemon', one.relname);
		END IF;

		IF one.relkind IN ('v', 'm') OR one.relname = ANY (synced) THEN
			EXECUTE pg_catalog.format('GRANT SELECT ON advocacy.%I TO advocacy_contact_reader', one.relname);
			SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum)
			       FILTER (WHERE a.attname <> ALL (contact_details)) AS columns,
			       pg_catalog.bool_or(a.attname = ANY (contact_details)) AS some_withheld
			INTO readable FROM pg_catalog.pg_attribute AS a
			WHERE a.attrelid = pg_catalog.format('advocacy.%I', one.relname)::pg_catalog.regclass
			  AND a.attnum > 0 AND NOT a.attisdropped;
			IF NOT readable.some_withheld THEN
				EXECUTE pg_catalog.format('GRANT SELECT ON advocacy.%I TO advocacy_reader', one.relname);
			ELSIF readable.columns IS NOT NULL THEN
				EXECUTE pg_catalog.format('GRANT SELECT (%s) ON advocacy.%I TO advocacy_reader', readable.columns,
				                          one.relname);
			END IF;
		END IF;
	END LOOP;
	GRANT SELECT ON advocacy.calendar, advocacy.calendar_span, advocacy.calendar_page, advocacy.advocate_availability, advocacy.identity_review, advocacy.data_quality,
		advocacy.field_drift, advocacy.decision_cycle, advocacy.decision_batch, advocacy.crm_target, advocacy.crm_flag, advocacy.silence, advocacy.message_kind, advocacy.route,
		advocacy.approval_waiting, advocacy.takedown_waiting, advocacy.sla_report, advocacy.sla_ownership, advocacy.sla_pauses,
		advocacy.sla_attainment, advocacy.request_record, advocacy.resync,
		advocacy.retention
		TO advocacy_operator;

	-- Decisions carry the number of their cycle before its row is made.
	GRANT USAGE ON SEQUENCE advocacy.decision_cycle_cycle_id_seq, advocacy.account_account_id_seq,
		advocacy.sla_clock_clock_id_seq, advocacy.sla_policy_policy_id_seq TO advocacy_daemon;

	GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA advocacy TO advocacy_daemon;
	FOR one IN
		-- Who reads a view needs the functions that the view calls.
		WITH RECURSIVE called AS (
			SELECT d.refobjid AS function_id FROM pg_catalog.pg_depend AS d
			WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
			  AND d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
			UNION
			SELECT d.refobjid FROM pg_catalog.pg_depend AS d JOIN called AS c ON d.objid = c.function_id
			WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
			  AND d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
		)
		SELECT p.oid::pg_catalog.regprocedure AS signature, p.proname = ANY (operator_functions) AS for_operators,
		       p.proname = ANY (calendar_functions) OR p.oid IN (SELECT c.function_id FROM called AS c) AS for_all
		FROM pg_catalog.pg_proc AS p WHERE p.pronamespace = 'advocacy'::pg_catalog.regnamespace
	LOOP
		IF one.for_operators OR one.for_all THEN
			EXECUTE pg_catalog.format('GRANT EXECUTE ON FUNCTION %s TO advocacy_operator', one.signature);
		END IF;
		IF one.for_all THEN
			EXECUTE pg_catalog.format('GRANT EXECUTE ON FUNCTION %s TO advocacy_reader, advocacy_contact_reader',
			                          one.signature);
		END IF;
	END LOOP;
END
$$;

-- The daemon makes temporary tables like the stages.
DO $$
BEGIN
	IF pg_catalog.pg_has_role((SELECT d.datdba FROM pg_catalog.pg_database AS d
	                           WHERE d.datname = pg_catalog.current_database()), 'USAGE') THEN
		EXECUTE pg_catalog.format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO advocacy_daemon',
		                          pg_catalog.current_database());
	END IF;
END
$$;
