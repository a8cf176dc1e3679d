-- sync_list: remembers which records a full read has brought so far, and at its end finds those that are gone.
-- A record that is missing from one full read may have been hidden from us, or have come into being while we read: only
-- one that is missing from a second full read too, an hour or more after the first, gets a tombstone into the stage,
-- which then merges like any other. And when many are missing at once nothing is inferred at all: a narrowed key, a
-- filter or a moved tenant looks exactly like that. Many are all there were, more than a fifth (of over 100: more than
-- 20, or a tenth), or records of more advocates than the breaker lets go at once. A person may say that they are gone
-- indeed (drift_accept): that counts for the records that are missing then, once.
-- Where nothing was known before there is nothing to miss, and no list is kept.
-- Parameters: source; stream; complete, whether the full read is through; at. The records are those of this connection's
-- stage tables, without duplicates.
-- Returns: how many records are missing; -1 when too many are. Writes: sync_stream, sync_listing; missing_since of the
-- stream's table; this connection's stage table.
CREATE OR REPLACE FUNCTION advocacy.sync_list(source text, stream text, complete boolean, at timestamptz DEFAULT now())
RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' SET jit = off AS $$
#variable_conflict use_column
DECLARE
	of_stream advocacy.sync_stream;
	"table" text := CASE WHEN sync_list.stream = 'account' THEN 'account_source' ELSE sync_list.stream END;
	stage text := 'stage_' || sync_list.stream;
	begins timestamptz;
	known bigint;
	missing bigint;
	many boolean;
BEGIN
	IF sync_list.stream NOT IN ('account', 'staff', 'contact', 'support_case', 'opportunity') THEN
		RETURN 0;
	END IF;
	SELECT y.* INTO of_stream FROM advocacy.sync_stream AS y
	 WHERE y.source = sync_list.source AND y.stream = sync_list.stream;
	begins := of_stream.full_began_at;
	IF begins IS NULL THEN
		begins := sync_list.at;
		EXECUTE format('SELECT EXISTS (SELECT FROM advocacy.%I AS t WHERE t.source = $1)', "table")
			INTO of_stream.full_lists USING sync_list.source;
		UPDATE advocacy.sync_stream AS y SET full_began_at = begins, full_lists = of_stream.full_lists, full_rows = 0
		 WHERE y.source = sync_list.source AND y.stream = sync_list.stream;
	END IF;
	IF NOT of_stream.full_lists THEN
		RETURN 0;
	END IF;
	EXECUTE format('INSERT INTO advocacy.sync_listing (source, stream, remote_id)
		SELECT $1, $2, s.remote_id FROM pg_temp.%I AS s
		UNION ALL SELECT $1, $2, r.remote_id FROM pg_temp.stage_rejected AS r', stage)
		USING sync_list.source, sync_list.stream;
	IF NOT sync_list.complete THEN
		RETURN 0;
	END IF;

	-- What changed since we began, lives, wherever it stood in the vendor's order.
	EXECUTE format('SELECT count(*), count(*) FILTER (WHERE l.remote_id IS NULL
			AND (t.modified_at IS NULL OR t.modified_at < $3 - interval %L))
		  FROM advocacy.%I AS t
		  LEFT JOIN (SELECT DISTINCT l.remote_id FROM advocacy.sync_listing AS l WHERE l.source = $1 AND l.stream = $2) AS l
		    ON l.remote_id = t.remote_id
		 WHERE t.source = $1 AND NOT t.deleted', '1 hour', "table")
		INTO known, missing USING sync_list.source, sync_list.stream, begins;
	many := (known > 0 AND missing = known) OR missing > greatest(least(20, ceil(known * 0.2)), known / 10);
	IF NOT many AND missing > 0 AND sync_list.stream IN ('account', 'contact') THEN
		-- (Of an account that another source still has nobody leaves.)
		SELECT count(DISTINCT a.advocate_id) > greatest(
		           (SELECT ceil(count(*) * (advocacy.policy_setting('breaker_percent', '10') #>> '{}')::numeric / 100)
		              FROM advocacy.advocate AS o WHERE o.retired_at IS NULL),
		           (advocacy.policy_setting('breaker_least', '3') #>> '{}')::numeric)
		  INTO many
		  FROM advocacy.advocate AS a
		  LEFT JOIN advocacy.contact AS c ON c.contact_id = a.contact_id AND sync_list.stream = 'contact'
		  LEFT JOIN advocacy.account_source AS t ON t.account_id = a.account_id AND sync_list.stream = 'account'
		 WHERE a.retired_at IS NULL AND sync_list.source IN (c.source, t.source) AND NOT coalesce(c.deleted, t.deleted)
		   AND coalesce(c.modified_at, t.modified_at, '-infinity') < begins - interval '1 hour'
		   AND NOT EXISTS (SELECT FROM advocacy.sync_listing AS l
		                    WHERE l.source = sync_list.source AND l.stream = sync_list.stream
		                      AND l.remote_id = coalesce(c.remote_id, t.remote_id))
		   AND NOT EXISTS (SELECT FROM advocacy.account_source AS o
		                    WHERE o.account_id = t.account_id AND o.source <> t.source AND NOT o.deleted);
	END IF;
	UPDATE advocacy.field_drift AS d SET lapsed_at = sync_list.at
	 WHERE NOT many AND d.source = sync_list.source AND d.stream = sync_list.stream AND d.kind = 'incomplete'
	   AND d.accepted_by IS NOT NULL AND d.lapsed_at IS NULL;
	IF many AND NOT EXISTS (SELECT FROM advocacy.field_drift AS d
	                         WHERE d.source = sync_list.source AND d.stream = sync_list.stream AND d.kind = 'incomplete'
	                           AND d.accepted_by IS NOT NULL AND d.lapsed_at IS NULL) THEN
		RETURN -1;
	END IF;
	EXECUTE format('UPDATE advocacy.%I AS t SET missing_since = NULL
		 WHERE t.source = $1 AND t.missing_since IS NOT NULL
		   AND EXISTS (SELECT FROM advocacy.sync_listing AS l
		                WHERE l.source = $1 AND l.stream = $2 AND l.remote_id = t.remote_id)', "table")
		USING sync_list.source, sync_list.stream;
	IF missing = 0 THEN
		RETURN 0;
	END IF;
	EXECUTE format('WITH gone AS MATERIALIZED (
			SELECT t.remote_id, t.missing_since FROM advocacy.%1$I AS t
			 WHERE t.source = $1 AND NOT t.deleted AND (t.modified_at IS NULL OR t.modified_at < $3 - interval %3$L)
			   AND NOT EXISTS (SELECT FROM advocacy.sync_listing AS l
			                    WHERE l.source = $1 AND l.stream = $2 AND l.remote_id = t.remote_id)
		), marked AS (
			UPDATE advocacy.%1$I AS t SET missing_since = $4 FROM gone AS g
			 WHERE t.source = $1 AND t.remote_id = g.remote_id AND g.missing_since IS NULL
		)
		INSERT INTO pg_temp.%2$I (remote_id, deleted)
		SELECT g.remote_id, true FROM gone AS g WHERE g.missing_since <= $4 - interval %3$L', "table", stage, '1 hour')
		USING sync_list.source, sync_list.stream, begins, sync_list.at;
	RETURN missing;
END $$;
COMMENT ON FUNCTION advocacy.sync_list(text, text, boolean, timestamptz) IS
	'Remembers which records a full read has brought, and at its end finds those that are gone; returns how many, -1 for too many to believe.';
