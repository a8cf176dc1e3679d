-- batch_open: a batch of decisions that are too many at once, which a person is to look at; the administrators are told, once.
-- Parameters: direction, as decision_batch.direction; source, stream (NULL: time alone); advocates, how many; most, the limit that
-- they exceed; rules, a JSON list {"rule", "count"}; accounts, of which the first ten are named; requests, a JSON list of names of
-- the open requests that would be stopped (NULL: nothing of them is said); at.
-- Returns: the decision_batch; the caller holds by it what it holds. Writes: decision_batch; outbox (…_held, key held:BATCH).
-- Notifies advocacy_deadline: what nobody decides is discarded in time (risk_batches_expire).
CREATE OR REPLACE FUNCTION advocacy.batch_open(direction text, source text, stream text, advocates integer, most integer,
	rules jsonb, accounts bigint[], requests jsonb, at timestamptz) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	batch bigint;
BEGIN
	INSERT INTO advocacy.decision_batch AS b (direction, source, stream, opened_at, advocates, most)
	VALUES (batch_open.direction, batch_open.source, batch_open.stream, batch_open.at, batch_open.advocates, batch_open.most)
	RETURNING b.batch_id INTO batch;
	PERFORM advocacy.outbox_put(CASE batch_open.direction WHEN 'suspend' THEN 'suspensions_held' WHEN 'reinstate' THEN 'reinstatements_held'
		WHEN 'retire' THEN 'retirements_held' ELSE 'withdrawals_held' END, 'held:' || batch, jsonb_strip_nulls(jsonb_build_object(
		'source', batch_open.source, 'stream', batch_open.stream, 'count', batch_open.advocates::text,
		'limit', batch_open.most::text, 'rules', coalesce(batch_open.rules, '[]'),
		'accounts', (SELECT coalesce(jsonb_agg(n.name ORDER BY n.name), '[]')
		               FROM (SELECT DISTINCT coalesce(t.name, t.source || ' ' || t.remote_id) AS name
		                       FROM advocacy.account AS t WHERE t.account_id = ANY (batch_open.accounts) ORDER BY 1 LIMIT 10) AS n),
		'requests', batch_open.requests,
		'release', format('SELECT advocacy.risk_release(''%s'')', batch),
		'reject', format('SELECT advocacy.risk_reject(''%s'')', batch),
		'event', 'held-' || batch, 'at', advocacy.sync_time_text(batch_open.at))), 3::smallint, batch_open.at);
	PERFORM pg_notify('advocacy_deadline', '');
	RETURN batch;
END $$;
COMMENT ON FUNCTION advocacy.batch_open(text, text, text, integer, integer, jsonb, bigint[], jsonb, timestamptz) IS
	'Opens a batch of decisions that are too many at once and asks the administrators; returns it.';
