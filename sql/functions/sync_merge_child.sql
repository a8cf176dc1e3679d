-- sync_merge_child: merges what is staged of an entity that belongs to accounts, and its staged associations.
-- The account is found by the source's own id; while it isn't there yet it stays NULL. A link that came through an
-- association isn't wiped by a record that tells no account, only by an association with no account (NULL: the vendor
-- was asked, and there is none, or more than one). A deleted record keeps what its tombstone doesn't carry. The columns
-- are those of the entity's stage table, so a new one needs no change here.
-- Parameters: entity: contact, support_case or opportunity; source; at.
-- Returns: how many records were new or changed. Writes: the entity's table; pg_temp.work_child.
CREATE OR REPLACE FUNCTION advocacy.sync_merge_child(entity text, source text, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
#variable_conflict use_column
DECLARE
	key text := CASE entity WHEN 'contact' THEN 'contact_id' WHEN 'support_case' THEN 'case_id'
	                        WHEN 'opportunity' THEN 'opportunity_id' END;
	columns text[];
	is_staged boolean;
	changed bigint := 0;
	linked bigint := 0;
BEGIN
	IF key IS NULL THEN
		RAISE EXCEPTION 'no entity "%" belongs to accounts', entity
			USING ERRCODE = '22023', HINT = 'Use contact, support_case or opportunity.';
	END IF;
	EXECUTE format('SELECT EXISTS (SELECT FROM pg_temp.%I)', 'stage_' || entity) INTO is_staged;
	IF is_staged THEN
		SELECT array_agg(c.attname ORDER BY c.attnum) INTO columns
		  FROM pg_attribute AS c
		 WHERE c.attrelid = format('advocacy.%I', 'stage_' || entity)::regclass AND c.attnum > 0 AND NOT c.attisdropped
		   AND c.attname NOT IN ('remote_id', 'modified_at', 'deleted', 'account_remote_id');
		EXECUTE format($merge$
			WITH differing AS MATERIALIZED (
				SELECT s.remote_id, t.account_id AS old_account_id, n.*
				  FROM pg_temp.%1$I AS s
				  LEFT JOIN advocacy.%2$I AS t ON t.source = $1 AND t.remote_id = s.remote_id
				  LEFT JOIN pg_temp.stage_association AS a ON a.entity = %2$L AND a.remote_id = s.remote_id
				 CROSS JOIN LATERAL (SELECT
					coalesce(a.account_remote_id, s.account_remote_id,
						CASE WHEN CASE WHEN t.account_by_association THEN a.remote_id IS NULL ELSE s.deleted END
						     THEN t.account_remote_id END) AS account_remote_id,
					CASE WHEN a.account_remote_id IS NOT NULL THEN true
					     WHEN s.account_remote_id IS NOT NULL OR a.remote_id IS NOT NULL THEN false
					     ELSE coalesce(t.account_by_association, false) END AS account_by_association,
					%4$s,
					coalesce(s.modified_at, t.modified_at) AS modified_at,
					coalesce(s.deleted, false) AS deleted
					OFFSET 0) AS n
				 WHERE t.remote_id IS NULL
				    OR ((s.modified_at >= t.modified_at OR s.modified_at IS NULL OR t.modified_at IS NULL)
				        AND (t.account_remote_id, t.account_by_association, %5$s, t.modified_at, t.deleted)
				            IS DISTINCT FROM
				            (n.account_remote_id, n.account_by_association, %6$s, n.modified_at, n.deleted))
			), merged AS (
				INSERT INTO advocacy.%2$I AS t (source, remote_id, account_id, account_remote_id, account_by_association,
					%7$s, modified_at, deleted)
				SELECT $1, d.remote_id, l.account_id, d.account_remote_id, d.account_by_association,
				       %8$s, d.modified_at, d.deleted
				  FROM differing AS d
				  LEFT JOIN advocacy.account_source AS l ON l.source = $1 AND l.remote_id = d.account_remote_id
				 ORDER BY d.remote_id
				ON CONFLICT (source, remote_id) DO UPDATE SET
					account_id = excluded.account_id, account_remote_id = excluded.account_remote_id,
					account_by_association = excluded.account_by_association, %9$s,
					modified_at = excluded.modified_at, deleted = excluded.deleted
				RETURNING t.%3$I AS id, t.remote_id, t.account_id
			)
			INSERT INTO pg_temp.work_child (entity, id, old_account_id, account_id)
			SELECT %2$L, m.id, d.old_account_id, m.account_id
			  FROM merged AS m JOIN differing AS d ON d.remote_id = m.remote_id
			$merge$,
			'stage_' || entity, entity, key,
			(SELECT string_agg(format('CASE WHEN s.%1$I IS NULL AND s.deleted THEN t.%1$I ELSE s.%1$I END AS %1$I', c), ', ')
			   FROM unnest(columns) AS c),
			(SELECT string_agg(format('t.%I', c), ', ') FROM unnest(columns) AS c),
			(SELECT string_agg(format('n.%I', c), ', ') FROM unnest(columns) AS c),
			(SELECT string_agg(format('%I', c), ', ') FROM unnest(columns) AS c),
			(SELECT string_agg(format('d.%I', c), ', ') FROM unnest(columns) AS c),
			(SELECT string_agg(format('%1$I = excluded.%1$I', c), ', ') FROM unnest(columns) AS c))
		USING source;
		GET DIAGNOSTICS changed = ROW_COUNT;
	END IF;

	-- Associations of records that are stored already.
	IF EXISTS (SELECT FROM pg_temp.stage_association AS a WHERE a.entity = sync_merge_child.entity) THEN
		EXECUTE format($link$
			WITH differing AS MATERIALIZED (
				SELECT t.%2$I AS id, t.account_id AS old_account_id, a.account_remote_id, l.account_id
				  FROM pg_temp.stage_association AS a
				  JOIN advocacy.%1$I AS t ON t.source = $1 AND t.remote_id = a.remote_id
				  LEFT JOIN advocacy.account_source AS l ON l.source = $1 AND l.remote_id = a.account_remote_id
				 WHERE a.entity = %1$L
				   AND CASE WHEN a.account_remote_id IS NULL THEN t.account_by_association
				            ELSE (t.account_remote_id, t.account_by_association)
				                 IS DISTINCT FROM (a.account_remote_id, true) END
				 ORDER BY t.%2$I
			), linked AS (
				UPDATE advocacy.%1$I AS t
				   SET account_remote_id = d.account_remote_id,
				       account_by_association = d.account_remote_id IS NOT NULL, account_id = d.account_id
				  FROM differing AS d WHERE d.id = t.%2$I
				RETURNING d.id, d.old_account_id, t.account_id
			)
			INSERT INTO pg_temp.work_child (entity, id, old_account_id, account_id)
			SELECT %1$L, l.id, l.old_account_id, l.account_id FROM linked AS l
			$link$, entity, key)
		USING source;
		GET DIAGNOSTICS linked = ROW_COUNT;
	END IF;
	RETURN changed + linked;
END $$;
COMMENT ON FUNCTION advocacy.sync_merge_child(text, text, timestamptz) IS
	'Merges the staged contacts, support cases or opportunities of a source, and their staged associations; returns how many changed.';
