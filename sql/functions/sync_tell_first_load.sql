-- sync_tell_first_load: one message for all that the first load of a stream has suspended.
-- Parameters: source; stream; at. Returns: nothing.
-- Writes: outbox (first_load_summary, key first-load:SOURCE:STREAM), if anybody was suspended.
CREATE OR REPLACE FUNCTION advocacy.sync_tell_first_load(source text, stream text, at timestamptz DEFAULT now()) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	WITH told AS MATERIALIZED (
		SELECT s.advocate_id, s.risk_id, s.rule, r.account_id
		  FROM advocacy.suspension AS s JOIN advocacy.risk AS r ON r.risk_id = s.risk_id
		 WHERE s.cause = 'risk' AND s.severity IN ('soft', 'hard') AND s.closed_at IS NULL
		   AND s.evidence ->> 'first_load' = sync_tell_first_load.source || ':' || sync_tell_first_load.stream
	), named AS (
		SELECT coalesce(a.name, a.source || ' ' || a.remote_id) AS name, row_number() OVER (ORDER BY a.name, a.account_id) AS place
		  FROM advocacy.account AS a WHERE a.account_id IN (SELECT t.account_id FROM told AS t)
	)
	SELECT advocacy.outbox_put('first_load_summary',
		'first-load:' || sync_tell_first_load.source || ':' || sync_tell_first_load.stream,
		jsonb_build_object('source', sync_tell_first_load.source, 'stream', sync_tell_first_load.stream,
			'rules', (SELECT jsonb_object_agg(c.rule, c.risks::text)
			            FROM (SELECT t.rule, count(DISTINCT t.risk_id) AS risks FROM told AS t GROUP BY t.rule) AS c),
			'suspended', (SELECT count(DISTINCT t.advocate_id)::text FROM told AS t),
			'accounts', (SELECT jsonb_agg(n.name ORDER BY n.place) FROM named AS n WHERE n.place <= 10),
			'accounts_total', (SELECT count(*)::text FROM named AS n),
			'at', advocacy.sync_time_text(sync_tell_first_load.at),
			'event', 'first-load-' || sync_tell_first_load.source || '-' || sync_tell_first_load.stream),
		5::smallint, sync_tell_first_load.at)
	  WHERE EXISTS (SELECT FROM told AS t)
$$;
COMMENT ON FUNCTION advocacy.sync_tell_first_load(text, text, timestamptz) IS
	'Puts one message into the outbox for all that the first load of a stream has suspended.';
