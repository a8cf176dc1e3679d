-- sync_preview: what sync_apply would do with what this connection has staged, without doing it: it is done, looked at, and
-- taken back. The stage tables are as before afterwards, so that the same can be applied next.
-- Parameters: as sync_apply.
-- Returns: {"rows_changed", "rows_rejected": as sync_apply counts them, "entities": {ENTITY: see preview_rows}, and what
-- preview_decisions says}. Refuses what sync_apply refuses.
-- Writes: nothing that stays (numbers of identity columns are used up).
CREATE OR REPLACE FUNCTION advocacy.sync_preview(source text, stream text, cursor text, complete boolean,
	complete_until timestamptz, rows_read bigint, calls bigint, started_at timestamptz, at timestamptz DEFAULT now(),
	mode text DEFAULT 'changes', fresh_until timestamptz DEFAULT NULL, expected bigint DEFAULT NULL,
	mapping text DEFAULT NULL) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off
SET client_min_messages = warning AS $$
#variable_conflict use_column
DECLARE
	pairs constant text[] := '{account:account_source,staff:staff,contact:contact,support_case:support_case,opportunity:opportunity}';
	pair text;
	stage text;
	entity text;
	staged boolean;
	looked_at text[] := '{}';
	entities jsonb := '{}';
	rows jsonb;
	applied record;
	preview jsonb;
BEGIN
	IF to_regclass('pg_temp.stage_account') IS NULL THEN
		PERFORM advocacy.stage_prepare();
	END IF;
	PERFORM advocacy.sync_lock();
	BEGIN
		CREATE TEMPORARY TABLE preview_mark AS SELECT
			(SELECT coalesce(max(r.risk_id), 0) FROM advocacy.risk AS r) AS risk_id,
			(SELECT coalesce(max(s.suspension_id), 0) FROM advocacy.suspension AS s) AS suspension_id,
			(SELECT coalesce(max(a.advocate_id), 0) FROM advocacy.advocate AS a) AS advocate_id,
			(SELECT coalesce(max(v.review_id), 0) FROM advocacy.identity_review AS v) AS review_id,
			(SELECT coalesce(max(d.drift_id), 0) FROM advocacy.field_drift AS d) AS drift_id,
			(SELECT coalesce(max(b.batch_id), 0) FROM advocacy.decision_batch AS b) AS batch_id,
			(SELECT coalesce(max(o.outbox_id), 0) FROM advocacy.outbox AS o) AS outbox_id;
		CREATE TEMPORARY TABLE preview_risk AS SELECT r.risk_id FROM advocacy.risk AS r WHERE r.cleared_at IS NULL;
		CREATE TEMPORARY TABLE preview_suspension AS
			SELECT s.suspension_id FROM advocacy.suspension AS s WHERE s.closed_at IS NULL;
		CREATE TEMPORARY TABLE preview_retired AS
			SELECT a.advocate_id FROM advocacy.advocate AS a WHERE a.retired_at IS NOT NULL;
		CREATE TEMPORARY TABLE preview_link (source text, remote_id text, account_id bigint);

		-- Copies of what may change: of the records that are staged; of all, where a full read tells what is gone.
		FOREACH pair IN ARRAY pairs LOOP
			stage := split_part(pair, ':', 1);
			entity := split_part(pair, ':', 2);
			EXECUTE format('SELECT EXISTS (SELECT FROM pg_temp.%I) OR EXISTS (SELECT FROM pg_temp.stage_association AS a
				WHERE a.entity = %L)', 'stage_' || stage, stage) INTO staged;
			CONTINUE WHEN NOT staged AND sync_preview.mode IS DISTINCT FROM 'all';
			looked_at := looked_at || entity;
			IF sync_preview.mode = 'all' THEN
				EXECUTE format('CREATE TEMPORARY TABLE %I AS SELECT t.* FROM advocacy.%I AS t WHERE t.source = %L',
					'preview_' || entity, entity, sync_preview.source);
			ELSE
				EXECUTE format('CREATE TEMPORARY TABLE %I AS SELECT s.remote_id FROM pg_temp.%I AS s
					UNION SELECT a.remote_id FROM pg_temp.stage_association AS a WHERE a.entity = %L',
					'preview_keys_' || entity, 'stage_' || stage, stage);
				EXECUTE format('CREATE TEMPORARY TABLE %I AS SELECT t.* FROM advocacy.%I AS t WHERE t.source = %L
					AND t.remote_id IN (SELECT k.remote_id FROM pg_temp.%I AS k)',
					'preview_' || entity, entity, sync_preview.source, 'preview_keys_' || entity);
			END IF;
			EXECUTE format('ANALYZE pg_temp.%I', 'preview_' || entity);
			IF stage = 'account' THEN
				INSERT INTO pg_temp.preview_link
				SELECT s.source, s.remote_id, s.account_id FROM advocacy.account_source AS s
				UNION ALL SELECT NULL, NULL, NULL;
				ANALYZE pg_temp.preview_link;
			END IF;
		END LOOP;

		SELECT a.* INTO applied FROM advocacy.sync_apply(sync_preview.source, sync_preview.stream, sync_preview.cursor,
			sync_preview.complete, sync_preview.complete_until, sync_preview.rows_read, sync_preview.calls,
			sync_preview.started_at, sync_preview.at, sync_preview.mode, sync_preview.fresh_until, sync_preview.expected,
			sync_preview.mapping) AS a;
		FOREACH entity IN ARRAY looked_at LOOP
			rows := advocacy.preview_rows(entity, sync_preview.source);
			IF rows IS NOT NULL THEN
				entities := entities || jsonb_build_object(CASE entity WHEN 'account_source' THEN 'account' ELSE entity END, rows);
			END IF;
		END LOOP;
		preview := jsonb_build_object('rows_changed', applied.rows_changed, 'rows_rejected', applied.rows_rejected,
			'entities', entities) || advocacy.preview_decisions();
		RAISE EXCEPTION USING ERRCODE = 'AD001', MESSAGE = 'a preview is never kept';
	EXCEPTION
		WHEN SQLSTATE 'AD001' THEN
			NULL; -- all of it is undone; the variables stay
	END;
	RETURN preview;
END $$;
COMMENT ON FUNCTION advocacy.sync_preview(text, text, text, boolean, timestamptz, bigint, bigint, timestamptz, timestamptz, text, timestamptz, bigint, text) IS
	'What sync_apply would do with what this connection has staged, without doing it: rows, links, risks, advocates, messages.';
